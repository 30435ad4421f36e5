//! Lists, and what calls look like on the wire.

use futures::{StreamExt, TryStreamExt};
use serde_json::json;
use usher_miro::wire::{BulkEdit, BulkResult};
use usher_miro::{
    AuditQuery, GroupListQuery, GroupQuery, MemberQuery, Patch, TeamMemberQuery, TeamQuery,
    UserQuery,
};
use usher_model::{AccountId, OrganizationId, TeamId, TeamRole, UserGroupId};

use crate::fake::{Answer, Asked, Fake, SCIM_TOKEN, TOKEN};

fn organization() -> OrganizationId {
    OrganizationId::new("100")
}

fn parameter(asked: &Asked, name: &str) -> Option<String> {
    let query = asked.uri.query().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// 250 members in three pages.
fn members(asked: &Asked) -> Answer {
    let start: u64 = parameter(asked, "cursor").map_or(0, |cursor| cursor.parse().unwrap());
    let end = (start + 100).min(250);
    let data: Vec<_> = (start..end)
        .map(|id| json!({"id": id, "email": format!("{id}@example.com"), "active": true}))
        .collect();
    let cursor = if end < 250 {
        end.to_string()
    } else {
        String::new()
    };
    Answer::json(
        json!({"type": "cursor-list", "limit": 100, "size": data.len(), "cursor": cursor, "data": data}),
    )
}

#[tokio::test]
async fn a_member_list_is_read_to_its_end_and_can_be_gone_on_with() {
    let fake = Fake::start(members).await;
    let client = fake.client();
    let rest = client.rest().unwrap();
    let pages: Vec<_> = rest
        .members(&organization(), MemberQuery::default())
        .try_collect()
        .await
        .unwrap();
    let sizes: Vec<_> = pages.iter().map(|page| page.items.len()).collect();
    assert_eq!(sizes, [100, 100, 50]);
    assert_eq!(pages[2].next_cursor, None);
    let asked = fake.asked();
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[0].uri.path(), "/v2/orgs/100/members");
    assert_eq!(asked[0].headers["authorization"], format!("Bearer {TOKEN}"));
    assert!(
        asked[0].headers["user-agent"]
            .to_str()
            .unwrap()
            .starts_with("usher/")
    );

    let resumed = MemberQuery {
        start_cursor: pages[0].next_cursor.clone(),
        ..MemberQuery::default()
    };
    let pages: Vec<_> = rest
        .members(&organization(), resumed)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(pages.len(), 2);
    assert_eq!(pages[0].cursor_used.as_deref(), Some("100"));
    let meter = client.meter();
    assert_eq!(meter.requests["GET /v2/orgs/{org_id}/members"], 5);
    assert_eq!(meter.credits["rest"], 5 * 500);
}

#[tokio::test]
async fn an_error_in_the_middle_ends_the_list_after_the_pages_before_it() {
    let fake = Fake::start(|asked| match parameter(asked, "cursor").as_deref() {
        None => members(asked),
        Some(_) => Answer::Status(404, "{}"),
    })
    .await;
    let client = fake.client();
    let pages: Vec<_> = client
        .rest()
        .unwrap()
        .members(&organization(), MemberQuery::default())
        .collect()
        .await;
    assert!(pages[0].is_ok());
    assert!(pages[1].is_err());
    assert_eq!(pages.len(), 2);
}

#[tokio::test]
async fn filters_become_query_parameters() {
    let fake = Fake::answering([Answer::json(json!({"data": []}))]).await;
    let client = fake.client();
    let rest = client.rest().unwrap();
    let query = MemberQuery {
        role: Some("organization_internal_admin".into()),
        license: Some("full".into()),
        active: Some(false),
        ..MemberQuery::default()
    };
    rest.members(&organization(), query)
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    let named = TeamQuery {
        name: Some("R&D #1".into()),
        ..TeamQuery::default()
    };
    rest.teams(&organization(), named)
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    let between = AuditQuery {
        start_cursor: Some("2023-09-01T09:30:10.840687Z#12-DDB".into()),
        ..AuditQuery::between(
            "2026-01-01T00:00:00Z".parse().unwrap(),
            "2026-01-02T00:00:00.5Z".parse().unwrap(),
        )
    };
    rest.audit_logs(between)
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    let asked = fake.asked();
    assert_eq!(
        asked[0].uri.query(),
        Some("limit=100&role=organization_internal_admin&license=full&active=false")
    );
    assert_eq!(parameter(&asked[1], "name").as_deref(), Some("R&D #1"));
    assert_eq!(
        parameter(&asked[2], "createdAfter").as_deref(),
        Some("2026-01-01T00:00:00.000Z")
    );
    assert_eq!(
        parameter(&asked[2], "createdBefore").as_deref(),
        Some("2026-01-02T00:00:00.500Z")
    );
    assert_eq!(
        parameter(&asked[2], "cursor").as_deref(),
        Some("2023-09-01T09:30:10.840687Z#12-DDB")
    );
}

