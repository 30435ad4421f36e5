//! Looking at the inventory, and at what changed in it.

use std::time::Duration;

use serde_json::json;
use usher_model::*;
use usher_store::*;

use crate::support::*;

/// Six people of every sort.
fn people() -> Inventory {
    let activity = |account: Account, time: Known<Option<Timestamp>>| Account {
        last_activity_at: time,
        ..account
    };
    let old = Known::Known(Some(at("2025-06-01T00:00:00Z")));
    let recent = Known::Known(Some(at("2026-02-20T00:00:00Z")));
    let ada = Account {
        role: Known::Known(OrganizationRole::InternalAdmin),
        display_name: Known::Known("Ada Ünlü".into()),
        ..member("1", "Ada@Example.org")
    };
    let bob = Account {
        admin_roles: Known::Known(vec![AdminRole {
            kind: Known::Unknown,
            name: "Content Admin".into(),
        }]),
        ..member("2", "bob@example.org")
    };
    let eve = Account {
        status: AccountStatus::Deactivated,
        display_name: Known::Unknown,
        ..member("5", "eve_x@example.org")
    };
    let fay = Account {
        license: Known::Known(License::Free),
        ..member("6", "fay@other.org")
    };
    small("1")
        .with(activity(ada, recent))
        .with(activity(bob, old))
        .with(activity(guest("3", "carl@elsewhere.net"), Known::Unknown))
        .with(activity(
            member("4", "dora@example.org"),
            Known::Known(None),
        ))
        .with(activity(eve, old))
        .with(activity(fay, recent))
        .team("30", "Empty")
        .grant("4", "team:20:non_team")
}

fn everybody() -> AccountFilter {
    AccountFilter::of("1".into())
}

async fn ids(fixture: &Fixture, filter: &AccountFilter) -> String {
    let rows = all(fixture.store.accounts(filter)).await;
    assert_eq!(
        fixture
            .store
            .count_accounts(&AccountFilter {
                limit: None,
                ..filter.clone()
            })
            .await
            .unwrap(),
        rows.len() as u64
    );
    rows.iter().map(|row| row.account.id.as_str()).collect()
}

