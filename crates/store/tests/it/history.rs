//! Any sequence of snapshots: the inventory of every time can be read, and nothing that was not seen is
//! forgotten. The rules are written down a second time here, in plain code.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use usher_model::*;
use usher_store::Merged;

use crate::support::*;

/// One snapshot, and what it could see.
type Step = (Inventory, Coverage);

fn known<T: Clone + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Known<T>> {
    prop_oneof![3 => value.prop_map(Known::Known), 1 => Just(Known::Unknown)]
}

fn time() -> impl Strategy<Value = Option<Timestamp>> {
    prop_oneof![
        Just(None),
        Just(Some(at("2026-01-01T00:00:00Z"))),
        Just(Some(at("2026-01-02T00:00:00.123Z"))),
    ]
}

fn role(guests: bool) -> BoxedStrategy<Known<OrganizationRole>> {
    let internal = prop_oneof![
        Just(Known::Unknown),
        Just(Known::Known(OrganizationRole::InternalUser)),
        Just(Known::Known(OrganizationRole::InternalAdmin)),
    ];
    if guests {
        prop_oneof![
            internal,
            Just(Known::Known(OrganizationRole::TeamGuestUser)),
        ]
        .boxed()
    } else {
        internal.boxed()
    }
}

fn admin_roles(seen: bool) -> BoxedStrategy<Known<Vec<AdminRole>>> {
    if !seen {
        return Just(Known::Unknown).boxed();
    }
    let kind = prop_oneof![
        Just(Known::Unknown),
        Just(Known::Known(AdminRoleKind::Prebuilt)),
    ];
    let roles = btree_map("[AB]", kind, 0..3).prop_map(|roles| {
        let role = |(name, kind)| AdminRole { kind, name };
        roles.into_iter().map(role).collect()
    });
    known(roles).boxed()
}

fn account(coverage: Coverage) -> impl Strategy<Value = Account> {
    (
        "[ab]@x\\.org",
        known("[PQ]"),
        any::<bool>(),
        role(coverage.guests.is_seen()),
        known(prop_oneof![Just(License::Full), Just(License::Free)]),
        known(time()),
        known(time()),
        admin_roles(coverage.admin_roles.is_seen()),
        known(Just(EnterpriseAttributes::default())),
    )
        .prop_map(
            |(email, name, active, role, license, assigned, activity, admin_roles, enterprise)| {
                Account {
                    id: "".into(),
                    email: Email::new(email),
                    display_name: name,
                    status: AccountStatus::from_active_flag(active),
                    role,
                    license,
                    license_assigned_at: assigned,
                    last_activity_at: activity,
                    admin_roles,
                    enterprise,
                }
            },
        )
}

fn coverage() -> impl Strategy<Value = Coverage> {
    let seen = || any::<bool>().prop_map(Seen::from);
    (seen(), seen(), seen(), seen()).prop_map(|(guests, teams, admin_roles, user_groups)| {
        Coverage {
            guests,
            teams,
            admin_roles,
            user_groups,
            ..everything()
        }
    })
}

fn step() -> impl Strategy<Value = Step> {
    coverage().prop_flat_map(|coverage| {
        let most = |seen: Seen| if seen.is_seen() { 3 } else { 1 };
        let teams = btree_map("[123]", "[TU]", 0..most(coverage.teams));
        let groups = btree_map("[78]", "[GH]", 0..most(coverage.user_groups));
        let accounts = btree_map("[abcde]", account(coverage), 0..5);
        let in_teams = btree_map(("[abcde]", "[123]"), "member|admin|unknown", 0..6);
        let in_groups = vec(("[abcde]", "[78]"), 0..4);
        (accounts, teams, groups, in_teams, in_groups).prop_map(
            move |(accounts, teams, groups, in_teams, in_groups)| {
                let mut inventory = Inventory::of("");
                for (id, account) in accounts {
                    inventory.put(Account {
                        id: id.into(),
                        ..account
                    });
                }
                for (id, name) in &teams {
                    inventory = inventory.team(id, name);
                }
                for (id, name) in &groups {
                    inventory = inventory.user_group(id, name);
                }
                let there = |inventory: &Inventory, account: &str| {
                    inventory.accounts.contains_key(&AccountId::new(account))
                };
                for ((account, team), role) in &in_teams {
                    if there(&inventory, account) && teams.contains_key(team) {
                        inventory = inventory.grant(account, &format!("team:{team}:{role}"));
                    }
                }
                for (account, group) in &in_groups {
                    if there(&inventory, account) && groups.contains_key(group) {
                        inventory = inventory.grant(account, &format!("user_group:{group}:member"));
                    }
                }
                (inventory, coverage)
            },
        )
    })
}

