//! Who uses Usher, and how often somebody may try to come in.

use std::time::Duration;

use usher_model::*;
use usher_store::*;

use crate::support::*;

fn new(store: &Store, name: &str, role: Role) -> NewAdministrator {
    NewAdministrator {
        id: store.new_administrator_id(),
        kind: AdministratorKind::Person,
        name: name.to_owned(),
        email: Some(format!("{name}@example.org")),
        role,
        password: None,
    }
}

async fn add(fixture: &Fixture, name: &str, role: Role) -> AdministratorRecord {
    let new = new(&fixture.store, name, role);
    fixture.store.add_administrator(&new, &[]).await.unwrap()
}

fn session(store: &Store, of: &AdministratorRecord) -> NewSession {
    NewSession {
        id: store.new_session_id(),
        hash: "session".to_owned(),
        administrator: of.id.clone(),
        method: SignInMethod::Password,
        password: Some("hash".to_owned()),
        address: None,
        user_agent: None,
        at: None,
    }
}

fn token(store: &Store, of: &AdministratorRecord) -> NewToken {
    NewToken {
        id: store.new_token_id(),
        hash: "token".to_owned(),
        administrator: of.id.clone(),
        name: "test".to_owned(),
        scopes: Vec::new(),
        expires_at: None,
        created_by: Actor::Administrator {
            id: of.id.clone(),
            email: of.email.clone().unwrap(),
            token: None,
            address: None,
        },
        session: None,
    }
}

fn link(fixture: &Fixture, of: &AdministratorRecord) -> NewInvitation {
    let day = Duration::from_secs(24 * 3600);
    NewInvitation {
        hash: "link".to_owned(),
        invitation: Invitation {
            purpose: InvitationPurpose::SetPassword,
            administrator: Some(of.id.clone()),
            expires_at: fixture.clock.now().saturating_add(day).unwrap(),
        },
    }
}

fn attempt(attempts: u64) -> Attempt {
    Attempt {
        key: "ada".to_owned(),
        limit: Limit {
            attempts,
            within: Duration::from_secs(60),
        },
    }
}

fn identity(subject: &str) -> Identity {
    Identity {
        issuer: "https://id.example.org".to_owned(),
        subject: subject.to_owned(),
    }
}

fn flow(proven: Option<ProvenFlow>) -> SignInFlow {
    SignInFlow {
        browser: "hash of what the browser holds".to_owned(),
        provider: "sso".to_owned(),
        return_to: "/plans".to_owned(),
        proven,
    }
}

fn in_ten_minutes(fixture: &Fixture) -> Timestamp {
    let now = fixture.clock.now();
    now.saturating_add(Duration::from_secs(600)).unwrap()
}

