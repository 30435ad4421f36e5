//! Making a snapshot the inventory: only differences are written, and what was not seen stays.

use std::time::Duration;

use usher_model::*;
use usher_store::*;

use crate::support::*;

/// What the SCIM token alone can see.
fn scim_only() -> Coverage {
    Coverage {
        guests: Seen::No,
        activity: Seen::No,
        team_roles: Seen::No,
        ..everything()
    }
}

/// What SCIM shows of an account.
fn as_scim_shows(account: &Account) -> Account {
    Account {
        license_assigned_at: Known::Unknown,
        last_activity_at: Known::Unknown,
        ..account.clone()
    }
}

/// What SCIM shows of [`small`].
fn small_through_scim() -> Inventory {
    let whole = small("1");
    Inventory::of("1")
        .with(as_scim_shows(whole.account("1")))
        .with(as_scim_shows(whole.account("2")))
        .team("10", "Design")
        .team("20", "Research")
        .user_group("7", "Everyone")
        .grant("1", "team:10:unknown")
        .grant("2", "team:10:unknown")
        .grant("2", "team:20:unknown")
        .grant("2", "user_group:7:member")
}

/// [`small`], with the last activity of those whom SCIM shows unknown.
fn small_after_scim() -> Inventory {
    let mut inventory = small("1");
    for id in ["1", "2"] {
        let account = Account {
            last_activity_at: Known::Unknown,
            ..inventory.account(id).clone()
        };
        inventory.put(account);
    }
    inventory
}

