//! Assignments, holds, links, and what Usher gave.

use std::collections::BTreeMap;
use std::time::Duration;

use usher_model::*;
use usher_store::*;

use crate::support::*;

fn manual() -> AssignmentOrigin {
    AssignmentOrigin::Manual { by: "ada".into() }
}

fn assignment(id: &str, person: &str) -> Assignment {
    Assignment {
        id: id.into(),
        subject: Subject::Person(person.into()),
        target: AssignmentTarget::Team {
            team: TeamTarget::Name("Design".into()),
            role: TeamRole::Member,
        },
        origin: manual(),
        starts_at: None,
        expires_at: Some(at("2026-04-01T00:00:00Z")),
        note: Some("for a project".into()),
    }
}

fn hold(id: &str) -> Hold {
    Hold {
        id: id.into(),
        subject: HoldSubject::Account("42".into()),
        kind: HoldKind::LeaveAlone,
        origin: manual(),
        reason: "under investigation".into(),
        created_at: at("2026-03-01T08:00:00Z"),
        expires_at: None,
    }
}

fn link(person: &str, account: &str) -> Link {
    Link {
        person: person.into(),
        account: account.into(),
        how: LinkOrigin::Matched,
        since: at("2026-03-01T08:00:00Z"),
        sent: BTreeMap::from([("preferredLanguage".into(), "en_US".into())]),
        disabled_at: None,
    }
}

fn given(account: &str, entitlement: &str) -> ProvisionedGrant {
    let grant = grant(account, entitlement);
    ProvisionedGrant {
        account: grant.account,
        entitlement: grant.entitlement,
        since: at("2026-03-01T08:00:00Z"),
    }
}

fn one() -> OrganizationId {
    OrganizationId::new("1")
}

