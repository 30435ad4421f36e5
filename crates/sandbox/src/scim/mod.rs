//! Miro's SCIM API over the [`World`](crate::world::World).
//!
//! Everything about the protocol comes from `usher-scim`; everything about the organization from
//! [`crate::world`]. What is here translates between the two as Miro does.

mod answer;
mod call;
mod directory;
mod discovery;
mod draft;
mod group_patch;
mod group_view;
mod groups;
mod predicate;
mod schema;
mod user_patch;
mod user_view;
mod users;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use usher_scim::ScimError;

use crate::state::SandboxState;

/// The largest body of a change: Miro's SCIM rate-limit page.
const MAX_BODY_BYTES: usize = 800_000;

/// The routes below the SCIM base.
pub(crate) fn router(state: SandboxState) -> Router<SandboxState> {
    Router::new()
        .route("/Users", get(users::list).post(users::create))
        .route(
            "/Users/{id}",
            get(users::get)
                .put(users::replace)
                .patch(users::patch)
                .delete(users::delete),
        )
        .route("/Groups", get(groups::list).post(groups::create))
        .route(
            "/Groups/{id}",
            get(groups::get).patch(groups::patch).delete(groups::delete),
        )
        .route(
            "/ServiceProviderConfig",
            get(discovery::service_provider_config),
        )
        .route("/ResourceTypes", get(discovery::resource_types))
        .route("/ResourceTypes/{id}", get(discovery::resource_type))
        .route("/Schemas", get(discovery::schemas))
        .route("/Schemas/{id}", get(discovery::schema))
        .method_not_allowed_fallback(answer::method_not_allowed)
        .fallback(answer::nothing_here)
        .layer(from_fn_with_state(state, check_transport))
}

/// Refuses bodies of another media type or beyond Miro's size, and replies in the media type that is wanted.
async fn check_transport(State(_): State<SandboxState>, request: Request, next: Next) -> Response {
    let json_only = call::wants_plain_json(request.headers());
    let writes = matches!(
        *request.method(),
        Method::POST | Method::PUT | Method::PATCH
    );
    let length = axum::body::HttpBody::size_hint(request.body()).lower();
    let response = if writes && !call::is_json(request.headers()) {
        answer::refused(&ScimError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE.as_u16(),
            "The body must be application/scim+json or application/json",
        ))
    } else if writes && length > MAX_BODY_BYTES as u64 {
        answer::refused(&ScimError::new(
            StatusCode::PAYLOAD_TOO_LARGE.as_u16(),
            format!("The request body is larger than {MAX_BODY_BYTES} bytes"),
        ))
    } else {
        next.run(request).await
    };
    if json_only {
        answer::as_plain_json(response)
    } else {
        response
    }
}
