//! Reading only what changed.

use std::time::Duration;

use serde_json::json;
use usher_engine::cycle::{CycleEnding, CycleKind, Depth, WhyFull};
use usher_model::{AccountId, TeamId};
use usher_sandbox::world::{Change, TeamKey, TeamRole, World as MiroWorld};
use usher_sandbox::{GenerateSettings, OrganizationSource};

use super::stage::{STAFF, Stage};

fn why(depth: &Depth) -> &WhyFull {
    match depth {
        Depth::Full { why } => why,
        changes @ Depth::Changes { .. } => panic!("{changes:?}"),
    }
}

fn design(miro: &MiroWorld) -> TeamKey {
    let mut teams = miro.teams_after(0);
    teams
        .find(|team| miro.team(*team).name == "Design")
        .unwrap()
}

#[tokio::test]
async fn a_quiet_incremental_cycle_costs_two_requests_whatever_the_size() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("usher.db").display());
    let invented = OrganizationSource::Generated(GenerateSettings {
        users: 2000,
        teams: 40,
        ..GenerateSettings::default()
    });
    let mut stage = Stage::with(&url, folder, invented).await;
    stage.write_people(&STAFF[..0]);
    stage.sources.clear();
    stage.activate().await;
    let initial = stage.cycle().await.unwrap();
    assert!(initial.requests > 60, "{}", initial.requests);
    let before = stage.store.last_event().await.unwrap();

    let quiet = stage.cycle().await.unwrap();
    assert!(matches!(quiet.inventory.depth, Depth::Changes { .. }));
    assert_eq!(quiet.ending, CycleEnding::InLine);
    assert_eq!(quiet.requests, 2, "{:?}", quiet.by_route);
    assert_eq!(quiet.inventory.rows, 0);
    let events = stage.store.last_event().await.unwrap() - before;
    assert_eq!(events, 2, "the cycle began and ended");
}

#[tokio::test]
async fn a_change_made_by_hand_is_seen_through_the_audit_log_and_set_back() {
    let stage = Stage::in_line().await;
    let name = stage.change_miro(|miro| {
        let ada = miro.find_user_by_email("ada@acme.com").unwrap();
        let boss = miro
            .user(miro.find_user_by_email("boss@acme.com").unwrap())
            .id;
        let change = Change::by_user(boss, stage.sandbox.state().clock.now(), None);
        let edit = usher_sandbox::world::UserUpdate {
            full_name: Some("Countess of Lovelace".into()),
            ..Default::default()
        };
        miro.update_user(&change, ada, edit).unwrap();
        miro.user(ada).full_name.to_string()
    });
    assert_eq!(name, "Countess of Lovelace");
    let report = stage.cycle().await.unwrap();
    assert!(matches!(report.inventory.depth, Depth::Changes { .. }));
    assert!(report.inventory.entries > 0);
    assert!(report.inventory.rows > 0, "{report:#?}");
    assert!(report.requests < 20, "{:?}", report.by_route);
    let name = stage.miro(|miro| {
        let ada = miro.find_user_by_email("ada@acme.com").unwrap();
        miro.user(ada).full_name.to_string()
    });
    assert_eq!(name, "Ada Lovelace", "{report:#?}");
}

#[tokio::test]
async fn memberships_and_people_that_came_and_went_by_hand_are_seen_through_the_audit_log() {
    let stage = Stage::in_line().await;
    let (team, newcomer) = stage.change_miro(|miro| {
        let change = Change::by_scim(stage.sandbox.state().clock.now(), None);
        let design = design(miro);
        let nobody = miro.find_user_by_email("guestlike@acme.com").unwrap();
        let ada = miro.find_user_by_email("ada@acme.com").unwrap();
        miro.add_team_member(&change, design, nobody, TeamRole::Member)
            .unwrap();
        miro.remove_team_member(&change, design, ada).unwrap();
        let new = usher_sandbox::world::NewUser {
            user_name: "new@acme.com".into(),
            ..Default::default()
        };
        let new = miro.create_user(&change, new).unwrap();
        (miro.team(design).id, miro.user(new).id)
    });
    let report = stage.cycle().await.unwrap();
    assert!(matches!(report.inventory.depth, Depth::Changes { .. }));
    let inventory = stage
        .store
        .load_inventory(&stage.organization)
        .await
        .unwrap();
    let newcomer = AccountId::new(newcomer.to_string());
    assert!(
        inventory
            .accounts
            .iter()
            .any(|account| account.id == newcomer)
    );
    let members = |id: &TeamId| {
        let team = inventory
            .teams
            .iter()
            .find(|team| team.team.id == *id)
            .unwrap();
        team.members
            .iter()
            .map(|(account, _)| account.clone())
            .collect::<Vec<_>>()
    };
    let email = |email: &str| {
        stage.miro(|miro| {
            miro.user(miro.find_user_by_email(email).unwrap())
                .id
                .to_string()
        })
    };
    let design = members(&TeamId::new(team.to_string()));
    assert!(design.contains(&AccountId::new(email("guestlike@acme.com"))));
    assert!(!design.contains(&AccountId::new(email("ada@acme.com"))));

    // What a full pass finds is what the audit log had told: nothing is left.
    let full = stage.options(CycleKind::Initial);
    let report = stage.cycle_with(&stage.client(), &full).await.unwrap();
    assert_eq!(report.inventory.rows, 0, "{report:#?}");
}