on_both_engines! {
    async fn assignments_come_back_for_an_organization_that_was_never_read(fixture: Fixture) {
        let event = fixture.event(EventKind::AssignmentCreated, "assignment:a1");
        fixture.store.save_assignment(&one(), &assignment("a1", "p1"), &[event]).await.unwrap();
        fixture.store.save_assignment(&one(), &assignment("a2", "p2"), &[]).await.unwrap();
        fixture.store.save_assignment(&"2".into(), &assignment("a1", "p9"), &[]).await.unwrap();
        let found = fixture.store.assignments(&one()).await.unwrap();
        assert_eq!(found, [assignment("a1", "p1"), assignment("a2", "p2")]);
        let of_bob = fixture.store.assignments_of(&one(), &Subject::Person("p2".into())).await.unwrap();
        assert_eq!(of_bob, [assignment("a2", "p2")]);
        assert_eq!(fixture.store.assignment(&one(), &"a1".into()).await.unwrap(), Some(assignment("a1", "p1")));
        assert_eq!(fixture.store.last_event().await.unwrap(), 1);
    }

    async fn an_assignment_that_was_taken_back_is_still_a_change(fixture: Fixture) {
        fixture.store.save_assignment(&one(), &assignment("a1", "p1"), &[]).await.unwrap();
        fixture.store.save_assignment(&one(), &assignment("a2", "p2"), &[]).await.unwrap();
        fixture.clock.advance(Duration::from_mins(1));
        assert!(fixture.store.remove_assignment(&one(), &"a1".into(), &[]).await.unwrap());
        assert!(!fixture.store.remove_assignment(&one(), &"a1".into(), &[]).await.unwrap());
        assert_eq!(fixture.store.assignments(&one()).await.unwrap(), [assignment("a2", "p2")]);
        let changed = fixture.store.assignments_changed_since(&one(), fixture.clock.now()).await.unwrap();
        assert_eq!(changed, [assignment("a1", "p1")]);
        fixture.store.save_assignment(&one(), &assignment("a1", "p3"), &[]).await.unwrap();
        assert_eq!(fixture.store.assignments(&one()).await.unwrap().len(), 2, "made anew");
    }

    async fn many_assignments_change_at_once(fixture: Fixture) {
        let many: Vec<_> = (0..1_200).map(|n| assignment(&format!("a{n:04}"), "p1")).collect();
        fixture.store.write_assignments(&one(), &many, &[], &[]).await.unwrap();
        let gone: Vec<AssignmentId> = many[..1_100].iter().map(|one| one.id.clone()).collect();
        assert_eq!(fixture.store.write_assignments(&one(), &[], &gone, &[]).await.unwrap(), 1_100);
        assert_eq!(fixture.store.assignments(&one()).await.unwrap(), many[1_100..]);
    }

    async fn holds_are_placed_and_released(fixture: Fixture) {
        fixture.store.save_hold(&one(), &hold("h1"), &[]).await.unwrap();
        assert_eq!(fixture.store.holds(&one()).await.unwrap(), [hold("h1")]);
        assert!(fixture.store.holds(&"2".into()).await.unwrap().is_empty());
        fixture.clock.advance(Duration::from_mins(1));
        assert!(fixture.store.remove_hold(&one(), &"h1".into(), &[]).await.unwrap());
        assert!(!fixture.store.remove_hold(&one(), &"h1".into(), &[]).await.unwrap());
        assert!(fixture.store.holds(&one()).await.unwrap().is_empty());
        let changed = fixture.store.holds_changed_since(&one(), fixture.clock.now()).await.unwrap();
        assert_eq!(changed, [hold("h1")]);
    }

    async fn an_account_is_tied_to_one_person(fixture: Fixture) {
        fixture.store.save_links(&one(), &[link("p1", "1"), link("p2", "2")], &[]).await.unwrap();
        let event = fixture.event(EventKind::LinkCreated, "person:p3");
        let refused = fixture.store.save_links(&one(), &[link("p4", "4"), link("p3", "1")], &[event]).await;
        let StoreError::LinkTaken { target, holder } = refused.unwrap_err() else { panic!("taken") };
        assert_eq!((target.as_str(), holder.as_str()), ("account 1", "person p1"));
        assert_eq!(fixture.store.links(&one()).await.unwrap(), [link("p1", "1"), link("p2", "2")], "nothing of it");
        assert_eq!(fixture.store.last_event().await.unwrap(), 0);
    }

    async fn two_people_swap_their_accounts_at_once(fixture: Fixture) {
        fixture.store.save_links(&one(), &[link("p1", "1"), link("p2", "2")], &[]).await.unwrap();
        let swapped = [link("p1", "2"), link("p2", "1")];
        fixture.store.save_links(&one(), &swapped, &[]).await.unwrap();
        assert_eq!(fixture.store.links(&one()).await.unwrap(), swapped);
        let moved = Link { disabled_at: Some(at("2026-03-02T00:00:00Z")), ..link("p1", "7") };
        fixture.store.save_links(&one(), std::slice::from_ref(&moved), &[]).await.unwrap();
        assert_eq!(fixture.store.link_of_person(&one(), &"p1".into()).await.unwrap(), Some(moved.clone()));
        assert_eq!(fixture.store.link_of_account(&one(), &"7".into()).await.unwrap(), Some(moved));
        assert_eq!(fixture.store.link_of_account(&one(), &"2".into()).await.unwrap(), None);
        assert!(fixture.store.remove_link(&one(), &"p1".into(), &[]).await.unwrap());
        assert!(!fixture.store.remove_link(&one(), &"p1".into(), &[]).await.unwrap());
    }

    async fn a_team_is_tied_to_one_group(fixture: Fixture) {
        let tie = |group: &str, team: &str| GroupLink {
            group: group.into(),
            target: GroupLinkTarget::Team(team.into()),
            how: LinkOrigin::Created,
            since: at("2026-03-01T08:00:00Z"),
        };
        fixture.store.save_group_links(&one(), &[tie("g1", "10")], &[]).await.unwrap();
        let refused = fixture.store.save_group_links(&one(), &[tie("g2", "10")], &[]).await;
        assert!(matches!(refused, Err(StoreError::LinkTaken { .. })), "{refused:?}");
        fixture.store.save_group_links(&one(), &[tie("g1", "20")], &[]).await.unwrap();
        fixture.store.save_group_links(&one(), &[tie("g2", "10")], &[]).await.unwrap();
        assert_eq!(fixture.store.group_links(&one()).await.unwrap(), [tie("g1", "20"), tie("g2", "10")]);
        assert!(fixture.store.remove_group_link(&one(), &"g1".into(), &[]).await.unwrap());
        assert!(!fixture.store.remove_group_link(&one(), &"g1".into(), &[]).await.unwrap());
    }

    async fn what_usher_gave_is_remembered_from_the_first_time_on(fixture: Fixture) {
        let first = [given("1", "team:10:member"), given("1", "user_group:7:member"), given("2", "license:full")];
        fixture.store.record_provisioned(&one(), &first, &[], &[]).await.unwrap();
        let later = ProvisionedGrant { since: at("2026-03-09T00:00:00Z"), ..given("1", "team:10:member") };
        fixture.store.record_provisioned(&one(), &[later], &[], &[]).await.unwrap();
        assert_eq!(fixture.store.provisioned(&one()).await.unwrap(), first);
        assert_eq!(fixture.store.provisioned_of(&one(), &"2".into()).await.unwrap(), [given("2", "license:full")]);
    }

    async fn a_team_that_was_given_is_forgotten_in_whatever_role(fixture: Fixture) {
        fixture.store.record_provisioned(&one(), &[given("1", "team:10:member")], &[], &[]).await.unwrap();
        let promoted = given("1", "team:10:admin");
        let taken = [grant("1", "team:10:member")];
        fixture.store.record_provisioned(&one(), std::slice::from_ref(&promoted), &taken, &[]).await.unwrap();
        assert_eq!(fixture.store.provisioned(&one()).await.unwrap(), [promoted]);
        fixture.store.record_provisioned(&one(), &[], &taken, &[]).await.unwrap();
        assert!(fixture.store.provisioned(&one()).await.unwrap().is_empty());
    }
}