on_both_engines! {
    async fn a_sign_in_under_way_is_finished_once_by_whichever_process(fixture: Fixture) {
        let other = fixture.second_process().await;
        let begun = flow(None);
        fixture.store.begin_flow("key", &begun, in_ten_minutes(&fixture)).await.unwrap();
        assert_eq!(other.flow("key").await.unwrap(), Some(begun.clone()));
        let (one, same) = tokio::join!(fixture.store.take_flow("key"), other.take_flow("key"));
        let taken: Vec<_> = [one.unwrap(), same.unwrap()].into_iter().flatten().collect();
        assert_eq!(taken, [begun]);
        assert_eq!(other.flow("key").await.unwrap(), None);
    }

    async fn a_sign_in_under_way_ends_with_its_time_and_with_its_administrator(fixture: Fixture) {
        add(&fixture, "root", Role::SuperAdministrator).await;
        let ada = add(&fixture, "ada", Role::Auditor).await;
        let proven = ProvenFlow { administrator: ada.id.clone(), kept: Some("sealed".to_owned()) };
        let store = &fixture.store;
        store.begin_flow("proven", &flow(Some(proven.clone())), in_ten_minutes(&fixture)).await.unwrap();
        assert_eq!(store.flow("proven").await.unwrap().unwrap().proven, Some(proven));
        let disabled = AdministratorRecord { state: AdministratorState::Disabled, ..ada };
        store.change_administrator(&disabled, &[]).await.unwrap();
        assert_eq!(store.flow("proven").await.unwrap(), None);
        store.begin_flow("late", &flow(None), in_ten_minutes(&fixture)).await.unwrap();
        fixture.clock.advance(Duration::from_secs(600));
        assert_eq!(store.flow("late").await.unwrap(), None);
        assert_eq!(store.take_flow("late").await.unwrap(), None);
    }

    async fn nobody_is_two_at_one_provider_and_no_two_are_one(fixture: Fixture) {
        let (ada, bob) = (add(&fixture, "ada", Role::Auditor).await, add(&fixture, "bob", Role::Auditor).await);
        let (store, other) = (&fixture.store, fixture.second_process().await);
        let (one, two) = (identity("1"), identity("2"));
        let event = fixture.event(EventKind::IdentityTied, "administrator:1");
        let (first, second) = tokio::join!(
            store.tie_identity(&ada.id, &one, std::slice::from_ref(&event)),
            other.tie_identity(&ada.id, &two, &[]),
        );
        let mut found = [first.unwrap(), second.unwrap()];
        found.sort_by_key(|tied| *tied == Tied::ToAnother);
        assert_eq!(found, [Tied::Now, Tied::ToAnother]);
        let ties = store.identities(&ada.id).await.unwrap();
        assert_eq!(ties.len(), 1);
        let theirs = &ties[0].identity;
        assert_eq!(store.tie_identity(&bob.id, theirs, &[event]).await.unwrap(), Tied::ToAnother);
        assert_eq!(store.administrator_by_identity(theirs).await.unwrap().unwrap().id, ada.id);
        assert_eq!(store.forget_identities(&ada.id, &[]).await.unwrap(), 1);
        assert_eq!(store.administrator_by_identity(theirs).await.unwrap(), None);
        assert_eq!(store.forget_identities(&ada.id, &[]).await.unwrap(), 0);
    }

    async fn an_administrator_and_their_tie_are_added_together_or_not_at_all(fixture: Fixture) {
        let store = &fixture.store;
        let (ada, one) = (new(store, "ada", Role::Auditor), identity("1"));
        let added = store.add_identified_administrator(&ada, &one, &[]).await.unwrap().unwrap();
        assert_eq!(store.administrator_by_identity(&one).await.unwrap(), Some(added));
        let bob = new(store, "bob", Role::Auditor);
        let event = fixture.event(EventKind::AdministratorAdded, "administrator:1");
        assert_eq!(store.add_identified_administrator(&bob, &one, &[event]).await.unwrap(), None);
        assert_eq!(store.administrator(&bob.id).await.unwrap(), None);
        assert_eq!(store.last_event().await.unwrap(), 0);
    }

    async fn the_last_super_administrator_is_known(fixture: Fixture) {
        let (root, ada) = (add(&fixture, "root", Role::SuperAdministrator).await, add(&fixture, "ada", Role::Auditor).await);
        let store = &fixture.store;
        assert!(store.is_last_super_administrator(&root).await.unwrap());
        assert!(!store.is_last_super_administrator(&ada).await.unwrap());
        add(&fixture, "eve", Role::SuperAdministrator).await;
        assert!(!store.is_last_super_administrator(&root).await.unwrap());
    }

    async fn attempts_are_counted_by_all_processes_together(fixture: Fixture) {
        let other = fixture.second_process().await;
        let attempts = [attempt(5)];
        let counted = (0..9).map(|n| {
            let store = if n % 2 == 0 { &fixture.store } else { &other };
            store.count_sign_in(&attempts)
        });
        let counted = futures::future::join_all(counted).await;
        let allowed = counted.iter().filter(|counted| matches!(counted, Ok(Counted::Allowed)));
        assert_eq!(allowed.count(), 5, "{counted:?}");
        fixture.clock.advance(Duration::from_secs(60));
        assert_eq!(fixture.store.count_sign_in(&attempts).await.unwrap(), Counted::Allowed);
    }

    async fn one_limit_of_several_is_enough_to_refuse(fixture: Fixture) {
        let tight = Attempt { key: "address".to_owned(), ..attempt(1) };
        let both = [attempt(9), tight];
        assert_eq!(fixture.store.count_sign_in(&both).await.unwrap(), Counted::Allowed);
        let until = fixture.clock.now().saturating_add(Duration::from_secs(60)).unwrap();
        assert_eq!(fixture.store.count_sign_in(&both).await.unwrap(), Counted::Refused { until, is_first: true });
        assert_eq!(fixture.store.count_sign_in(&both).await.unwrap(), Counted::Refused { until, is_first: false });
        fixture.store.forget_sign_in("address").await.unwrap();
        assert_eq!(fixture.store.count_sign_in(&both).await.unwrap(), Counted::Allowed);
    }

    async fn a_time_step_is_used_once_and_none_before_it(fixture: Fixture) {
        let ada = add(&fixture, "ada", Role::Auditor).await;
        let other = fixture.second_process().await;
        let (one, same) = tokio::join!(fixture.store.use_totp_step(&ada.id, 7), other.use_totp_step(&ada.id, 7));
        assert!(one.unwrap() ^ same.unwrap());
        assert!(!fixture.store.use_totp_step(&ada.id, 6).await.unwrap());
        assert!(fixture.store.use_totp_step(&ada.id, 8).await.unwrap());
    }

    async fn of_two_who_take_an_address_at_once_one_gets_it(fixture: Fixture) {
        let (store, other) = (&fixture.store, fixture.second_process().await);
        add(&fixture, "root", Role::SuperAdministrator).await;
        for number in 0..20 {
            let changing = add(&fixture, &format!("one{number}"), Role::Auditor).await;
            let wanted = new(&other, &format!("wanted{number}"), Role::Auditor);
            let changed = AdministratorRecord { email: wanted.email.clone(), ..changing };
            let (one, two) = tokio::join!(store.change_administrator(&changed, &[]), other.add_administrator(&wanted, &[]));
            let refused = match (one, two) {
                (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
                both => panic!("{both:?}"),
            };
            assert!(matches!(refused, StoreError::AdministratorThere(_)), "{refused:?}");
        }
    }

    async fn whoever_is_disabled_meanwhile_gets_no_session_token_or_link(fixture: Fixture) {
        let store = &fixture.store;
        add(&fixture, "root", Role::SuperAdministrator).await;
        let ada = add(&fixture, "ada", Role::Auditor).await;
        store.set_password(&ada.id, "hash", None, &[]).await.unwrap();
        let begun = session(store, &ada);
        store.begin_session(&begun, None, &[]).await.unwrap();
        let now = store.administrator(&ada.id).await.unwrap().unwrap();
        let disabled = AdministratorRecord { state: AdministratorState::Disabled, ..now };
        store.change_administrator(&disabled, &[]).await.unwrap();
        let moved = |refused: Result<(), StoreError>| {
            assert!(matches!(refused, Err(StoreError::AdministratorMoved(_))), "{refused:?}");
        };
        moved(store.begin_session(&session(store, &ada), None, &[]).await.map(|_| ()));
        moved(store.create_token(&token(store, &ada), &[]).await.map(|_| ()));
        moved(store.invite(&link(&fixture, &ada), &[]).await);
        moved(store.set_password(&ada.id, "another", None, &[]).await);
    }

    async fn a_password_that_was_reset_meanwhile_begins_no_session(fixture: Fixture) {
        let store = &fixture.store;
        let ada = add(&fixture, "ada", Role::Auditor).await;
        store.set_password(&ada.id, "hash", None, &[]).await.unwrap();
        let old = session(store, &ada);
        store.begin_session(&old, None, &[]).await.unwrap();
        store.set_password(&ada.id, "another", None, &[]).await.unwrap();
        let again = NewSession { id: store.new_session_id(), hash: "again".into(), ..old.clone() };
        let refused = store.begin_session(&again, None, &[]).await;
        assert!(matches!(refused, Err(StoreError::AdministratorMoved(_))), "{refused:?}");
        // What was begun in the session that has ended comes to nothing too.
        let token = NewToken { session: Some(old.id.clone()), ..token(store, &ada) };
        let refused = store.create_token(&token, &[]).await;
        assert!(matches!(refused, Err(StoreError::AdministratorMoved(_))), "{refused:?}");
        let refused = store.set_password(&ada.id, "hash", Some(&old.id), &[]).await;
        assert!(matches!(refused, Err(StoreError::AdministratorMoved(_))), "{refused:?}");
    }

    async fn an_administrator_is_added_with_their_link_or_not_at_all(fixture: Fixture) {
        let store = &fixture.store;
        let ada = add(&fixture, "ada", Role::Auditor).await;
        store.invite(&link(&fixture, &ada), &[]).await.unwrap();
        let bob = new(store, "bob", Role::Auditor);
        // The hash of a link is there once: this one cannot be made.
        let taken = NewInvitation {
            invitation: Invitation { administrator: Some(bob.id.clone()), ..link(&fixture, &ada).invitation },
            ..link(&fixture, &ada)
        };
        store.add_invited(&bob, &taken, &[]).await.unwrap_err();
        assert_eq!(store.administrator(&bob.id).await.unwrap(), None);
        let free = NewInvitation { hash: "free".into(), ..taken };
        store.add_invited(&bob, &free, &[]).await.unwrap();
        assert!(store.invitation("free").await.unwrap().is_some());
    }

    async fn whoever_changes_what_somebody_else_changed_is_refused(fixture: Fixture) {
        add(&fixture, "root", Role::SuperAdministrator).await;
        let ada = add(&fixture, "ada", Role::Auditor).await;
        let renamed = AdministratorRecord { name: "Ada".to_owned(), ..ada.clone() };
        let saved = fixture.store.change_administrator(&renamed, &[]).await.unwrap();
        assert_eq!((saved.name.as_str(), saved.version), ("Ada", 2));
        let event = fixture.event(EventKind::AdministratorChanged, "administrator:1");
        let refused = fixture.store.change_administrator(&ada, &[event]).await;
        assert!(matches!(refused, Err(StoreError::AdministratorMoved(_))), "{refused:?}");
        assert_eq!(fixture.store.last_event().await.unwrap(), 0);
    }

    async fn a_service_account_does_not_count_as_the_last_super_administrator(fixture: Fixture) {
        let root = add(&fixture, "root", Role::SuperAdministrator).await;
        let robot = NewAdministrator {
            kind: AdministratorKind::ServiceAccount,
            email: None,
            ..new(&fixture.store, "robot", Role::SuperAdministrator)
        };
        fixture.store.add_administrator(&robot, &[]).await.unwrap();
        let disabled = AdministratorRecord { state: AdministratorState::Disabled, ..root };
        let refused = fixture.store.change_administrator(&disabled, &[]).await;
        assert!(matches!(refused, Err(StoreError::LastSuperAdministrator)), "{refused:?}");
    }

    async fn a_key_is_taken_once_and_free_again_after_nothing_was_done(fixture: Fixture) {
        let store = &fixture.store;
        let of = KeyedRequest { actor: "ada", key: "k", request: "hash" };
        assert_eq!(store.reserve_key(of).await.unwrap(), Reserved::New);
        assert_eq!(store.reserve_key(of).await.unwrap(), Reserved::UnderWay);
        store.settle_key(of, None).await.unwrap();
        assert_eq!(store.reserve_key(of).await.unwrap(), Reserved::New);
        let answer = IdempotentAnswer { status: 201, body: Some("{}".to_owned()), etag: Some("\"1\"".to_owned()) };
        store.settle_key(of, Some(&answer)).await.unwrap();
        assert_eq!(store.reserve_key(of).await.unwrap(), Reserved::Answered(answer));
        let other = KeyedRequest { request: "another", ..of };
        assert_eq!(store.reserve_key(other).await.unwrap(), Reserved::OtherRequest);
        let somebody = KeyedRequest { actor: "bob", ..of };
        assert_eq!(store.reserve_key(somebody).await.unwrap(), Reserved::New);
    }

    async fn what_means_nothing_any_more_is_removed(fixture: Fixture) {
        let (store, limits) = (&fixture.store, SessionLimits { idle: Duration::from_secs(60), absolute: Duration::from_secs(600) });
        let ada = add(&fixture, "ada", Role::Auditor).await;
        let session = NewSession {
            id: store.new_session_id(),
            hash: "h".to_owned(),
            administrator: ada.id.clone(),
            method: SignInMethod::Password,
            password: None,
            address: None,
            user_agent: None,
            at: None,
        };
        store.begin_session(&session, None, &[]).await.unwrap();
        let of = KeyedRequest { actor: "ada", key: "k", request: "hash" };
        store.reserve_key(of).await.unwrap();
        store.tidy_administrators(limits).await.unwrap();
        assert!(store.session("h", limits).await.unwrap().is_some());
        fixture.clock.advance(Duration::from_secs(25 * 3600));
        store.tidy_administrators(limits).await.unwrap();
        let long = Duration::from_secs(999_999);
        let forever = SessionLimits { idle: long, absolute: long };
        assert!(store.session("h", forever).await.unwrap().is_none());
        let minute = Duration::from_secs(60);
        for (hash, limits) in [
            ("idle", SessionLimits { idle: minute, absolute: long }),
            ("over", SessionLimits { idle: long, absolute: minute }),
        ] {
            let session = NewSession { id: store.new_session_id(), hash: hash.to_owned(), ..session.clone() };
            store.begin_session(&session, None, &[]).await.unwrap();
            fixture.clock.advance(minute);
            store.tidy_administrators(limits).await.unwrap();
            assert!(store.session(hash, forever).await.unwrap().is_none(), "{hash}");
        }
        assert_eq!(store.reserve_key(of).await.unwrap(), Reserved::New);
    }
}
