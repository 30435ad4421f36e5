//! The API: everything that Usher does, as JSON, below `/api/v1`.
//!
//! ```text
//!   request ─▶ cross-site? ─▶ guard: who asks, may they, was it done already ─▶ handler
//! ```
//!
//! Each operation is one file, named after what it is about and what it does: its request, its answer, its handler, and an
//! [`Operation`] that says who may do it and what it leaves in the log. The router is made from [`OPERATIONS`] and from nothing
//! else, so that there is no way in that nobody decided on.

mod accounts;
pub(crate) mod address;
mod administrators;
mod assignments;
mod auth;
mod caller;
mod cycles;
mod description;
mod diff;
mod document;
mod drift;
mod entitlements;
mod etag;
mod events;
mod failures;
mod grants;
mod groups;
mod guard;
mod idempotency;
mod input;
mod inventory;
mod me;
mod operation;
mod organizations;
mod page;
mod paging;
mod people;
mod plans;
mod rights;
mod service_accounts;
mod syncs;
mod teams;
mod tokens;
mod user_groups;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::middleware::from_fn_with_state;
use tower_http::csrf::CsrfLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};

pub use document::document_text;
pub use operation::{Access, AnswerKind, Operation, Verb};
pub use rights::rights_page;

use crate::Server;
use crate::problem::{Problem, ProblemType};
use guard::{BODY, Guarded, guard};

/// Everything that the API can do.
pub const OPERATIONS: &[Operation] = &[
    auth::set_up::OPERATION,
    auth::accept_invitation::OPERATION,
    auth::sign_in::OPERATION,
    auth::sign_out::OPERATION,
    auth::methods::OPERATION,
    auth::begin_openid_connect::OPERATION,
    auth::finish_openid_connect::OPERATION,
    auth::show_second_factor::OPERATION,
    me::show::OPERATION,
    me::set_password::OPERATION,
    me::begin_second_factor::OPERATION,
    me::confirm_second_factor::OPERATION,
    me::remove_second_factor::OPERATION,
    me::sessions::OPERATION,
    me::end_session::OPERATION,
    me::tokens::OPERATION,
    me::create_token::OPERATION,
    me::revoke_token::OPERATION,
    administrators::list::OPERATION,
    administrators::create::OPERATION,
    administrators::show::OPERATION,
    administrators::update::OPERATION,
    administrators::invite::OPERATION,
    administrators::sessions::OPERATION,
    administrators::end_session::OPERATION,
    administrators::identities::OPERATION,
    administrators::remove_identities::OPERATION,
    service_accounts::create::OPERATION,
    tokens::list::OPERATION,
    tokens::create::OPERATION,
    tokens::revoke::OPERATION,
    organizations::list::OPERATION,
    organizations::show::OPERATION,
    accounts::list::OPERATION,
    accounts::show::OPERATION,
    teams::list::OPERATION,
    user_groups::list::OPERATION,
    entitlements::list::OPERATION,
    grants::list::OPERATION,
    diff::show::OPERATION,
    syncs::list::OPERATION,
    syncs::show::OPERATION,
    people::list::OPERATION,
    people::show::OPERATION,
    groups::list::OPERATION,
    groups::show::OPERATION,
    assignments::list::OPERATION,
    plans::list::OPERATION,
    plans::show::OPERATION,
    plans::changes::OPERATION,
    plans::approve::OPERATION,
    plans::reject::OPERATION,
    cycles::list::OPERATION,
    cycles::show::OPERATION,
    failures::list::OPERATION,
    drift::list::OPERATION,
    events::list::OPERATION,
    description::document::OPERATION,
    description::page::OPERATION,
];

/// The routes, all below one path.
pub fn routes(server: &Server) -> Router<Server> {
    let mut router = OpenApiRouter::new();
    for operation in OPERATIONS {
        let guarded = Guarded {
            server: server.clone(),
            operation,
        };
        let layer = from_fn_with_state(guarded, guard);
        router = router.routes((operation.route)().map(|methods| methods.route_layer(layer)));
    }
    let (router, _) = router.split_for_parts();
    let router = router
        .fallback(nothing_there)
        .method_not_allowed_fallback(not_this_way)
        .layer(DefaultBodyLimit::max(BODY))
        .layer(cross_site(server))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ));
    Router::new().nest(document::BASE, router)
}

/// Writes that another site made a browser send are refused.
fn cross_site(
    server: &Server,
) -> CsrfLayer<impl Fn(tower_http::csrf::ProtectionError) -> axum::response::Response + Clone + use<>>
{
    let layer = CsrfLayer::new().with_rejection_response(|_| {
        Problem::forbidden("this request was sent by another site")
            .hint("send it from Usher's own address, which is `server.public_url`, or as a program with an API token")
            .into_answer()
    });
    let public = server.settings().public_url.as_ref();
    let Some(origin) = public.map(|url| url.origin().ascii_serialization()) else {
        return layer;
    };
    match layer.clone().add_trusted_origin(origin) {
        Ok(trusting) => trusting,
        Err(error) => {
            tracing::warn!(%error, "the public address is no origin that browsers would send");
            layer
        }
    }
}

async fn nothing_there() -> Problem {
    Problem::not_found("the API has nothing at this address").hint("/api/v1/docs lists what it has")
}

async fn not_this_way() -> Problem {
    Problem::new(
        ProblemType::MethodNotAllowed,
        "this address does not know this method",
    )
}