on_both_engines! {
    async fn page_after_page_is_the_whole_list_in_every_order(fixture: Fixture) {
        fixture.publish(&people()).await;
        let store = &fixture.store;
        let mut checked = 0;
        for direction in [Direction::Ascending, Direction::Descending] {
            for order in [AccountOrder::Id, AccountOrder::Email, AccountOrder::Name, AccountOrder::Role, AccountOrder::License] {
                let whole = AccountFilter { order, direction, ..everybody() };
                let expected = all(store.accounts(&whole)).await;
                let (mut found, mut after) = (Vec::new(), None);
                loop {
                    let page = AccountFilter { after, limit: Some(2), ..whole.clone() };
                    let page = all(store.accounts(&page)).await;
                    let Some(last) = page.last() else { break };
                    after = last.place(order);
                    found.extend(page);
                }
                assert_eq!(found, expected, "{order:?} {direction:?}");
                checked += 1;
            }
            for order in [TeamOrder::Id, TeamOrder::Name] {
                let whole = TeamFilter { order, direction, ..TeamFilter::of("1".into()) };
                let expected = all(store.teams(&whole)).await;
                let (mut found, mut after) = (Vec::new(), None);
                loop {
                    let page = TeamFilter { after, limit: Some(1), ..whole.clone() };
                    let page = all(store.teams(&page)).await;
                    let Some(last) = page.last() else { break };
                    after = last.place(order);
                    found.extend(page);
                }
                assert_eq!(found, expected, "{order:?} {direction:?}");
                checked += 1;
            }
            for order in [GrantOrder::Account, GrantOrder::Email, GrantOrder::Entitlement, GrantOrder::Since] {
                let whole = GrantFilter { order, direction, ..GrantFilter::of("1".into()) };
                let expected = all(store.grants(&whole)).await;
                assert!(expected.len() > 4);
                let (mut found, mut after) = (Vec::new(), None);
                loop {
                    let page = GrantFilter { after, limit: Some(2), ..whole.clone() };
                    let page = all(store.grants(&page)).await;
                    let Some(last) = page.last() else { break };
                    after = Some(last.place(order));
                    found.extend(page);
                }
                assert_eq!(found, expected, "{order:?} {direction:?}");
                checked += 1;
            }
        }
        assert_eq!(checked, 22);
    }

    async fn accounts_are_found_by_each_filter(fixture: Fixture) {
        fixture.publish(&people()).await;
        let inactive_before = Some(at("2026-01-01T00:00:00Z"));
        for (filter, expected) in [
            (everybody(), "123456"),
            (AccountFilter { account: Some("4".into()), ..everybody() }, "4"),
            (AccountFilter { email: Some("ADA@example.ORG".into()), ..everybody() }, "1"),
            (AccountFilter { inactive_before, ..everybody() }, "245"),
            (AccountFilter { role: Some(OrganizationRole::InternalUser), ..everybody() }, "2456"),
            (AccountFilter { license: Some(License::Free), ..everybody() }, "6"),
            (AccountFilter { team: Some("20".into()), ..everybody() }, "234"),
            (AccountFilter { domain: Some("Example.ORG".into()), ..everybody() }, "1245"),
            (AccountFilter { population: Population::Guests, ..everybody() }, "3"),
            (AccountFilter { population: Population::Admins, ..everybody() }, "12"),
            (AccountFilter { status: Some(AccountStatus::Deactivated), ..everybody() }, "5"),
            (AccountFilter { search: Some("ÜNL".into()), ..everybody() }, "1"),
            (AccountFilter { search: Some("E_X".into()), ..everybody() }, "5"),
            (AccountFilter { search: Some("100%".into()), ..everybody() }, ""),
            (AccountFilter { search: Some("\\".into()), ..everybody() }, ""),
            (AccountFilter { organization: "2".into(), ..everybody() }, ""),
        ] {
            let filter = AccountFilter { order: AccountOrder::Id, ..filter };
            assert_eq!(ids(&fixture, &filter).await, expected, "{filter:?}");
        }
        let filter = AccountFilter { inactive_before, ..everybody() };
        assert_eq!(fixture.store.accounts_of_unknown_activity(&filter).await.unwrap(), 1);
        let filter = AccountFilter { domain: Some("example.org".into()), ..filter };
        assert_eq!(fixture.store.accounts_of_unknown_activity(&filter).await.unwrap(), 0);
    }

    async fn accounts_are_sorted_with_the_unknown_last(fixture: Fixture) {
        fixture.publish(&people()).await;
        for (order, up, down) in [
            (AccountOrder::Id, "123456", "654321"),
            (AccountOrder::Email, "123456", "654321"),
            (AccountOrder::Name, "123465", "643215"),
            (AccountOrder::License, "631245", "124536"),
            (AccountOrder::LastActivity, "425163", "162543"),
            (AccountOrder::Teams, "456132", "213456"),
            (AccountOrder::Since, "123456", "123456"),
        ] {
            for (direction, expected) in [(Direction::Ascending, up), (Direction::Descending, down)] {
                let filter = AccountFilter { order, direction, ..everybody() };
                assert_eq!(ids(&fixture, &filter).await, expected, "{order:?} {direction:?}");
                let some = AccountFilter { limit: Some(4), ..filter };
                let rows = all(fixture.store.accounts(&some)).await;
                let found: String = rows.iter().map(|row| row.account.id.as_str()).collect();
                assert_eq!(found, expected[..4], "{order:?} {direction:?} limited");
            }
        }
    }

    async fn idle_accounts_are_sorted_by_last_activity(fixture: Fixture) {
        fixture.publish(&people()).await;
        for (direction, expected) in [(Direction::Ascending, "425"), (Direction::Descending, "254")] {
            for limit in [None, Some(3)] {
                let filter = AccountFilter {
                    inactive_before: Some(at("2026-01-01T00:00:00Z")),
                    order: AccountOrder::LastActivity,
                    direction,
                    limit,
                    ..everybody()
                };
                assert_eq!(ids(&fixture, &filter).await, expected, "{direction:?} {limit:?}");
            }
        }
    }

    async fn an_account_comes_with_its_teams_and_since_when_it_is_there(fixture: Fixture) {
        let first = fixture.publish(&people()).await.effective_at;
        let moved = people().with(Account { status: AccountStatus::Deactivated, ..people().account("2").clone() });
        fixture.publish(&moved).await;
        for limit in [None, Some(10)] {
            let rows = all(fixture.store.accounts(&AccountFilter { limit, ..everybody() })).await;
            let teams: Vec<_> = rows.iter().map(|row| row.teams).collect();
            assert_eq!(teams, [1, 2, 1, 0, 0, 0]);
            assert!(rows.iter().all(|row| row.since == first));
        }
    }

    async fn the_past_is_looked_at_as_it_was(fixture: Fixture) {
        let then = fixture.publish(&people()).await.effective_at;
        let later = people()
            .without("2")
            .with(Account { email: Email::new("ada@new.org"), ..people().account("1").clone() });
        fixture.publish(&later).await;
        let now = AccountFilter { team: Some("10".into()), ..everybody() };
        assert_eq!(ids(&fixture, &now).await, "1");
        let past = AccountFilter { as_of: Some(then), ..now };
        assert_eq!(ids(&fixture, &past).await, "12");
        let past = AccountFilter { as_of: Some(then), email: Some("ada@example.org".into()), ..everybody() };
        assert_eq!(ids(&fixture, &past).await, "1");
        let teams = TeamFilter { as_of: Some(then), team: Some("20".into()), ..TeamFilter::of("1".into()) };
        assert_eq!(all(fixture.store.teams(&teams)).await[0].members, 2);
    }

    async fn teams_come_with_their_numbers(fixture: Fixture) {
        let since = fixture.publish(&people().grant("1", "team:30:unknown").revoke("1", "team:30:unknown")).await.effective_at;
        let rows = all(fixture.store.teams(&TeamFilter::of("1".into()))).await;
        let team = |id: &str, name: &str, members, admins, outsiders| TeamRow {
            team: Team { id: id.into(), name: name.into() },
            members,
            admins,
            unknown_roles: 0,
            outsiders,
            since,
        };
        assert_eq!(rows, [
            team("10", "Design", 2, 1, 0),
            team("30", "Empty", 0, 0, 0),
            team("20", "Research", 2, 1, 1),
        ]);
        let every = TeamFilter::of("1".into());
        for (filter, expected) in [
            (TeamFilter { members_at_most: Some(0), ..every.clone() }, "30"),
            (TeamFilter { members_at_least: Some(1), ..every.clone() }, "1020"),
            (TeamFilter { search: Some("SIG".into()), ..every.clone() }, "10"),
            (TeamFilter { order: TeamOrder::Members, direction: Direction::Descending, limit: Some(2), ..every.clone() }, "1020"),
            (TeamFilter { order: TeamOrder::Id, ..every.clone() }, "102030"),
            (TeamFilter { order: TeamOrder::Since, ..every.clone() }, "102030"),
        ] {
            let rows = all(fixture.store.teams(&filter)).await;
            let found: String = rows.iter().map(|row| row.team.id.as_str()).collect();
            assert_eq!(found, expected, "{filter:?}");
        }
        let groups = all(fixture.store.user_groups(&"1".into(), None)).await;
        assert_eq!((groups.len(), groups[0].members, groups[0].since), (1, 1, since));
    }

    async fn grants_are_found_by_each_filter(fixture: Fixture) {
        let since = fixture.publish(&small("1")).await.effective_at;
        let every = GrantFilter::of("1".into());
        let rows = all(fixture.store.grants(&every)).await;
        assert_eq!(rows.len(), 12);
        let design = GrantRow {
            grant: grant("2", "team:10:member"),
            email: Some(Email::new("bob@example.org")),
            display_name: Known::Known("Person 2".into()),
            resource_name: Some("Design".into()),
            since,
        };
        assert!(rows.contains(&design));
        for (filter, expected) in [
            (GrantFilter { account: Some("3".into()), ..every.clone() }, 3),
            (GrantFilter { email: Some("CARL@elsewhere.net".into()), ..every.clone() }, 3),
            (GrantFilter { kind: Some(EntitlementKind::AdminRole), ..every.clone() }, 1),
            (GrantFilter { entitlement: Some("team:20:admin".parse().unwrap()), ..every.clone() }, 1),
            (GrantFilter { kind: Some(EntitlementKind::Team), resource: Some("20".into()), ..every.clone() }, 2),
            (GrantFilter { limit: Some(5), ..every.clone() }, 5),
        ] {
            assert_eq!(all(fixture.store.grants(&filter)).await.len(), expected, "{filter:?}");
        }
        for (order, first) in [
            (GrantOrder::Account, "1"),
            (GrantOrder::Email, "1"),
            (GrantOrder::Entitlement, "1"),
            (GrantOrder::Since, "1"),
        ] {
            let rows = all(fixture.store.grants(&GrantFilter { order, ..every.clone() })).await;
            assert_eq!(rows[0].grant.account, first.into(), "{order:?}");
        }
    }

    async fn entitlements_come_with_their_holders(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        let rows = all(fixture.store.entitlements(&"1".into(), None)).await;
        let text: Vec<_> = rows
            .iter()
            .map(|row| format!("{} {} {}", row.entitlement, row.holders, row.resource_name.as_deref().unwrap_or("-")))
            .collect();
        assert_eq!(text, [
            "admin_role:User Admin 1 -",
            "license:free_restricted 1 -",
            "license:full 2 -",
            "role:organization_internal_admin 1 -",
            "role:organization_internal_user 1 -",
            "role:organization_team_guest_user 1 -",
            "team:10:admin 1 Design",
            "team:10:member 1 Design",
            "team:20:admin 1 Research",
            "team:20:member 1 Research",
            "user_group:7:member 1 Everyone",
        ]);
    }

    async fn a_summary_counts_what_matters(fixture: Fixture) {
        assert_eq!(fixture.store.summary(&"1".into(), fixture.clock.now()).await.unwrap(), None);
        let fresh = Account {
            license_assigned_at: Known::Known(Some(at("2026-02-25T00:00:00Z"))),
            last_activity_at: Known::Known(None),
            ..member("8", "new@example.org")
        };
        let inventory = people().with(fresh).team("40", "Leaderless").grant("8", "team:40:member");
        let effective_at = fixture.publish(&inventory).await.effective_at;
        let summary = fixture.store.summary(&"1".into(), fixture.clock.now()).await.unwrap().unwrap();
        let count = |license, accounts| LicenseCount { license, accounts };
        assert_eq!(summary, Summary {
            organization: organization("1"),
            effective_at: Some(effective_at),
            accounts: 7,
            active: 6,
            deactivated: 1,
            company_admins: 1,
            other_admins: 1,
            members: 5,
            guests: 1,
            licenses: vec![count(License::Full, 5), count(License::Free, 1), count(License::FreeRestricted, 1)],
            seats_taken: 4,
            idle: 2,
            never_active: 2,
            unknown_activity: 1,
            // Bob is idle, Dora never came; Eve, who is switched off, has given hers back; the newcomer has time.
            seats_freeable: 2,
            teams: 4,
            empty_teams: 1,
            teams_without_admin: 1,
            user_groups: 1,
            grants: inventory.grants.len() as u64,
        });
    }

    async fn a_difference_names_every_change_and_when(fixture: Fixture) {
        let start = fixture.publish(&small("1")).await.effective_at;
        let renamed = small("1")
            .team("10", "Design Studio")
            .with(Account { license: Known::Known(License::Advanced), ..small("1").account("2").clone() })
            .grant("1", "team:20:member");
        let middle = fixture.publish(&renamed).await.effective_at;
        let mut end_state = renamed.clone()
            .without("3")
            .with(member("4", "dora@example.org"))
            .revoke("1", "team:20:member")
            .team("30", "New");
        end_state.user_groups.clear();
        let end_state = end_state.revoke("2", "user_group:7:member");
        let end = fixture.publish(&end_state).await.effective_at;

        let changes = all(fixture.store.diff(&"1".into(), start, end)).await;
        assert!(changes.iter().all(|change| change.class == ChangeClass::Access), "{changes:#?}");
        let text: Vec<_> = changes.iter().map(|change| (change.at, describe(&change.change))).collect();
        let expected = [
            (middle, "team 10: Design -> Design Studio"),
            (end, "team added: New"),
            (end, "user group removed: Everyone"),
            (middle, "2 License: \"full\" -> \"advanced\""),
            (end, "account removed: carl@elsewhere.net"),
            (end, "account added: dora@example.org"),
            (middle, "granted: 2 license:advanced -"),
            (end, "granted: 4 license:full -"),
            (end, "granted: 4 role:organization_internal_user -"),
            (middle, "revoked: 2 license:full -"),
            (end, "revoked: 2 user_group:7:member Everyone"),
            (end, "revoked: 3 license:free_restricted -"),
            (end, "revoked: 3 role:organization_team_guest_user -"),
            (end, "revoked: 3 team:20:member Research"),
        ];
        let expected: Vec<_> = expected.iter().map(|(at, text)| (*at, (*text).to_owned())).collect();
        assert_eq!(text, expected);
        assert!(all(fixture.store.diff(&"1".into(), end, end)).await.is_empty());
        assert!(all(fixture.store.diff(&"2".into(), start, end)).await.is_empty());
        let first_half = all(fixture.store.diff(&"1".into(), start, middle)).await;
        assert_eq!(first_half.len(), 5);
    }

    async fn what_comes_into_view_is_no_change_of_access(fixture: Fixture) {
        // First through SCIM, without guests, roles in teams, activity; then with everything.
        let scim = Coverage { guests: Seen::No, activity: Seen::No, team_roles: Seen::No, user_groups: Seen::No, ..everything() };
        let hidden = |account: &Account| Account {
            license_assigned_at: Known::Unknown,
            last_activity_at: Known::Unknown,
            license: Known::Unknown,
            admin_roles: account.admin_roles.clone().map(|roles| {
                roles.into_iter().map(|role| AdminRole { kind: Known::Unknown, ..role }).collect()
            }),
            ..account.clone()
        };
        let whole = small("1");
        let through_scim = Inventory::of("1")
            .with(hidden(whole.account("1")))
            .with(hidden(whole.account("2")))
            .team("10", "Design")
            .team("20", "Research")
            .grant("1", "team:10:unknown")
            .grant("2", "team:10:unknown");
        let before_all = fixture.clock.now();
        let start = fixture.publish_what_was_seen(&through_scim, scim).await.effective_at;
        let end = fixture.publish(&whole).await.effective_at;

        let changes = all(fixture.store.diff(&"1".into(), start, end)).await;
        let access: Vec<_> = changes.iter()
            .filter(|change| change.class == ChangeClass::Access)
            .map(|change| describe(&change.change))
            .collect();
        assert_eq!(access, ["granted: 2 team:20:admin Research"]);
        assert!(changes.len() > 10);
        let from_the_start = all(fixture.store.diff(&"1".into(), before_all, start)).await;
        assert!(from_the_start.iter().all(|change| change.class == ChangeClass::Visibility));
    }

    async fn what_came_and_went_in_between_is_no_difference(fixture: Fixture) {
        let start = fixture.publish(&small("1")).await.effective_at;
        fixture.publish(&small("1").without("2").team("30", "Short")).await;
        fixture.publish(&small("1")).await;
        let end = fixture.clock.now().saturating_add(Duration::from_hours(1)).unwrap();
        assert_eq!(all(fixture.store.diff(&"1".into(), start, end)).await, []);
    }
}

