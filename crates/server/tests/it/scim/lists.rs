//! Lists: filtered, sorted, paged, searched.

use serde_json::json;

use super::support::*;

async fn staff(provider: &Provider) {
    for (name, external, given, title, active) in [
        ("bob@example.com", "X1", "Bob", "Engineer", true),
        ("Ada@example.com", "x1", "Ada", "Countess", true),
        ("carl@example.org", "x2", "carl", "Engineer", false),
        ("zoë_100%@example.org", "x3", "Zoë", "", true),
    ] {
        let body = json!({
            "userName": name, "externalId": external, "displayName": format!("{given} Example"), "active": active,
            "name": {"givenName": given}, "title": title,
            "emails": [
                {"value": name, "type": "work", "primary": true},
                {"value": format!("{given}@home.example"), "type": "home"},
            ],
        });
        provider.post("/Users", body).await.expect(201);
    }
}

async fn found(provider: &Provider, filter: &str) -> Vec<String> {
    let list = provider.get(&filtered("/Users", filter)).await.expect(200);
    let mut names = named(&list, "userName");
    assert_eq!(list["totalResults"], names.len(), "{filter}");
    names.sort();
    names
}

const ADA: &str = "Ada@example.com";
const BOB: &str = "bob@example.com";
const CARL: &str = "carl@example.org";
const ZOE: &str = "zoë_100%@example.org";

