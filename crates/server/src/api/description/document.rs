//! The OpenAPI document.

use axum::Json;
use serde_json::Value;
use utoipa_axum::routes;

use super::super::document::document;
use super::super::operation::{Access, Operation};

/// The OpenAPI document.
pub const OPERATION: Operation = Operation::reads(
    "description.document",
    "/openapi.json",
    Access::Anyone,
    || routes!(show_document),
);

/// Describe the API
///
/// As an OpenAPI 3.1 document: this one.
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, body = serde_json::Value)))]
pub async fn show_document() -> Json<&'static Value> {
    Json(document())
}
