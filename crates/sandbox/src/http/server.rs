//! All routes of the sandbox, and what each passes on its way.

use std::borrow::Cow;

use axum::Router;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, on};
use axum::{Json, RequestPartsExt as _};
use serde_json::json;
use smol_str::{SmolStr, format_smolstr};
use url::form_urlencoded;

use crate::control;
use crate::http::connection::Peer;
use crate::http::gate::{Admitted, Api, Caller, Facts, Price, SCIM_BASE, pass};
use crate::http::refusal;
use crate::rest::routes::{ROUTES, Route};
use crate::rest::{Call, RestFailure};
use crate::scim;
use crate::state::SandboxState;

/// Both APIs, the control API and the page.
pub(crate) fn router(state: SandboxState) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        router = router.route(route.path, rest_endpoint(route));
    }
    let scim = scim::router(state.clone()).layer(from_fn_with_state(state.clone(), scim_gate));
    router
        .nest(SCIM_BASE, scim)
        .merge(control::router(&state))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .with_state(state)
}

fn rest_endpoint(route: &'static Route) -> axum::routing::MethodRouter<SandboxState> {
    let filter = match route.method {
        "POST" => MethodFilter::POST,
        "PATCH" => MethodFilter::PATCH,
        "DELETE" => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    };
    let label = format_smolstr!("{} {}", route.method, route.path);
    let serve = move |State(state): State<SandboxState>, request: Request| {
        let label = label.clone();
        async move { rest(state, route, label, request).await }
    };
    on(filter, serve)
}

async fn rest(
    state: SandboxState,
    route: &'static Route,
    label: SmolStr,
    request: Request,
) -> Response {
    let facts = Facts {
        api: route.api,
        scopes: route.scopes,
        price: route.price,
    };
    let shared = state.clone();
    pass(&state, facts, label, request, |admitted| async move {
        rest_handler(&shared, route, admitted).await
    })
    .await
}

async fn rest_handler(state: &SandboxState, route: &Route, admitted: Admitted) -> Response {
    let Admitted {
        caller,
        mut parts,
        body,
        half_done,
    } = admitted;
    let path: Vec<(String, String)> = match parts.extract::<RawPathParams>().await {
        Ok(path) => path
            .iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        Err(refused) => return refused.into_response(),
    };
    let query = parts.uri.query().unwrap_or_default();
    let query: Vec<(Cow<'_, str>, Cow<'_, str>)> =
        form_urlencoded::parse(query.as_bytes()).collect();
    let grant = match &caller {
        Caller::Rest(grant) => Some(grant),
        Caller::Scim | Caller::Anonymous => None,
    };
    let media_type = parts.headers.get(header::CONTENT_TYPE);
    let media_type = media_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let peer = parts.extensions.get::<Peer>();
    let call = Call {
        state,
        grant,
        path: &path,
        query: &query,
        form: media_type.starts_with("application/x-www-form-urlencoded"),
        body: &body,
        half_done,
        address: peer.map_or_else(String::new, |peer| peer.0.ip().to_string()),
        now: state.clock.now(),
    };
    let answer = route.admit(&call).and_then(|()| (route.handler)(&call));
    answer.unwrap_or_else(RestFailure::into_response)
}

/// What every SCIM request passes.
async fn scim_gate(State(state): State<SandboxState>, request: Request, next: Next) -> Response {
    let facts = Facts {
        api: Api::Scim,
        scopes: &[],
        price: Price::Scim,
    };
    let template = request.extensions().get::<MatchedPath>();
    let template = template.map_or(SCIM_BASE, MatchedPath::as_str);
    let label = format_smolstr!("{} {template}", request.method());
    pass(&state, facts, label, request, |admitted| async move {
        let mut request = Request::from_parts(admitted.parts, admitted.body.into());
        if let Some(half_done) = admitted.half_done {
            request.extensions_mut().insert(half_done);
        }
        next.run(request).await
    })
    .await
}

/// Miro's answer to a method that a path does not have, as captured from its SCIM endpoint.
pub(crate) async fn method_not_allowed() -> Response {
    let body = json!({"error": {
        "message": "Endpoint is found, but this method is not allowed",
        "reason": "methodNotAllowed",
        "code": 405,
    }});
    (StatusCode::METHOD_NOT_ALLOWED, Json(body)).into_response()
}

async fn not_found(uri: Uri) -> Response {
    let message = format!("The sandbox has nothing at {}", uri.path());
    refusal::rest(StatusCode::NOT_FOUND, "notFound", &message)
}