#[tokio::test]
async fn addresses_are_looked_up_ten_to_a_call_from_a_bare_array() {
    let fake = Fake::start(|asked| {
        let emails = parameter(asked, "emails").unwrap();
        let found: Vec<_> = emails
            .split(',')
            .map(|email| json!({"id": email, "email": email}))
            .collect();
        Answer::json(json!(found))
    })
    .await;
    let emails: Vec<String> = (0..23).map(|n| format!("{n}+x@example.com")).collect();
    let client = fake.client();
    let found = client
        .rest()
        .unwrap()
        .members_by_email(&organization(), &emails)
        .await
        .unwrap();
    assert_eq!(
        found
            .iter()
            .map(|member| member.email.clone())
            .collect::<Vec<_>>(),
        emails
    );
    assert_eq!(fake.asked().len(), 3);
}

#[tokio::test]
async fn lists_of_teams_and_groups_have_their_addresses() {
    let fake = Fake::answering([Answer::json(json!({"data": [{"id": 1}]}))]).await;
    let client = fake.client();
    let rest = client.rest().unwrap();
    let (team, group) = (TeamId::new("7"), UserGroupId::new("8"));
    let list = GroupListQuery::default;
    rest.team_members(&organization(), &team, TeamMemberQuery::default())
        .next()
        .await
        .unwrap()
        .unwrap();
    rest.user_groups(&organization(), list())
        .next()
        .await
        .unwrap()
        .unwrap();
    rest.user_group_members(&organization(), &group, list())
        .next()
        .await
        .unwrap()
        .unwrap();
    rest.teams_of_user_group(&organization(), &group, list())
        .next()
        .await
        .unwrap()
        .unwrap();
    rest.user_groups_of_team(&organization(), &team, list())
        .next()
        .await
        .unwrap()
        .unwrap();
    let paths: Vec<_> = fake
        .asked()
        .iter()
        .map(|asked| asked.uri.path().to_owned())
        .collect();
    assert_eq!(
        paths,
        [
            "/v2/orgs/100/teams/7/members",
            "/v2/orgs/100/groups",
            "/v2/orgs/100/groups/8/members",
            "/v2/orgs/100/groups/8/teams",
            "/v2/orgs/100/teams/7/groups"
        ]
    );
}

