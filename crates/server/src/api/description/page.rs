//! The documentation as a page.

use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse};
use utoipa_axum::routes;

use super::super::operation::{Access, Operation};
use super::super::page::page;

/// The documentation.
pub const OPERATION: Operation =
    Operation::reads("description.page", "/docs", Access::Anyone, || {
        routes!(show_page)
    });

/// Describe the API to people
///
/// As a page that loads nothing from elsewhere.
#[utoipa::path(get, path = "/docs", responses((status = 200, content_type = "text/html", body = String)))]
pub async fn show_page() -> impl IntoResponse {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    ([(CONTENT_SECURITY_POLICY, policy)], Html(page()))
}