/// What the inventory must be after a snapshot.
fn after(before: &Inventory, (seen, coverage): &Step) -> Inventory {
    let mut now = Inventory::of(&before.organization);
    for (id, account) in &before.accounts {
        let hidden = matches!(&account.role, Known::Known(role) if !role.is_internal())
            && !coverage.guests.is_seen();
        if hidden && !seen.accounts.contains_key(id) {
            now.accounts.insert(id.clone(), account.clone());
        }
    }
    for (id, account) in &seen.accounts {
        let merged = before
            .accounts
            .get(id)
            .map_or_else(|| account.clone(), |old| keep(old, account));
        now.accounts.insert(id.clone(), merged);
    }
    now.teams = if coverage.teams.is_seen() {
        BTreeMap::new()
    } else {
        before.teams.clone()
    };
    now.teams.extend(seen.teams.clone());
    now.user_groups = if coverage.user_groups.is_seen() {
        BTreeMap::new()
    } else {
        before.user_groups.clone()
    };
    now.user_groups.extend(seen.user_groups.clone());
    for account in now.accounts.clone().into_values() {
        now.put(account);
    }
    add_memberships(&mut now, before, seen, *coverage);
    now
}

fn keep(old: &Account, new: &Account) -> Account {
    let license = new.license.clone().or(old.license.clone());
    let kept_date = if license == old.license {
        old.license_assigned_at
    } else {
        Known::Unknown
    };
    let admin_roles = new.admin_roles.clone().map(|roles| {
        let before = old.admin_roles.clone().known().unwrap_or_default();
        let kind = |role: &AdminRole| {
            let same = before.iter().find(|old| old.name == role.name);
            let before = same.map_or(Known::Unknown, |old| old.kind.clone());
            role.kind.clone().or(before)
        };
        roles
            .iter()
            .map(|role| AdminRole {
                kind: kind(role),
                name: role.name.clone(),
            })
            .collect()
    });
    Account {
        id: new.id.clone(),
        email: new.email.clone(),
        display_name: new.display_name.clone().or(old.display_name.clone()),
        status: new.status,
        role: new.role.clone().or(old.role.clone()),
        license_assigned_at: new.license_assigned_at.or(kept_date),
        last_activity_at: new.last_activity_at,
        license,
        admin_roles: admin_roles.or(old.admin_roles.clone()),
        enterprise: new.enterprise.clone().or(old.enterprise.clone()),
    }
}

fn add_memberships(now: &mut Inventory, before: &Inventory, seen: &Inventory, coverage: Coverage) {
    for grant in &before.grants {
        let not_looked_at = !seen.accounts.contains_key(&grant.account);
        let stays = match &grant.entitlement {
            Entitlement::Team { team, .. } => {
                now.teams.contains_key(team) && (not_looked_at || !coverage.teams.is_seen())
            }
            Entitlement::UserGroup(group) => {
                now.user_groups.contains_key(group)
                    && (not_looked_at || !coverage.user_groups.is_seen())
            }
            _ => false,
        };
        if stays && now.accounts.contains_key(&grant.account) {
            now.grants.insert(grant.clone());
        }
    }
    for grant in &seen.grants {
        match &grant.entitlement {
            Entitlement::Team {
                team,
                role: TeamRole::Unknown,
            } => {
                let had = before.grants.iter().find(|old| {
                    old.account == grant.account
                        && matches!(&old.entitlement, Entitlement::Team { team: of, .. } if of == team)
                });
                now.grants.insert(had.unwrap_or(grant).clone());
            }
            Entitlement::Team { .. } | Entitlement::UserGroup(_) => {
                now.grants.insert(grant.clone());
            }
            _ => {}
        }
    }
}

