//! The client against the simulator, with Miro's limits on a faster clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use secrecy::SecretString;
use usher_miro::wire::{BulkEdit, Member, UserGroupCreate};
use usher_miro::{
    AuditQuery, ErrorKind, GroupListQuery, GroupModel, GroupQuery, LimitProfile, MemberQuery,
    MiroClient, MiroSettings, Patch, Scim, ScimPool, ScimUserDraft, Scope, ScopeCheck,
    TeamMemberQuery, TeamQuery, UserQuery,
};
use usher_model::{AccountId, OrganizationId, TeamId, UserGroupId};
use usher_sandbox::{
    ExtraToken, LimitSettings, RunningSandbox, Sandbox, SandboxSettings, switches::Switches,
};

const TIME_SCALE: f64 = 200.0;

fn sandbox(switches: &[(&str, &str)], faults: &[&str]) -> SandboxSettings {
    let mut settings = SandboxSettings {
        limits: LimitSettings {
            time_scale: TIME_SCALE,
            ..LimitSettings::default()
        },
        faults: faults.iter().map(|rule| rule.parse().unwrap()).collect(),
        ..SandboxSettings::default()
    };
    let mut set = Switches::default();
    for (name, value) in switches {
        set.set(name, value).unwrap();
    }
    settings.switches = set;
    settings
}

fn settings(sandbox: &RunningSandbox) -> MiroSettings {
    MiroSettings {
        rest_url: sandbox.rest_url(),
        scim_url: sandbox.scim_url(),
        access_token: Some(sandbox.access_token.clone()),
        scim_token: Some(sandbox.scim_token.clone()),
        time_scale: TIME_SCALE,
        retry_pause: Duration::from_millis(1),
        jitter_seed: Some(1),
        ..MiroSettings::default()
    }
}

async fn start(switches: &[(&str, &str)], faults: &[&str]) -> (RunningSandbox, MiroClient) {
    let sandbox = Sandbox::start(sandbox(switches, faults)).await.unwrap();
    let client = MiroClient::new(settings(&sandbox)).unwrap();
    (sandbox, client)
}

async fn organization(client: &MiroClient) -> OrganizationId {
    let context = client.rest().unwrap().token_context().await.unwrap();
    OrganizationId::new(context.organization.unwrap().id)
}

async fn members(client: &MiroClient, organization: &OrganizationId) -> Vec<Member> {
    let pages = client
        .rest()
        .unwrap()
        .members(organization, MemberQuery::default());
    pages.map_ok(|page| page.items).try_concat().await.unwrap()
}

async fn user_ids(scim: &Scim) -> BTreeSet<String> {
    let pages: Vec<_> = scim
        .users(UserQuery::default())
        .try_collect()
        .await
        .unwrap();
    pages
        .into_iter()
        .flat_map(|page| page.items)
        .map(|user| user.id)
        .collect()
}

/// Reads everything that there is about who has access to what.
async fn read_all(client: &MiroClient) -> BTreeMap<&'static str, usize> {
    let organization = organization(client).await;
    let rest = client.rest().unwrap();
    rest.organization(&organization).await.unwrap();
    let people = members(client, &organization).await;
    let teams: Vec<_> = rest
        .teams(&organization, TeamQuery::default())
        .try_collect()
        .await
        .unwrap();
    let teams: Vec<_> = teams.into_iter().flat_map(|page| page.items).collect();
    let memberships: usize = futures::stream::iter(teams.clone())
        .map(|team| {
            let team = TeamId::new(team.id);
            let pages = rest.team_members(&organization, &team, TeamMemberQuery::default());
            async move {
                let pages: Vec<_> = pages.try_collect().await.unwrap();
                pages.iter().map(|page| page.items.len()).sum::<usize>()
            }
        })
        .buffer_unordered(16)
        .fold(0, |sum, size| async move { sum + size })
        .await;
    let scim = client.scim().unwrap();
    let users = user_ids(scim).await;
    let groups: Vec<_> = scim
        .groups(GroupQuery::default())
        .try_collect()
        .await
        .unwrap();
    let groups: usize = groups.iter().map(|page| page.items.len()).sum();
    BTreeMap::from([
        ("members", people.len()),
        ("teams", teams.len()),
        ("memberships", memberships),
        ("users", users.len()),
        ("groups", groups),
    ])
}

