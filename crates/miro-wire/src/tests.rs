use serde_json::json;

use crate::{
    AuditEvent, BulkResult, CursorPage, Member, OAuthToken, RestError, Team, TeamSettings,
    TokenContext, parse_time,
};

#[test]
fn an_identifier_is_read_from_text_and_from_a_number_without_losing_digits() {
    for id in [
        json!("3074457365265951581"),
        json!(3_074_457_365_265_951_581_u64),
    ] {
        let team: Team = serde_json::from_value(json!({"id": id})).unwrap();
        assert_eq!(team.id, "3074457365265951581");
    }
    let float = serde_json::from_str::<Team>(r#"{"id": 3.0744573652659516e18}"#);
    assert!(float.is_err(), "a float has lost digits");
}

#[test]
fn only_the_identifier_of_a_member_is_required_and_nulls_are_tolerated() {
    let member: Member = serde_json::from_value(json!({
        "id": "1", "email": null, "adminRoles": null, "lastActivityAt": "", "someday": {"new": 1}
    }))
    .unwrap();
    assert_eq!(member.email, "");
    assert_eq!(member.admin_roles, None);
    assert_eq!(member.active, None);
    assert!(serde_json::from_value::<Member>(json!({"email": "a@example.com"})).is_err());
}

#[test]
fn a_member_is_written_with_miros_names() {
    let member = Member {
        id: "1".into(),
        active: Some(true),
        last_activity_at: Some(String::new()),
        ..Member::default()
    };
    let written = serde_json::to_value(member).unwrap();
    assert_eq!(written["lastActivityAt"], "");
    assert!(written.get("licenseAssignedAt").is_none());
}

#[test]
fn a_page_ends_where_the_cursor_is_missing_null_or_empty() {
    for cursor in [json!({}), json!({"cursor": null}), json!({"cursor": ""})] {
        let page: CursorPage<Team> = serde_json::from_value(cursor).unwrap();
        assert_eq!(page.next_cursor(), None);
    }
    let page: CursorPage<Team> = serde_json::from_value(json!({"cursor": 17, "data": []})).unwrap();
    assert_eq!(page.next_cursor(), Some("17"));
}

#[test]
fn times_are_read_with_and_without_a_colon_in_the_offset() {
    let expected = parse_time("2023-09-01T09:30:10.840Z");
    assert!(expected.is_some());
    for text in [
        "2023-09-01T09:30:10.840+0000",
        "2023-09-01T09:30:10.840+00:00",
        "2023-09-01T04:30:10.840-0500",
    ] {
        assert_eq!(parse_time(text), expected, "{text}");
    }
    assert_eq!(
        parse_time("2023-09-01T09:30:10+0000"),
        parse_time("2023-09-01T09:30:10Z")
    );
    for text in ["", " ", "never", "2023-13-01T00:00:00Z"] {
        assert_eq!(parse_time(text), None, "{text}");
    }
}

#[test]
fn a_token_context_may_lack_organization_and_scopes() {
    let context: TokenContext =
        serde_json::from_value(json!({"type": "oAuthToken", "team": {"id": 7}})).unwrap();
    assert_eq!(context.organization, None);
    assert_eq!(context.scopes, None);
    assert_eq!(context.team.unwrap().id, "7");
}

#[test]
fn an_oauth_token_takes_a_numeric_team_and_hides_its_secrets_in_debug() {
    let token: OAuthToken = serde_json::from_value(json!({
        "team_id": 3_074_457_358_607_431_473_u64, "token_type": "bearer",
        "access_token": "canary-access", "refresh_token": "canary-refresh"
    }))
    .unwrap();
    assert_eq!(token.team_id.as_deref(), Some("3074457358607431473"));
    assert!(!format!("{token:?}").contains("canary"));
}

#[test]
fn a_bulk_entry_with_an_error_is_no_success() {
    let entries: Vec<BulkResult> = serde_json::from_value(json!([
        {"operation": "addMembers", "status": 200, "affectedUsers": [{"id": "1", "email": "a@example.com"}]},
        {"operation": "addMembers", "status": 400, "error":
            {"status": 400, "code": "invalidParameters", "message": "no such user", "type": "error"}}
    ]))
    .unwrap();
    let successes: Vec<_> = entries.iter().map(BulkResult::is_success).collect();
    assert_eq!(successes, [true, false]);
}

#[test]
fn an_error_status_is_read_as_number_and_as_text() {
    for status in [json!(404), json!("404")] {
        let error: RestError = serde_json::from_value(json!({"status": status})).unwrap();
        assert_eq!(error.status, 404);
    }
}

#[test]
fn audit_details_are_kept_as_object_or_text() {
    for details in [json!({"authType": "sso"}), json!("{\"authType\":\"sso\"}")] {
        let event: AuditEvent =
            serde_json::from_value(json!({"id": "1", "event": "x", "details": details})).unwrap();
        assert_eq!(event.details, details);
    }
}

#[test]
fn settings_as_a_request_hold_only_what_was_set() {
    assert_eq!(
        serde_json::to_value(TeamSettings::default()).unwrap(),
        json!({})
    );
}
