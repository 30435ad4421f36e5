//! What was learned of an organization without a synchronization.

use std::time::Duration;

use usher_model::*;
use usher_store::*;

use crate::support::*;

fn one() -> OrganizationId {
    OrganizationId::new("1")
}

async fn observe(fixture: &Fixture, observation: Observation) -> u64 {
    let now = fixture.clock.now();
    fixture
        .store
        .observe(&one(), &observation, now, &[])
        .await
        .unwrap()
}

/// What a read through SCIM shows of an account.
fn through_scim(account: &Account) -> Account {
    Account {
        license_assigned_at: Known::Unknown,
        last_activity_at: Known::Unknown,
        ..account.clone()
    }
}

on_both_engines! {
    async fn what_was_observed_is_what_the_next_sync_finds(fixture: Fixture) {
        let first = fixture.publish(&small("1")).await;
        fixture.clock.advance(Duration::from_mins(1));
        let renamed = Account {
            email: Email::new("robert@example.org"),
            role: Known::Known(OrganizationRole::InternalAdmin),
            admin_roles: Known::Known(vec![AdminRole { kind: Known::Unknown, name: "Content Admin".into() }]),
            status: AccountStatus::Deactivated,
            ..small("1").account("2").clone()
        };
        let observation = Observation {
            accounts: vec![renamed.clone(), member("4", "dora@example.org")],
            removed_accounts: vec!["3".into()],
            grants_added: vec![grant("2", "team:10:admin"), grant("4", "user_group:8:member"), grant("4", "team:30:member")],
            grants_removed: vec![grant("1", "team:10:member"), grant("2", "user_group:7:member")],
            teams: vec![
                Team { id: "10".into(), name: "Design & Research".into() },
                Team { id: "30".into(), name: "New".into() },
            ],
            removed_teams: vec!["20".into()],
            user_groups: vec![UserGroup { id: "8".into(), name: "Some".into(), description: Known::Known("people".into()) }],
            removed_user_groups: vec!["7".into()],
        };
        assert!(observe(&fixture, observation).await > 0);
        let mut now = small("1").without("3").with(renamed).with(member("4", "dora@example.org"))
            .team("10", "Design & Research").team("30", "New").user_group("8", "Some")
            .revoke("2", "team:10:member").grant("2", "team:10:admin").revoke("1", "team:10:admin")
            .revoke("2", "team:20:admin").revoke("2", "user_group:7:member")
            .grant("4", "user_group:8:member").grant("4", "team:30:member");
        now.teams.remove(&TeamId::new("20"));
        now.user_groups.remove(&UserGroupId::new("7"));
        assert_eq!(fixture.read("1", None).await, now);
        assert_eq!(fixture.read("1", Some(first.effective_at)).await, small("1"), "the past stays as it was");
        let outcome = fixture.publish(&now).await;
        assert_eq!(outcome.rows_written, 0, "{outcome:?}");
    }

    async fn an_observation_of_what_is_known_writes_no_rows(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        fixture.clock.advance(Duration::from_mins(1));
        let inventory = small("1");
        let observation = Observation {
            accounts: inventory.accounts.values().flat_map(|account| [account.clone(), through_scim(account)]).collect(),
            grants_added: inventory.grants.iter().filter(|grant| {
                matches!(grant.entitlement, Entitlement::Team { .. } | Entitlement::UserGroup(_))
            }).cloned().collect(),
            grants_removed: vec![grant("3", "team:10:member"), grant("9", "user_group:7:member")],
            removed_accounts: vec!["99".into()],
            teams: inventory.teams.values().cloned().collect(),
            removed_teams: vec!["99".into()],
            user_groups: inventory.user_groups.values().cloned().map(|group| UserGroup { description: Known::Unknown, ..group }).collect(),
            removed_user_groups: vec!["99".into()],
        };
        assert_eq!(observe(&fixture, observation).await, 0);
        assert_eq!(fixture.read("1", None).await, inventory);
        assert_eq!(observe(&fixture, Observation::default()).await, 0);
    }

    async fn what_an_observation_does_not_show_keeps_the_value_that_was_known(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        fixture.clock.advance(Duration::from_mins(1));
        let bare = Account {
            display_name: Known::Unknown,
            role: Known::Unknown,
            license: Known::Unknown,
            admin_roles: Known::Unknown,
            enterprise: Known::Unknown,
            status: AccountStatus::Deactivated,
            ..through_scim(small("1").account("1"))
        };
        observe(&fixture, Observation { accounts: vec![bare], ..Observation::default() }).await;
        let expected = Account { status: AccountStatus::Deactivated, ..small("1").account("1").clone() };
        assert_eq!(fixture.read("1", None).await, small("1").with(expected));
    }

    async fn a_licence_that_changed_has_no_date_until_somebody_sees_it(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        fixture.clock.advance(Duration::from_mins(1));
        let raised = Account { license: Known::Known(License::Advanced), ..through_scim(small("1").account("2")) };
        observe(&fixture, Observation { accounts: vec![raised], ..Observation::default() }).await;
        let now = fixture.read("1", None).await;
        assert_eq!(now.account("2").license_assigned_at, Known::Unknown);
        assert!(now.has("2", "license:advanced") && !now.has("2", "license:full"));
    }

    async fn an_activity_that_was_seen_is_kept_and_one_that_was_not_stays(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        fixture.clock.advance(Duration::from_mins(1));
        let used = Account { last_activity_at: Known::Known(Some(at("2026-03-01T07:59:00Z"))), ..small("1").account("2").clone() };
        let observation = Observation { accounts: vec![used.clone()], ..Observation::default() };
        assert_eq!(observe(&fixture, observation).await, 2);
        assert_eq!(fixture.read("1", None).await, small("1").with(used));
    }

    async fn a_role_in_a_team_takes_the_place_of_the_one_before_unless_nobody_knows_it(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        fixture.clock.advance(Duration::from_mins(1));
        let added = |text: &str| Observation { grants_added: vec![grant("1", text)], ..Observation::default() };
        assert_eq!(observe(&fixture, added("team:10:unknown")).await, 0);
        assert_eq!(observe(&fixture, added("team:10:member")).await, 2);
        assert_eq!(observe(&fixture, added("team:20:unknown")).await, 1);
        let now = small("1").revoke("1", "team:10:admin").grant("1", "team:10:member").grant("1", "team:20:unknown");
        assert_eq!(fixture.read("1", None).await, now);
    }

    async fn many_things_can_happen_within_one_millisecond(fixture: Fixture) {
        let published = fixture.publish(&small("1")).await;
        let joined = |there: bool| {
            let grants = vec![grant("1", "team:20:member")];
            let (grants_added, grants_removed) = if there { (grants, Vec::new()) } else { (Vec::new(), grants) };
            let status = if there { AccountStatus::Deactivated } else { AccountStatus::Active };
            let account = Account { status, ..small("1").account("1").clone() };
            let team = Team { id: "20".into(), name: format!("Research {there}") };
            Observation { grants_added, grants_removed, accounts: vec![account], teams: vec![team], ..Observation::default() }
        };
        for there in [true, false, true, false, true] {
            observe(&fixture, joined(there)).await;
        }
        let deactivated = Account { status: AccountStatus::Deactivated, ..small("1").account("1").clone() };
        let now = small("1").with(deactivated).team("20", "Research true").grant("1", "team:20:member");
        assert_eq!(fixture.read("1", None).await, now);
        assert_eq!(fixture.read("1", Some(published.effective_at)).await, small("1"));
    }

    async fn what_is_said_of_a_membership_last_counts_however_much_is_said(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        fixture.clock.advance(Duration::from_mins(1));
        let others = (100..1_300).map(|n| grant(&n.to_string(), "team:20:member"));
        let mut grants_added = vec![grant("1", "team:20:member")];
        grants_added.extend(others);
        grants_added.push(grant("1", "team:20:admin"));
        observe(&fixture, Observation { grants_added, ..Observation::default() }).await;
        let now = fixture.read("1", None).await;
        assert!(now.has("1", "team:20:admin") && !now.has("1", "team:20:member"));
    }

    async fn a_snapshot_is_later_than_every_observation_before_it(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let later = fixture.clock.now().saturating_add(Duration::from_hours(1)).unwrap();
        let observation = Observation { accounts: vec![member("4", "dora@example.org")], ..Observation::default() };
        fixture.store.observe(&one(), &observation, later, &[]).await.unwrap();
        let outcome = fixture.publish(&small("1").with(member("5", "eve@example.org"))).await;
        assert!(outcome.effective_at > later, "{:?}", outcome.effective_at);
        let observed = fixture.read("1", Some(later)).await;
        assert_eq!(observed, small("1").with(member("4", "dora@example.org")));
        let gone = Observation { removed_accounts: vec!["5".into()], ..Observation::default() };
        fixture.store.observe(&one(), &gone, at("2020-01-01T00:00:00Z"), &[]).await.unwrap();
        let published = fixture.read("1", Some(outcome.effective_at)).await;
        assert!(published.accounts.contains_key(&AccountId::new("5")), "it is gone since later than the snapshot");
        assert!(!fixture.read("1", None).await.accounts.contains_key(&AccountId::new("5")));
    }

    async fn a_sync_that_began_before_an_observation_does_not_undo_it(fixture: Fixture) {
        fixture.publish(&small("1").grant("3", "user_group:7:member")).await;
        fixture.clock.advance(Duration::from_mins(1));
        // It read everything before the plan was applied, and is published after it.
        let sync = fixture.merged(&small("1")).await;
        fixture.clock.advance(Duration::from_mins(1));
        let disabled = Account {
            status: AccountStatus::Deactivated,
            role: Known::Known(OrganizationRole::InternalAdmin),
            ..small("1").account("2").clone()
        };
        let observation = Observation {
            accounts: vec![disabled.clone(), member("4", "dora@example.org")],
            removed_accounts: vec!["3".into()],
            grants_added: vec![grant("4", "team:10:member"), grant("2", "team:10:admin"), grant("4", "user_group:8:member")],
            grants_removed: vec![grant("2", "team:20:admin")],
            teams: vec![Team { id: "10".into(), name: "Design & Research".into() }],
            user_groups: vec![UserGroup { id: "8".into(), name: "Some".into(), description: Known::Known("people".into()) }],
            removed_user_groups: vec!["7".into()],
            ..Observation::default()
        };
        observe(&fixture, observation).await;
        let mut now = small("1").without("3").with(disabled).with(member("4", "dora@example.org"))
            .team("10", "Design & Research").user_group("8", "Some").grant("4", "team:10:member")
            .revoke("2", "team:10:member").grant("2", "team:10:admin").revoke("2", "team:20:admin")
            .grant("4", "user_group:8:member").revoke("2", "user_group:7:member");
        now.user_groups.remove(&UserGroupId::new("7"));
        assert_eq!(fixture.read("1", None).await, now);
        let finish = finish(fixture.clock.now(), everything());
        let outcome = fixture.store.publish(&sync, &finish, |_| Vec::new()).await.unwrap();
        assert_eq!((outcome.rows_written, fixture.read("1", None).await), (0, now.clone()));
        assert_eq!(fixture.publish(&now).await.rows_written, 0);
        fixture.publish(&small("1")).await;
        assert_eq!(fixture.read("1", None).await, small("1"), "a sync that began after it decides");
    }

    async fn an_observation_can_be_the_first_that_is_known_of_an_organization(fixture: Fixture) {
        let observation = Observation { accounts: vec![member("4", "dora@example.org")], ..Observation::default() };
        let event = fixture.event(EventKind::UserUpdateProvision, "account:4");
        fixture.store.observe(&one(), &observation, fixture.clock.now(), &[event]).await.unwrap();
        assert_eq!(fixture.read("1", None).await, Inventory::of("1").with(member("4", "dora@example.org")));
        assert_eq!(fixture.store.last_event().await.unwrap(), 1);
    }

    async fn the_whole_inventory_is_loaded_as_it_is_looked_at(fixture: Fixture) {
        fixture.publish(&small("1").grant("9", "team:10:non_team").grant("1", "team:99:member")).await;
        fixture.publish_what_was_seen(&small("2").without("1"), everything()).await;
        let loaded = fixture.store.load_inventory(&one()).await.unwrap();
        let looked = fixture.read("1", None).await;
        assert_eq!(loaded.accounts, looked.accounts.values().cloned().collect::<Vec<_>>());
        let mut memberships = Vec::new();
        for team in &loaded.teams {
            assert!(team.members.is_sorted());
            memberships.extend(team.members.iter().map(|(account, role)| Grant {
                account: account.clone(),
                entitlement: Entitlement::Team { team: team.team.id.clone(), role: role.clone() },
            }));
        }
        for group in &loaded.user_groups {
            memberships.extend(group.members.iter().map(|account| Grant {
                account: account.clone(),
                entitlement: Entitlement::UserGroup(group.user_group.id.clone()),
            }));
        }
        memberships.sort();
        let expected = looked.grants.iter().filter(|grant| match &grant.entitlement {
            Entitlement::Team { team, .. } => team.as_str() != "99",
            Entitlement::UserGroup(_) => true,
            _ => false,
        });
        assert_eq!(memberships, expected.cloned().collect::<Vec<_>>());
        assert_eq!(loaded.user_groups[0].user_group, looked.user_groups[&UserGroupId::new("7")]);
        let nothing = fixture.store.load_inventory(&"9".into()).await.unwrap();
        assert_eq!(nothing, LoadedInventory::default());
    }
}
