//! Bulk: several requests in one.

use serde_json::{Value, json};

use super::support::*;

const REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

async fn bulk(provider: &Provider, operations: Value) -> Vec<Value> {
    let body = json!({"schemas": [REQUEST], "Operations": operations});
    let reply = provider.post("/Bulk", body).await.expect(200);
    let urn = json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]);
    assert_eq!(reply["schemas"], urn);
    reply["Operations"].as_array().unwrap().clone()
}

fn statuses(results: &[Value]) -> Vec<String> {
    results.iter().map(|one| text(&one["status"])).collect()
}

on_both_engines! {
    async fn operations_refer_to_what_others_of_the_same_request_create(provider: Provider) {
        let results = bulk(&provider, json!([
            // The group comes before the user that it refers to.
            {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"displayName": "Engines", "members": [{"value": "bulkId:u"}]}},
            {"method": "post", "path": "/Users", "bulkId": "u", "data": {"userName": "ada@example.com"}},
            {"method": "PATCH", "path": "/Groups/bulkId:g", "data": {"Operations": [{"op": "replace", "path": "displayName", "value": "Motors"}]}},
        ])).await;
        assert_eq!(statuses(&results), ["201", "201", "204"]);
        assert_eq!(results[0]["bulkId"], "g");
        assert!(results[1]["location"].as_str().unwrap().contains("/Users/"));
        assert_eq!(results[2]["version"], "W/\"2\"");
        let people = vec!["ada@example.com".to_owned()];
        assert_eq!(provider.groups().await, [("Motors".to_owned(), people)]);
        provider.merging_everything_changes_nothing().await;
    }

    async fn failures_are_answered_one_by_one_and_end_it_where_that_is_asked(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        let operations = json!([
            {"method": "POST", "path": "/Users", "bulkId": "1", "data": {"userName": "ada@example.com"}},
            {"method": "PUT", "path": format!("/Users/{ada}"), "version": "W/\"9\"", "data": {"userName": "x"}},
            {"method": "GET", "path": "/Users"},
            {"method": "DELETE", "path": "/Users"},
            {"method": "DELETE", "path": "/Planets/7"},
            {"method": "DELETE", "path": format!("/Users/{ada}")},
        ]);
        let body = json!({"Operations": operations, "failOnErrors": 2});
        let stopped = provider.post("/Bulk", body).await.expect(200);
        let stopped = stopped["Operations"].as_array().unwrap();
        assert_eq!(statuses(stopped), ["409", "412"]);
        assert_eq!(stopped[0]["response"]["scimType"], "uniqueness");
        let results = bulk(&provider, operations).await;
        assert_eq!(statuses(&results), ["409", "412", "405", "400", "404", "204"]);
    }

    async fn references_that_lead_nowhere_or_in_a_circle_are_refused(provider: Provider) {
        let results = bulk(&provider, json!([
            {"method": "POST", "path": "/Groups", "bulkId": "a", "data": {"displayName": "A", "members": [{"value": "bulkId:b"}]}},
            {"method": "POST", "path": "/Groups", "bulkId": "b", "data": {"displayName": "B", "members": [{"value": "bulkId:a"}]}},
            {"method": "POST", "path": "/Groups", "bulkId": "c", "data": {"displayName": "C", "members": [{"value": "bulkId:z"}]}},
            {"method": "POST", "path": "/Groups", "bulkId": "d", "data": {"displayName": "D"}},
        ])).await;
        assert_eq!(statuses(&results), ["409", "409", "409", "201"]);
        let d = results[3]["location"].as_str().unwrap();
        let path = format!("/Groups/{}", d.rsplit('/').next().unwrap());
        let leave = json!({"Operations": [{"op": "remove", "path": "members[value eq \"bulkId:z\"]"}]});
        let results = bulk(&provider, json!([{"method": "PATCH", "path": path, "data": leave}])).await;
        assert_eq!(statuses(&results), ["409"]);
        assert_eq!(provider.groups().await, [("D".to_owned(), vec![])]);
    }
}

#[tokio::test]
async fn a_bulk_request_has_limits_and_a_form() {
    let provider = Provider::on_sqlite().await;
    let one = json!({"method": "DELETE", "path": "/Users/7"});
    let many = json!({"Operations": vec![one; 1001]});
    provider.post("/Bulk", many).await.refused(413);
    let unnamed =
        json!({"Operations": [{"method": "POST", "path": "/Users", "data": {"userName": "a"}}]});
    assert_eq!(
        provider.post("/Bulk", unnamed).await.refused(400),
        "invalidSyntax"
    );
    let shapeless = json!({"Operations": {}});
    assert_eq!(
        provider.post("/Bulk", shapeless).await.refused(400),
        "invalidSyntax"
    );
}
