//! The requests that Microsoft Entra's provisioning service documents, with data of our own.

use serde_json::json;
use usher_model::PersonStatus;

use super::support::*;

on_both_engines! {
    async fn entra_looks_somebody_up_creates_changes_and_disables_them(provider: Provider) {
        // Test Connection, and the look-up before a creation: a list without anybody, and no 404.
        for filter in ["userName eq \"ines@meridian.example\"", "externalId eq \"ines\"", "id eq \"0\""] {
            let list = provider.get(&filtered("/Users", filter)).await.expect(200);
            assert_eq!(list["totalResults"], 0, "{filter}");
            assert_eq!(list["Resources"], json!([]));
        }
        let body = json!({
            "schemas": [USER, ENTERPRISE], "externalId": "ines", "userName": "ines@meridian.example", "active": true,
            "displayName": "Ines Okafor",
            "emails": [{"primary": true, "type": "work", "value": "ines@meridian.example"}],
            "meta": {"resourceType": "User"},
            "name": {"formatted": "Ines Okafor", "familyName": "Okafor", "givenName": "Ines"}, "roles": [],
        });
        let ines = id(&provider.post("/Users", body).await.expect(201));
        let found = provider.get(&filtered("/Users", "externalId eq \"ines\"")).await.expect(200);
        assert_eq!(named(&found, "id"), [ines.as_str()]);
        let address = format!("/Users/{ines}");
        let changed = provider.patch(&address, json!([
            {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ines.weber@meridian.example"},
            {"op": "Replace", "path": "name.familyName", "value": "Weber"},
            {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+49 30 123"},
            {"op": "Add", "value": {"title": "Lead", "name.formatted": "Ines Weber"}},
            {"op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "Design"},
        ])).await.expect(200);
        assert_eq!(changed["emails"][0]["value"], "ines.weber@meridian.example");
        assert_eq!(changed["phoneNumbers"], json!([{"type": "mobile", "value": "+49 30 123"}]));
        assert_eq!(changed[ENTERPRISE]["department"], "Design");
        let person = provider.person("ines.weber@meridian.example").await;
        assert_eq!(person.attributes.text("familyName"), Some("Weber"));
        assert_eq!(person.attributes.text("department"), Some("Design"));
        // The older form of disabling somebody writes the boolean as a text.
        let off = json!([{"op": "Replace", "path": "active", "value": "False"}]);
        provider.patch(&address, off).await.expect(200);
        assert_eq!(provider.person("ines.weber@meridian.example").await.status, PersonStatus::Disabled);
        let off = json!([{"op": "Replace", "value": {"active": "True"}}]);
        provider.patch(&address, off).await.expect(200);
        assert_eq!(provider.person("ines.weber@meridian.example").await.status, PersonStatus::Active);
        provider.merging_everything_changes_nothing().await;
    }

    async fn entra_names_managers_by_id_with_and_without_an_object(provider: Provider) {
        let boss = provider.user("boss@meridian.example").await;
        for (name, value) in [("a@meridian.example", json!(boss)), ("b@meridian.example", json!({"value": boss}))] {
            let user = provider.user(name).await;
            let set = json!([{"op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": value}]);
            let changed = provider.patch(&format!("/Users/{user}"), set).await.expect(200);
            assert_eq!(changed[ENTERPRISE]["manager"]["value"], boss.as_str());
            let person = provider.person(name).await;
            let manager = provider.person("boss@meridian.example").await;
            assert_eq!(person.manager, Some(manager.id));
        }
        provider.merging_everything_changes_nothing().await;
        // A manager who goes is nobody's manager any more.
        provider.delete(&format!("/Users/{boss}")).await.expect(204);
        assert_eq!(provider.person("a@meridian.example").await.manager, None);
        provider.merging_everything_changes_nothing().await;
    }

    async fn entra_keeps_a_group_with_its_members(provider: Provider) {
        let ines = provider.user("ines@meridian.example").await;
        let body = json!({
            "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
            "externalId": "design", "displayName": "Miro Design", "meta": {"resourceType": "Group"},
        });
        let group = id(&provider.post("/Groups", body).await.expect(201));
        let look = format!("{}&excludedAttributes=members", filtered("/Groups", "displayName eq \"miro design\""));
        let found = provider.get(&look).await.expect(200);
        assert_eq!(named(&found, "id"), [group.as_str()]);
        assert_eq!(found["Resources"][0].get("members"), None);
        let address = format!("/Groups/{group}");
        let value = json!([{"$ref": null, "value": ines}]);
        let join = json!([{"op": "Add", "path": "members", "value": value}]);
        provider.patch(&address, join).await.expect(204);
        assert_eq!(provider.members(&group).await, [ines.as_str()]);
        let member = format!("id eq \"{group}\" and members eq \"{ines}\"");
        let is_member = provider.get(&filtered("/Groups", &member)).await.expect(200);
        assert_eq!(is_member["totalResults"], 1);
        let leave = json!([{"op": "Remove", "path": "members", "value": value}]);
        provider.patch(&address, leave).await.expect(204);
        let rename = json!([{"op": "Replace", "path": "displayName", "value": "Miro Product Design"}]);
        provider.patch(&address, rename).await.expect(204);
        assert_eq!(provider.groups().await, [("Miro Product Design".to_owned(), vec![])]);
        provider.delete(&address).await.expect(204);
        assert!(provider.groups().await.is_empty());
    }
}
