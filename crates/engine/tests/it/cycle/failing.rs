//! Failures stay in sight as long as somebody wants what failed.

use serde_json::json;
use usher_model::EventKind;
use usher_store::{
    ApplyEnd, FailureClass, FailureFilter, FailureRecord, Lease, LeaseOwner, NewPlan, Outcome,
    Over, PlanState, PlannedChange, Removes, Resolution, Settled, Settlement, ShowFailures,
    Supersedes, Under, Undo,
};

use super::stage::{Row, STAFF, Stage};

/// A change with this key failed once.
async fn failed(stage: &Stage, key: &str) {
    let store = &stage.store;
    let plan = NewPlan {
        id: store.new_plan_id(),
        organization: stage.organization.clone(),
        state: PlanState::Ready,
        created_at: stage.acting().now(),
        parent: None,
        basis_hash: String::new(),
        counts: json!({}),
        document: json!({"basis": {"only": ["somebody"]}}),
        report: json!({}),
        changes: vec![PlannedChange {
            number: 1,
            key: key.to_owned(),
            kind: "create".to_owned(),
            person: None,
            account: None,
            label: "late@acme.com".to_owned(),
            removes: Removes::Nothing,
            undo: Undo::Possible,
            document: json!({}),
        }],
        supersedes: Supersedes::Nothing,
        over: Over::default(),
    };
    store.save_plan(&plan, &[]).await.unwrap();
    let lease = Lease {
        owner: LeaseOwner::new("a test"),
        duration: std::time::Duration::from_secs(60),
    };
    let under = Under::Lease(&lease);
    let apply = store.begin_apply(&plan.id, under, &[]).await.unwrap();
    let settlement = Settlement {
        settled: vec![Settled {
            number: 1,
            outcome: Outcome::Failed {
                class: FailureClass::Permanent,
                error: "Full users limit reached".to_owned(),
                detail: json!({}),
            },
        }],
        ..Settlement::default()
    };
    let now = stage.acting().now();
    store
        .journal_settle(&apply, &settlement, now, &[])
        .await
        .unwrap();
    store
        .finish_apply(&apply, &ApplyEnd::Applied, &[])
        .await
        .unwrap();
}

async fn only_failure(stage: &Stage) -> FailureRecord {
    let filter = FailureFilter {
        show: ShowFailures::All,
        ..FailureFilter::default()
    };
    let all = stage.store.failures(&stage.organization, &filter).await;
    all.unwrap().remove(0)
}

#[tokio::test]
async fn a_failure_is_over_when_nobody_wants_the_change_any_more() {
    let stage = Stage::in_line().await;
    failed(&stage, "of somebody who has left").await;
    stage.plan(&["ada@acme.com"]).await;
    let still = only_failure(&stage).await;
    assert_eq!(
        still.resolution, None,
        "a plan for Ada says nothing of others"
    );
    stage.cycle().await.unwrap();
    let over = only_failure(&stage).await;
    assert_eq!(over.resolution, Some(Resolution::Moot));
    let events = stage.events(EventKind::FailureResolved).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event.data["label"], "late@acme.com");
}

#[tokio::test]
async fn a_failure_is_not_over_while_somebody_wants_the_change() {
    let stage = Stage::in_line().await;
    let rows = STAFF.iter().filter(|row| row.0 != "alan@acme.com");
    let mut rows: Vec<_> = rows.copied().collect();
    stage.write_people(&rows);
    let made = stage.plan(&[]).await;
    failed(&stage, &made.plan.changes[0].key.0).await;
    rows.push(Row("ann@acme.com", "Ann Other", "User"));
    stage.write_people(&rows);
    let made = stage.plan(&[]).await;
    assert_eq!(made.plan.changes.len(), 1, "what failed waits");
    assert_eq!(made.report.set_aside.len(), 1);
    assert_eq!(only_failure(&stage).await.resolution, None);
    stage
        .clock
        .advance(std::time::Duration::from_secs(25 * 3600));
    let unknown = stage.plan(&[]).await;
    assert_eq!(
        unknown.plan.changes.len(),
        1,
        "the inventory is too old to disable anybody"
    );
    assert_eq!(only_failure(&stage).await.resolution, None);
}