#[tokio::test]
async fn a_bulk_edit_costs_fifty_credits_a_user_and_shows_what_failed() {
    let reply = json!([
        {"operation": "addMembers", "status": 200, "affectedUsers": [{"id": "1", "email": "a@example.com", "type": "user-group-member"}]},
        {"operation": "addMembers", "status": 400, "error": {"status": 400, "code": "invalidParameters", "message": "no", "type": "error"}}
    ]);
    let fake = Fake::answering([Answer::With(207, Vec::new(), reply.to_string())]).await;
    let client = fake.client();
    let edit = BulkEdit {
        members_to_add: vec!["1".into(), "b@example.com".into()],
        members_to_remove: vec!["3".into()],
    };
    let rest = client.rest().unwrap();
    let results = rest
        .edit_user_group_members(&organization(), &UserGroupId::new("8"), &edit)
        .await
        .unwrap();
    assert_eq!(
        results
            .iter()
            .map(BulkResult::is_success)
            .collect::<Vec<_>>(),
        [true, false]
    );
    assert_eq!(client.meter().credits["rest"], 150);
    let too_many = BulkEdit {
        members_to_add: vec!["1".into(); 501],
        ..BulkEdit::default()
    };
    let refused = rest
        .edit_user_group_members(&organization(), &UserGroupId::new("8"), &too_many)
        .await;
    assert!(refused.is_err());
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn team_roles_that_cannot_be_given_are_refused_before_sending() {
    let fake = Fake::answering([Answer::json(json!({"id": "1", "role": "admin"}))]).await;
    let client = fake.client();
    let rest = client.rest().unwrap();
    let team = TeamId::new("7");
    rest.invite_team_member(&organization(), &team, "a@example.com", &TeamRole::Admin)
        .await
        .unwrap();
    assert_eq!(
        fake.asked()[0].body,
        r#"{"email":"a@example.com","role":"admin"}"#
    );
    for role in [TeamRole::NonTeam, TeamRole::TeamGuest, TeamRole::Unknown] {
        rest.invite_team_member(&organization(), &team, "a@example.com", &role)
            .await
            .unwrap_err();
    }
    assert_eq!(fake.asked().len(), 1);
}

/// SCIM users with ids 1 to `total`, like Miro without `startIndex` and `itemsPerPage`.
fn scim_users(asked: &Asked, total: u64) -> Answer {
    let number = |name| parameter(asked, name).map(|text| text.parse::<u64>().unwrap());
    let (start, count) = (
        number("startIndex").unwrap_or(1),
        number("count").unwrap_or(100),
    );
    if count == 0 {
        return Answer::json(json!({"schemas": [], "totalResults": total}));
    }
    let users: Vec<_> = (start..=total)
        .take(usize::try_from(count.min(100)).unwrap())
        .map(|id| json!({"id": id.to_string(), "userName": format!("{id}@example.com")}))
        .collect();
    Answer::json(json!({"schemas": [], "totalResults": total, "Resources": users}))
}

#[tokio::test]
async fn scim_users_are_read_in_order_with_one_request_a_page() {
    let fake = Fake::start(|asked| scim_users(asked, 1050)).await;
    let client = fake.client();
    let pages: Vec<_> = client
        .scim()
        .unwrap()
        .users(UserQuery::default())
        .try_collect()
        .await
        .unwrap();
    let ids: Vec<u64> = pages
        .iter()
        .flat_map(|page| &page.items)
        .map(|user| user.id.parse().unwrap())
        .collect();
    assert_eq!(ids, (1..=1050).collect::<Vec<u64>>());
    assert_eq!(fake.asked().len(), 11);
    let first = &fake.asked()[0];
    assert_eq!(first.uri.path(), "/api/v1/scim/Users");
    assert_eq!(parameter(first, "sortBy").as_deref(), Some("userName"));
    assert_eq!(
        first.headers["authorization"],
        format!("Bearer {SCIM_TOKEN}")
    );
    assert_eq!(client.meter().credits["scim"], 11 * 50);
}

#[tokio::test]
async fn users_are_counted_without_reading_them() {
    let fake = Fake::start(|asked| scim_users(asked, 4393)).await;
    let client = fake.client();
    let scim = client.scim().unwrap();
    assert_eq!(
        scim.count_users(Some("active eq true")).await.unwrap(),
        4393
    );
    assert_eq!(
        parameter(&fake.asked()[0], "filter").as_deref(),
        Some("active eq true")
    );
}

#[tokio::test]
async fn a_user_is_looked_up_by_a_quoted_name_in_any_case() {
    let fake = Fake::answering([Answer::json(json!({
        "totalResults": 1, "Resources": [{"id": "1", "userName": "Ada@Example.com"}]
    }))])
    .await;
    let client = fake.client();
    let scim = client.scim().unwrap();
    let found = scim.user_by_name("ada@example.COM").await.unwrap();
    assert_eq!(found.map(|user| user.id), Some("1".into()));
    scim.user_by_name(r#"a" or active eq true or userName eq "b"#)
        .await
        .unwrap();
    assert_eq!(
        parameter(&fake.asked()[1], "filter").as_deref(),
        Some(r#"userName eq "a\" or active eq true or userName eq \"b""#)
    );
}

#[tokio::test]
async fn groups_are_listed_without_their_members_unless_asked_for() {
    let fake = Fake::answering([Answer::json(json!({"totalResults": 0, "Resources": []}))]).await;
    let client = fake.client();
    client
        .scim()
        .unwrap()
        .groups(GroupQuery::default())
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    assert_eq!(
        parameter(&fake.asked()[0], "attributes").as_deref(),
        Some("id,displayName")
    );
    assert_eq!(client.meter().credits["scim"], 2000);
}

#[tokio::test]
async fn a_group_change_costs_by_its_size() {
    let fake = Fake::answering([Answer::json(json!({"id": "5"}))]).await;
    let client = fake.client();
    let members = |count: u64| -> Vec<AccountId> {
        (0..count)
            .map(|n| AccountId::new((3_074_457_365_265_951_581 + n).to_string()))
            .collect()
    };
    let scim = client.scim().unwrap();
    scim.patch_group("5", &Patch::new().add_members(&members(11)))
        .await
        .unwrap();
    assert_eq!(client.meter().credits["scim"], 100);
    scim.patch_group("5", &Patch::new().add_members(&members(12)))
        .await
        .unwrap();
    assert_eq!(client.meter().credits["scim"], 2100);
    assert_eq!(fake.asked()[1].body.len(), 500);
}
