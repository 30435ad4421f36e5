//! Answers and refusals, in SCIM's form.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use usher_engine::people::{PushError, PushRefusal};
use usher_engine::{EngineError, ErrorClass};
use usher_scim::ScimError;
use usher_store::StoreError;

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// Where the resource is.
    pub location: Option<String>,
    /// Its version, as an entity tag.
    pub version: Option<String>,
    /// The body.
    pub body: Option<Value>,
}

impl Answer {
    /// 200 with a body.
    pub fn of(body: &impl Serialize) -> Self {
        Self {
            status: StatusCode::OK,
            location: None,
            version: None,
            body: Some(serde_json::to_value(body).unwrap_or_default()),
        }
    }

    /// A status without body.
    pub fn empty(status: StatusCode) -> Self {
        Self {
            status,
            location: None,
            version: None,
            body: None,
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let body = self.body.map(|body| body.to_string());
        let mut response = Response::new(body.map_or_else(Body::empty, Body::from));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        // The media type of SCIM (RFC 7644 §8.1).
        let scim = HeaderValue::from_static("application/scim+json");
        headers.insert(header::CONTENT_TYPE, scim);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let texts = [
            (header::LOCATION, self.location),
            (header::ETAG, self.version),
        ];
        for (name, text) in texts {
            let value = text.and_then(|text| HeaderValue::from_str(&text).ok());
            if let Some(value) = value {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// A refusal, or a failure of ours.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What is said.
    pub error: ScimError,
    /// After how many seconds to try again.
    retry_after: Option<u64>,
    /// What a bearer token is asked for with.
    challenge: Option<&'static str>,
}

impl Refusal {
    /// A refusal with a status and words.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        ScimError::new(status, detail).into()
    }

    /// 503: not now.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self {
            retry_after: Some(1),
            ..Self::new(503, detail)
        }
    }

    /// 401: no token, or none that opens anything.
    pub fn unauthorized(challenge: &'static str, detail: &'static str) -> Self {
        Self {
            challenge: Some(challenge),
            ..Self::new(401, detail)
        }
    }
}

impl From<ScimError> for Refusal {
    fn from(error: ScimError) -> Self {
        Self {
            error,
            retry_after: None,
            challenge: None,
        }
    }
}

impl From<PushError> for Refusal {
    fn from(error: PushError) -> Self {
        match error {
            PushError::Refused(refusal) => {
                let detail = refusal.to_string();
                match refusal {
                    PushRefusal::NotThere { .. } => ScimError::not_found(detail),
                    PushRefusal::VersionMoved { .. } => ScimError::new(412, detail),
                    PushRefusal::NameTaken { .. } => ScimError::uniqueness(detail),
                    PushRefusal::NoSuchMember(_) => ScimError::invalid_value(detail),
                }
                .into()
            }
            PushError::Engine(error) => error.into(),
        }
    }
}

impl From<EngineError> for Refusal {
    fn from(error: EngineError) -> Self {
        let is_busy = matches!(&error, EngineError::Store(store) if store.is_passing())
            || matches!(error.class(), ErrorClass::Conflict);
        if is_busy {
            return Self::unavailable("the directory is busy; try again");
        }
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a SCIM request failed"
        );
        Self::new(
            500,
            "something went wrong inside Usher; its log has the details",
        )
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        EngineError::from(error).into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Answer {
            status,
            ..Answer::of(&self.error)
        }
        .into_response();
        let headers = response.headers_mut();
        if let Some(challenge) = self.challenge {
            let challenge = HeaderValue::from_static(challenge);
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
