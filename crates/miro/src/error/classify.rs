//! What a reply with an error status means.

use std::time::Duration;

use super::{ConflictKind, ErrorBody, ErrorKind, MiroError};
use crate::route::Route;

/// A reply that is no success.
pub(crate) fn from_reply(
    route: &'static Route,
    status: u16,
    body: ErrorBody,
    retry_after: Option<Duration>,
) -> MiroError {
    let kind = classify(route.is_scim(), status, &body, retry_after);
    MiroError::new(kind, body.detail)
        .with_code(body.code)
        .with_status(status)
        .on_route(route.name, route.scopes)
}

fn classify(is_scim: bool, status: u16, body: &ErrorBody, wait: Option<Duration>) -> ErrorKind {
    match status {
        401 => ErrorKind::BadCredentials,
        // RFC 6749, section 5.2: what a token endpoint says about tokens and secrets that it does not accept.
        400 if matches!(
            body.code.as_deref(),
            Some("invalid_grant" | "invalid_client")
        ) =>
        {
            ErrorKind::BadCredentials
        }
        403 if is_scim => ErrorKind::ScimDisabled,
        403 => missing_scope(&body.detail).map_or(ErrorKind::Forbidden, ErrorKind::MissingScope),
        404 if body.detail.contains("No valid resources") => {
            ErrorKind::UnknownMembers(unknown_members(&body.detail))
        }
        404 => ErrorKind::NotFound,
        405 => ErrorKind::MethodNotAllowed,
        400 | 409 if is_not_unique(body) => ErrorKind::NotUnique,
        409 => ErrorKind::Conflict(conflict(&body.detail)),
        413 => ErrorKind::TooLarge,
        429 => ErrorKind::RateLimited { retry_after: wait },
        400..=499 => ErrorKind::Invalid,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::Protocol,
    }
}

/// Miro's docs print `User name '…' is invalid: 'not unique'` with status 400 and `invalidValue`; RFC 7644
/// (section 3.12) has `uniqueness`.
fn is_not_unique(body: &ErrorBody) -> bool {
    let detail = body.detail.to_lowercase();
    body.code.as_deref() == Some("uniqueness")
        || ["not unique", "already exist", "must be unique"]
            .iter()
            .any(|text| detail.contains(text))
}

/// A word that looks like a scope: `organizations:teams:read`.
fn missing_scope(detail: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-');
    let mut words = detail
        .split(|c: char| !is_part(c))
        .map(|word| word.trim_matches(':'));
    let found = words.find(|word| {
        let (noun, verb) = word.rsplit_once(':').unwrap_or_default();
        !noun.is_empty() && matches!(verb, "read" | "write" | "delete" | "export" | "management")
    });
    found.map(str::to_owned)
}

/// The ids in `No valid resources: [{memberId=3074457345618258730, display=null}, …]`.
fn unknown_members(detail: &str) -> Vec<String> {
    let parts = detail.split("memberId=").skip(1);
    let ids = parts.map(|part| {
        part.chars()
            .take_while(|c| !matches!(c, ',' | '}' | ']'))
            .collect()
    });
    ids.collect()
}

/// Known texts (Miro's docs and captures): `Full users limit reached for organization`, `x@y is not
/// whitelisted`, `DomainAddress is not whitelisted`. The rest is recognised by its words.
fn conflict(detail: &str) -> ConflictKind {
    let detail = detail.to_lowercase();
    let has = |texts: &[&str]| texts.iter().any(|text| detail.contains(text));
    if has(&["users limit reached", "license limit", "no seats"]) {
        ConflictKind::SeatsExhausted
    } else if has(&["whitelisted", "allow-list", "allowlist", "allow list"]) {
        ConflictKind::DomainNotAllowed
    } else if has(&[
        "last admin",
        "at least one admin",
        "last team admin",
        "last company admin",
        "only admin",
        "last organization admin",
    ]) {
        ConflictKind::LastAdmin
    } else if has(&["inactive", "deactivated", "not active"]) {
        ConflictKind::Inactive
    } else if has(&[
        "several organizations",
        "multiple organizations",
        "more than one organization",
        "uncaptured",
    ]) {
        ConflictKind::NotOursAlone
    } else {
        ConflictKind::Other
    }
}
