//! The requests that Okta documents for its SCIM integrations, with data of our own.

use serde_json::json;
use usher_model::PersonStatus;

use super::support::*;

on_both_engines! {
    async fn okta_creates_updates_and_deactivates_a_user(provider: Provider) {
        let look = format!("{}&startIndex=1&count=100", filtered("/Users", "userName eq \"noor@meridian.example\""));
        let list = provider.get(&look).await.expect(200);
        assert_eq!((&list["totalResults"], &list["startIndex"]), (&json!(0), &json!(1)));
        let body = json!({
            "schemas": [USER], "userName": "noor@meridian.example",
            "name": {"givenName": "Noor", "familyName": "Haddad"},
            "emails": [{"primary": true, "value": "noor@meridian.example", "type": "work"}],
            "displayName": "Noor Haddad", "locale": "en-US", "externalId": "00u1abc", "groups": [],
            "password": "1mz050nq", "active": true,
        });
        let mut user = provider.post("/Users", body).await.expect(201);
        let noor = id(&user);
        assert_eq!(user.get("password"), None);
        // An update sends the whole resource back, id and meta too.
        user["name"]["familyName"] = json!("Khoury");
        user["groups"] = json!([]);
        let address = format!("/Users/{noor}");
        let updated = provider.put(&address, user).await.expect(200);
        assert_eq!(updated["name"]["familyName"], "Khoury");
        assert_eq!(updated["meta"]["version"], "W/\"2\"");
        let off = json!([{"op": "replace", "value": {"active": false}}]);
        let off = provider.patch(&address, off).await.expect(200);
        assert_eq!(off["active"], false);
        assert_eq!(provider.person("noor@meridian.example").await.status, PersonStatus::Disabled);
        provider.merging_everything_changes_nothing().await;
    }

    async fn okta_pushes_a_group(provider: Provider) {
        let noor = provider.user("noor@meridian.example").await;
        let lin = provider.user("lin@meridian.example").await;
        let body = json!({"schemas": [GROUP], "displayName": "Research",
            "members": [{"value": noor, "display": "noor@meridian.example"}]});
        let group = id(&provider.post("/Groups", body).await.expect(201));
        let address = format!("/Groups/{group}");
        let rename = json!([{"op": "replace", "value": {"id": group, "displayName": "Research & Science"}}]);
        provider.patch(&address, rename).await.expect(204);
        provider.patch(&address, json!([
            {"op": "remove", "path": format!("members[value eq \"{noor}\"]")},
            {"op": "add", "path": "members", "value": [{"value": lin, "display": "lin@meridian.example"}]},
        ])).await.expect(204);
        let expected = ("Research & Science".to_owned(), vec!["lin@meridian.example".to_owned()]);
        assert_eq!(provider.groups().await, [expected]);
        let whole = json!({"schemas": [GROUP], "id": group, "displayName": "Research", "members": [{"value": noor}]});
        provider.put(&address, whole).await.expect(200);
        let expected = ("Research".to_owned(), vec!["noor@meridian.example".to_owned()]);
        assert_eq!(provider.groups().await, [expected]);
        let page = provider.get("/Groups?startIndex=1&count=100").await.expect(200);
        assert_eq!(page["itemsPerPage"], 1);
        provider.delete(&address).await.expect(204);
        provider.merging_everything_changes_nothing().await;
    }
}
