//! What a synchronization reads, with each choice of tokens, and what it costs.

use usher_engine::EngineError;
use usher_engine::sync::{Ending, SyncOptions, SyncReport};
use usher_model::{Completeness, EntitlementKind, Known, OrganizationRole, TeamRole};
use usher_sandbox::Scope;

use crate::support::{Tokens, World, settings, token_with};

#[tokio::test]
async fn with_both_tokens_everything_is_known_and_the_totals_agree() {
    let world = World::new().await;
    let report = world.sync(Tokens::Both).await;
    assert_eq!(report.verdict, Completeness::Complete);
    let accounts = world.accounts().await;
    assert_eq!(accounts.len(), 300);
    let internal: Vec<_> = accounts
        .iter()
        .filter(|row| {
            row.account
                .role
                .as_ref()
                .known()
                .is_some_and(OrganizationRole::is_internal)
        })
        .collect();
    assert!(internal.len() < 300, "the sandbox has guests");
    for row in &internal {
        assert!(row.account.display_name.is_known(), "{:?}", row.account);
        assert!(row.account.last_activity_at.is_known(), "{:?}", row.account);
        assert!(row.account.enterprise.is_known(), "{:?}", row.account);
    }
}

#[tokio::test]
async fn with_the_rest_token_alone_names_are_unknown_and_the_total_is_unverified() {
    let world = World::new().await;
    let report = world.sync(Tokens::Rest).await;
    assert_eq!(report.verdict, Completeness::TotalUnverified);
    let accounts = world.accounts().await;
    assert_eq!(accounts.len(), 300);
    assert!(
        accounts
            .iter()
            .all(|row| row.account.display_name == Known::Unknown)
    );
    assert!(
        accounts
            .iter()
            .all(|row| row.account.last_activity_at.is_known())
    );
}

#[tokio::test]
async fn with_the_scim_token_alone_guests_activity_and_team_roles_are_unknown() {
    let world = World::new().await;
    let report = world.sync(Tokens::Scim).await;
    assert_eq!(report.verdict, Completeness::Complete);
    let accounts = world.accounts().await;
    assert!(!accounts.is_empty() && accounts.len() < 300);
    assert!(
        accounts
            .iter()
            .all(|row| row.account.last_activity_at == Known::Unknown)
    );
    assert!(
        accounts
            .iter()
            .all(|row| row.account.display_name.is_known())
    );
    let teams = world.teams().await;
    assert_eq!(teams.len(), 12, "empty teams are seen too");
    assert!(
        teams
            .iter()
            .any(|team| team.members > 0 && team.unknown_roles == team.members)
    );
}

#[tokio::test]
async fn the_three_choices_of_tokens_see_the_same_people_in_the_same_teams() {
    let memberships = |grants: Vec<usher_store::GrantRow>| {
        let mut held: Vec<String> = grants
            .iter()
            .filter(|row| row.grant.entitlement.kind() == EntitlementKind::Team)
            .map(|row| {
                format!(
                    "{} in {}",
                    row.grant.account,
                    row.grant.entitlement.resource()
                )
            })
            .collect();
        held.sort();
        held
    };
    let rest = World::new().await;
    rest.sync(Tokens::Rest).await;
    let both = World::new().await;
    both.sync(Tokens::Both).await;
    assert!(memberships(rest.grants().await) == memberships(both.grants().await));
    let scim = World::new().await;
    scim.sync(Tokens::Scim).await;
    let of_scim = memberships(scim.grants().await);
    let of_both = memberships(both.grants().await);
    assert!(of_scim.iter().all(|held| of_both.contains(held)));
}

#[tokio::test]
async fn every_grant_of_a_team_names_its_role() {
    let world = World::new().await;
    world.sync(Tokens::Both).await;
    let grants = world.grants().await;
    let admins = grants.iter().filter(|row| {
        matches!(
            &row.grant.entitlement,
            usher_model::Entitlement::Team {
                role: TeamRole::Admin,
                ..
            }
        )
    });
    assert!(admins.count() > 0);
    let kinds: std::collections::BTreeSet<_> = grants
        .iter()
        .map(|row| row.grant.entitlement.kind())
        .collect();
    assert!(kinds.contains(&EntitlementKind::Role) && kinds.contains(&EntitlementKind::License));
}

fn assert_lean(report: &SyncReport) {
    let ratio = report.requests.ratio().unwrap();
    assert!(ratio <= 1.05, "{ratio}: {:?}", report.requests);
    assert_eq!(report.requests.refused, 0, "{:?}", report.requests);
}

#[tokio::test]
async fn a_synchronization_sends_hardly_more_requests_than_the_floor_and_provokes_no_refusal() {
    for tokens in [Tokens::Rest, Tokens::Both, Tokens::Scim] {
        let world = World::new().await;
        assert_lean(&world.sync(tokens).await);
    }
}

#[tokio::test]
async fn a_second_synchronization_of_an_unchanged_organization_writes_no_inventory_rows() {
    let world = World::new().await;
    world.sync(Tokens::Both).await;
    let second = world.sync(Tokens::Both).await;
    let Ending::Published { outcome } = second.ending else {
        panic!("{second:?}")
    };
    assert_eq!(outcome.rows_written, 0, "{outcome:?}");
}

#[tokio::test]
async fn a_token_without_a_needed_scope_is_refused_and_the_scope_is_named() {
    let mut settings = settings();
    settings
        .extra_tokens
        .push(token_with("narrow", &[Scope::OrganizationsRead]));
    let world = World::with(settings).await;
    let client = world.client_with(Some("narrow".into()), None);
    let error = world
        .try_sync(&client, &SyncOptions::default())
        .await
        .unwrap_err();
    assert!(
        matches!(error, EngineError::MissingScopes { .. }),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("organizations:teams:read"),
        "{error}"
    );
}

#[tokio::test]
async fn read_scopes_are_enough() {
    let mut settings = settings();
    settings.extra_tokens.push(token_with(
        "reader",
        &[Scope::OrganizationsRead, Scope::TeamsRead],
    ));
    let world = World::with(settings).await;
    let client = world.client_with(Some("reader".into()), None);
    let report = world
        .try_sync(&client, &SyncOptions::default())
        .await
        .unwrap();
    assert_eq!(report.counts.accounts, 300);
}

#[tokio::test]
async fn a_token_of_another_organization_is_not_mixed_into_the_database() {
    let world = World::new().await;
    world.sync(Tokens::Rest).await;
    let mut other = settings();
    other.organization =
        usher_sandbox::OrganizationSource::Generated(usher_sandbox::GenerateSettings {
            users: 50,
            teams: 3,
            seed: 7,
            ..usher_sandbox::GenerateSettings::default()
        });
    let mut elsewhere = World::with(other).await;
    elsewhere.store = world.store.clone();
    let client = elsewhere.client(Tokens::Rest);
    let error = elsewhere
        .try_sync(&client, &SyncOptions::default())
        .await
        .unwrap_err();
    assert!(
        matches!(error, EngineError::OtherOrganization { .. }),
        "{error:?}"
    );
    assert_eq!(world.accounts().await.len(), 300);
}
