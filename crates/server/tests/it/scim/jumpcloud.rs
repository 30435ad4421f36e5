//! The requests that JumpCloud documents for its identity management connectors, with data of our own.

use serde_json::json;
use usher_model::PersonStatus;

use super::support::*;

on_both_engines! {
    async fn jumpcloud_activates_updates_and_suspends_a_user(provider: Provider) {
        // Activation tries everything on a test user that it deletes again.
        let trial = json!({"schemas": [USER], "userName": "trial@meridian.example", "active": true,
            "name": {"familyName": "Trial", "givenName": "Trial"}, "emails": [{"value": "trial@meridian.example", "type": "work", "primary": true}]});
        let trial = id(&provider.post("/Users", trial).await.expect(201));
        provider.delete(&format!("/Users/{trial}")).await.expect(204);
        let body = json!({
            "schemas": [USER, ENTERPRISE], "userName": "dev@meridian.example", "active": true, "title": "Engineer",
            "displayName": "Dev Patel", "name": {"familyName": "Patel", "givenName": "Dev", "middleName": "R", "formatted": "Dev R Patel"},
            "emails": [{"value": "dev@meridian.example", "type": "work", "primary": true}],
            "addresses": [{"type": "work", "locality": "Leipzig", "region": "SN", "country": "DE", "streetAddress": "", "postalCode": "04109"}],
            "phoneNumbers": [{"type": "work", "value": "+49 341 1"}, {"type": "mobile", "value": "+49 170 1"}],
            ENTERPRISE: {"employeeNumber": "17", "costCenter": "R2", "department": "Research", "manager": {}},
        });
        let dev = id(&provider.post("/Users", body.clone()).await.expect(201));
        let person = provider.person("dev@meridian.example").await;
        assert_eq!(person.attributes.text("location"), Some("Leipzig"));
        assert_eq!(person.attributes.text("costCenter"), Some("R2"));
        let address = format!("/Users/{dev}");
        let mut update = body;
        update["title"] = json!("Lead");
        provider.put(&address, update.clone()).await.expect(200);
        assert_eq!(provider.person("dev@meridian.example").await.attributes.text("title"), Some("Lead"));
        update["active"] = json!(false);
        provider.put(&address, update).await.expect(200);
        assert_eq!(provider.person("dev@meridian.example").await.status, PersonStatus::Disabled);
        let on = json!([{"op": "replace", "path": "active", "value": true}]);
        provider.patch(&address, on).await.expect(200);
        assert_eq!(provider.person("dev@meridian.example").await.status, PersonStatus::Active);
        provider.merging_everything_changes_nothing().await;
    }

    async fn jumpcloud_keeps_a_group_with_its_members(provider: Provider) {
        let dev = provider.user("dev@meridian.example").await;
        let found = provider.get(&filtered("/Groups", "displayName eq \"Research\"")).await.expect(200);
        assert_eq!(found["totalResults"], 0);
        let body = json!({"schemas": [GROUP], "displayName": "Research", "members": []});
        let group = id(&provider.post("/Groups", body).await.expect(201));
        let address = format!("/Groups/{group}");
        let join = json!([{"op": "add", "path": "members", "value": [{"value": dev}]}]);
        provider.patch(&address, join).await.expect(204);
        assert_eq!(provider.groups().await, [("Research".to_owned(), vec!["dev@meridian.example".to_owned()])]);
        let leave = json!([{"op": "remove", "path": "members", "value": [{"value": dev}]}]);
        provider.patch(&address, leave).await.expect(204);
        assert_eq!(provider.groups().await, [("Research".to_owned(), vec![])]);
        provider.delete(&address).await.expect(204);
        provider.merging_everything_changes_nothing().await;
    }
}
