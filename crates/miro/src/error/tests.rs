use std::time::Duration;

use super::*;
use crate::route;

fn scim(status: u16, body: &str) -> MiroError {
    let body = ErrorBody::read(body.as_bytes(), &["canary-token"]);
    from_reply(&route::SCIM_CREATE_USER, status, body, None)
}

fn rest(status: u16, body: &str) -> MiroError {
    let body = ErrorBody::read(body.as_bytes(), &["canary-token"]);
    from_reply(
        &route::LIST_MEMBERS,
        status,
        body,
        Some(Duration::from_secs(7)),
    )
}

#[test]
fn the_documented_scim_bodies_are_understood() {
    let cases: [(u16, &str, ErrorKind, Permanence); 7] = [
        (
            400,
            r#"{"status":"400","scimType":"invalidValue","detail":"User name 'x@y' is invalid: 'not unique'"}"#,
            ErrorKind::NotUnique,
            Permanence::Permanent,
        ),
        (
            404,
            r#"{"status":"404","detail":"No valid resources: [{memberId=3074457345618258730, display=null}, {memberId=4567543256789076, display=null}]"}"#,
            ErrorKind::UnknownMembers(vec![
                "3074457345618258730".into(),
                "4567543256789076".into(),
            ]),
            Permanence::Permanent,
        ),
        (
            405,
            r#"{"error":{"message":"Endpoint is found, but this method is not allowed","reason":"methodNotAllowed","code":405}}"#,
            ErrorKind::MethodNotAllowed,
            Permanence::Permanent,
        ),
        (
            409,
            r#"{"status":"409","detail":"x@y is not whitelisted"}"#,
            ErrorKind::Conflict(ConflictKind::DomainNotAllowed),
            Permanence::NeedsAdmin,
        ),
        (
            409,
            r#"{"status":"409","detail":"Full users limit reached for organization"}"#,
            ErrorKind::Conflict(ConflictKind::SeatsExhausted),
            Permanence::NeedsAdmin,
        ),
        (
            429,
            r#"{"status":"429","scimType":"tooManyRequests","detail":"The user has sent too many requests in a given amount of time"}"#,
            ErrorKind::RateLimited { retry_after: None },
            Permanence::Transient,
        ),
        (
            409,
            r#"{"status":"409","detail":"The team must have at least one Admin"}"#,
            ErrorKind::Conflict(ConflictKind::LastAdmin),
            Permanence::NeedsAdmin,
        ),
    ];
    for (status, body, kind, permanence) in cases {
        let error = scim(status, body);
        assert_eq!(error.kind(), &kind, "{body}");
        assert_eq!(error.permanence(), permanence, "{body}");
        assert!(!error.hint().is_empty());
        assert!(!error.detail().is_empty(), "{body}");
    }
}

#[test]
fn the_documented_rest_bodies_are_understood() {
    let cases = [
        (400, "invalidParameters", ErrorKind::Invalid),
        (401, "tokenNotProvided", ErrorKind::BadCredentials),
        (403, "forbiddenAccess", ErrorKind::Forbidden),
        (404, "notFound", ErrorKind::NotFound),
        (409, "conflict", ErrorKind::Conflict(ConflictKind::Other)),
        (
            429,
            "tooManyRequests",
            ErrorKind::RateLimited {
                retry_after: Some(Duration::from_secs(7)),
            },
        ),
    ];
    for (status, code, kind) in cases {
        let body = format!(
            r#"{{"type":"error","status":{status},"code":"{code}","message":"what Miro says","context":null}}"#
        );
        let error = rest(status, &body);
        assert_eq!(error.kind(), &kind);
        assert_eq!(error.code(), Some(code));
        assert_eq!(error.detail(), "what Miro says");
        assert_eq!(error.status(), Some(status));
    }
}

#[test]
fn c3_a_403_that_names_a_scope_becomes_a_missing_scope_with_a_remedy() {
    let error = rest(
        403,
        r#"{"type":"error","status":403,"code":"forbiddenAccess","message":"missing scope: organizations:read."}"#,
    );
    assert_eq!(
        error.kind(),
        &ErrorKind::MissingScope("organizations:read".into())
    );
    assert!(error.to_string().contains("organizations:read"), "{error}");
    assert!(
        error.hint().contains("organizations:read"),
        "{}",
        error.hint()
    );
    assert_eq!(error.permanence(), Permanence::NeedsAdmin);
}

#[test]
fn a_403_without_a_scope_names_the_scopes_that_the_call_needs() {
    let error = rest(403, "");
    assert_eq!(error.kind(), &ErrorKind::Forbidden);
    assert!(
        error.hint().contains("organizations:read"),
        "{}",
        error.hint()
    );
}

#[test]
fn a_403_of_scim_means_that_scim_is_off() {
    assert_eq!(scim(403, "{}").kind(), &ErrorKind::ScimDisabled);
}

#[test]
fn html_of_the_edge_is_reduced_to_its_title() {
    let error = rest(
        502,
        "<!DOCTYPE html><html><head><TITLE>502 Bad Gateway</TITLE></head><body>CloudFront</body></html>",
    );
    assert_eq!(error.kind(), &ErrorKind::Server);
    assert_eq!(error.detail(), "HTML page: 502 Bad Gateway");
    assert_eq!(
        rest(502, "<p>over\n<b>loaded</b></p>").detail(),
        "HTML page: over loaded"
    );
}

#[test]
fn a_message_is_one_short_line_without_secrets() {
    let long = format!("canary-token\n\u{7}{}", "x".repeat(10_000));
    let error = rest(500, &long);
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("canary-token"));
    assert!(!shown.contains('\u{7}'));
    assert!(error.detail().chars().count() <= 301);
}

#[test]
fn a_message_says_call_meaning_status_and_miros_words() {
    let error = rest(404, r#"{"status":404,"message":"no such organization"}"#);
    assert_eq!(
        error.to_string(),
        "GET /v2/orgs/{org_id}/members: Miro has no such object (status 404): no such organization"
    );
}

#[test]
fn oauth_errors_are_read_as_rfc_6749_writes_them() {
    let body =
        br#"{"error":"invalid_grant","error_description":"the refresh token has been used"}"#;
    let body = ErrorBody::read(body, &[]);
    let error = from_reply(&route::OAUTH_TOKEN, 400, body, None);
    assert_eq!(error.kind(), &ErrorKind::BadCredentials);
    assert_eq!(error.code(), Some("invalid_grant"));
    assert_eq!(error.detail(), "the refresh token has been used");
}