#[tokio::test]
async fn an_organization_is_read_without_one_429_whatever_windows_and_pools_miro_has() {
    let mut counts = Vec::new();
    for window in ["fixed", "sliding"] {
        for (buckets, pool) in [
            ("shared", ScimPool::Shared),
            ("per_method", ScimPool::PerClass),
        ] {
            for headers in ["on", "off"] {
                let switches = [
                    ("rate_window", window),
                    ("rate_buckets", buckets),
                    ("rate_headers", headers),
                ];
                let (sandbox, _) = start(&switches, &[]).await;
                let limits = LimitProfile {
                    scim_pool: pool,
                    ..LimitProfile::default()
                };
                let client = MiroClient::new(MiroSettings {
                    limits,
                    ..settings(&sandbox)
                })
                .unwrap();
                counts.push(read_all(&client).await);
                let meter = client.meter();
                assert_eq!(
                    (meter.rate_limited, meter.retries),
                    (0, 0),
                    "{switches:?} {meter:?}"
                );
            }
        }
    }
    assert!(
        counts.windows(2).all(|pair| pair[0] == pair[1]),
        "{counts:?}"
    );
    assert!(
        counts[0].values().all(|count| *count > 0),
        "{:?}",
        counts[0]
    );
}

#[tokio::test]
async fn a_storm_of_calls_side_by_side_is_spread_over_windows_without_a_429() {
    for window in ["fixed", "sliding"] {
        let (_sandbox, client) =
            start(&[("rate_window", window), ("rate_buckets", "shared")], &[]).await;
        let organization = organization(&client).await;
        let (rest, scim) = (client.rest().unwrap(), client.scim().unwrap());
        // Two and a quarter windows' worth of each.
        let rest = futures::stream::iter(0..450).map(|_| rest.organization(&organization));
        let scim = futures::stream::iter(0..450).map(|_| scim.count_users(None));
        let (rest, scim) = tokio::join!(
            rest.buffer_unordered(40).try_collect::<Vec<_>>(),
            scim.buffer_unordered(40).try_collect::<Vec<_>>(),
        );
        assert!(rest.is_ok() && scim.is_ok());
        let meter = client.meter();
        assert_eq!(meter.rate_limited, 0, "{window}");
        assert!(meter.lane_wait > Duration::ZERO);
    }
}

#[tokio::test]
async fn what_another_program_spends_with_the_same_token_is_learnt_and_survived() {
    let (sandbox, client) = start(&[], &[]).await;
    let other = MiroClient::new(settings(&sandbox)).unwrap();
    let organization = organization(&client).await;
    let spend = |client: MiroClient| {
        let organization = organization.clone();
        async move {
            let rest = client.rest().unwrap();
            let calls = futures::stream::iter(0..250).map(|_| rest.organization(&organization));
            calls
                .buffer_unordered(8)
                .try_collect::<Vec<_>>()
                .await
                .unwrap();
            client.meter().rate_limited
        }
    };
    let (one, two) = tokio::join!(spend(client.clone()), spend(other));
    assert!(
        one + two < 100,
        "headers tell both what is left: {one} and {two} times too many"
    );
}

#[tokio::test]
async fn a_list_read_through_failures_of_every_kind_is_the_same_list() {
    let (_sandbox, calm) = start(&[], &[]).await;
    let faults = [
        "GET /v2/** p=0.1 seed=1 status=500",
        "GET /v2/** p=0.1 seed=2 status=502",
        "GET /v2/** p=0.05 seed=3 reset=before",
        "GET ** p=0.05 seed=4 truncate=40",
        "GET /api/v1/scim/** p=0.1 seed=5 status=429",
        "GET /api/v1/scim/** p=0.05 seed=6 reset=after",
    ];
    let (sandbox, _) = start(&[], &faults).await;
    let stormy = MiroClient::new(MiroSettings {
        max_retries: 20,
        ..settings(&sandbox)
    })
    .unwrap();
    assert_eq!(read_all(&stormy).await, read_all(&calm).await);
    assert!(stormy.meter().retries > 0);
}

#[tokio::test]
async fn a_creation_whose_reply_is_lost_is_ambiguous_and_can_be_looked_up() {
    let (_sandbox, client) = start(&[], &["POST /api/v1/scim/Users reset=after"]).await;
    let scim = client.scim().unwrap();
    let domain = domain(&client).await;
    let draft = ScimUserDraft {
        user_name: format!("new.person@{domain}"),
        display_name: Some("New Person".into()),
        ..ScimUserDraft::default()
    };
    let error = scim.create_user(&draft).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Ambiguous, "{error:?}");
    assert_eq!(client.meter().requests["POST /Users"], 1);
    let found = scim.user_by_name(&draft.user_name).await.unwrap();
    assert_eq!(
        found.and_then(|user| user.display_name).as_deref(),
        Some("New Person")
    );
}

async fn domain(client: &MiroClient) -> String {
    let organization = organization(client).await;
    let people = members(client, &organization).await;
    let admin = people
        .iter()
        .find(|member| member.role == "organization_internal_admin")
        .unwrap();
    admin.email.split_once('@').unwrap().1.to_owned()
}

