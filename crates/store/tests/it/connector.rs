//! Connectors, and the lease that lets one process at a time work on one.

use std::time::Duration;

use serde_json::json;
use usher_model::*;
use usher_store::*;

use crate::support::*;

fn one() -> OrganizationId {
    OrganizationId::new("1")
}

fn new_cycle(store: &Store, owner: &str) -> NewCycle {
    NewCycle {
        id: store.new_cycle_id(),
        organization: one(),
        kind: CycleKind::Incremental,
        lease: lease(owner),
    }
}

fn finished() -> CycleEnd {
    CycleEnd {
        state: CycleState::Finished,
        plan: Some("plan".into()),
        counts: json!({"changes": 3}),
        failure: None,
    }
}

async fn begin(store: &Store, owner: &str) -> Result<RunningCycle, StoreError> {
    store.begin_cycle(&new_cycle(store, owner), &[]).await
}

fn is_lost<T: std::fmt::Debug>(result: &Result<T, StoreError>) {
    assert!(
        matches!(result, Err(StoreError::WorkLost { .. })),
        "{result:?}"
    );
}

on_both_engines! {
    async fn a_connector_is_inactive_and_off_until_somebody_says_otherwise(fixture: Fixture) {
        assert_eq!(fixture.store.connector(&one()).await.unwrap(), None);
        let record = fixture.store.update_connector(&one(), |_| (), &[]).await.unwrap();
        assert_eq!((record.lifecycle, record.provisioning), (Lifecycle::Inactive, ProvisioningStatus::Off));
        let record = ConnectorRecord {
            lifecycle: Lifecycle::Active,
            group_model: Known::Known(GroupModel::Team),
            default_team: Known::Known("10".into()),
            audit_watermark: Some(at("2026-03-01T07:00:00Z")),
            quarantine: Some(Quarantine {
                since: at("2026-03-01T07:30:00Z"),
                reason: "token refused".into(),
                cause: QuarantineCause::BadCredentials,
                attempts: 2,
                next_try_at: None,
            }),
            notes: json!({"probe": "teams"}),
            ..ConnectorRecord::default()
        };
        let event = fixture.event(EventKind::IdmIntegrationActivate, "organization:1");
        fixture.store.update_connector(&one(), |found| *found = record.clone(), &[event]).await.unwrap();
        assert_eq!(fixture.store.connector(&one()).await.unwrap(), Some(record));
    }

    async fn changes_that_several_make_to_a_connector_at_once_are_all_kept(fixture: Fixture) {
        let other = fixture.second_process().await;
        let organization = one();
        let tries = (0..8).map(|n| {
            let store = if n % 2 == 0 { &fixture.store } else { &other };
            store.update_connector(&organization, |record| {
                let count = record.notes.as_u64().unwrap_or(0);
                record.notes = json!(count + 1);
            }, &[])
        });
        futures::future::try_join_all(tries).await.unwrap();
        assert_eq!(fixture.store.connector(&one()).await.unwrap().unwrap().notes, json!(8));
    }

    async fn a_cycle_is_remembered_with_what_it_did(fixture: Fixture) {
        let cycle = begin(&fixture.store, "this process").await.unwrap();
        fixture.clock.advance(Duration::from_secs(10));
        fixture.store.finish_cycle(&cycle, &finished(), &[]).await.unwrap();
        let record = fixture.store.cycle(&cycle.id).await.unwrap().unwrap();
        assert_eq!((record.state, record.kind), (CycleState::Finished, CycleKind::Incremental));
        assert_eq!((record.started_at, record.finished_at), (cycle.started_at, Some(fixture.clock.now())));
        assert_eq!((record.plan.clone(), record.counts.clone()), (Some("plan".into()), json!({"changes": 3})));
        let next = begin(&fixture.store, "another process").await.expect("the lease was given back");
        let history = fixture.store.cycles(&one(), None).await.unwrap();
        assert_eq!(history.iter().map(|cycle| &cycle.id).collect::<Vec<_>>(), [&next.id, &record.id]);
        assert_eq!(fixture.store.cycles(&one(), Some(1)).await.unwrap().len(), 1);
    }

    async fn a_second_process_cannot_begin_while_the_first_one_works(fixture: Fixture) {
        let running = begin(&fixture.store, "this process").await.unwrap();
        let other = fixture.second_process().await;
        let StoreError::ConnectorBusy { work, owner, until, .. } = begin(&other, "another process").await.unwrap_err() else {
            panic!("busy");
        };
        assert_eq!((work, owner.as_str()), (format!("cycle:{}", running.id), "this process"));
        assert_eq!(until, fixture.clock.now().saturating_add(Duration::from_secs(30)).unwrap());
        let elsewhere = NewCycle { organization: "2".into(), ..new_cycle(&other, "another process") };
        other.begin_cycle(&elsewhere, &[]).await.expect("another organization is free");
    }

    async fn of_many_processes_that_begin_at_once_one_gets_the_lease(fixture: Fixture) {
        let mut stores = Vec::new();
        for _ in 0..6 {
            stores.push(fixture.second_process().await);
        }
        let owners: Vec<String> = (0..6).map(|n| format!("process {n}")).collect();
        for round in 0..3 {
            let tries = stores.iter().zip(&owners).map(|(store, owner)| begin(store, owner));
            let results = futures::future::join_all(tries).await;
            let begun: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
            assert_eq!(begun.len(), 1, "round {round}: {results:?}");
            for refused in results.iter().filter_map(|result| result.as_ref().err()) {
                assert!(matches!(refused, StoreError::ConnectorBusy { .. }), "{refused:?}");
            }
            fixture.store.finish_cycle(begun[0], &finished(), &[]).await.unwrap();
        }
        let history = fixture.store.cycles(&one(), None).await.unwrap();
        assert_eq!(history.len(), 3);
    }

    async fn a_lease_that_ended_can_be_taken_and_its_old_owner_can_write_nothing_more(fixture: Fixture) {
        let old = begin(&fixture.store, "this process").await.unwrap();
        fixture.clock.advance(Duration::from_secs(29));
        fixture.store.renew_cycle(&old).await.unwrap();
        fixture.clock.advance(Duration::from_secs(31));
        let other = fixture.second_process().await;
        let new = begin(&other, "another process").await.unwrap();
        is_lost(&fixture.store.renew_cycle(&old).await);
        is_lost(&fixture.store.renew_work(&old.work).await);
        is_lost(&fixture.store.finish_cycle(&old, &finished(), &[]).await);
        let record = fixture.store.cycle(&old.id).await.unwrap().unwrap();
        assert_eq!(record.state, CycleState::Interrupted);
        other.renew_cycle(&new).await.unwrap();
    }

    async fn an_owner_that_takes_its_own_lease_again_fences_its_older_self_off(fixture: Fixture) {
        let old = begin(&fixture.store, "this process").await.unwrap();
        let new = begin(&fixture.store, "this process").await.unwrap();
        is_lost(&fixture.store.renew_cycle(&old).await);
        fixture.store.renew_cycle(&new).await.unwrap();
    }

    async fn a_dead_owners_lease_can_be_ended(fixture: Fixture) {
        let old = begin(&fixture.store, "this process").await.unwrap();
        assert!(!fixture.store.end_work_lease(&one(), &LeaseOwner::new("nobody")).await.unwrap());
        assert!(fixture.store.end_work_lease(&one(), &LeaseOwner::new("this process")).await.unwrap());
        is_lost(&fixture.store.renew_cycle(&old).await);
        begin(&fixture.store, "another process").await.unwrap();
        let record = fixture.store.cycle(&old.id).await.unwrap().unwrap();
        assert_eq!(record.state, CycleState::Interrupted);
    }

    async fn the_lease_of_a_synchronization_is_another_one(fixture: Fixture) {
        fixture.begin("1").await;
        begin(&fixture.store, "another process").await.unwrap();
    }
}