on_both_engines! {
    async fn the_first_sync_writes_everything(fixture: Fixture) {
        let outcome = fixture.publish(&small("1")).await;
        assert_eq!(outcome.accounts, Delta { added: 3, changed: 0, removed: 0 });
        assert_eq!(outcome.teams, Delta { added: 2, changed: 0, removed: 0 });
        assert_eq!(outcome.user_groups, Delta { added: 1, changed: 0, removed: 0 });
        // Three roles, three licences, one admin role, four teams, one user group.
        assert_eq!(outcome.grants, Delta { added: 12, changed: 0, removed: 0 });
        assert_eq!(outcome.activity, 3);
        assert_eq!(outcome.rows_written, 3 + 2 + 1 + 12 + 3);
        assert_eq!(fixture.read("1", None).await, small("1"));
    }

    async fn a_second_sync_of_an_unchanged_organization_writes_no_inventory_rows(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let outcome = fixture.publish(&small("1")).await;
        assert_eq!(outcome.rows_written, 0);
        assert!(outcome.accounts.is_empty() && outcome.grants.is_empty());
        assert_eq!(fixture.read("1", None).await, small("1"));
    }

    async fn a_sync_that_sees_less_of_an_unchanged_organization_forgets_only_the_last_activity(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let outcome = fixture.publish_what_was_seen(&small_through_scim(), scim_only()).await;
        assert_eq!((outcome.activity, outcome.rows_written), (2, 2));
        assert_eq!(fixture.read("1", None).await, small_after_scim());
        let again = fixture.publish_what_was_seen(&small_through_scim(), scim_only()).await;
        assert_eq!(again.rows_written, 0);
    }

    async fn only_what_differs_is_written_and_the_past_stays_readable(fixture: Fixture) {
        let first = fixture.publish(&small("1")).await;
        let changed = small("1")
            .without("3")
            .with(Account { status: AccountStatus::Deactivated, ..small("1").account("2").clone() })
            .with(member("4", "dora@example.org"))
            .team("20", "Research & Development")
            .revoke("2", "team:10:member")
            .grant("2", "team:10:admin");
        let second = fixture.publish(&changed).await;
        assert_eq!(second.accounts, Delta { added: 1, changed: 1, removed: 1 });
        assert_eq!(second.teams, Delta { added: 0, changed: 1, removed: 0 });
        // Came: two of the new account, a team role. Went: three of the guest, a team role.
        assert_eq!(second.grants, Delta { added: 3, changed: 0, removed: 4 });
        assert_eq!(fixture.read("1", None).await, changed);
        assert_eq!(fixture.read("1", Some(second.effective_at)).await, changed);
        let just_before = second.effective_at.saturating_sub(Duration::from_millis(1)).unwrap();
        assert_eq!(fixture.read("1", Some(just_before)).await, small("1"));
        assert_eq!(fixture.read("1", Some(first.effective_at)).await, small("1"));
        let before_all = first.effective_at.saturating_sub(Duration::from_millis(1)).unwrap();
        assert_eq!(fixture.read("1", Some(before_all)).await, Inventory::of("1"));
    }

    async fn activity_alone_changes_no_account(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let used = Account {
            last_activity_at: Known::Known(Some(at("2026-02-28T09:00:00Z"))),
            ..small("1").account("2").clone()
        };
        let outcome = fixture.publish(&small("1").with(used)).await;
        assert!(outcome.accounts.is_empty());
        assert_eq!((outcome.activity, outcome.rows_written), (1, 2));
    }

    async fn organizations_do_not_touch_each_other(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        fixture.publish(&small("2").without("3")).await;
        fixture.publish(&Inventory::of("2")).await;
        assert_eq!(fixture.read("1", None).await, small("1"));
        assert_eq!(fixture.read("2", None).await, Inventory::of("2"));
    }

    async fn guests_stay_when_guests_were_not_seen(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let without_bob = small_through_scim().without("2");
        let outcome = fixture.publish_what_was_seen(&without_bob, scim_only()).await;
        assert_eq!(outcome.accounts, Delta { added: 0, changed: 0, removed: 1 });
        let now = fixture.read("1", None).await;
        assert_eq!(now, small_after_scim().without("2"));
        assert!(now.has("3", "team:20:member"));
    }

    async fn a_guest_loses_a_team_that_is_gone_even_when_guests_were_not_seen(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let mut seen = small_through_scim().revoke("2", "team:20:unknown");
        seen.teams.remove(&TeamId::new("20"));
        fixture.publish_what_was_seen(&seen, scim_only()).await;
        let now = fixture.read("1", None).await;
        assert!(now.accounts.contains_key(&AccountId::new("3")));
        assert!(!now.has("3", "team:20:member"));
    }

    async fn a_role_in_a_team_stays_when_roles_were_not_seen(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let joined = small_through_scim()
            .revoke("2", "team:10:unknown")
            .grant("1", "team:20:unknown");
        fixture.publish_what_was_seen(&joined, scim_only()).await;
        let now = fixture.read("1", None).await;
        assert!(now.has("1", "team:10:admin"), "kept");
        assert!(now.has("2", "team:20:admin"), "kept");
        assert!(now.has("1", "team:20:unknown"), "new, in a role that nobody knows");
        assert!(!now.has("2", "team:10:member"), "not a member any more");
        let rest = small("1").grant("1", "team:20:member");
        fixture.publish(&rest).await;
        let now = fixture.read("1", None).await;
        assert!(now.has("1", "team:20:member") && !now.has("1", "team:20:unknown"));
    }

    async fn a_known_role_in_the_same_snapshot_wins_over_an_unknown_one(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let both = small("1").grant("2", "team:10:unknown")
            .revoke("1", "team:10:admin").grant("1", "team:10:member").grant("1", "team:10:unknown");
        fixture.publish(&both).await;
        let now = fixture.read("1", None).await;
        assert!(now.has("2", "team:10:member") && !now.has("2", "team:10:unknown"));
        assert!(now.has("1", "team:10:member") && !now.has("1", "team:10:admin"));
    }

    async fn nothing_of_a_kind_that_was_not_read_is_forgotten(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let mut people = small("1");
        people.teams.clear();
        people.user_groups.clear();
        people.grants.retain(|grant| matches!(grant.entitlement, Entitlement::Role(_) | Entitlement::License(_)));
        for account in people.accounts.values_mut() {
            account.admin_roles = Known::Unknown;
        }
        let people_only = Coverage {
            teams: Seen::No,
            team_roles: Seen::No,
            user_groups: Seen::No,
            admin_roles: Seen::No,
            ..everything()
        };
        let outcome = fixture.publish_what_was_seen(&people, people_only).await;
        assert_eq!(outcome.rows_written, 0);
        assert_eq!(fixture.read("1", None).await, small("1"));

        let people = people.without("2");
        fixture.publish_what_was_seen(&people, people_only).await;
        assert_eq!(fixture.read("1", None).await, small("1").without("2"), "what a leaver held goes with them");
    }

    async fn an_unknown_attribute_keeps_what_was_known_and_the_grant_that_says_it(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let hidden = Account {
            display_name: Known::Unknown,
            role: Known::Unknown,
            license: Known::Unknown,
            license_assigned_at: Known::Unknown,
            admin_roles: Known::Unknown,
            enterprise: Known::Unknown,
            ..small("1").account("1").clone()
        };
        let outcome = fixture.publish(&small("1").with(hidden)).await;
        assert_eq!(outcome.rows_written, 0);
        assert_eq!(fixture.read("1", None).await, small("1"));
    }

    async fn each_attribute_that_comes_into_view_is_written(fixture: Fixture) {
        let whole = member("2", "bob@example.org");
        let hide: [fn(&mut Account); 6] = [
            |account| account.display_name = Known::Unknown,
            |account| account.role = Known::Unknown,
            |account| account.license = Known::Unknown,
            |account| account.license_assigned_at = Known::Unknown,
            |account| account.admin_roles = Known::Unknown,
            |account| account.enterprise = Known::Unknown,
        ];
        for (number, hide) in hide.into_iter().enumerate() {
            let organization = number.to_string();
            let mut hidden = whole.clone();
            hide(&mut hidden);
            let before = Inventory::of(&organization).with(hidden);
            fixture.publish(&before).await;
            assert_eq!(fixture.read(&organization, None).await, before);
            let after = Inventory::of(&organization).with(whole.clone());
            assert_eq!(fixture.publish(&after).await.accounts.changed, 1);
            assert_eq!(fixture.read(&organization, None).await, after);
        }
    }

    async fn an_activity_that_is_not_shown_becomes_unknown_and_is_not_kept_as_an_old_one(fixture: Fixture) {
        let before = fixture.publish(&small("1")).await.effective_at;
        let hidden = Account { last_activity_at: Known::Unknown, ..small("1").account("1").clone() };
        let seen = small("1").with(hidden.clone());
        assert_eq!(fixture.publish(&seen).await.rows_written, 1);
        assert_eq!(fixture.read("1", None).await.account("1"), &hidden);
        assert_eq!(fixture.read("1", Some(before)).await, small("1"), "what was known then stays known");
        assert_eq!(fixture.publish(&seen).await.rows_written, 0);
    }

    async fn the_date_of_a_licence_is_not_kept_for_another_licence(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let upgraded = Account {
            license: Known::Known(License::Advanced),
            license_assigned_at: Known::Unknown,
            ..small("1").account("2").clone()
        };
        fixture.publish(&small("1").with(upgraded.clone())).await;
        assert_eq!(fixture.read("1", None).await.account("2"), &upgraded);
    }

    async fn the_kind_of_an_admin_role_is_kept_when_it_is_not_shown(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let role = |name: &str| AdminRole { kind: Known::Unknown, name: name.into() };
        let through_scim = Account {
            admin_roles: Known::Known(vec![role("User Admin")]),
            ..small("1").account("1").clone()
        };
        let outcome = fixture.publish(&small("1").with(through_scim.clone())).await;
        assert_eq!(outcome.rows_written, 0);
        let promoted = Account {
            admin_roles: Known::Known(vec![role("User Admin"), role("Content Admin")]),
            ..through_scim
        };
        fixture.publish(&small("1").with(promoted)).await;
        let roles = fixture.read("1", None).await.account("1").admin_roles.clone().known().unwrap();
        let prebuilt = AdminRole { kind: Known::Known(AdminRoleKind::Prebuilt), ..role("User Admin") };
        assert_eq!(roles, [role("Content Admin"), prebuilt]);
    }

    async fn the_letter_case_of_an_address_is_no_difference(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let shouted = Account { email: Email::new("ADA@EXAMPLE.ORG"), ..small("1").account("1").clone() };
        assert_eq!(fixture.publish(&small("1").with(shouted)).await.rows_written, 0);
        let other = Account { email: Email::new("lovelace@example.org"), ..small("1").account("1").clone() };
        assert_eq!(fixture.publish(&small("1").with(other)).await.accounts.changed, 1);
    }

    async fn publications_at_one_time_follow_each_other(fixture: Fixture) {
        let now = fixture.clock.now();
        let mut times = Vec::new();
        for inventory in [small("1"), small("1").without("2"), small("1")] {
            let sync = fixture.merged(&inventory).await;
            let finish = finish(now, everything());
            times.push(fixture.store.publish(&sync, &finish, |_| Vec::new()).await.unwrap().effective_at);
        }
        assert!(times.is_sorted() && times[0] < times[1] && times[1] < times[2]);
        assert_eq!(fixture.read("1", Some(times[1])).await, small("1").without("2"));
        assert_eq!(fixture.read("1", None).await, small("1"));
    }

    async fn a_snapshot_that_is_begun_anew_forgets_what_was_merged(fixture: Fixture) {
        let sync = fixture.merged(&small("1")).await;
        assert_eq!(fixture.store.merged_counts(&sync).await.unwrap(), InventoryCounts {
            accounts: 3,
            internal_accounts: 2,
            teams: 2,
            user_groups: 1,
            grants: 12,
            team_grants: 4,
            internal_team_grants: 3,
        });
        fixture.store.begin_merge(&sync).await.unwrap();
        assert_eq!(fixture.store.merged_counts(&sync).await.unwrap(), InventoryCounts::default());
        fixture.store.merge(&sync, &small("1").without("2").merged()).await.unwrap();
        let finish = finish(fixture.clock.now(), everything());
        fixture.store.publish(&sync, &finish, |_| Vec::new()).await.unwrap();
        assert_eq!(fixture.read("1", None).await, small("1").without("2"));
        let counts = fixture.store.current_counts(&"1".into()).await.unwrap();
        assert_eq!((counts.accounts, counts.internal_accounts, counts.team_grants), (2, 1, 2));
    }

    async fn values_that_miro_does_not_publish_are_kept(fixture: Fixture) {
        let strange = Account {
            role: Known::Known(OrganizationRole::Other("organization_robot".into())),
            license: Known::Known(License::Other("Gold Plated".into())),
            license_assigned_at: Known::Known(None),
            last_activity_at: Known::Known(None),
            ..member("9", "robot@example.org")
        };
        let inventory = Inventory::of("1").with(strange).team("10", "T").grant("9", "team:10:mascot");
        fixture.publish(&inventory).await;
        assert_eq!(fixture.read("1", None).await, inventory);
    }
}