async fn holds(fixture: &Fixture, organization: &str, steps: &[Step]) {
    let mut past = Vec::new();
    let mut expected = Inventory::of(organization);
    for (inventory, coverage) in steps {
        let mut inventory = inventory.clone();
        organization.clone_into(&mut inventory.organization);
        let step = (inventory, *coverage);
        let before = expected.clone();
        expected = after(&before, &step);
        let outcome = fixture.publish_what_was_seen(&step.0, step.1).await;
        let found = fixture.read(organization, None).await;
        assert_eq!(found, expected, "after {step:?} on {before:?}");
        nothing_hidden_is_forgotten(&before, &found, &step);
        let again = fixture.publish_what_was_seen(&step.0, step.1).await;
        assert_eq!(again.rows_written, 0, "the same snapshot again: {again:?}");
        past.push((outcome.effective_at, expected.clone()));
    }
    for (time, expected) in past {
        assert_eq!(fixture.read(organization, Some(time)).await, expected);
    }
}

/// Checked apart from the model above, which could share a mistake with the store.
fn nothing_hidden_is_forgotten(before: &Inventory, found: &Inventory, (_, coverage): &Step) {
    for account in before.accounts.values() {
        let internal = !matches!(&account.role, Known::Known(role) if !role.is_internal());
        let still_there = found.accounts.contains_key(&account.id);
        assert!(internal || coverage.guests.is_seen() || still_there);
    }
    if !coverage.teams.is_seen() {
        assert!(
            before
                .teams
                .keys()
                .all(|team| found.teams.contains_key(team))
        );
    }
    for grant in &before.grants {
        let hidden = match grant.entitlement {
            Entitlement::Team { .. } => !coverage.teams.is_seen(),
            Entitlement::UserGroup(_) => !coverage.user_groups.is_seen(),
            Entitlement::AdminRole(_) => !coverage.admin_roles.is_seen(),
            _ => false,
        };
        let account_there = found.accounts.contains_key(&grant.account);
        assert!(
            !hidden || !account_there || found.grants.contains(grant),
            "{grant:?}"
        );
    }
}

fn any_history(make: impl AsyncFn() -> Fixture, cases: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let fixture = runtime.block_on(make());
    let case = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&vec(step(), 1..5), |steps| {
            case.set(case.get() + 1);
            let organization = case.get().to_string();
            runtime.block_on(holds(&fixture, &organization, &steps));
            Ok(())
        })
        .unwrap();
}

#[test]
fn any_history_can_be_read_back_on_sqlite() {
    any_history(async || Fixture::sqlite().await, 256);
}

#[test]
fn any_history_can_be_read_back_on_postgres() {
    any_history(async || Fixture::postgres().await, 64);
}

on_both_engines! {
    async fn a_thousand_rows_and_one_are_all_written(fixture: Fixture) {
        let sync = fixture.begin("1").await;
        let accounts = (0..1001).map(|n| member(&n.to_string(), &format!("p{n}@x.org")));
        let merged = Merged { accounts: accounts.collect(), ..Merged::default() };
        fixture.store.merge(&sync, &merged).await.unwrap();
        let finish = finish(fixture.clock.now(), everything());
        let outcome = fixture.store.publish(&sync, &finish, |_| Vec::new()).await.unwrap();
        assert_eq!(outcome.accounts.added, 1001);
    }
}
