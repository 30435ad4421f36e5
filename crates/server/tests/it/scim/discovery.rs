//! What the server says about itself.

use serde_json::{Value, json};

use super::support::*;

#[tokio::test]
async fn the_configuration_says_what_is_supported_and_within_which_limits() {
    let provider = Provider::on_sqlite().await;
    let told = provider.get("/ServiceProviderConfig").await.expect(200);
    for feature in ["patch", "bulk", "filter", "sort", "etag"] {
        assert_eq!(told[feature]["supported"], true, "{feature}");
    }
    assert_eq!(told["changePassword"]["supported"], false);
    assert_eq!(told["bulk"]["maxOperations"], 1000);
    assert_eq!(told["bulk"]["maxPayloadSize"], 16 * 1024 * 1024);
    assert_eq!(told["filter"]["maxResults"], 1000);
    assert_eq!(told["authenticationSchemes"][0]["type"], "oauthbearertoken");
}

#[tokio::test]
async fn resource_types_and_schemas_are_listed_and_found_one_by_one() {
    let provider = Provider::on_sqlite().await;
    let types = provider.get("/ResourceTypes").await.expect(200);
    assert_eq!(named(&types, "name"), ["User", "Group"]);
    let user = provider.get("/ResourceTypes/User").await.expect(200);
    assert_eq!(
        user["schemaExtensions"],
        json!([{"schema": ENTERPRISE, "required": false}])
    );
    let schemas = provider.get("/Schemas").await.expect(200);
    assert_eq!(schemas["totalResults"], 5);
    for schema in schemas["Resources"].as_array().unwrap() {
        let address = format!("/Schemas/{}", schema["id"].as_str().unwrap());
        assert_eq!(provider.get(&address).await.expect(200), *schema);
    }
    provider.get("/Schemas/urn:nothing").await.refused(404);
    provider.get("/ResourceTypes/Planet").await.refused(404);
    provider.get("/Schemas?filter=id+pr").await.refused(403);
}

/// The schema of users has what is kept: no password.
#[tokio::test]
async fn what_is_not_kept_is_in_no_schema() {
    let provider = Provider::on_sqlite().await;
    let user: Value = provider.get(&format!("/Schemas/{USER}")).await.expect(200);
    let names: Vec<&Value> = user["attributes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attribute| &attribute["name"])
        .collect();
    assert!(names.contains(&&json!("userName")));
    assert!(!names.contains(&&json!("password")));
}
