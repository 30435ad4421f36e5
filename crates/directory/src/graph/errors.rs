//! What went wrong at Microsoft, in words.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

use crate::{DirectoryError, ErrorKind};

/// What an answer that is no success says.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub status: StatusCode,
    pub code: String,
    pub message: String,
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// Reads the body of an answer, in Graph's form or in that of the sign-in service.
    pub fn read(status: StatusCode, retry_after: Option<Duration>, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let text = |pointer: &str| {
            body.pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let (code, message) = match body.get("error") {
            Some(Value::String(code)) => (code.as_str(), text("/error_description")),
            _ => (text("/error/code"), text("/error/message")),
        };
        Self {
            status,
            code: code.to_owned(),
            // The sign-in service adds lines with trace ids and times.
            message: message.lines().next().unwrap_or_default().trim().to_owned(),
            retry_after,
        }
    }

    /// Whether the place of a delta query is forgotten, so that everything has to be read.
    pub fn is_expired_delta(&self) -> bool {
        let code = self.code.to_lowercase();
        self.status == StatusCode::GONE
            || (self.status == StatusCode::BAD_REQUEST
                && (code.contains("syncstate")
                    || code.contains("resync")
                    || code.contains("deltatoken")))
    }

    /// Whether trying again may help.
    pub fn is_passing(&self) -> bool {
        matches!(self.status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
    }

    /// The error of a request to Graph.
    pub fn error(&self, doing: &str) -> DirectoryError {
        let (kind, hint) = match self.status.as_u16() {
            401 => (ErrorKind::BadCredentials, "check `tenant` and `graph_url`"),
            403 => (
                ErrorKind::Forbidden,
                "grant the app registration the application permissions User.Read.All, Group.Read.All and, for assignments, Application.Read.All, with admin consent",
            ),
            404 => (
                ErrorKind::Settings,
                "check `service_principal`: it is the object id of the enterprise application, not of the app registration",
            ),
            429 => (
                ErrorKind::Throttled {
                    retry_after: self.retry_after,
                },
                "Microsoft asks for fewer requests; try again later",
            ),
            500..=599 => (
                ErrorKind::Server,
                "Microsoft's service failed; try again later",
            ),
            _ => (
                ErrorKind::Server,
                "check `attributes`: each must be a property of a user",
            ),
        };
        DirectoryError::new(kind, format!("{doing}: {}", self.said())).with_hint(hint)
    }

    /// The error of a request for a token.
    pub fn sign_in_error(&self, tenant: &str) -> DirectoryError {
        let known = [
            (
                "AADSTS7000215",
                "the client secret is wrong; use its value, not its id",
            ),
            (
                "AADSTS7000222",
                "the client secret has expired; make a new one under Certificates & secrets",
            ),
            (
                "AADSTS700016",
                "check `client_id`: no such application in this tenant",
            ),
            ("AADSTS90002", "check `tenant`: there is none of this name"),
            (
                "AADSTS900023",
                "check `tenant`: it is neither an id nor a domain",
            ),
        ];
        let hint = known
            .iter()
            .find(|(number, _)| self.message.contains(number))
            .map_or(
                "check `tenant`, `client_id` and the client secret",
                |(_, hint)| hint,
            );
        let kind = match self.status.as_u16() {
            429 => ErrorKind::Throttled {
                retry_after: self.retry_after,
            },
            500..=599 => ErrorKind::Server,
            _ => ErrorKind::BadCredentials,
        };
        DirectoryError::new(
            kind,
            format!("signing in to tenant {tenant}: {}", self.said()),
        )
        .with_hint(hint)
    }

    fn said(&self) -> String {
        let status = self.status.as_u16();
        match (self.code.is_empty(), self.message.is_empty()) {
            (true, true) => format!("status {status}"),
            (false, true) => format!("status {status}, {}", self.code),
            _ => format!("status {status}, {}: {}", self.code, self.message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_secret_is_told_from_a_wrong_one() {
        let body = br#"{"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys are expired.\r\nTrace ID: 1"}"#;
        let refusal = Refusal::read(StatusCode::UNAUTHORIZED, None, body);
        let error = refusal.sign_in_error("example.com");
        assert_eq!(error.kind(), ErrorKind::BadCredentials);
        assert!(error.hint().unwrap().contains("expired"));
        assert!(!error.to_string().contains("Trace"), "{error}");
    }

    #[test]
    fn a_missing_permission_is_named() {
        let body = br#"{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges"}}"#;
        let error = Refusal::read(StatusCode::FORBIDDEN, None, body).error("reading groups");
        assert_eq!(error.kind(), ErrorKind::Forbidden);
        assert_eq!(
            error.to_string(),
            "reading groups: status 403, Authorization_RequestDenied: Insufficient privileges"
        );
        assert!(error.hint().unwrap().contains("Group.Read.All"));
    }

    #[test]
    fn a_forgotten_delta_is_told_from_other_refusals() {
        let refusal = |status, code: &str| Refusal {
            status,
            code: code.to_owned(),
            message: String::new(),
            retry_after: None,
        };
        assert!(refusal(StatusCode::GONE, "").is_expired_delta());
        assert!(refusal(StatusCode::BAD_REQUEST, "syncStateNotFound").is_expired_delta());
        assert!(!refusal(StatusCode::BAD_REQUEST, "Request_UnsupportedQuery").is_expired_delta());
        assert!(!refusal(StatusCode::NOT_FOUND, "syncStateNotFound").is_expired_delta());
    }
}
