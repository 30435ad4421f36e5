//! The journal: what was about to be done, and what became of it.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use usher_model::*;
use usher_store::*;

use crate::support::*;

fn one() -> OrganizationId {
    OrganizationId::new("1")
}

fn failed(number: u32, error: &str) -> Settled {
    Settled {
        number,
        outcome: Outcome::Failed {
            class: FailureClass::Transient,
            error: error.to_owned(),
            detail: json!({"status": 500}),
        },
    }
}

fn skipped(number: u32) -> Settled {
    Settled {
        number,
        outcome: Outcome::Skipped {
            why: "change 1 failed".into(),
        },
    }
}

fn unsent(number: u32) -> Settled {
    Settled {
        number,
        outcome: Outcome::Unsent,
    }
}

fn of(settled: Vec<Settled>) -> Settlement {
    Settlement {
        settled,
        ..Settlement::default()
    }
}

fn intentions(numbers: impl IntoIterator<Item = u32>) -> Vec<JournalEntry> {
    numbers.into_iter().map(intention).collect()
}

async fn begin(store: &Store, plan: &PlanId) -> RunningApply {
    let lease = lease("this process");
    store
        .begin_apply(plan, Under::Lease(&lease), &[])
        .await
        .unwrap()
}

/// A plan of some changes that is being applied.
async fn applying(fixture: &Fixture, changes: u32) -> RunningApply {
    let plan = saved_plan(&fixture.store, PlanState::Ready, changes).await;
    begin(&fixture.store, &plan).await
}

async fn settle(
    fixture: &Fixture,
    apply: &RunningApply,
    settlement: &Settlement,
) -> Result<(), StoreError> {
    let now = fixture.clock.now();
    fixture
        .store
        .journal_settle(apply, settlement, now, &[])
        .await
}

async fn states(store: &Store, plan: &PlanId) -> Vec<JournalState> {
    let rows = all(store.journal(plan, &ChangeFilter::default())).await;
    rows.iter().map(|row| row.status.state()).collect()
}

async fn open_failures(store: &Store) -> Vec<FailureRecord> {
    store
        .failures(&one(), &FailureFilter::default())
        .await
        .unwrap()
}