#[tokio::test]
async fn a_single_membership_that_went_by_hand_costs_a_single_call() {
    let stage = Stage::in_line().await;
    stage.cycle().await.unwrap();
    let design = stage.change_miro(|miro| {
        let change = Change::by_scim(stage.sandbox.state().clock.now(), None);
        let design = design(miro);
        let ada = miro.find_user_by_email("ada@acme.com").unwrap();
        miro.remove_team_member(&change, design, ada).unwrap();
        TeamId::new(miro.team(design).id.to_string())
    });
    let report = stage.cycle().await.unwrap();
    let single = "GET /v2/orgs/{org_id}/teams/{team_id}/members/{member_id}";
    assert_eq!(
        report.by_route.get(single),
        Some(&1),
        "{:?}",
        report.by_route
    );
    let organization = &stage.organization;
    let inventory = stage.store.load_inventory(organization).await.unwrap();
    let team = inventory.teams.iter().find(|team| team.team.id == design);
    assert_eq!(team.unwrap().members.len(), 1, "the boss is left");
}

#[tokio::test]
async fn a_gap_in_the_audit_log_forces_a_full_pass() {
    let stage = Stage::in_line().await;
    let long_ago = stage.acting().now() - Duration::from_secs(100 * 24 * 3600);
    stage
        .store
        .update_connector(
            &stage.organization,
            |connector| connector.audit_watermark = Some(long_ago),
            &[],
        )
        .await
        .unwrap();
    let report = stage.cycle().await.unwrap();
    assert!(matches!(
        why(&report.inventory.depth),
        WhyFull::FeedTooOld { .. }
    ));
    assert!(matches!(
        stage.cycle().await.unwrap().inventory.depth,
        Depth::Changes { .. }
    ));
}

#[tokio::test]
async fn an_audit_log_that_breaks_off_forces_a_full_pass() {
    let stage = Stage::in_line().await;
    let rule = "GET /v2/audit/logs first=6 status=500".parse().unwrap();
    stage.sandbox.state().faults.add(rule);
    let report = stage.cycle().await.unwrap();
    assert!(
        matches!(why(&report.inventory.depth), WhyFull::FeedBroken { .. }),
        "{report:#?}"
    );
}

#[tokio::test]
async fn a_full_pass_finds_daily_what_no_entry_told() {
    let stage = Stage::in_line().await;
    stage
        .edit_unrecorded(json!({
            "edit": "set_user", "user": "ada@acme.com", "set": {"full_name": "Somebody Else"},
        }))
        .await;
    assert_eq!(stage.cycle().await.unwrap().ending, CycleEnding::InLine);
    stage.clock.advance(Duration::from_secs(24 * 3600));
    let report = stage.cycle().await.unwrap();
    assert!(matches!(
        why(&report.inventory.depth),
        WhyFull::PassDue { .. }
    ));
    assert_eq!(report.ending, CycleEnding::Applied);
}

#[tokio::test]
async fn without_the_scope_every_cycle_reads_everything() {
    let stage = Stage::in_line().await;
    let client = stage.client_with(None, Some(stage.sandbox.scim_token.clone()));
    let options = stage.options(CycleKind::Auto);
    let report = stage.cycle_with(&client, &options).await.unwrap();
    assert_eq!(why(&report.inventory.depth), &WhyFull::NoFeed);
}

#[tokio::test]
async fn a_list_that_shrank_more_than_the_audit_log_says_is_not_believed() {
    let stage = Stage::in_line().await;
    stage
        .edit_unrecorded(json!({
            "edit": "remove_team_member", "team": "Design", "user": "boss@acme.com",
        }))
        .await;
    // The two whom the audit log names are read as one list, and the boss is missing from it.
    stage.change_miro(|miro| {
        let change = Change::by_scim(stage.sandbox.state().clock.now(), None);
        let design = design(miro);
        let nobody = miro.find_user_by_email("guestlike@acme.com").unwrap();
        let ada = miro.find_user_by_email("ada@acme.com").unwrap();
        miro.add_team_member(&change, design, nobody, TeamRole::Member)
            .unwrap();
        miro.remove_team_member(&change, design, ada).unwrap();
    });
    let report = stage.cycle().await.unwrap();
    assert!(
        matches!(
            why(&report.inventory.depth),
            WhyFull::ListShrunk {
                before: 2,
                now: 1,
                ..
            }
        ),
        "{report:#?}"
    );
}
