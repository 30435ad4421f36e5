//! The log of what happened.

use sqlx::{ConnectOptions, Executor};
use usher_model::*;
use usher_store::*;

use crate::support::*;

/// Changes the database behind the store's back.
async fn tamper(fixture: &Fixture, statement: &'static str) {
    match fixture.url.path() {
        Some(path) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let mut connection = options.connect().await.unwrap();
            connection.execute(statement).await.unwrap();
        }
        None => {
            use sqlx::Connection;
            let mut connection = sqlx::PgConnection::connect(&fixture.url.to_string())
                .await
                .unwrap();
            connection.execute(statement).await.unwrap();
        }
    }
}

async fn five_events(fixture: &Fixture) -> Vec<Event> {
    let events: Vec<_> = (0..5)
        .map(|n| Event {
            actor: Actor::Operator { name: "ada".into() },
            data: serde_json::json!({"b": n, "a": {"text": "nul \u{0}", "float": 0.1}}),
            ..fixture.event(EventKind::InventoryExported, &format!("organization:{n}"))
        })
        .collect();
    fixture.store.append_events(&events[..2]).await.unwrap();
    fixture.store.append_events(&events[2..]).await.unwrap();
    events
}

on_both_engines! {
    async fn events_come_back_in_order_and_the_chain_holds(fixture: Fixture) {
        let written = five_events(&fixture).await;
        let read = all(fixture.store.events(0, None)).await;
        assert_eq!(read.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert_eq!(read.iter().map(|event| event.event.clone()).collect::<Vec<_>>(), written);
        assert_eq!(verify_chain((0, ChainHash::GENESIS), &read).unwrap().0, 5);
        assert_eq!(fixture.store.verify_events().await.unwrap(), 5);
        let some = all(fixture.store.events(3, Some(1))).await;
        assert_eq!(some, [read[3].clone()]);
    }

    async fn an_empty_log_verifies(fixture: Fixture) {
        assert_eq!(fixture.store.verify_events().await.unwrap(), 0);
    }

    async fn an_event_that_was_changed_is_noticed(fixture: Fixture) {
        five_events(&fixture).await;
        tamper(&fixture, "UPDATE events SET subject = 'organization:99' WHERE sequence = 3").await;
        let error = fixture.store.verify_events().await.unwrap_err();
        let StoreError::BrokenEvents { source, .. } = error else { panic!("{error:?}") };
        assert_eq!(source, BrokenChain::Altered { sequence: 3 });
    }

    async fn an_event_that_was_removed_is_noticed(fixture: Fixture) {
        five_events(&fixture).await;
        tamper(&fixture, "DELETE FROM events WHERE sequence = 2").await;
        let error = fixture.store.verify_events().await.unwrap_err();
        let StoreError::BrokenEvents { source, .. } = error else { panic!("{error:?}") };
        assert_eq!(source, BrokenChain::Gap { expected: 2, found: 3 });
    }

    async fn an_end_that_was_cut_off_is_noticed(fixture: Fixture) {
        five_events(&fixture).await;
        tamper(&fixture, "DELETE FROM events WHERE sequence > 3").await;
        let error = fixture.store.verify_events().await.unwrap_err();
        let StoreError::BrokenEvents { source, .. } = error else { panic!("{error:?}") };
        assert_eq!(source, BrokenChain::Gap { expected: 4, found: 6 });
    }

    async fn an_event_commits_with_what_it_records_or_not_at_all(fixture: Fixture) {
        let new = new_sync(&fixture.store, "1");
        let started = fixture.event(EventKind::SyncStarted, &format!("sync:{}", new.id));
        let sync = fixture.store.begin_sync(&new, std::slice::from_ref(&started)).await.unwrap();
        assert_eq!(all(fixture.store.events(0, None)).await[0].event, started);

        let finish = finish(fixture.clock.now(), everything());
        // Two events with one id cannot be: the publication fails with them.
        let twice = vec![started.clone(), started.clone()];
        fixture.store.publish(&sync, &finish, |_| twice).await.unwrap_err();
        assert_eq!(fixture.store.sync(&sync.id).await.unwrap().unwrap().state, SyncState::Running);
        assert_eq!(fixture.store.verify_events().await.unwrap(), 1);

        let completed = fixture.event(EventKind::SyncCompleted, &format!("sync:{}", new.id));
        let completed = |outcome: &PublishOutcome| {
            vec![Event { data: serde_json::json!(outcome), ..completed }]
        };
        let outcome = fixture.store.publish(&sync, &finish, completed).await.unwrap();
        let last = all(fixture.store.events(1, None)).await.remove(0);
        assert_eq!(last.event.data, serde_json::json!(outcome));
    }

    async fn writers_at_the_same_time_leave_no_gap(fixture: Fixture) {
        let other = fixture.second_process().await;
        let events: Vec<_> = (0..40)
            .map(|n| fixture.event(EventKind::InventoryExported, &format!("organization:{n}")))
            .collect();
        let writes = events.iter().enumerate().map(|(n, event)| {
            let store = if n % 2 == 0 { &fixture.store } else { &other };
            store.append_events(std::slice::from_ref(event))
        });
        futures::future::try_join_all(writes).await.unwrap();
        assert_eq!(fixture.store.verify_events().await.unwrap(), 40);
    }
}