on_both_engines! {
    async fn every_change_has_its_place_in_the_journal(fixture: Fixture) {
        let apply = applying(&fixture, 5).await;
        fixture.store.journal_intend(&apply, &intentions([1, 2, 3])).await.unwrap();
        fixture.clock.advance(Duration::from_secs(1));
        settle(&fixture, &apply, &of(vec![done(1), failed(2, "boom"), skipped(4)])).await.unwrap();
        let now = fixture.clock.now();
        let rows = all(fixture.store.journal(&apply.plan, &ChangeFilter::default())).await;
        assert_eq!(rows[0].status, JournalStatus::Done { detail: json!({"status": 201}), at: now });
        assert_eq!(rows[1].status, JournalStatus::Failed {
            class: FailureClass::Transient, error: "boom".into(), detail: json!({"status": 500}), at: now,
        });
        assert_eq!(rows[2].status, JournalStatus::Intended { call: intention(3).call, at: at("2026-03-01T08:00:00Z") });
        assert_eq!(rows[3].status, JournalStatus::Skipped { why: "change 1 failed".into(), at: now });
        assert_eq!(rows[4].status, JournalStatus::Pending);
        assert_eq!(rows.iter().map(|row| row.attempts).collect::<Vec<_>>(), [1, 1, 1, 0, 0]);
        assert_eq!(rows[4].change, change(5));
        let counts = fixture.store.journal_counts(&apply.plan).await.unwrap();
        assert_eq!(counts, JournalCounts { pending: 1, intended: 1, done: 1, failed: 1, skipped: 1 });
    }

    async fn whoever_is_stopped_is_told_at_the_next_intention_and_settles_what_was_sent(fixture: Fixture) {
        let apply = applying(&fixture, 4).await;
        let intend = async |apply: &RunningApply, number| {
            fixture.store.journal_intend(apply, &intentions([number])).await.unwrap()
        };
        assert_eq!(intend(&apply, 1).await, Signal::GoOn);
        let off = |connector: &mut ConnectorRecord| connector.provisioning = ProvisioningStatus::Off;
        let organization = one();
        let stop = fixture.store.stop_connector(&organization, OpenPlans::Keep, off, |_| Vec::new());
        assert_eq!(stop.await.unwrap().work, Some(format!("apply:{}", apply.plan)));
        assert_eq!(intend(&apply, 2).await, Signal::Stop);
        let unsent = Settled { number: 2, outcome: Outcome::Unsent };
        settle(&fixture, &apply, &of(vec![done(1), unsent])).await.unwrap();
        let end = ApplyEnd::Interrupted { why: "it was told to stop".into() };
        fixture.store.finish_apply(&apply, &end, &[]).await.unwrap();
        let again = begin(&fixture.store, &apply.plan).await;
        assert_eq!(intend(&again, 2).await, Signal::GoOn, "whoever begins afterwards is not meant");
    }

    async fn a_call_of_unknown_outcome_is_never_intended_again(fixture: Fixture) {
        let apply = applying(&fixture, 3).await;
        fixture.store.journal_intend(&apply, &intentions([1, 2])).await.unwrap();
        settle(&fixture, &apply, &of(vec![done(2)])).await.unwrap();
        for number in [1, 2] {
            let refused = fixture.store.journal_intend(&apply, &intentions([3, number])).await.unwrap_err();
            assert!(matches!(refused, StoreError::WrongJournalState { .. }), "{refused:?}");
        }
        let expected = [JournalState::Intended, JournalState::Done, JournalState::Pending];
        assert_eq!(states(&fixture.store, &apply.plan).await, expected, "nothing of a refused batch is written");
    }

    async fn what_is_known_not_to_have_been_sent_or_has_failed_is_tried_again(fixture: Fixture) {
        let apply = applying(&fixture, 2).await;
        fixture.store.journal_intend(&apply, &intentions([1, 2])).await.unwrap();
        settle(&fixture, &apply, &of(vec![unsent(1), failed(2, "boom")])).await.unwrap();
        assert_eq!(states(&fixture.store, &apply.plan).await, [JournalState::Pending, JournalState::Failed]);
        fixture.store.journal_intend(&apply, &intentions([1, 2])).await.unwrap();
        settle(&fixture, &apply, &of(vec![done(1), done(2)])).await.unwrap();
        let rows = all(fixture.store.journal(&apply.plan, &ChangeFilter::default())).await;
        assert_eq!(rows.iter().map(|row| row.attempts).collect::<Vec<_>>(), [2, 2]);
    }

    async fn nothing_is_done_that_was_not_intended_and_nothing_is_settled_twice(fixture: Fixture) {
        let apply = applying(&fixture, 2).await;
        let refused = settle(&fixture, &apply, &of(vec![done(1)])).await.unwrap_err();
        assert!(matches!(refused, StoreError::WrongJournalState { state: JournalState::Pending, .. }), "{refused:?}");
        fixture.store.journal_intend(&apply, &intentions([1])).await.unwrap();
        let twice = settle(&fixture, &apply, &of(vec![done(1), done(1)])).await.unwrap_err();
        assert!(matches!(twice, StoreError::WrongJournalState { state: JournalState::Done, .. }), "{twice:?}");
        settle(&fixture, &apply, &of(vec![done(1)])).await.unwrap();
        for late in [done(1), skipped(1), unsent(1)] {
            assert!(settle(&fixture, &apply, &of(vec![late])).await.is_err());
        }
    }

    async fn what_was_done_and_reads_back_otherwise_is_a_failure(fixture: Fixture) {
        let apply = applying(&fixture, 2).await;
        fixture.store.journal_intend(&apply, &intentions([1, 2])).await.unwrap();
        settle(&fixture, &apply, &of(vec![done(1), done(2)])).await.unwrap();
        settle(&fixture, &apply, &of(vec![failed(2, "is `A`, should be `B`")])).await.unwrap();
        assert_eq!(states(&fixture.store, &apply.plan).await, [JournalState::Done, JournalState::Failed]);
        assert_eq!(open_failures(&fixture.store).await[0].key, "key-2");
        let removals = fixture.store.recent_removals(&one(), at("2026-01-01T00:00:00Z")).await.unwrap();
        assert_eq!(removals.disables_and_revokes, 0);
    }

    async fn a_settlement_comes_true_with_all_its_consequences(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let apply = applying(&fixture, 2).await;
        fixture.store.journal_intend(&apply, &intentions([1])).await.unwrap();
        let settlement = whole_settlement();
        let event = fixture.event(EventKind::UserCreateProvision, "person:p1");
        fixture.store.journal_settle(&apply, &settlement, fixture.clock.now(), &[event]).await.unwrap();
        assert!(fixture.read("1", None).await.has("4", "team:10:member"));
        assert_eq!(fixture.store.links(&one()).await.unwrap(), settlement.links);
        assert_eq!(fixture.store.group_links(&one()).await.unwrap(), settlement.group_links);
        assert_eq!(fixture.store.provisioned(&one()).await.unwrap(), settlement.given);
        assert_eq!(fixture.store.last_event().await.unwrap(), 1);
    }

    async fn a_settlement_that_cannot_come_true_in_one_part_changes_nothing(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let before = fixture.read("1", None).await;
        let taken = Link { person: "somebody else".into(), ..whole_settlement().links[0].clone() };
        fixture.store.save_links(&one(), std::slice::from_ref(&taken), &[]).await.unwrap();
        let apply = applying(&fixture, 3).await;
        fixture.store.journal_intend(&apply, &intentions([1, 2])).await.unwrap();
        let mut settlement = whole_settlement();
        settlement.settled.push(failed(2, "boom"));
        let event = fixture.event(EventKind::UserCreateProvision, "person:p1");
        let refused = fixture.store.journal_settle(&apply, &settlement, fixture.clock.now(), &[event]).await;
        assert!(matches!(refused, Err(StoreError::LinkTaken { .. })), "{refused:?}");
        let expected = [JournalState::Intended, JournalState::Intended, JournalState::Pending];
        assert_eq!(states(&fixture.store, &apply.plan).await, expected);
        assert_eq!(fixture.read("1", None).await, before);
        assert_eq!(fixture.store.links(&one()).await.unwrap(), [taken]);
        assert!(fixture.store.provisioned(&one()).await.unwrap().is_empty());
        assert!(open_failures(&fixture.store).await.is_empty());
        assert_eq!(fixture.store.last_event().await.unwrap(), 0);
    }

    async fn a_process_that_lost_its_lease_can_neither_intend_nor_settle(fixture: Fixture) {
        let apply = applying(&fixture, 2).await;
        fixture.store.journal_intend(&apply, &intentions([1])).await.unwrap();
        fixture.clock.advance(Duration::from_secs(31));
        let other = fixture.second_process().await;
        let lease = lease("another process");
        let taken_over = other.begin_apply(&apply.plan, Under::Lease(&lease), &[]).await.unwrap();
        assert_eq!(taken_over.open, 1);
        let lost = [
            settle(&fixture, &apply, &of(vec![done(1)])).await,
            fixture.store.journal_intend(&apply, &intentions([2])).await.map(drop),
            fixture.store.finish_apply(&apply, &ApplyEnd::Interrupted { why: "no".into() }, &[]).await,
            fixture.store.renew_work(&apply.work).await,
        ];
        for result in lost {
            assert!(matches!(result, Err(StoreError::WorkLost { .. })), "{result:?}");
        }
        assert_eq!(states(&other, &apply.plan).await, [JournalState::Intended, JournalState::Pending]);
        other.journal_settle(&taken_over, &of(vec![done(1), skipped(2)]), fixture.clock.now(), &[]).await.unwrap();
        other.finish_apply(&taken_over, &ApplyEnd::Applied, &[]).await.unwrap();
    }

    async fn a_second_process_cannot_apply_while_the_first_one_does(fixture: Fixture) {
        let apply = applying(&fixture, 1).await;
        let other = fixture.second_process().await;
        let lease = lease("another process");
        let refused = other.begin_apply(&apply.plan, Under::Lease(&lease), &[]).await.unwrap_err();
        let StoreError::ConnectorBusy { work, .. } = refused else { panic!("{refused:?}") };
        assert_eq!(work, format!("apply:{}", apply.plan));
    }

    async fn a_plan_is_applied_when_each_change_has_an_outcome(fixture: Fixture) {
        let apply = applying(&fixture, 3).await;
        fixture.store.journal_intend(&apply, &intentions([1, 2])).await.unwrap();
        settle(&fixture, &apply, &of(vec![done(1)])).await.unwrap();
        let refused = fixture.store.finish_apply(&apply, &ApplyEnd::Applied, &[]).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unsettled { open: 2, .. }), "{refused:?}");
        settle(&fixture, &apply, &of(vec![failed(2, "boom"), skipped(3)])).await.unwrap();
        fixture.store.finish_apply(&apply, &ApplyEnd::Applied, &[]).await.unwrap();
        let plan = fixture.store.plan(&apply.plan).await.unwrap().unwrap();
        assert_eq!((plan.state, plan.finished_at), (PlanState::Applied, Some(fixture.clock.now())));
        assert!(settle(&fixture, &apply, &of(vec![done(2)])).await.is_err(), "it is over");
        let next = saved_plan(&fixture.store, PlanState::Ready, 1).await;
        let lease = lease("another process");
        fixture.store.begin_apply(&next, Under::Lease(&lease), &[]).await.expect("the lease was given back");
    }

    async fn an_interrupted_plan_goes_on_where_it_stopped(fixture: Fixture) {
        let apply = applying(&fixture, 3).await;
        fixture.store.journal_intend(&apply, &intentions([1, 2])).await.unwrap();
        settle(&fixture, &apply, &of(vec![done(1)])).await.unwrap();
        let stopped = ApplyEnd::Interrupted { why: "stopped by hand".into() };
        fixture.store.finish_apply(&apply, &stopped, &[]).await.unwrap();
        let plan = fixture.store.plan(&apply.plan).await.unwrap().unwrap();
        assert_eq!((plan.state, plan.ending.as_deref()), (PlanState::Interrupted, Some("stopped by hand")));
        let again = begin(&fixture.store, &apply.plan).await;
        assert_eq!(again.open, 1);
        let plan = fixture.store.plan(&apply.plan).await.unwrap().unwrap();
        assert_eq!((plan.state, plan.ending, plan.finished_at), (PlanState::Applying, None, None));
        let open = all(fixture.store.journal_in(&apply.plan, JournalState::Intended)).await;
        assert_eq!(open.iter().map(|row| row.change.number).collect::<Vec<_>>(), [2]);
    }

    async fn calls_of_a_rejected_plan_are_settled_and_it_stays_rejected(fixture: Fixture) {
        let apply = applying(&fixture, 2).await;
        fixture.store.journal_intend(&apply, &intentions([1])).await.unwrap();
        let stopped = ApplyEnd::Interrupted { why: "stopped by hand".into() };
        fixture.store.finish_apply(&apply, &stopped, &[]).await.unwrap();
        let no = Decision { verdict: Verdict::Reject, by: "tim".into(), reason: None, at: fixture.clock.now() };
        fixture.store.decide_plan(&apply.plan, &no, PlanState::Interrupted, &[]).await.unwrap();
        let own = lease("this process");
        let settling = fixture.store.begin_settling(&apply.plan, Under::Lease(&own)).await.unwrap();
        assert_eq!(settling.open, 1);
        settle(&fixture, &settling, &of(vec![done(1)])).await.unwrap();
        fixture.store.finish_settling(&settling).await.unwrap();
        assert_eq!(states(&fixture.store, &apply.plan).await, [JournalState::Done, JournalState::Pending]);
        let plan = fixture.store.plan(&apply.plan).await.unwrap().unwrap();
        assert_eq!(plan.state, PlanState::Rejected);
        let cycle = NewCycle {
            id: fixture.store.new_cycle_id(),
            organization: one(),
            kind: CycleKind::Incremental,
            lease: lease("a cycle"),
        };
        fixture.store.begin_cycle(&cycle, &[]).await.unwrap();
    }

    async fn calls_of_a_killed_process_are_settled_and_its_plan_is_interrupted(fixture: Fixture) {
        let apply = applying(&fixture, 1).await;
        fixture.store.journal_intend(&apply, &intentions([1])).await.unwrap();
        let early = lease("another process");
        let busy = fixture.store.begin_settling(&apply.plan, Under::Lease(&early)).await;
        assert!(matches!(busy, Err(StoreError::ConnectorBusy { .. })), "{busy:?}");
        fixture.clock.advance(Duration::from_secs(31));
        let settling = fixture.store.begin_settling(&apply.plan, Under::Lease(&early)).await.unwrap();
        settle(&fixture, &settling, &of(vec![unsent(1)])).await.unwrap();
        fixture.store.finish_settling(&settling).await.unwrap();
        let plan = fixture.store.plan(&apply.plan).await.unwrap().unwrap();
        assert_eq!(plan.state, PlanState::Interrupted);
        assert_eq!(states(&fixture.store, &apply.plan).await, [JournalState::Pending]);
    }

    async fn a_plan_that_a_killed_process_was_applying_is_interrupted_when_others_take_over(fixture: Fixture) {
        let apply = applying(&fixture, 1).await;
        fixture.clock.advance(Duration::from_secs(31));
        let cycle = NewCycle {
            id: fixture.store.new_cycle_id(),
            organization: one(),
            kind: CycleKind::Incremental,
            lease: lease("another process"),
        };
        let cycle = fixture.store.begin_cycle(&cycle, &[]).await.unwrap();
        let plan = fixture.store.plan(&apply.plan).await.unwrap().unwrap();
        assert_eq!(plan.state, PlanState::Interrupted);
        let resumed = fixture.store.begin_apply(&apply.plan, Under::Cycle(&cycle), &[]).await.unwrap();
        settle(&fixture, &resumed, &of(vec![skipped(1)])).await.unwrap();
        fixture.store.finish_apply(&resumed, &ApplyEnd::Applied, &[]).await.unwrap();
        fixture.store.renew_cycle(&cycle).await.expect("the lease is still the cycle's");
    }

    async fn a_failure_stays_in_sight_until_the_same_change_is_done_in_any_plan(fixture: Fixture) {
        let first = applying(&fixture, 2).await;
        fixture.store.journal_intend(&first, &intentions([1, 2])).await.unwrap();
        settle(&fixture, &first, &of(vec![failed(1, "boom"), failed(2, "bang")])).await.unwrap();
        fixture.store.finish_apply(&first, &ApplyEnd::Applied, &[]).await.unwrap();

        fixture.clock.advance(Duration::from_hours(1));
        let second = applying(&fixture, 2).await;
        fixture.store.journal_intend(&second, &intentions([1, 2])).await.unwrap();
        settle(&fixture, &second, &of(vec![failed(1, "boom again"), done(2)])).await.unwrap();
        let open = open_failures(&fixture.store).await;
        assert_eq!(open.len(), 1);
        let failure = &open[0];
        assert_eq!((failure.key.as_str(), failure.attempts, failure.error.as_str()), ("key-1", 2, "boom again"));
        assert_eq!((failure.first_at, failure.last_at), (at("2026-03-01T08:00:00Z"), fixture.clock.now()));
        assert_eq!((&failure.plan, failure.number), (&second.plan, 1));
        assert_eq!((failure.person.as_ref(), failure.kind.as_str()), (Some(&"p1".into()), "create"));
        let due = next_try(FailureClass::Transient, 2, failure.last_at);
        assert_eq!(failure.next_try_at, Some(due), "the second rest is longer than the first");
        let every = FailureFilter { show: ShowFailures::All, ..FailureFilter::default() };
        let every = fixture.store.failures(&one(), &every).await.unwrap();
        assert_eq!(every.len(), 2, "nothing is dropped");
        let resolved = every.iter().find(|failure| failure.key == "key-2").unwrap();
        assert_eq!((resolved.resolution.clone(), resolved.resolved_at), (Some(Resolution::Done), Some(fixture.clock.now())));
    }

    async fn a_failure_that_somebody_set_aside_comes_back_when_it_fails_again(fixture: Fixture) {
        let first = applying(&fixture, 1).await;
        settle(&fixture, &first, &of(vec![failed(1, "boom")])).await.unwrap();
        let aside = Resolution::Dismissed { by: "ada".into(), reason: "known".into() };
        let event = fixture.event(EventKind::FailureResolved, "change:key-1");
        assert!(fixture.store.resolve_failure(&one(), "key-1", &aside, std::slice::from_ref(&event)).await.unwrap());
        assert!(!fixture.store.resolve_failure(&one(), "key-1", &aside, &[event]).await.unwrap());
        assert_eq!(fixture.store.last_event().await.unwrap(), 1);
        assert!(open_failures(&fixture.store).await.is_empty());
        fixture.clock.advance(Duration::from_hours(1));
        settle(&fixture, &first, &of(vec![failed(1, "boom")])).await.unwrap();
        let open = open_failures(&fixture.store).await;
        assert_eq!((open[0].attempts, open[0].first_at), (1, fixture.clock.now()));
        let keys = ["key-1".to_owned(), "key-9".to_owned()];
        assert_eq!(fixture.store.resolve_failures(&one(), &keys, &Resolution::Moot, &[]).await.unwrap(), 1);
    }

    async fn what_was_removed_lately_is_counted_over_all_plans(fixture: Fixture) {
        let first = applying(&fixture, 8).await;
        fixture.store.journal_intend(&first, &intentions(1..=8)).await.unwrap();
        settle(&fixture, &first, &of((1..=5).map(done).collect())).await.unwrap();
        fixture.clock.advance(Duration::from_hours(12));
        settle(&fixture, &first, &of(vec![done(6), failed(7, "boom"), done(8)])).await.unwrap();
        let since = async |hours: u64| {
            let since = fixture.clock.now().saturating_sub(Duration::from_hours(hours)).unwrap();
            let counts = fixture.store.recent_removals(&one(), since).await.unwrap();
            (counts.disables_and_revokes, counts.irreversible)
        };
        assert_eq!(since(24).await, (4, 2));
        assert_eq!(since(1).await, (2, 1));
        let nobody = fixture.store.recent_removals(&"2".into(), at("2020-01-01T00:00:00Z")).await.unwrap();
        assert_eq!(nobody, RecentRemovalCounts::default());
    }

    async fn ten_thousand_changes_are_intended_and_settled_at_once(fixture: Fixture) {
        let apply = applying(&fixture, 10_000).await;
        fixture.store.journal_intend(&apply, &intentions(1..=10_000)).await.unwrap();
        settle(&fixture, &apply, &of((1..=10_000).map(done).collect())).await.unwrap();
        fixture.store.finish_apply(&apply, &ApplyEnd::Applied, &[]).await.unwrap();
    }
}