on_both_engines! {
    async fn a_filter_finds_whom_it_describes_by_an_index_or_without(provider: Provider) {
        staff(&provider).await;
        let id = provider.get(&filtered("/Users", "userName eq \"bob@example.com\"")).await.expect(200);
        let id = named(&id, "id").remove(0);
        let cases: Vec<(String, Vec<&str>)> = vec![
            ("userName eq \"ADA@EXAMPLE.COM\"".into(), vec![ADA]),
            ("username Eq \"ada@example.com\"".into(), vec![ADA]),
            (format!("{USER}:userName eq \"ada@example.com\""), vec![ADA]),
            (format!("id eq \"{id}\""), vec![BOB]),
            (format!("id eq \"{}\"", id.to_uppercase()), vec![]),
            ("externalId eq \"x1\"".into(), vec![ADA]),
            ("externalId sw \"x\"".into(), vec![ADA, CARL, ZOE]),
            ("userName sw \"A\"".into(), vec![ADA]),
            ("userName ew \".ORG\"".into(), vec![CARL, ZOE]),
            ("userName co \"_100%\"".into(), vec![ZOE]),
            ("userName co \"ZOË\"".into(), vec![ZOE]),
            ("userName sw \"zo\"".into(), vec![ZOE]),
            ("displayName co \"example\"".into(), vec![ADA, BOB, CARL, ZOE]),
            ("displayName eq \"carl example\"".into(), vec![CARL]),
            ("emails.value eq \"ada@home.example\"".into(), vec![ADA]),
            ("emails eq \"ada@example.com\"".into(), vec![ADA]),
            ("emails[type eq \"home\" and value eq \"ada@example.com\"]".into(), vec![]),
            ("emails[type eq \"work\"].value eq \"ada@example.com\"".into(), vec![ADA]),
            ("emails.value co \"home\" and active eq false".into(), vec![CARL]),
            ("userName sw \"b\" or externalId eq \"x2\"".into(), vec![BOB, CARL]),
            ("userName sw \"b\" or title eq \"countess\"".into(), vec![ADA, BOB]),
            ("not (userName sw \"b\") and active eq true".into(), vec![ADA, ZOE]),
            ("title pr".into(), vec![ADA, BOB, CARL]),
            ("userName gt \"bob@example.com\"".into(), vec![CARL, ZOE]),
            ("meta.created ge \"2026-03-01T08:00:00Z\"".into(), vec![ADA, BOB, CARL, ZOE]),
            ("userName ne \"bob@example.com\"".into(), vec![ADA, CARL, ZOE]),
            (format!("userName eq \"{}\"", "x".repeat(3000)), vec![]),
        ];
        for (filter, mut expected) in cases {
            expected.sort_unstable();
            assert_eq!(found(&provider, &filter).await, expected, "{filter}");
        }
        let many = vec!["userName eq \"bob@example.com\""; 1010].join(" or ");
        let search = json!({"filter": many});
        let list = provider.post("/Users/.search", search).await.expect(200);
        assert_eq!(named(&list, "userName"), [BOB]);
    }

    async fn a_list_is_sorted_by_whatever_is_asked(provider: Provider) {
        staff(&provider).await;
        for (sort, expected) in [
            ("", [BOB, ADA, CARL, ZOE]),
            ("?sortBy=userName", [ADA, BOB, CARL, ZOE]),
            ("?sortBy=username&sortOrder=descending", [ZOE, CARL, BOB, ADA]),
            ("?sortBy=id&sortOrder=Descending", [ZOE, CARL, ADA, BOB]),
            ("?sortBy=meta.created", [BOB, ADA, CARL, ZOE]),
            ("?sortBy=name.givenName", [ADA, BOB, CARL, ZOE]),
            ("?sortBy=externalId&sortOrder=descending", [ZOE, CARL, ADA, BOB]),
            ("?sortBy=name.givenName&sortOrder=descending&filter=active+pr", [ZOE, CARL, BOB, ADA]),
        ] {
            let list = provider.get(&format!("/Users{sort}")).await.expect(200);
            assert_eq!(named(&list, "userName"), expected, "{sort}");
        }
    }

    async fn pages_follow_each_other_without_gap_or_repetition(provider: Provider) {
        staff(&provider).await;
        for filter in ["", "&filter=active+pr", "&sortBy=title"] {
            let mut seen = Vec::new();
            for start in [1, 2, 3, 4] {
                let page = provider.get(&format!("/Users?startIndex={start}&count=1{filter}")).await.expect(200);
                assert_eq!((&page["totalResults"], &page["itemsPerPage"]), (&json!(4), &json!(1)));
                assert_eq!(page["startIndex"], start);
                seen.extend(named(&page, "userName"));
            }
            seen.sort();
            let mut all = [ADA, BOB, CARL, ZOE];
            all.sort_unstable();
            assert_eq!(seen, all, "{filter}");
        }
        let none = provider.get("/Users?count=0").await.expect(200);
        assert_eq!((&none["totalResults"], none.get("Resources")), (&json!(4), None));
        let behind = provider.get("/Users?startIndex=9").await.expect(200);
        assert_eq!((&behind["totalResults"], &behind["Resources"]), (&json!(4), &json!([])));
        let below = provider.get("/Users?startIndex=-3&count=2").await.expect(200);
        assert_eq!((&below["startIndex"], &below["itemsPerPage"]), (&json!(1), &json!(2)));
        provider.get("/Users?startIndex=9223372036854775807&count=9223372036854775807").await.expect(200);
    }

    async fn a_search_by_post_is_the_same_and_spans_all_kinds_at_the_root(provider: Provider) {
        staff(&provider).await;
        provider.group("Engineers", &[]).await;
        let search = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "filter": "title eq \"engineer\"", "attributes": ["userName"], "sortBy": "userName", "startIndex": 2, "count": 5,
        });
        let list = provider.post("/Users/.search", search).await.expect(200);
        assert_eq!(list["totalResults"], 2);
        assert_eq!(named(&list, "userName"), [CARL]);
        assert_eq!(list["Resources"][0].get("title"), None);
        let all = provider.post("/.search", json!({"filter": "displayName co \"e\"", "count": 4, "startIndex": 2})).await.expect(200);
        assert_eq!(all["totalResults"], 5);
        let names = named(&all, "displayName");
        assert_eq!((names.len(), names.last().unwrap().as_str()), (4, "Engineers"));
        let users = provider.post("/.search", json!({"filter": "userName sw \"a\""})).await.expect(200);
        assert_eq!(named(&users, "userName"), [ADA]);
    }
}

#[tokio::test]
async fn a_list_that_makes_no_sense_is_refused_with_the_reason() {
    let provider = Provider::on_sqlite().await;
    for (path, keyword) in [
        ("/Users?filter=userName", "invalidFilter"),
        ("/Users?filter=shoeSize+eq+1", "invalidFilter"),
        ("/Users?filter=name+eq+%22a%22", "invalidFilter"),
        ("/Users?startIndex=one", "invalidValue"),
        ("/Users?sortOrder=sideways", "invalidValue"),
        ("/Users?sortBy=%5B", "invalidPath"),
        ("/Users?attributes=a&excludedAttributes=b", "invalidValue"),
    ] {
        let keyword_found = provider.get(path).await.refused(400);
        assert_eq!(keyword_found, keyword, "{path}");
    }
    let deep = format!(
        "/Users?filter={}userName+pr{}",
        "(".repeat(60),
        ")".repeat(60)
    );
    assert_eq!(provider.get(&deep).await.refused(400), "invalidFilter");
}
