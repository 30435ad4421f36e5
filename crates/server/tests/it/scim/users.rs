//! Users: created, read, replaced, changed, deleted.

use serde_json::{Value, json};
use usher_model::PersonStatus;

use super::support::*;

on_both_engines! {
    async fn a_user_reads_back_as_it_was_pushed_with_id_and_meta(provider: Provider) {
        let body = json!({
            "schemas": [USER, ENTERPRISE, "urn:example:params:scim:Badge"],
            "userName": "Ada@Example.com", "externalId": "hr-7", "active": true,
            "name": {"givenName": "Ada", "familyName": "Lovelace", "formatted": "Ada Lovelace"},
            "emails": [{"value": "ada@example.com", "type": "work", "primary": true}],
            "shoeSize": 37,
            ENTERPRISE: {"department": "Engines"},
            "urn:example:params:scim:Badge": {"color": "red", "doors": [1, 2]},
        });
        let reply = provider.post("/Users", body.clone()).await;
        let location = reply.header("location").unwrap().to_owned();
        assert_eq!(reply.header("etag"), Some("W/\"1\""));
        assert_eq!(reply.header("content-type"), Some("application/scim+json"));
        let created = reply.expect(201);
        let id = id(&created);
        assert_eq!(location, format!("{}/Users/{id}", provider.url));
        assert_eq!(created["meta"], json!({
            "resourceType": "User", "created": "2026-03-01T08:00:00Z", "lastModified": "2026-03-01T08:00:00Z",
            "location": location, "version": "W/\"1\"",
        }));
        let mut read = provider.get(&format!("/Users/{id}")).await.expect(200);
        assert_eq!(read, created);
        let own = read.as_object_mut().unwrap();
        own.remove("id");
        own.remove("meta");
        assert_eq!(read, body);
    }

    async fn a_pushed_user_is_a_person_of_the_directory_at_once(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        assert_eq!(provider.people().await, [("ada@example.com".to_owned(), PersonStatus::Active)]);
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        let changed = provider.patch(&format!("/Users/{ada}"), off).await.expect(200);
        assert_eq!(changed["active"], false);
        assert_eq!(provider.people().await[0].1, PersonStatus::Disabled);
        let before = provider.person("ada@example.com").await.id;
        provider.delete(&format!("/Users/{ada}")).await.expect(204);
        assert_eq!(provider.people().await[0].1, PersonStatus::Gone);
        assert_eq!(provider.get(&format!("/Users/{ada}")).await.refused(404), "");
        provider.user("ada@example.com").await;
        let after = provider.person("ada@example.com").await;
        assert_eq!((after.id, after.status), (before, PersonStatus::Active), "who comes back is the same person");
        provider.merging_everything_changes_nothing().await;
    }

    async fn a_user_name_is_taken_whatever_its_case(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        let body = json!({"userName": "ADA@example.com"});
        assert_eq!(provider.post("/Users", body.clone()).await.refused(409), "uniqueness");
        let bob = provider.user("bob@example.com").await;
        assert_eq!(provider.put(&format!("/Users/{bob}"), body.clone()).await.refused(409), "uniqueness");
        provider.put(&format!("/Users/{ada}"), body).await.expect(200);
    }

    async fn a_put_takes_away_what_it_does_not_say(provider: Provider) {
        let body = json!({"userName": "ada@example.com", "title": "Countess", "nickName": "A"});
        let ada = id(&provider.post("/Users", body).await.expect(201));
        let put = json!({"schemas": [USER], "id": "other", "userName": "ada@example.com", "nickName": "Ada"});
        let after = provider.put(&format!("/Users/{ada}"), put).await.expect(200);
        assert_eq!(after["nickName"], "Ada");
        assert_eq!(after.get("title"), None);
        assert_eq!(id(&after), ada);
    }

    async fn a_password_is_neither_kept_nor_given_back(provider: Provider) {
        let body = json!({"userName": "ada@example.com", "password": "canary-7Hk2"});
        let reply = provider.post("/Users", body).await.expect(201);
        let ada = id(&reply);
        assert_eq!(reply.get("password"), None);
        let change = json!([{"op": "replace", "path": "password", "value": "canary-7Hk2"}]);
        provider.patch(&format!("/Users/{ada}"), change).await.expect(200);
        let stored = provider.store.pushed_resource(&provider.source, usher_store::EntryKind::Person, &ada).await;
        assert!(!stored.unwrap().unwrap().document.contains("canary"));
        let events = format!("{:?}", provider.events(0).await);
        assert!(!events.contains("canary"));
    }

    async fn each_change_is_an_event_of_the_source_and_no_change_is_none(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        let before = provider.events(0).await;
        let created = before.iter().find(|one| one.event.kind.as_str() == "person_source_pushed").unwrap();
        assert_eq!(created.event.subject, "source:idp");
        assert_eq!(created.event.data["did"], "created");
        assert_eq!(created.event.data["id"], ada.as_str());
        let actor = json!(created.event.actor);
        assert_eq!((&actor["type"], &actor["name"]), (&json!("source"), &json!("idp")));
        assert_eq!(actor["address"], "127.0.0.1");
        assert!(actor["token"].is_string(), "which token was used: {actor}");
        assert_eq!(json!(created.event.origin), "directory");
        assert!(before.iter().any(|one| one.event.kind.as_str() == "people_changed"));
        let last = before.last().unwrap().sequence;
        let same = json!([{"op": "replace", "path": "active", "value": true}]);
        let reply = provider.patch(&format!("/Users/{ada}"), same).await;
        assert_eq!(reply.header("etag"), Some("W/\"1\""));
        reply.expect(200);
        assert_eq!(provider.events(last).await, []);
        provider.delete(&format!("/Users/{ada}")).await.expect(204);
        let kinds: Vec<String> = provider.events(last).await.iter().map(|one| one.event.kind.to_string()).collect();
        assert_eq!(kinds, ["person_source_pushed", "people_changed"]);
        provider.store.verify_events().await.unwrap();
    }

    async fn a_response_shows_the_attributes_that_are_asked_for(provider: Provider) {
        let body = json!({"userName": "ada@example.com", "title": "Countess", "name": {"givenName": "Ada", "familyName": "L"}});
        let ada = id(&provider.post("/Users?attributes=title", body).await.expect(201));
        let only = provider.get(&format!("/Users/{ada}?attributes=userName,name.givenName")).await.expect(200);
        let expected = json!({"schemas": [USER], "id": ada, "userName": "ada@example.com", "name": {"givenName": "Ada"}});
        assert_eq!(only, expected);
        let without = provider.get(&format!("/Users/{ada}?excludedAttributes=name,meta,userName")).await.expect(200);
        assert_eq!(without, json!({"schemas": [USER], "id": ada, "title": "Countess"}));
        let both = provider.get(&format!("/Users/{ada}?attributes=a&excludedAttributes=b")).await;
        assert_eq!(both.refused(400), "invalidValue");
    }

    async fn a_patch_is_done_whole_or_not_at_all(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        let address = format!("/Users/{ada}");
        let before = provider.get(&address).await.expect(200);
        let half = json!([
            {"op": "replace", "path": "title", "value": "Countess"},
            {"op": "replace", "path": "active", "value": "perhaps"},
        ]);
        assert_eq!(provider.patch(&address, half).await.refused(400), "invalidValue");
        let fixed = json!([{"op": "replace", "path": "id", "value": "7"}]);
        assert_eq!(provider.patch(&address, fixed).await.refused(400), "mutability");
        let nameless = json!([{"op": "remove", "path": "userName"}]);
        assert_eq!(provider.patch(&address, nameless).await.refused(400), "mutability");
        assert_eq!(provider.get(&address).await.expect(200), before);
    }
}

#[tokio::test]
async fn a_user_shows_the_groups_that_it_is_in() {
    let provider = Provider::on_sqlite().await;
    let ada = provider.user("ada@example.com").await;
    let group = provider.group("Engines", &[&ada]).await;
    let shown: Value = provider.get(&format!("/Users/{ada}")).await.expect(200);
    let address = format!("{}/Groups/{group}", provider.url);
    assert_eq!(
        shown["groups"],
        json!([{"value": group, "$ref": address, "display": "Engines", "type": "direct"}])
    );
}
