//! Versions: who changes something that has changed meanwhile learns so.

use reqwest::Method;
use serde_json::json;

use super::support::*;

on_both_engines! {
    async fn a_change_of_an_older_version_is_refused(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        let engines = provider.group("Engines", &[]).await;
        let body = |name: &str| Some(json!({"userName": name, "displayName": "Engines"}).to_string());
        let join = json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": ada}]}]}).to_string();
        for (address, version) in [(format!("/Users/{ada}"), "W/\"9\""), (format!("/Groups/{engines}"), "\"9\"")] {
            let old = [("if-match", version)];
            for (method, body) in [
                (Method::PUT, body("ada@example.com")),
                (Method::PATCH, Some(join.clone())),
                (Method::DELETE, None),
            ] {
                let refused = provider.send(method.clone(), &address, &old, body).await;
                assert_eq!(refused.refused(412), "", "{method} {address}");
            }
        }
        assert!(provider.members(&engines).await.is_empty());
        let now = [("if-match", "W/\"8\", W/\"1\"")];
        let changed = provider.send(Method::PUT, &format!("/Users/{ada}"), &now, body("ada@example.org")).await;
        assert_eq!(changed.header("etag"), Some("W/\"2\""));
        let any = [("if-match", "*")];
        provider.send(Method::DELETE, &format!("/Users/{ada}"), &any, None).await.expect(204);
    }

    async fn what_a_client_has_already_is_not_sent_again(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        let address = format!("/Users/{ada}");
        let known = [("if-none-match", "W/\"1\"")];
        let reply = provider.send(Method::GET, &address, &known, None).await;
        assert_eq!(reply.status, 304);
        assert!(reply.body.is_null());
        let older = [("if-none-match", "W/\"0\"")];
        provider.send(Method::GET, &address, &older, None).await.expect(200);
    }
}

#[tokio::test]
async fn changes_that_meet_are_all_made() {
    let provider = Provider::on_sqlite().await;
    let ada = provider.user("ada@example.com").await;
    let address = format!("/Users/{ada}");
    let attributes = ["title", "nickName", "locale", "timezone"];
    let changes = attributes.map(|name| {
        provider.patch(
            &address,
            json!([{"op": "replace", "path": name, "value": name}]),
        )
    });
    for reply in futures::future::join_all(changes).await {
        reply.expect(200);
    }
    let read = provider.get(&address).await.expect(200);
    for name in attributes {
        assert_eq!(read[name], name);
    }
}
