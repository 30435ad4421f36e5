//! Searching the log.

use std::time::Duration;

use serde_json::json;
use usher_model::*;
use usher_store::*;

use crate::support::*;

/// Six events: about persons, accounts and plans, by two actors, a minute apart.
async fn six(fixture: &Fixture) {
    let kinds = [
        (EventKind::PlanMade, "plan:P", json!({})),
        (EventKind::PlanApproved, "plan:P", json!({"person": 7})),
        (
            EventKind::UserCreateProvision,
            "person:1",
            json!({"account": "42", "plan": "P"}),
        ),
        (
            EventKind::UserUpdateProvision,
            "account:42",
            json!({"person": "1", "plan": "P"}),
        ),
        (
            EventKind::ChangeFailed,
            "change:k",
            json!({"person": "2", "plan": "P"}),
        ),
        (EventKind::CycleFinished, "cycle:C", json!({"plan": "P"})),
    ];
    for (kind, subject, data) in kinds {
        let actor = match kind {
            EventKind::PlanApproved => Actor::Operator { name: "ada".into() },
            _ => Actor::System,
        };
        let origin = match kind {
            EventKind::CycleFinished => Origin::Schedule,
            _ => Origin::CommandLine,
        };
        let event = Event {
            actor,
            origin,
            data,
            ..fixture.event(kind, subject)
        };
        fixture.store.append_events(&[event]).await.unwrap();
        fixture.clock.advance(Duration::from_mins(1));
    }
}

async fn found(fixture: &Fixture, filter: EventFilter) -> Vec<u64> {
    let events = all(fixture.store.find_events(&filter)).await;
    events.iter().map(|event| event.sequence).collect()
}

on_both_engines! {
    async fn events_are_found_by_what_they_are_about(fixture: Fixture) {
        six(&fixture).await;
        let any = EventFilter::default;
        assert_eq!(found(&fixture, any()).await, [1, 2, 3, 4, 5, 6]);
        assert_eq!(found(&fixture, EventFilter { person: Some("1".into()), ..any() }).await, [3, 4]);
        assert_eq!(found(&fixture, EventFilter { account: Some("42".into()), ..any() }).await, [3, 4]);
        assert_eq!(found(&fixture, EventFilter { plan: Some("P".into()), ..any() }).await, [1, 2, 3, 4, 5, 6]);
        assert_eq!(found(&fixture, EventFilter { subject: Some("plan:P".into()), ..any() }).await, [1, 2]);
        let kinds = vec![EventKind::ChangeFailed, EventKind::PlanMade];
        assert_eq!(found(&fixture, EventFilter { kinds, ..any() }).await, [1, 5]);
        let ada = Some(Actor::Operator { name: "ada".into() });
        assert_eq!(found(&fixture, EventFilter { actor: ada, ..any() }).await, [2]);
        assert_eq!(found(&fixture, EventFilter { origin: Some(Origin::Schedule), ..any() }).await, [6]);
        let both = EventFilter { person: Some("1".into()), kinds: vec![EventKind::UserUpdateProvision], ..any() };
        assert_eq!(found(&fixture, both).await, [4]);
    }

    async fn events_are_found_by_when_they_happened(fixture: Fixture) {
        six(&fixture).await;
        let between = EventFilter {
            since: Some(at("2026-03-01T08:01:00Z")),
            until: Some(at("2026-03-01T08:03:00Z")),
            ..EventFilter::default()
        };
        assert_eq!(found(&fixture, between).await, [2, 3]);
    }

    async fn the_log_is_followed_from_its_end(fixture: Fixture) {
        six(&fixture).await;
        let tail = EventFilter { direction: Direction::Descending, limit: Some(2), ..EventFilter::default() };
        assert_eq!(found(&fixture, tail).await, [6, 5]);
        let last = fixture.store.last_event().await.unwrap();
        assert_eq!(last, 6);
        let follow = EventFilter { after: Some(last), ..EventFilter::default() };
        assert_eq!(found(&fixture, follow.clone()).await, Vec::<u64>::new());
        six(&fixture).await;
        assert_eq!(found(&fixture, follow).await, [7, 8, 9, 10, 11, 12]);
        assert_eq!(fixture.store.verify_events().await.unwrap(), 12);
    }

    async fn more_events_than_fit_a_statement_keep_the_chain(fixture: Fixture) {
        let events: Vec<_> = (0..1_001).map(|n| fixture.event(EventKind::PeopleChanged, &format!("person:{n}"))).collect();
        fixture.store.append_events(&events).await.unwrap();
        assert_eq!(fixture.store.verify_events().await.unwrap(), 1_001);
        let last = EventFilter { person: Some("1000".into()), ..EventFilter::default() };
        assert_eq!(found(&fixture, last).await, [1_001]);
    }
}
