//! What becomes of a plan whose application a process did not live to end.

use usher_engine::cycle::CycleEnding;
use usher_engine::provisioning::{PlanOrder, make_plan};
use usher_engine::{EngineError, Refused};
use usher_model::{AssignmentOrigin, Hold, HoldKind, HoldSubject, LinkOrigin, PersonId, PlanId};
use usher_store::{
    ApplyEnd, JournalEntry, JournalState, Lease, LeaseOwner, PersonFilter, PlanState, Under,
};

use super::stage::Stage;

/// Whether the call of unknown outcome reached Miro.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrived {
    Yes,
    No,
}

/// How the process went away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Went {
    /// It was killed.
    Killed,
    /// It stopped, and said so.
    Stopped,
}

const GRACE: &str = "grace@acme.com";
const ALAN: &str = "alan@acme.com";

impl Stage {
    async fn person(&self, email: &str) -> PersonId {
        let people = self.store.load_people(&PersonFilter::default()).await;
        let people = people.unwrap();
        let found = people
            .iter()
            .find(|person| person.email().is_some_and(|found| found.as_str() == email));
        found.unwrap_or_else(|| panic!("{people:#?}")).id.clone()
    }

    /// The first plan, approved.
    async fn first_plan(&self) -> PlanId {
        let plan = self.cycle().await.unwrap().plan.unwrap().plan;
        self.approve(&plan).await.unwrap();
        plan
    }

    /// A process went away when Grace's account was about to be created; nothing else was begun.
    async fn interrupted(&self, plan: &PlanId, arrived: Arrived, went: Went) {
        let rows = self.journal(plan).await;
        let (number, ..) = rows
            .iter()
            .find(|(_, kind, label, _)| kind == "create" && label == GRACE)
            .unwrap_or_else(|| panic!("{rows:?}"));
        let lease = Lease {
            owner: LeaseOwner::new("a process that is gone"),
            duration: std::time::Duration::from_secs(60),
        };
        let apply = self
            .store
            .begin_apply(plan, Under::Lease(&lease), &[])
            .await
            .unwrap();
        let entry = JournalEntry {
            number: *number,
            call: serde_json::json!({"call": "create"}),
        };
        self.store.journal_intend(&apply, &[entry]).await.unwrap();
        if arrived == Arrived::Yes {
            let draft = usher_miro::ScimUserDraft {
                user_name: GRACE.to_owned(),
                display_name: Some("Grace Hopper".to_owned()),
                ..usher_miro::ScimUserDraft::default()
            };
            let client = self.client();
            let scim = client.scim().unwrap();
            scim.create_user(&draft).await.unwrap();
        }
        match went {
            Went::Killed => {
                let ended = self.store.end_work_lease(&self.organization, &lease.owner);
                assert!(ended.await.unwrap());
            }
            Went::Stopped => {
                let why = "it was told to stop".to_owned();
                let end = ApplyEnd::Interrupted { why };
                self.store.finish_apply(&apply, &end, &[]).await.unwrap();
            }
        }
    }

    async fn journal(&self, plan: &PlanId) -> Vec<(u32, String, String, JournalState)> {
        use futures::TryStreamExt;
        let rows = self
            .store
            .journal(plan, &usher_store::ChangeFilter::default());
        let rows: Vec<_> = rows.try_collect().await.unwrap();
        let rows = rows.into_iter().map(|row| {
            let change = row.change;
            (change.number, change.kind, change.label, row.status.state())
        });
        rows.collect()
    }

    async fn leave_alone(&self, email: &str) {
        let hold = Hold {
            id: self.store.new_hold_id(),
            subject: HoldSubject::Person(self.person(email).await),
            kind: HoldKind::LeaveAlone,
            origin: AssignmentOrigin::Manual {
                by: "tim".to_owned(),
            },
            reason: "comes later".to_owned(),
            created_at: self.acting().now(),
            expires_at: None,
        };
        let saved = self.store.save_hold(&self.organization, &hold, &[]);
        saved.await.unwrap();
    }

    async fn state(&self, plan: &PlanId) -> PlanState {
        self.store.plan(plan).await.unwrap().unwrap().state
    }

    async fn plan_by_hand(&self) -> PlanId {
        let order = PlanOrder::default();
        let made = make_plan(self.acting(), &self.organization, &order, None);
        made.await.unwrap().plan.id
    }
}

