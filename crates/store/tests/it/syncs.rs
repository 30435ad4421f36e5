//! The states of a synchronization, and its lease.

use std::time::Duration;

use serde_json::json;
use usher_model::*;
use usher_store::*;

use crate::support::*;

on_both_engines! {
    async fn a_sync_is_remembered_with_what_it_did(fixture: Fixture) {
        let outcome = fixture.publish(&small("1")).await;
        let record = fixture.store.last_published(&"1".into()).await.unwrap().unwrap();
        assert_eq!(record.state, SyncState::Complete);
        assert_eq!(record.sources, Sources::RestAndScim);
        assert_eq!(record.coverage, Some(everything()));
        assert_eq!(record.verdict, Some(Completeness::Complete));
        assert_eq!(record.outcome, Some(outcome.clone()));
        assert_eq!(record.effective_at, Some(outcome.effective_at));
        assert_eq!(record.counts, json!({"accounts": 3}));
        assert_eq!(fixture.store.syncs(&"1".into()).await.unwrap(), std::slice::from_ref(&record));
        assert_eq!(fixture.store.sync(&record.id).await.unwrap(), Some(record));
    }

    async fn what_is_unknown_of_an_organization_does_not_overwrite_what_was_known(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let mut new = new_sync(&fixture.store, "1");
        new.organization.name = Known::Unknown;
        new.organization.plan = Known::Known("company".into());
        new.organization.full_licenses_purchased = Known::Unknown;
        fixture.store.begin_sync(&new, &[]).await.unwrap();
        let found = fixture.store.organization(&"1".into()).await.unwrap().unwrap();
        assert_eq!(found.name, Known::Known("Example".into()));
        assert_eq!(found.plan, Known::Known("company".into()));
        assert_eq!(found.full_licenses_purchased, Known::Known(50));
    }

    async fn a_second_process_cannot_begin_while_the_first_one_runs(fixture: Fixture) {
        let running = fixture.begin("1").await;
        let other = fixture.second_process().await;
        let new = NewSync { lease: lease("another process"), ..new_sync(&other, "1") };
        let refused = other.begin_sync(&new, &[]).await.unwrap_err();
        let StoreError::SyncRunning { owner, sync, until, .. } = refused else {
            panic!("{refused:?}");
        };
        assert_eq!((owner.as_str(), sync), ("this process", running.id.clone()));
        assert_eq!(until, fixture.clock.now().saturating_add(Duration::from_secs(30)).unwrap());
        let elsewhere = NewSync { lease: lease("another process"), ..new_sync(&other, "2") };
        other.begin_sync(&elsewhere, &[]).await.expect("another organization is free");
    }

    async fn a_lease_that_ended_can_be_taken_and_its_old_owner_notices(fixture: Fixture) {
        let running = fixture.begin("1").await;
        fixture.clock.advance(Duration::from_secs(29));
        fixture.store.renew_lease(&running).await.unwrap();
        fixture.clock.advance(Duration::from_secs(31));
        let other = fixture.second_process().await;
        let new = NewSync { lease: lease("another process"), ..new_sync(&other, "1") };
        let taken = other.begin_sync(&new, &[]).await.unwrap();
        let superseded = fixture.store.sync(&running.id).await.unwrap().unwrap();
        assert_eq!(superseded.state, SyncState::Superseded);
        let lost = fixture.store.renew_lease(&running).await.unwrap_err();
        assert!(matches!(lost, StoreError::LeaseLost { .. }));
        let finish = finish(fixture.clock.now(), everything());
        let lost = fixture.store.publish(&running, &finish, |_| Vec::new()).await.unwrap_err();
        assert!(matches!(lost, StoreError::LeaseLost { .. }));
        other.publish(&taken, &finish, |_| Vec::new()).await.unwrap();
    }

    async fn a_dead_owners_lease_can_be_ended(fixture: Fixture) {
        fixture.begin("1").await;
        let id = OrganizationId::new("1");
        assert!(!fixture.store.end_lease(&id, &LeaseOwner::new("nobody")).await.unwrap());
        assert!(fixture.store.end_lease(&id, &LeaseOwner::new("this process")).await.unwrap());
        let new = NewSync { lease: lease("another process"), ..new_sync(&fixture.store, "1") };
        fixture.store.begin_sync(&new, &[]).await.unwrap();
    }

    async fn an_interrupted_sync_goes_on_from_its_last_page(fixture: Fixture) {
        let sync = fixture.begin("1").await;
        let page = StagedPage {
            part: PartKey::Members,
            cursor_after: Some("next".into()),
            done: false,
            total_results: None,
            items: 1,
            rows: StagedRows {
                views: vec![StagedView {
                    account: "1".into(),
                    email: Email::new("ada@example.org"),
                    data: "{}".into(),
                }],
                ..StagedRows::default()
            },
        };
        fixture.store.stage_page(&sync, &page).await.unwrap();
        let started = fixture.clock.now();
        fixture.clock.advance(Duration::from_mins(2));

        let store = fixture.second_process().await;
        let id = OrganizationId::new("1");
        let too_old = store.resumable(&id, Sources::RestAndScim, fixture.clock.now()).await.unwrap();
        assert_eq!(too_old, None);
        assert_eq!(store.resumable(&id, Sources::Rest, started).await.unwrap(), None);
        let found = store.resumable(&id, Sources::RestAndScim, started).await.unwrap().unwrap();
        assert_eq!(found.id, sync.id);
        let resumed = store.resume_sync(&found.id, &lease("another process"), &[]).await.unwrap();
        assert_eq!(resumed.parts.len(), 1);
        assert_eq!(resumed.parts[0].cursor.as_deref(), Some("next"));
        assert_eq!(resumed.started_at, sync.started_at);
        let again = StagedPage { cursor_after: None, done: true, rows: StagedRows::default(), ..page };
        store.stage_page(&resumed, &again).await.unwrap();
        assert_eq!(all(store.staged_views(&resumed, View::Rest)).await.len(), 1);
        let parts = store.parts(&resumed).await.unwrap();
        assert_eq!((parts[0].pages, parts[0].done), (2, true));
    }

    async fn a_sync_that_ended_cannot_be_resumed(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let record = fixture.store.last_published(&"1".into()).await.unwrap().unwrap();
        let error = fixture.store.resume_sync(&record.id, &lease("me"), &[]).await.unwrap_err();
        assert!(matches!(error, StoreError::WrongState { state: SyncState::Complete, .. }));
        let error = fixture.store.resume_sync(&"unheard-of".into(), &lease("me"), &[]).await.unwrap_err();
        assert!(matches!(error, StoreError::NoSuchSync(_)));
    }

    async fn a_suspect_snapshot_waits_until_it_is_accepted(fixture: Fixture) {
        let inventory = small("1");
        fixture.publish(&inventory).await;
        let shrunk = small("1").without("2").without("3");
        let sync = fixture.merged(&shrunk).await;
        let reasons = vec![Distrust::Shrunk {
            what: "accounts".into(),
            before: 3,
            now: 1,
            limit_percent: 20,
        }];
        let verdict = Completeness::Suspect { reasons };
        let finish = Finish { verdict: verdict.clone(), ..finish(fixture.clock.now(), everything()) };
        fixture.store.hold_as_suspect(&sync, &finish, &[]).await.unwrap();
        assert_eq!(fixture.read("1", None).await, inventory);
        let record = fixture.store.sync(&sync.id).await.unwrap().unwrap();
        assert_eq!((record.state, record.verdict), (SyncState::Suspect, Some(verdict)));

        fixture.clock.advance(Duration::from_hours(1));
        let at = fixture.clock.now();
        let outcome = fixture.store.accept(&sync.id, at, |_| Vec::new()).await.unwrap();
        assert_eq!(outcome.effective_at, at);
        assert_eq!(outcome.accounts, Delta { added: 0, changed: 0, removed: 2 });
        assert_eq!(fixture.read("1", None).await, shrunk);
        let error = fixture.store.accept(&sync.id, at, |_| Vec::new()).await.unwrap_err();
        assert!(matches!(error, StoreError::WrongState { state: SyncState::Accepted, .. }));
    }

    async fn only_the_newest_suspect_can_be_accepted_and_none_after_a_later_publication(fixture: Fixture) {
        let first = fixture.merged(&small("1").without("3")).await;
        let suspect = finish(fixture.clock.now(), everything());
        fixture.store.hold_as_suspect(&first, &suspect, &[]).await.unwrap();
        let second = fixture.merged(&small("1").without("2")).await;
        fixture.store.hold_as_suspect(&second, &suspect, &[]).await.unwrap();
        let at = fixture.clock.now();
        let error = fixture.store.accept(&first.id, at, |_| Vec::new()).await.unwrap_err();
        assert!(matches!(error, StoreError::WrongState { state: SyncState::Superseded, .. }));

        fixture.publish(&small("1")).await;
        let error = fixture.store.accept(&second.id, at, |_| Vec::new()).await.unwrap_err();
        assert!(matches!(error, StoreError::WrongState { state: SyncState::Superseded, .. }));
        assert_eq!(fixture.read("1", None).await, small("1"));
    }
}
