//! `ETag` and `If-Match`: who changes something can say which version of it they saw.

use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

use crate::problem::{Problem, ProblemType};

/// The headers of an answer that shows this version.
pub fn etag(version: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&format!("\"{version}\"")) {
        headers.insert(header::ETAG, value);
    }
    headers
}

/// The `If-Match` header of a request.
#[derive(Clone, Debug)]
pub struct IfMatch(Option<String>);

impl IfMatch {
    /// Refuses when the request is about another version than this one. Without the header it is about any.
    pub fn check(&self, version: u64) -> Result<(), Problem> {
        let Some(wanted) = &self.0 else {
            return Ok(());
        };
        let current = format!("\"{version}\"");
        let fits = wanted
            .split(',')
            .map(str::trim)
            .any(|one| one == "*" || one == current);
        if fits {
            return Ok(());
        }
        Err(Problem::new(
            ProblemType::PreconditionFailed,
            format!("it is at version {version} by now"),
        )
        .hint("read it again, and change it anew")
        .at("If-Match"))
    }
}

impl axum::extract::FromRequestParts<crate::Server> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &crate::Server) -> Result<Self, Problem> {
        let value = parts.headers.get(IF_MATCH);
        Ok(Self(value.map(|value| {
            value.to_str().unwrap_or_default().to_owned()
        })))
    }
}
