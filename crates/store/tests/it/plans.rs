//! Plans and what is decided about them.

use usher_model::*;
use usher_store::*;

use crate::support::*;

fn one() -> OrganizationId {
    OrganizationId::new("1")
}

fn decision(verdict: Verdict) -> Decision {
    Decision {
        verdict,
        by: "ada".into(),
        reason: Some("looks right".into()),
        at: at("2026-03-01T09:00:00Z"),
    }
}

async fn state_of(store: &Store, plan: &PlanId) -> PlanState {
    store.plan(plan).await.unwrap().unwrap().state
}

on_both_engines! {
    async fn a_plan_comes_back_with_its_changes(fixture: Fixture) {
        let plan = NewPlan { parent: Some("older".into()), ..new_plan(&fixture.store, PlanState::Held, 3) };
        let event = fixture.event(EventKind::PlanMade, &format!("plan:{}", plan.id));
        fixture.store.save_plan(&plan, &[event]).await.unwrap();
        let found = fixture.store.plan(&plan.id).await.unwrap().unwrap();
        assert_eq!((found.state, found.changes, &found.organization), (PlanState::Held, 3, &one()));
        assert_eq!((&found.basis_hash, &found.parent), (&plan.basis_hash, &plan.parent));
        assert_eq!((&found.document, &found.report, &found.counts), (&plan.document, &plan.report, &plan.counts));
        assert_eq!(all(fixture.store.plan_changes(&plan.id, &ChangeFilter::default())).await, plan.changes);
        assert_eq!(fixture.store.plan(&"nothing".into()).await.unwrap(), None);
    }

    async fn changes_come_page_by_page_and_by_kind_and_person(fixture: Fixture) {
        let plan = new_plan(&fixture.store, PlanState::Ready, 9_001);
        fixture.store.save_plan(&plan, &[]).await.unwrap();
        let numbers = async |filter: ChangeFilter| {
            let found = all(fixture.store.plan_changes(&plan.id, &filter)).await;
            found.iter().map(|change| change.number).collect::<Vec<_>>()
        };
        let page = ChangeFilter { after: 8_998, limit: Some(2), ..ChangeFilter::default() };
        assert_eq!(numbers(page).await, [8_999, 9_000]);
        let kinds = ChangeFilter { kinds: vec!["disable".into()], limit: Some(2), ..ChangeFilter::default() };
        assert_eq!(numbers(kinds).await, [2, 4]);
        let person = ChangeFilter { person: Some("p7".into()), ..ChangeFilter::default() };
        assert_eq!(numbers(person).await, [7]);
    }

    async fn a_new_plan_supersedes_those_that_nobody_has_begun(fixture: Fixture) {
        let store = &fixture.store;
        let held = saved_plan(store, PlanState::Held, 1).await;
        let approved = NewPlan { supersedes: Supersedes::Nothing, ..new_plan(store, PlanState::Held, 1) };
        store.save_plan(&approved, &[]).await.unwrap();
        store.decide_plan(&approved.id, &decision(Verdict::Approve), PlanState::Held, &[]).await.unwrap();
        let elsewhere = NewPlan { organization: "2".into(), ..new_plan(store, PlanState::Ready, 1) };
        store.save_plan(&elsewhere, &[]).await.unwrap();
        let newest = saved_plan(store, PlanState::Ready, 1).await;
        assert_eq!(state_of(store, &held).await, PlanState::Superseded);
        assert_eq!(state_of(store, &approved.id).await, PlanState::Superseded);
        assert_eq!(state_of(store, &elsewhere.id).await, PlanState::Ready);
        assert_eq!(store.latest_plan(&one()).await.unwrap().unwrap().id, newest);
        let ids: Vec<_> = store.plans(&one(), Some(2)).await.unwrap().into_iter().map(|plan| plan.id).collect();
        assert_eq!(ids, [newest.clone(), approved.id]);
        store.supersede_plan(&newest, &[]).await.unwrap();
        assert_eq!(state_of(store, &newest).await, PlanState::Superseded);
    }

    async fn a_plan_with_a_call_of_unknown_outcome_is_not_superseded(fixture: Fixture) {
        let store = &fixture.store;
        let plan = saved_plan(store, PlanState::Ready, 2).await;
        let apply = store.begin_apply(&plan, Under::Lease(&lease("this process")), &[]).await.unwrap();
        store.journal_intend(&apply, &[intention(1)]).await.unwrap();
        let interrupted = ApplyEnd::Interrupted { why: "stopped by hand".into() };
        store.finish_apply(&apply, &interrupted, &[]).await.unwrap();
        saved_plan(store, PlanState::Ready, 1).await;
        assert_eq!(state_of(store, &plan).await, PlanState::Interrupted);
        assert_eq!(store.unsettled_plans(&one()).await.unwrap(), std::slice::from_ref(&plan));

        let apply = store.begin_apply(&plan, Under::Lease(&lease("this process")), &[]).await.unwrap();
        assert_eq!(apply.open, 1);
        let settlement = Settlement { settled: vec![done(1)], ..Settlement::default() };
        store.journal_settle(&apply, &settlement, fixture.clock.now(), &[]).await.unwrap();
        store.finish_apply(&apply, &interrupted, &[]).await.unwrap();
        saved_plan(store, PlanState::Ready, 1).await;
        assert_eq!(state_of(store, &plan).await, PlanState::Superseded);
        assert!(store.unsettled_plans(&one()).await.unwrap().is_empty());
    }

    async fn a_decision_is_kept_and_cannot_be_made_twice(fixture: Fixture) {
        let store = &fixture.store;
        let plan = saved_plan(store, PlanState::Held, 1).await;
        let event = fixture.event(EventKind::PlanApproved, &format!("plan:{plan}"));
        let approved = store.decide_plan(&plan, &decision(Verdict::Approve), PlanState::Held, &[event]).await.unwrap();
        assert_eq!((approved.state, approved.decision), (PlanState::Approved, Some(decision(Verdict::Approve))));
        let event = fixture.event(EventKind::PlanRejected, &format!("plan:{plan}"));
        let refused = store.decide_plan(&plan, &decision(Verdict::Reject), PlanState::Held, &[event]).await.unwrap_err();
        assert!(matches!(refused, StoreError::WrongPlanState { state: PlanState::Approved, .. }), "{refused:?}");
        assert_eq!(store.last_event().await.unwrap(), 1);
        store.decide_plan(&plan, &decision(Verdict::Reject), PlanState::Approved, &[]).await.unwrap();
        assert_eq!(state_of(store, &plan).await, PlanState::Rejected);
        let nothing = store.decide_plan(&"none".into(), &decision(Verdict::Reject), PlanState::Held, &[]).await;
        assert!(matches!(nothing, Err(StoreError::NoSuchPlan(_))), "{nothing:?}");
    }

    async fn a_plan_that_is_held_rejected_or_superseded_is_not_applied(fixture: Fixture) {
        let store = &fixture.store;
        let begin = async |plan: &PlanId| store.begin_apply(plan, Under::Lease(&lease("this process")), &[]).await;
        let held = saved_plan(store, PlanState::Held, 1).await;
        let refused = begin(&held).await.unwrap_err();
        assert!(matches!(refused, StoreError::WrongPlanState { state: PlanState::Held, .. }), "{refused:?}");
        store.decide_plan(&held, &decision(Verdict::Reject), PlanState::Held, &[]).await.unwrap();
        assert!(begin(&held).await.is_err());
        let ready = saved_plan(store, PlanState::Ready, 1).await;
        saved_plan(store, PlanState::Ready, 1).await;
        assert!(begin(&ready).await.is_err(), "superseded");
        assert!(store.cycles(&one(), None).await.unwrap().is_empty());
        let cycle = NewCycle { id: store.new_cycle_id(), organization: one(), kind: CycleKind::Incremental, lease: lease("another process") };
        store.begin_cycle(&cycle, &[]).await.expect("a refused beginning takes no lease");
    }

    async fn of_many_decisions_at_once_one_counts(fixture: Fixture) {
        let plan = saved_plan(&fixture.store, PlanState::Held, 1).await;
        let other = fixture.second_process().await;
        let (yes, no) = (decision(Verdict::Approve), decision(Verdict::Reject));
        let decisions = [(&fixture.store, &yes), (&other, &no), (&fixture.store, &no), (&other, &yes)];
        let tries = decisions.into_iter().map(|(store, decision)| store.decide_plan(&plan, decision, PlanState::Held, &[]));
        let results = futures::future::join_all(tries).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    }
}