fn describe(change: &Change) -> String {
    match change {
        Change::TeamAdded { team } => format!("team added: {}", team.name),
        Change::TeamRemoved { team } => format!("team removed: {}", team.name),
        Change::TeamRenamed {
            team,
            before,
            after,
        } => format!("team {team}: {before} -> {after}"),
        Change::UserGroupAdded { user_group } => format!("user group added: {}", user_group.name),
        Change::UserGroupRemoved { user_group } => {
            format!("user group removed: {}", user_group.name)
        }
        Change::UserGroupRenamed {
            user_group,
            before,
            after,
        } => format!("user group {user_group}: {before} -> {after}"),
        Change::AccountAdded { account } => format!("account added: {}", account.email),
        Change::AccountRemoved { account } => format!("account removed: {}", account.email),
        Change::AccountChanged {
            account,
            attribute,
            before,
            after,
            ..
        } => {
            let show = |value: &Known<serde_json::Value>| {
                value.clone().known().unwrap_or(json!("?")).to_string()
            };
            format!(
                "{account} {attribute:?}: {} -> {}",
                show(before),
                show(after)
            )
        }
        Change::GrantAdded {
            grant,
            resource_name,
            ..
        } => format!(
            "granted: {} {} {}",
            grant.account,
            grant.entitlement,
            resource_name.as_deref().unwrap_or("-")
        ),
        Change::GrantRemoved {
            grant,
            resource_name,
            ..
        } => format!(
            "revoked: {} {} {}",
            grant.account,
            grant.entitlement,
            resource_name.as_deref().unwrap_or("-")
        ),
    }
}