/// An account for a person, in a team, with everything that Usher remembers of it.
fn whole_settlement() -> Settlement {
    let joined = grant("4", "team:10:member");
    Settlement {
        settled: vec![done(1)],
        observation: Observation {
            accounts: vec![member("4", "dora@example.org")],
            grants_added: vec![joined.clone()],
            ..Observation::default()
        },
        links: vec![Link {
            person: "p1".into(),
            account: "4".into(),
            how: LinkOrigin::Created,
            since: at("2026-03-01T08:00:00Z"),
            sent: std::collections::BTreeMap::new(),
            disabled_at: None,
        }],
        group_links: vec![GroupLink {
            group: "g1".into(),
            target: GroupLinkTarget::Team("10".into()),
            how: LinkOrigin::Matched,
            since: at("2026-03-01T08:00:00Z"),
        }],
        given: vec![ProvisionedGrant {
            account: joined.account,
            entitlement: joined.entitlement,
            since: at("2026-03-01T08:00:00Z"),
        }],
        ..Settlement::default()
    }
}

/// What a process does before it is killed.
#[derive(Clone, Debug)]
enum Step {
    Intend(Vec<u32>),
    Settle(Vec<(u32, u8)>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let number = 1..=12_u32;
    let step = prop_oneof![
        prop::collection::btree_set(number.clone(), 1..5)
            .prop_map(|some| Step::Intend(some.into_iter().collect())),
        prop::collection::btree_map(number, 0..4_u8, 1..5)
            .prop_map(|some| Step::Settle(some.into_iter().collect())),
    ];
    prop::collection::vec(step, 1..12)
}

fn outcome(number: u32, which: u8) -> Settled {
    match which {
        0 => done(number),
        1 => failed(number, "boom"),
        2 => skipped(number),
        _ => unsent(number),
    }
}

/// Takes steps, and keeps beside the journal what it must say; steps that it refuses must be refused.
async fn killed_after(fixture: &Fixture, steps: &[Step]) -> (PlanId, Vec<JournalState>) {
    let apply = applying(fixture, 12).await;
    let mut expected = vec![JournalState::Pending; 12];
    for step in steps {
        let (moves, result): (Vec<(usize, JournalState)>, _) = match step {
            Step::Intend(numbers) => (
                numbers
                    .iter()
                    .map(|n| (*n as usize - 1, JournalState::Intended))
                    .collect(),
                fixture
                    .store
                    .journal_intend(&apply, &intentions(numbers.iter().copied()))
                    .await
                    .map(drop),
            ),
            Step::Settle(outcomes) => {
                let settled: Vec<_> = outcomes
                    .iter()
                    .map(|(n, which)| outcome(*n, *which))
                    .collect();
                let moves = settled
                    .iter()
                    .map(|one| (one.number as usize - 1, one.outcome.state()));
                (moves.collect(), settle(fixture, &apply, &of(settled)).await)
            }
        };
        let allowed = moves.iter().all(|(at, next)| match step {
            Step::Intend(_) => expected[*at].may_be_intended(),
            Step::Settle(_) => expected[*at].may_settle_as(*next),
        });
        assert_eq!(
            result.is_ok(),
            allowed,
            "{step:?} on {expected:?}: {result:?}"
        );
        if allowed {
            for (at, next) in moves {
                expected[at] = next;
            }
        }
    }
    (apply.plan, expected)
}

/// Whatever was done before the kill, another process finds exactly what has no outcome.
#[test]
fn after_a_kill_exactly_the_unsettled_intentions_are_found() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let (sqlite, postgres) =
        runtime.block_on(async { (Fixture::sqlite().await, Fixture::postgres().await) });
    let check = |steps: Vec<Step>| {
        runtime.block_on(async {
            for fixture in [&sqlite, &postgres] {
                let (plan, expected) = killed_after(fixture, &steps).await;
                let other = fixture.second_process().await;
                assert_eq!(states(&other, &plan).await, expected);
                let open = all(other.journal_in(&plan, JournalState::Intended)).await;
                let open: Vec<usize> = open
                    .iter()
                    .map(|row| row.change.number as usize - 1)
                    .collect();
                let unsettled = (0..12).filter(|at| expected[*at] == JournalState::Intended);
                assert_eq!(open, unsettled.collect::<Vec<_>>());
                other.close().await;
            }
        });
        Ok(())
    };
    runner.run(&steps(), check).unwrap();
}