#[tokio::test]
async fn a_user_is_created_found_changed_and_removed() {
    let (_sandbox, client) = start(&[], &[]).await;
    let scim = client.scim().unwrap();
    let before = scim.count_users(None).await.unwrap();
    let name = format!("grace@{}", domain(&client).await);
    let draft = ScimUserDraft {
        user_name: name.clone(),
        ..ScimUserDraft::default()
    };
    let created = scim.create_user(&draft).await.unwrap();
    let again = scim.create_user(&draft).await.unwrap_err();
    assert_eq!(again.kind(), &ErrorKind::NotUnique, "{again:?}");
    let id = AccountId::new(&created.id);
    let renamed = scim
        .patch_user(&id, &Patch::new().replace("displayName", "Grace H"))
        .await
        .unwrap();
    assert_eq!(renamed.display_name.as_deref(), Some("Grace H"));
    let disabled = scim
        .patch_user(&id, &Patch::new().replace("active", false))
        .await
        .unwrap();
    assert_eq!(disabled.active, Some(false));
    assert_eq!(scim.count_users(None).await.unwrap(), before + 1);
    scim.delete_user(&id).await.unwrap();
    assert_eq!(
        scim.user(&id).await.unwrap_err().kind(),
        &ErrorKind::NotFound
    );
}

#[tokio::test]
async fn the_group_model_of_both_kinds_of_organization_is_found_out() {
    for (switch, model) in [
        ("team", GroupModel::Team),
        ("user_group", GroupModel::UserGroup),
    ] {
        let (_sandbox, client) = start(&[("group_model", switch)], &[]).await;
        let scim = client.scim().unwrap();
        let before = scim.count_groups().await.unwrap();
        assert_eq!(scim.probe_group_model().await.unwrap(), model);
        assert_eq!(
            scim.count_groups().await.unwrap(),
            before,
            "nothing was created"
        );
    }
}

#[tokio::test]
async fn group_members_are_added_and_removed_in_one_change_each() {
    let (_sandbox, client) = start(&[("group_model", "user_group")], &[]).await;
    let scim = client.scim().unwrap();
    let people: Vec<AccountId> = user_ids(scim)
        .await
        .into_iter()
        .take(15)
        .map(AccountId::from)
        .collect();
    let draft = usher_miro::ScimGroupDraft {
        display_name: "Fifteen".into(),
        members: Vec::new(),
    };
    let group = scim.create_group(&draft).await.unwrap();
    scim.patch_group(&group.id, &Patch::new().add_members(&people))
        .await
        .unwrap();
    let size = |group: usher_miro::ScimGroup| group.members.unwrap_or_default().len();
    assert_eq!(size(scim.group(&group.id).await.unwrap()), 15);
    scim.patch_group(&group.id, &Patch::new().remove_members(&people[..5]))
        .await
        .unwrap();
    assert_eq!(size(scim.group(&group.id).await.unwrap()), 10);
    let found = scim.groups_by_name("Fifteen").await.unwrap();
    assert_eq!(found.len(), 1);
    scim.delete_group(&group.id).await.unwrap();
}

#[tokio::test]
async fn user_groups_are_edited_in_bulk_and_parts_may_fail() {
    let (_sandbox, client) = start(&[], &[]).await;
    let organization = organization(&client).await;
    let rest = client.rest().unwrap();
    let draft = UserGroupCreate {
        name: "Bulk".into(),
        description: None,
    };
    let group = rest.create_user_group(&organization, &draft).await.unwrap();
    let group = UserGroupId::new(group.id);
    let people = members(&client, &organization).await;
    let internal = people.iter().filter(|member| {
        member.active == Some(true) && member.role.starts_with("organization_internal")
    });
    let mut add: Vec<String> = internal.take(3).map(|member| member.id.clone()).collect();
    add.push("nobody@example.invalid".into());
    let edit = BulkEdit {
        members_to_add: add,
        ..BulkEdit::default()
    };
    let results = rest
        .edit_user_group_members(&organization, &group, &edit)
        .await
        .unwrap();
    assert!(
        results.iter().any(usher_miro::wire::BulkResult::is_success),
        "{results:?}"
    );
    assert!(
        results.iter().any(|entry| !entry.is_success()),
        "{results:?}"
    );
    let pages: Vec<_> = rest
        .user_group_members(&organization, &group, GroupListQuery::default())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(pages.iter().map(|page| page.items.len()).sum::<usize>(), 3);
}

