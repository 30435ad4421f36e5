//! Stopping, being killed, and going on.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use usher_engine::EngineError;
use usher_engine::apply::ApplyEnding;
use usher_plan::{AccountRef, Action, TeamRef};
use usher_sandbox::switches::Switches;
use usher_sandbox::world::Change;
use usher_store::{JournalEntry, JournalState, Lease, LeaseOwner, PlanState, StoreError, Under};

use super::creation::{newcomers, small_company};
use super::site::{Changes, Listener, Site, assert_all_done};
use crate::support::Tokens;

impl Site {
    /// A process was killed when the calls of these changes were on their way.
    pub(super) async fn killed_at(&self, plan: &usher_model::PlanId, numbers: &[u32]) {
        let store = &self.world.store;
        let lease = Lease {
            owner: LeaseOwner::new("a process that is gone"),
            duration: Duration::from_secs(60),
        };
        let under = Under::Lease(&lease);
        let apply = store.begin_apply(plan, under, &[]).await.unwrap();
        let entries: Vec<_> = numbers
            .iter()
            .map(|number| JournalEntry {
                number: *number,
                call: serde_json::json!({}),
            })
            .collect();
        store.journal_intend(&apply, &entries).await.unwrap();
        let ended = store.end_work_lease(&self.organization, &lease.owner);
        assert!(ended.await.unwrap());
    }

    /// Frees the connector of an apply that was dropped in this very process.
    async fn free(&self, plan: &usher_model::PlanId) {
        let lease = Lease {
            owner: LeaseOwner::new("whoever asks"),
            duration: Duration::ZERO,
        };
        let store = &self.world.store;
        let asked = store.begin_apply(plan, Under::Lease(&lease), &[]).await;
        if let Err(StoreError::ConnectorBusy { owner, .. }) = asked {
            let owner = LeaseOwner::new(owner);
            let ended = store.end_work_lease(&self.organization, &owner);
            assert!(ended.await.unwrap());
        }
    }

    fn delete_team(&self, name: &str) {
        let state = self.world.sandbox.state();
        let change = Change::by_scim(self.world.clock.now(), None);
        let mut miro = state.world.write();
        let key = miro
            .teams_after(0)
            .find(|key| miro.team(*key).name == name)
            .unwrap();
        miro.delete_team(&change, key).unwrap();
    }
}

#[tokio::test]
async fn a_team_that_was_deleted_meanwhile_keeps_nobody_from_going_on() {
    let site = Site::acme().await;
    let mut changes = Changes::default();
    let dan = AccountRef::Existing(site.account("dan@acme.com"));
    changes.join(dan, TeamRef::Existing(site.team("Design")), &[]);
    changes.add(
        "bob",
        Action::RemoveFromTeam {
            account: site.account("bob@acme.com"),
            team: site.team("Sales"),
        },
        &[],
    );
    let account = site.account("ada@acme.com");
    changes.add("ada", Action::Disable { account }, &[]);
    let plan = site.save(&changes).await;
    site.killed_at(&plan, &[1, 2]).await;
    site.delete_team("Design");
    site.delete_team("Sales");
    // With the SCIM token alone a whole group is asked for, which is not there any more.
    let report = site.apply_with(&site.client(Tokens::Scim), &plan).await;
    let report = report.unwrap();
    assert_eq!(report.ending, ApplyEnding::Applied);
    assert_eq!(
        site.state(&plan, 1).await,
        JournalState::Failed,
        "nobody comes into a team that is gone"
    );
    assert_eq!(
        site.state(&plan, 2).await,
        JournalState::Done,
        "nobody is in a team that is gone"
    );
    assert_eq!(site.is_active("ada@acme.com"), Some(false));
}

#[tokio::test]
async fn what_can_be_found_out_is_settled_even_if_something_else_cannot() {
    let site = Site::acme().await;
    let mut changes = Changes::default();
    changes.create("fay@acme.com");
    let account = site.account("ada@acme.com");
    changes.add("ada", Action::Disable { account }, &[]);
    let plan = site.save(&changes).await;
    site.killed_at(&plan, &[1, 2]).await;
    let client = site.client(Tokens::Both);
    let draft = usher_miro::ScimUserDraft {
        user_name: "fay@acme.com".to_owned(),
        display_name: Some("fay".to_owned()),
        ..usher_miro::ScimUserDraft::default()
    };
    client.scim().unwrap().create_user(&draft).await.unwrap();
    site.fault("GET /api/v1/scim/Users/* status=500");
    let failed = site.apply_with(&client, &plan).await.unwrap_err();
    assert!(matches!(failed, EngineError::Miro { .. }), "{failed:?}");
    assert_eq!(site.state(&plan, 1).await, JournalState::Done);
    assert_eq!(site.state(&plan, 2).await, JournalState::Intended);
}

