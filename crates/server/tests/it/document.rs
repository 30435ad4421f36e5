//! The OpenAPI document.

use serde_json::Value;
use usher_server::api::{OPERATIONS, document_text};

use crate::support::*;

fn document() -> Value {
    serde_json::from_str(&document_text()).unwrap()
}

#[test]
fn the_committed_document_is_the_one_that_the_operations_make() {
    let file =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/openapi.json");
    let kept = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        kept == document_text(),
        "docs/reference/openapi.json is out of date: run `cargo xtask generate`"
    );
}

#[test]
fn every_operation_is_described_under_its_own_method_and_path() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    let described: usize = paths
        .values()
        .map(|path| path.as_object().unwrap().len())
        .sum();
    assert_eq!(described, OPERATIONS.len());
    for operation in OPERATIONS {
        let verb = operation.verb.method().as_str().to_lowercase();
        let found = &paths[operation.path][&verb];
        assert_eq!(found["operationId"], operation.id);
        assert!(
            found["summary"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{}",
            operation.id
        );
        assert!(
            found["responses"]["default"].is_object(),
            "{}",
            operation.id
        );
    }
}

#[test]
fn every_part_of_a_path_every_parameter_and_every_member_is_explained() {
    let document = document();
    for operation in OPERATIONS {
        let verb = operation.verb.method().as_str().to_lowercase();
        let found = &document["paths"][operation.path][&verb];
        let none = Vec::new();
        let parameters = found["parameters"].as_array().unwrap_or(&none);
        for parameter in parameters {
            assert!(
                parameter["description"].is_string(),
                "{}: {parameter}",
                operation.id
            );
        }
        let in_path = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .count();
        assert_eq!(
            in_path,
            operation.path.matches('{').count(),
            "{}",
            operation.id
        );
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for (member, property) in schema["properties"].as_object().into_iter().flatten() {
            let explained = property["description"].is_string();
            assert!(explained, "{name}.{member} is not explained");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let text = document_text();
    for part in text.split("\"#/").skip(1) {
        let pointer = format!("/{}", part.split('"').next().unwrap());
        assert!(document.pointer(&pointer).is_some(), "{pointer}");
    }
}

#[tokio::test]
async fn the_document_and_its_page_are_there_for_anyone() {
    let app = App::sqlite().await;
    let served = app
        .get(&Sender::Visitor, "/openapi.json")
        .await
        .expect(200)
        .json();
    assert_eq!(served, document());
    let page = app.get(&Sender::Visitor, "/docs").await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(
        page.header("content-security-policy")
            .starts_with("default-src 'none'")
    );
    assert!(page.text.contains("/organizations/{organization}/accounts"));
}