#[tokio::test]
async fn a_cycle_finds_out_what_a_dead_process_did_and_plans_the_rest_anew() {
    let stage = Stage::active().await;
    let plan = stage.first_plan().await;
    stage.interrupted(&plan, Arrived::Yes, Went::Killed).await;
    stage.leave_alone(ALAN).await;
    let report = stage.cycle().await.unwrap();
    assert_eq!(stage.is_active(ALAN), None, "he is to be left alone");
    let links = stage.store.links(&stage.organization).await.unwrap();
    let grace = stage.person(GRACE).await;
    let link = links.iter().find(|link| link.person == grace).unwrap();
    assert_eq!(link.how, LinkOrigin::Created, "her creation was found out");
    assert_eq!(stage.state(&plan).await, PlanState::Superseded);
    let counts = stage.store.journal_counts(&plan).await.unwrap();
    assert_eq!((counts.intended, counts.done), (0, 1), "{counts:?}");
    let next = report.plan.unwrap().plan;
    assert_ne!(next, plan, "the rest is planned anew");
    assert_eq!(report.ending, CycleEnding::AwaitingApproval);
}

#[tokio::test]
async fn a_cycle_never_goes_back_to_an_older_plan_than_the_one_that_was_applied_by_hand() {
    let stage = Stage::active().await;
    let old = stage.first_plan().await;
    stage.interrupted(&old, Arrived::No, Went::Killed).await;
    stage.leave_alone(ALAN).await;
    let newer = stage.plan_by_hand().await;
    stage.approve(&newer).await.unwrap();
    stage.apply(&newer).await.unwrap();
    assert_eq!(stage.is_active(GRACE), Some(true));
    let report = stage.cycle().await.unwrap();
    assert_eq!(report.ending, CycleEnding::InLine, "{report:#?}");
    assert_eq!(stage.is_active(ALAN), None);
}

#[tokio::test]
async fn what_is_left_of_an_interrupted_plan_goes_on_with_its_approval_if_it_is_still_wanted() {
    let stage = Stage::active().await;
    let plan = stage.first_plan().await;
    stage.interrupted(&plan, Arrived::Yes, Went::Stopped).await;
    stage.apply(&plan).await.unwrap();
    assert_eq!(stage.state(&plan).await, PlanState::Applied);
    assert_eq!(stage.is_active(ALAN), Some(true));
    let report = stage.cycle().await.unwrap();
    assert_eq!(report.ending, CycleEnding::InLine, "{report:#?}");
}

#[tokio::test]
async fn what_is_left_of_an_interrupted_plan_is_refused_when_it_is_not_wanted_any_more() {
    let stage = Stage::active().await;
    let plan = stage.first_plan().await;
    stage.interrupted(&plan, Arrived::Yes, Went::Stopped).await;
    stage.leave_alone(ALAN).await;
    let refused = stage.apply(&plan).await.unwrap_err();
    let EngineError::Refused(Refused::WorldMoved { what, .. }) = &refused else {
        panic!("{refused:?}")
    };
    assert!(what.iter().any(|line| line.contains(ALAN)), "{what:?}");
    assert_eq!(stage.is_active(ALAN), None);
    let counts = stage.store.journal_counts(&plan).await.unwrap();
    assert_eq!(
        (counts.intended, counts.done),
        (0, 1),
        "her creation was found out"
    );
}

#[tokio::test]
async fn the_rest_of_a_rejected_plan_never_runs_and_its_open_calls_are_found_out() {
    let stage = Stage::active().await;
    let plan = stage.first_plan().await;
    stage.interrupted(&plan, Arrived::Yes, Went::Stopped).await;
    stage.reject(&plan).await.unwrap();
    let report = stage.cycle().await.unwrap();
    assert_eq!(report.ending, CycleEnding::AwaitingApproval);
    assert_eq!(stage.is_active(ALAN), None);
    assert_eq!(stage.state(&plan).await, PlanState::Rejected, "it stands");
    let counts = stage.store.journal_counts(&plan).await.unwrap();
    assert_eq!((counts.intended, counts.done), (0, 1), "{counts:?}");
    let links = stage.store.links(&stage.organization).await.unwrap();
    let grace = stage.person(GRACE).await;
    assert!(links.iter().any(|link| link.person == grace));
}