#[tokio::test]
async fn two_applies_of_one_process_keep_each_other_out() {
    let site = Site::acme().await;
    site.fault("POST /api/v1/scim/Users latency=300ms");
    let mut changes = Changes::default();
    changes.create("fay@acme.com");
    let plan = site.save(&changes).await;
    let client = site.client(Tokens::Both);
    let second = async {
        while site.plan_state(&plan).await != PlanState::Applying {
            tokio::task::yield_now().await;
        }
        site.apply_with(&client, &plan).await
    };
    let (first, second) = tokio::join!(site.apply_with(&client, &plan), second);
    let refused = second.unwrap_err();
    assert!(
        matches!(
            refused,
            EngineError::Store(StoreError::ConnectorBusy { .. })
        ),
        "{refused:?}"
    );
    assert_eq!(first.unwrap().done, 1);
}

#[tokio::test]
async fn an_apply_that_is_told_to_stop_settles_what_was_sent_and_can_go_on() {
    let site = Site::with(small_company(Switches::default())).await;
    let changes = newcomers(300, 5);
    let plan = site.save(&changes).await;
    let stop = CancellationToken::new();
    let listener = Listener {
        stop_after: Some((60, stop.clone())),
        ..Listener::default()
    };
    let client = site.client(Tokens::Both);
    let report = site
        .apply_until(&client, &plan, stop, &listener)
        .await
        .unwrap();
    assert_eq!(report.ending, ApplyEnding::Interrupted);
    assert!(report.done >= 60 && report.left > 0, "{report:#?}");
    assert_eq!(report.failed, 0, "{:#?}", report.failures);
    assert_eq!(site.plan_state(&plan).await, PlanState::Interrupted);
    let counts = site.world.store.journal_counts(&plan).await.unwrap();
    assert_eq!(counts.intended, 0, "nothing is left in the air");

    let report = site.apply(&plan).await;
    assert_eq!(report.ending, ApplyEnding::Applied);
    assert_all_done(&report, changes.0.len() as u64);
    assert_eq!(site.asked("POST /Users"), 300, "each is created once");
    site.assert_inventory_is_true().await;
}

#[tokio::test]
async fn an_apply_that_was_cut_off_anywhere_goes_on_without_doing_anything_twice() {
    let site = Site::with(small_company(Switches::default())).await;
    let changes = newcomers(150, 5);
    let plan = site.save(&changes).await;
    let mut cuts = 0;
    // Dropped where it stands, like a process that is killed: calls are on their way, intentions are not settled.
    for milliseconds in [15, 40, 70, 110, 160, 220, 300] {
        let client = site.client(Tokens::Both);
        let run = site.apply_with(&client, &plan);
        let cut = tokio::time::timeout(Duration::from_millis(milliseconds), run).await;
        match cut {
            Err(_) => {
                cuts += 1;
                site.free(&plan).await;
            }
            Ok(report) => assert_eq!(report.unwrap().ending, ApplyEnding::Applied),
        }
        if site.plan_state(&plan).await == PlanState::Applied {
            break;
        }
    }
    assert!(cuts > 0);
    if site.plan_state(&plan).await != PlanState::Applied {
        let report = site.apply(&plan).await;
        assert_eq!(report.ending, ApplyEnding::Applied);
        assert_all_done(&report, changes.0.len() as u64);
    }
    site.assert_inventory_is_true().await;
    let links = site.world.store.links(&site.organization).await.unwrap();
    assert_eq!(links.len(), 150);
    let teams = site.miro(|miro| {
        miro.teams_after(0)
            .filter(|key| miro.team(*key).name.starts_with("Team "))
            .count()
    });
    assert_eq!(teams, 5, "no team was created twice");
}
