//! Whatever a client sends, it is not a server error.

use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::support::*;

/// Names that mean something, so that nonsense goes deep.
const WORDS: &[&str] = &[
    "schemas",
    "id",
    "externalId",
    "meta",
    "userName",
    "name",
    "givenName",
    "displayName",
    "emails",
    "value",
    "type",
    "primary",
    "active",
    "members",
    "$ref",
    "groups",
    "manager",
    "Operations",
    "op",
    "path",
    "add",
    "replace",
    "remove",
    "method",
    "POST",
    "PATCH",
    "data",
    "bulkId",
    "/Users",
    "/Groups/x",
    "failOnErrors",
    "filter",
    "sortBy",
    "count",
    "startIndex",
    "attributes",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "urn:x:y",
    "emails[type eq \"work\"].value",
    "members[value eq \"1\"]",
    "name.givenName",
    "userName eq \"a\"",
    "bulkId:a",
    "password",
    "x509Certificates",
    "addresses",
    "roles",
    "",
    "\u{0}",
    "\u{ffff}",
    "True",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(WORDS).prop_map(str::to_owned),
        1 => ".{0,12}",
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((word(), inner), 0..6).prop_map(|members| {
                Value::Object(members.into_iter().collect::<Map<String, Value>>())
            }),
        ]
    })
}

/// A body that is nearly right.
fn body() -> impl Strategy<Value = Value> {
    prop_oneof![
        json_value(),
        (word(), json_value()).prop_map(|(name, rest)| {
            let mut body = json!({"userName": "somebody", "displayName": "something"});
            body[name] = rest;
            body
        }),
        prop::collection::vec((word(), word(), json_value()), 1..4).prop_map(|operations| {
            let operations: Vec<Value> = operations
                .into_iter()
                .map(|(op, path, value)| {
                    let op = ["add", "replace", "remove"][op.len() % 3];
                    json!({"op": op, "path": path, "value": value})
                })
                .collect();
            json!({"Operations": operations})
        }),
    ]
}

fn cases() -> u32 {
    std::env::var_os("USHER_TEST_FULL").map_or(6, |_| 200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 50, ..ProptestConfig::default() })]

    #[test]
    fn no_body_is_a_server_error(bodies in prop::collection::vec(body(), 40), queries in prop::collection::vec(".{0,20}", 40)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let provider = Provider::on_sqlite().await;
            let user = provider.user("ada@example.com").await;
            let group = provider.group("Engines", &[&user]).await;
            for (body, query) in bodies.iter().zip(&queries) {
                for (method, path) in [
                    (Method::POST, "/Users".to_owned()),
                    (Method::POST, "/Groups".to_owned()),
                    (Method::POST, "/Bulk".to_owned()),
                    (Method::POST, "/Users/.search".to_owned()),
                    (Method::POST, "/.search".to_owned()),
                    (Method::PUT, format!("/Users/{user}")),
                    (Method::PATCH, format!("/Users/{user}")),
                    (Method::PUT, format!("/Groups/{group}")),
                    (Method::PATCH, format!("/Groups/{group}")),
                ] {
                    let reply = provider.send(method.clone(), &path, &[], Some(body.to_string())).await;
                    assert!(reply.status.as_u16() < 500, "{method} {path} {body}: {reply:?}");
                }
                let filter = provider.get(&filtered("/Users", query)).await;
                assert!(filter.status.as_u16() < 500, "{query}: {filter:?}");
            }
            provider.merging_everything_changes_nothing().await;
        });
    }
}

on_both_engines! {
    async fn bodies_that_are_no_json_or_too_much_of_it_are_refused(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        let address = format!("/Users/{ada}");
        for body in [
            String::new(), "{".to_owned(), "\u{feff}{}".to_owned(), "null".to_owned(), "[]".to_owned(), "1e999".to_owned(),
            "{\"userName\": \"\\ud800\"}".to_owned(), "[".repeat(100_000), "{\"a\":".repeat(200),
            format!("{{\"userName\": \"{}\"}}", "x".repeat(5000)),
        ] {
            for (method, path) in [(Method::POST, "/Users"), (Method::PUT, address.as_str()), (Method::PATCH, address.as_str())] {
                let reply = provider.send(method, path, &[], Some(body.clone())).await;
                assert_eq!(reply.status, 400, "{}", &body[..body.len().min(60)]);
                reply.refused(400);
            }
        }
        let nul = json!({"userName": "a\u{0}b", "externalId": "\u{0}", "x\u{0}": "\u{0}"});
        let made = id(&provider.post("/Users", nul).await.expect(201));
        provider.get(&format!("/Users/{made}")).await.expect(200);
        provider.get(&filtered("/Users", "userName eq \"a\\u0000b\"")).await.expect(200);
        provider.get("/Users/%00").await.refused(404);
        for long in [json!({"userName": "u", "emails": [{"value": "e".repeat(5000)}]}), json!({"userName": "u", "externalId": "e".repeat(5000)})] {
            provider.post("/Users", long).await.refused(400);
        }
        provider.merging_everything_changes_nothing().await;
    }
}

#[tokio::test]
async fn a_body_has_a_largest_size() {
    let provider = Provider::on_sqlite().await;
    let large = json!({"userName": "ada", "x": "y".repeat(16 * 1024 * 1024)});
    provider.post("/Users", large).await.refused(413);
    // One that does not say how long it is.
    let pieces =
        std::iter::once("{\"x\":\"".to_owned()).chain((0..16).map(|_| "y".repeat(1024 * 1024)));
    provider
        .stream("/Users", pieces.collect())
        .await
        .refused(413);
    assert_eq!(provider.get("/Users").await.expect(200)["totalResults"], 0);
}

#[tokio::test]
async fn addresses_and_methods_that_there_are_not_are_refused_in_the_same_form() {
    let provider = Provider::on_sqlite().await;
    provider.get("/Planets").await.refused(404);
    provider.get("/Me").await.refused(404);
    provider.get("/Users/a/b").await.refused(404);
    provider.delete("/Users").await.refused(405);
    provider.put("/Bulk", json!({})).await.refused(405);
}
