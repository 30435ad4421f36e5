//! What stands in front of every operation: who asks, whether they may, and whether it was done already.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::caller::{Caller, credential};
use super::idempotency;
use super::operation::Operation;
use crate::Server;
use crate::problem::Problem;

/// The most bytes that a body may have.
pub const BODY: usize = 1024 * 1024;

/// An operation of a server.
#[derive(Clone, Debug)]
pub struct Guarded {
    /// The server.
    pub server: Server,
    /// The operation.
    pub operation: &'static Operation,
}

/// Lets through who may.
pub async fn guard(State(guarded): State<Guarded>, request: Request, next: Next) -> Response {
    match pass(&guarded, request, next).await {
        Ok(answer) => answer,
        Err(problem) => problem.into_response(),
    }
}

async fn pass(guarded: &Guarded, request: Request, next: Next) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::find(&guarded.server, &parts).await?;
    guarded.operation.access.check(&caller)?;
    parts.extensions.insert(caller.clone());
    match idempotency::key(guarded.operation, &caller, &parts)? {
        None => Ok(next.run(Request::from_parts(parts, body)).await),
        Some(key) => {
            let credential = credential(&guarded.server, &parts);
            let keyed = idempotency::Keyed::read(key, &credential, &parts, body).await?;
            let next = |body: Body| next.run(Request::from_parts(parts, body));
            idempotency::once(guarded, keyed, next).await
        }
    }
}