#[tokio::test]
async fn a_team_lives_from_creation_to_deletion() {
    let (_sandbox, client) = start(&[], &[]).await;
    let organization = organization(&client).await;
    let rest = client.rest().unwrap();
    let team = TeamId::new(
        rest.create_team(&organization, "New team")
            .await
            .unwrap()
            .id,
    );
    let renamed = rest
        .rename_team(&organization, &team, "Newer team")
        .await
        .unwrap();
    assert_eq!(renamed.name, "Newer team");
    let people = members(&client, &organization).await;
    let person = people
        .iter()
        .find(|member| member.role == "organization_internal_user" && member.active == Some(true))
        .unwrap();
    let role = usher_model::TeamRole::Member;
    rest.invite_team_member(&organization, &team, &person.email, &role)
        .await
        .unwrap();
    let id = AccountId::new(&person.id);
    let twice = rest
        .invite_team_member(&organization, &team, &person.email, &role)
        .await;
    assert!(matches!(twice.unwrap_err().kind(), ErrorKind::Conflict(_)));
    let admin = usher_model::TeamRole::Admin;
    let promoted = rest
        .update_team_member(&organization, &team, &id, &admin)
        .await
        .unwrap();
    assert_eq!(promoted.role, "admin");
    rest.remove_team_member(&organization, &team, &id)
        .await
        .unwrap();
    rest.team_settings(&organization, &team).await.unwrap();
    rest.delete_team(&organization, &team).await.unwrap();
    let gone = rest.team(&organization, &team).await.unwrap_err();
    assert_eq!(gone.kind(), &ErrorKind::NotFound);
}

#[tokio::test]
async fn changes_are_found_in_the_audit_log_page_by_page() {
    let (_sandbox, client) = start(&[], &[]).await;
    let organization = organization(&client).await;
    let rest = client.rest().unwrap();
    for number in 0..5 {
        rest.create_team(&organization, &format!("Audited {number}"))
            .await
            .unwrap();
    }
    let now = client.meter().server_date.unwrap();
    let hour = jiff::SignedDuration::from_hours(1);
    let query = AuditQuery {
        limit: 2,
        ..AuditQuery::between(now - hour, now + hour)
    };
    let pages: Vec<_> = rest.audit_logs(query).try_collect().await.unwrap();
    assert!(pages.len() >= 3, "{pages:?}");
    let events: Vec<_> = pages.iter().flat_map(|page| &page.items).collect();
    assert!(events.len() >= 5);
    for event in events {
        let time = event
            .created_at
            .as_deref()
            .and_then(usher_miro::wire::parse_time);
        assert!(time.is_some(), "{event:?}");
    }
}

#[tokio::test]
async fn wrong_tokens_are_told_from_each_other() {
    let (sandbox, _) = start(&[], &[]).await;
    let swapped = MiroSettings {
        access_token: Some(sandbox.scim_token.clone()),
        scim_token: Some(sandbox.access_token.clone()),
        ..settings(&sandbox)
    };
    let client = MiroClient::new(swapped).unwrap();
    let rest = client.rest().unwrap().token_context().await.unwrap_err();
    assert_eq!(rest.kind(), &ErrorKind::BadCredentials);
    let scim = client.scim().unwrap().count_users(None).await.unwrap_err();
    assert_eq!(scim.kind(), &ErrorKind::BadCredentials);
    assert_eq!(client.meter().retries, 0);
}

#[tokio::test]
async fn scim_that_is_switched_off_is_told_from_a_wrong_token() {
    let (_sandbox, client) = start(&[("scim", "off")], &[]).await;
    let error = client.scim().unwrap().count_users(None).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::ScimDisabled);
}

#[tokio::test]
async fn c3_a_token_without_a_scope_is_found_up_front_and_by_the_call() {
    let token = SecretString::from("only-organizations-read");
    let mut settings_of_sandbox = sandbox(&[], &[]);
    settings_of_sandbox.extra_tokens.push(ExtraToken {
        token: token.clone(),
        user: None,
        scopes: BTreeSet::from(["organizations:read".parse().unwrap()]),
        expires_in: None,
    });
    let sandbox = Sandbox::start(settings_of_sandbox).await.unwrap();
    let client = MiroClient::new(MiroSettings {
        access_token: Some(token),
        ..settings(&sandbox)
    })
    .unwrap();
    let rest = client.rest().unwrap();
    let context = rest.token_context().await.unwrap();
    let needed = [Scope::OrganizationsRead, Scope::TeamsRead];
    let check = ScopeCheck::from_token_context(&context, &needed);
    assert_eq!(check, ScopeCheck::Missing(vec![Scope::TeamsRead]));
    let organization = organization(&client).await;
    let error = rest.create_team(&organization, "x").await.unwrap_err();
    assert_eq!(
        error.kind(),
        &ErrorKind::MissingScope("organizations:teams:write".into())
    );
    let pages: Vec<_> = rest
        .teams(&organization, TeamQuery::default())
        .collect()
        .await;
    let error = pages[0].as_ref().unwrap_err();
    assert_eq!(
        error.kind(),
        &ErrorKind::MissingScope("organizations:teams:read".into())
    );
}
