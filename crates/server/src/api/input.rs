//! What comes with a request, read strictly: what is not known is refused, and every refusal is a problem document.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::Server;
use crate::problem::{Problem, ProblemType};

/// A JSON body.
#[derive(Clone, Copy, Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Server> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Problem> {
        if !is_json(&request) {
            return Err(Problem::new(
                ProblemType::UnsupportedMediaType,
                "the body is not declared as JSON",
            )
            .hint("send `Content-Type: application/json`"));
        }
        let bytes = Bytes::from_request(request, server)
            .await
            .map_err(|rejection| unread(&rejection))?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| misread(&error))
    }
}

fn is_json(request: &Request) -> bool {
    let kind = request.headers().get(CONTENT_TYPE);
    let kind = kind
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

fn unread(rejection: &BytesRejection) -> Problem {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            Problem::new(ProblemType::TooLarge, "the body is too large")
        }
        _ => Problem::invalid("the body could not be read to its end"),
    }
}

/// What is wrong with the body. Values are never repeated: one of them may be a password.
fn misread(error: &serde_json::Error) -> Problem {
    let place = format!("line {}, column {}", error.line(), error.column());
    let text = error.to_string();
    let telling = ["unknown field", "missing field", "duplicate field"];
    let told = telling.iter().any(|start| text.starts_with(start));
    let what = match error.classify() {
        serde_json::error::Category::Data if told => text
            .split(" at line ")
            .next()
            .unwrap_or_default()
            .to_owned(),
        serde_json::error::Category::Data => "a value is of the wrong kind".to_owned(),
        _ => "it is no JSON".to_owned(),
    };
    Problem::invalid(format!("the body cannot be understood: {what} ({place})"))
}

/// The parameters behind `?`.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Server> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        let read = Query::from_request_parts(parts, server).await;
        read.map(|Query(read)| Self(read)).map_err(|rejection| {
            let text = rejection.body_text();
            let why = text
                .rsplit_once("query string: ")
                .map_or(text.as_str(), |(_, why)| why);
            let why: String = why.chars().take(300).collect();
            Problem::invalid(format!("a parameter cannot be understood: {why}"))
        })
    }
}

/// The parts of the path that are in braces.
#[derive(Clone, Copy, Debug)]
pub struct Segments<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Server> for Segments<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        let read = Path::from_request_parts(parts, server).await;
        read.map(|Path(read)| Self(read))
            .map_err(|_| Problem::not_found("there is nothing at this address"))
    }
}
