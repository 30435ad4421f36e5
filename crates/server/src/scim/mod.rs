//! `/scim/v2`: identity providers push people and groups here (RFC 7643, RFC 7644).
//!
//! ```text
//! bearer token ─▶ source ─▶ one operation, one file ─┬─▶ crate scim   what the request means
//!                                                    └─▶ the engine   what it changes, in one transaction
//! ```
//!
//! A token belongs to one directory source, and whoever shows it sees and changes that source alone. The JSON that was
//! pushed is what is given back; people and groups of the directory follow from it at once. Forms outside the RFCs that
//! Entra, Okta and JumpCloud send are taken as they are meant; nothing that a client sends makes a 5xx.

mod answer;
mod bulk;
mod call;
mod condition;
mod create;
mod delete;
mod discovery;
mod draft;
mod etag;
mod get;
mod kind;
mod list;
mod members;
mod patch;
mod query;
mod render;
mod replace;
mod search;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tokio::sync::Mutex;
use tokio_util::task::TaskTracker;

use crate::Server;
use answer::Refusal;
use call::{Call, Json};
use kind::ResourceKind;

/// The most bytes that a body may have: a group of 100,000 members fits.
const MAX_BODY: usize = 16 * 1024 * 1024;
/// The most requests in one.
const MAX_OPERATIONS: usize = 1000;
/// How many resources a list has unasked.
const DEFAULT_COUNT: usize = 100;
/// The most resources that a list has.
const MAX_COUNT: usize = 1000;

/// The id of a resource, in an address.
type Id = Path<String>;

/// What every SCIM request has at hand.
#[derive(Clone, Debug)]
struct Scim {
    server: Server,
    /// Whoever merges the whole directory holds it: others that need it merged wait instead of merging too.
    merging: Arc<Mutex<()>>,
    /// Merging goes on when the request that needs it is given up.
    tasks: TaskTracker,
}

/// The addresses below `/scim/v2`.
pub fn routes(server: &Server) -> Router<Server> {
    let scim = Scim {
        server: server.clone(),
        merging: Arc::default(),
        tasks: TaskTracker::new(),
    };
    Router::new()
        .merge(resources(ResourceKind::User))
        .merge(resources(ResourceKind::Group))
        .route("/.search", post(search::everything))
        .route("/Bulk", post(bulk::handler))
        .route("/ServiceProviderConfig", get(discovery::configuration))
        .route("/ResourceTypes", get(discovery::resource_types))
        .route("/ResourceTypes/{id}", get(discovery::resource_type))
        .route("/Schemas", get(discovery::schemas))
        .route("/Schemas/{id}", get(discovery::schema))
        .fallback(nothing_here)
        .method_not_allowed_fallback(not_that_way)
        .with_state(scim)
}

/// The addresses of one kind of resource.
fn resources(kind: ResourceKind) -> Router<Scim> {
    let all = kind.endpoint();
    let collection = get(move |call: Call, query: RawQuery| list::handler(kind, call, query)).post(
        move |call: Call, query: RawQuery, body: Json| create::handler(kind, call, query, body),
    );
    let one = get(
        move |call: Call, id: Id, query: RawQuery, headers: HeaderMap| {
            get::handler(kind, call, (id, query, headers))
        },
    )
    .put(
        move |call: Call, id: Id, query: RawQuery, headers: HeaderMap, body: Json| {
            replace::handler(kind, call, (id, query, headers), body)
        },
    )
    .patch(
        move |call: Call, id: Id, query: RawQuery, headers: HeaderMap, body: Json| {
            patch::handler(kind, call, (id, query, headers), body)
        },
    )
    .delete(move |call: Call, id: Id, headers: HeaderMap| delete::handler(kind, call, id, headers));
    Router::new()
        .route(all, collection)
        .route(
            &format!("{all}/.search"),
            post(move |call: Call, body: Json| search::handler(kind, call, body)),
        )
        .route(&format!("{all}/{{id}}"), one)
}

/// It cannot be answered now, in the form of this protocol.
pub fn unavailable(detail: String) -> Response {
    Refusal::unavailable(detail).into_response()
}

async fn nothing_here() -> Refusal {
    Refusal::new(404, "there is nothing at this address")
}

async fn not_that_way() -> Refusal {
    Refusal::new(405, "this address does not take this method")
}
