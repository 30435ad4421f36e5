//! One REST call as its handler sees it, and what the handler gives back.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::faults::HalfDone;
use crate::http::tokens::Grant;
use crate::rest::failure::RestFailure;
use crate::state::SandboxState;
use crate::world::Change;

/// What a handler gives back.
pub(crate) type Answer = Result<Response, RestFailure>;

/// One REST call.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a SandboxState,
    pub(crate) grant: Option<&'a Grant>,
    pub(crate) path: &'a [(String, String)],
    pub(crate) query: &'a [(Cow<'a, str>, Cow<'a, str>)],
    pub(crate) form: bool,
    pub(crate) body: &'a Bytes,
    pub(crate) half_done: Option<HalfDone>,
    pub(crate) address: String,
    pub(crate) now: Timestamp,
}

impl Call<'_> {
    /// A segment of the path; empty when the route has none of this name.
    pub(crate) fn path(&self, name: &str) -> &str {
        let found = self.path.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }

    /// A parameter of the query that is given and not empty.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_ref())
            .filter(|value| !value.is_empty())
    }

    /// Reads a parameter of the query; refuses what cannot be read.
    pub(crate) fn parsed<T: std::str::FromStr>(
        &self,
        name: &str,
    ) -> Result<Option<T>, RestFailure> {
        let Some(text) = self.query(name) else {
            return Ok(None);
        };
        let refused = |_| RestFailure::invalid(format!("Parameter {name} has a wrong value"));
        text.parse().map(Some).map_err(refused)
    }

    /// The page size: 1 to 100, 100 when not given.
    pub(crate) fn limit(&self) -> Result<usize, RestFailure> {
        let limit = self.parsed("limit")?.unwrap_or(100);
        if (1..=100).contains(&limit) {
            return Ok(limit);
        }
        Err(RestFailure::invalid(
            "Parameter limit must be from 1 to 100",
        ))
    }

    /// The body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, RestFailure> {
        let refused = |_| RestFailure::invalid("The request body is not the expected JSON");
        serde_json::from_slice(self.body).map_err(refused)
    }

    /// The acting user's id; empty for a call without token.
    pub(crate) fn user(&self) -> &str {
        self.grant.map_or("", |grant| &grant.user)
    }

    /// The change that this call makes: by whom, when, from where.
    pub(crate) fn change(&self) -> Change {
        let user = self.user().parse().unwrap_or_default();
        Change::by_user(user, self.now, Some(self.address.as_str().into()))
    }
}

/// A JSON reply.
pub(crate) fn reply<T: Serialize + ?Sized>(status: StatusCode, body: &T) -> Answer {
    let bytes = serde_json::to_vec(body)
        .map_err(|_| RestFailure::invalid("The sandbox could not write its reply"))?;
    let media_type = HeaderValue::from_static("application/json");
    Ok((
        status,
        [(header::CONTENT_TYPE, media_type)],
        Body::from(bytes),
    )
        .into_response())
}

/// A JSON reply with status 200.
pub(crate) fn ok<T: Serialize + ?Sized>(body: &T) -> Answer {
    reply(StatusCode::OK, body)
}

/// A JSON reply with status 201.
pub(crate) fn created<T: Serialize + ?Sized>(body: &T) -> Answer {
    reply(StatusCode::CREATED, body)
}

/// A reply without body.
pub(crate) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
