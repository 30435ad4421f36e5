//! Who may use the control API.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::control::refuse;
use crate::http::connection::Peer;
use crate::http::gate::bearer;
use crate::state::SandboxState;

/// Lets through who has the control token, and programs on this machine. A web page of another site must not steer
/// the sandbox through its reader's browser: neither directly (`Origin`), nor under a name that its owner points
/// at 127.0.0.1 (`Host`).
pub(super) async fn check(
    State(state): State<SandboxState>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    if bearer(headers).is_some_and(|token| state.is_control_token(token)) {
        return next.run(request).await;
    }
    let peer = request.extensions().get::<Peer>();
    let is_local = peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback());
    if !is_local {
        let message = "off loopback the control API wants the token given with --control-token";
        return refuse(StatusCode::UNAUTHORIZED, message);
    }
    let host = request
        .uri()
        .host()
        .map(str::to_owned)
        .or_else(|| host_of(headers));
    if !host.is_some_and(|host| is_own_name(&host)) || !same_origin(headers) {
        return refuse(
            StatusCode::FORBIDDEN,
            "web pages of other sites may not use the control API",
        );
    }
    next.run(request).await
}

fn host_of(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    Some(name.to_owned())
}

/// An address, or a name that only this machine's owner can point here.
fn is_own_name(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    address.is_ok() || ["localhost", "miro.com", "api.miro.com"].contains(&host)
}

fn same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let origin = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    origin.is_some_and(|(_, origin)| host == Some(origin))
}
