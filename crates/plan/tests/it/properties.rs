//! What holds for every plan, over made-up worlds.

use std::collections::{BTreeSet, HashMap, HashSet};

use proptest::prelude::*;
use proptest::test_runner::Config;
use usher_model::{
    Account, AccountId, AccountStatus, Completeness, HoldKind, HoldSubject, Known, Link,
    LinkOrigin, OrganizationRole, PersonId, Seen, TeamId, TeamRole,
};
use usher_plan::{
    Action, ActionKind, Change, Consequence, Desired, ExtraMembers, FirstCycle, Guard, Inventory,
    Plan, ProtectedAccount, Report, TargetAttribute, Threshold, UnmanagedPolicy, basis_hash, lint,
    plan, simulate,
};

use crate::build::{World, now, request, words};
use crate::tape::Tape;
use crate::worlds::world;

/// Ten thousand cases, or more where `PROPTEST_CASES` asks for more.
fn cases() -> Config {
    let asked = Config::default();
    Config {
        cases: asked.cases.max(10_000),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..asked
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..420)
}

fn planned(world: &World) -> (Plan, Report) {
    let request = request(Vec::new());
    plan(&world.inventory, &world.desired, &world.settings, &request).unwrap()
}

fn applied(world: &World, plan: &Plan) -> World {
    let (inventory, desired) = simulate(&world.inventory, &world.desired, plan);
    World {
        inventory,
        desired,
        settings: world.settings.clone(),
    }
}

fn lines(plan: &Plan) -> Vec<String> {
    plan.changes.iter().map(words).collect()
}

/// Whether a change is one that an account's creation makes possible: the manager's number is known only when the
/// manager has an account, and only an account that is there can be given a mapped licence.
fn follows_creation(change: &Change) -> bool {
    match &change.action {
        Action::UpdateAttributes { changes, .. } => changes
            .iter()
            .all(|change| change.attribute == TargetAttribute::Manager),
        Action::RaiseLicense { .. } => true,
        _ => false,
    }
}

/// Everything that has an active admin; `None` is the organization.
fn led(inventory: &Inventory) -> BTreeSet<Option<TeamId>> {
    let active: HashSet<&AccountId> = inventory
        .accounts
        .iter()
        .filter(|account| account.status == AccountStatus::Active)
        .map(|account| &account.id)
        .collect();
    let mut led = BTreeSet::new();
    for state in &inventory.teams {
        let mut members = state.members.iter();
        if members.any(|member| member.role == TeamRole::Admin && active.contains(&member.account))
        {
            led.insert(Some(state.team.id.clone()));
        }
    }
    let is_admin =
        |account: &&Account| account.role == Known::Known(OrganizationRole::InternalAdmin);
    let mut accounts = inventory.accounts.iter();
    if accounts.any(|account| is_admin(&account) && active.contains(&account.id)) {
        led.insert(None);
    }
    led
}

fn takes_away(change: &Change) -> bool {
    change.action.kind().is_removal()
        || match &change.action {
            Action::RemoveAdminRole { .. } => true,
            Action::SetRole { after, .. } => *after == OrganizationRole::InternalUser,
            Action::SetTeamRole { after, .. } => *after == TeamRole::Member,
            _ => false,
        }
}

/// Everything about an account that a change could change.
fn state(inventory: &Inventory, id: &AccountId) -> (Option<Account>, Vec<String>) {
    let mut held = Vec::new();
    for state in &inventory.teams {
        for member in state.members.iter().filter(|member| member.account == *id) {
            held.push(format!("{} {}", state.team.id, member.role));
        }
    }
    for state in &inventory.user_groups {
        if state.members.contains(id) {
            held.push(format!("group {}", state.user_group.id));
        }
    }
    (inventory.account(id).cloned(), held)
}

fn shuffle<T>(list: &mut [T], tape: &mut Tape<'_>) {
    for at in (1..list.len()).rev() {
        list.swap(at, tape.below(at + 1));
    }
}

fn shuffled(world: &World, bytes: &[u8]) -> World {
    let mut world = world.clone();
    let tape = &mut Tape::new(bytes);
    shuffle(&mut world.inventory.accounts, tape);
    shuffle(&mut world.inventory.teams, tape);
    shuffle(&mut world.inventory.user_groups, tape);
    for state in &mut world.inventory.teams {
        shuffle(&mut state.members, tape);
    }
    for state in &mut world.inventory.user_groups {
        shuffle(&mut state.members, tape);
    }
    let desired = &mut world.desired;
    shuffle(&mut desired.people, tape);
    shuffle(&mut desired.groups, tape);
    for group in &mut desired.groups {
        shuffle(&mut group.members, tape);
    }
    shuffle(&mut desired.assignments, tape);
    shuffle(&mut desired.holds, tape);
    shuffle(&mut desired.links, tape);
    shuffle(&mut desired.group_links, tape);
    shuffle(&mut desired.provisioned, tape);
    world
}

fn is_held(world: &World, kind: HoldKind, account: &Account) -> bool {
    let links = world
        .desired
        .links
        .iter()
        .filter(|link| link.account == account.id);
    let links: Vec<&Link> = links.collect();
    let pinned = links.iter().any(|link| link.how == LinkOrigin::Pinned);
    let owners: Vec<&PersonId> = links
        .iter()
        .filter(|link| !pinned || link.how == LinkOrigin::Pinned)
        .map(|link| &link.person)
        .collect();
    let holds = world
        .desired
        .holds
        .iter()
        .filter(|hold| hold.holds_at(now()));
    holds
        .filter(|hold| hold.kind == kind)
        .any(|hold| match &hold.subject {
            HoldSubject::Account(id) => *id == account.id,
            HoldSubject::Person(id) => owners.contains(&id),
        })
}

fn is_untouchable(world: &World, account: &Account) -> bool {
    let mut protected = world.settings.guards.protected.iter();
    let is_protected = protected.any(|protected| match protected {
        ProtectedAccount::Id(id) => *id == account.id,
        ProtectedAccount::Email(email) => *email == account.email,
    });
    let is_guest = account.role == Known::Known(OrganizationRole::TeamGuestUser);
    is_protected || is_guest || is_held(world, HoldKind::LeaveAlone, account)
}

/// Counts what the guards count, in the plainest way.
fn counted(world: &World, plan: &Plan, guard: Guard) -> u32 {
    let count = |is_it: &dyn Fn(&Change) -> bool| {
        u32::try_from(plan.changes.iter().filter(|change| is_it(change)).count()).unwrap()
    };
    let recent = &world.desired.recent;
    let rolling = |now: u32, before: u32| if now == 0 { 0 } else { now + before };
    let irreversible = |change: &Change| change.consequences.contains(&Consequence::Irreversible);
    match guard {
        Guard::MassRemoval => count(&takes_away),
        Guard::RollingRemoval => rolling(count(&takes_away), recent.disables_and_revokes),
        Guard::Irreversible => rolling(count(&irreversible), recent.irreversible),
        Guard::Deletion => count(&|change| change.action.kind() == ActionKind::Delete),
        Guard::AdminGrant => count(&|change| match &change.action {
            Action::SetRole { after, .. } => *after == OrganizationRole::InternalAdmin,
            action => matches!(action, Action::AddAdminRole { .. }),
        }),
        Guard::FirstCycle if world.desired.first_cycle == FirstCycle::Pending => count(&|_| true),
        _ => 0,
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_plan_that_was_carried_out_leaves_nothing_to_do(bytes in bytes()) {
        let first = world(&bytes);
        let (plan, _) = planned(&first);
        let second = applied(&first, &plan);
        let (again, _) = planned(&second);
        let creates = plan.changes.iter().any(|change| change.action.kind() == ActionKind::Create);
        let links = plan.changes.iter().any(|change| change.action.kind() == ActionKind::Link);
        let late = |change: &Change| (creates || links) && follows_creation(change);
        prop_assert!(again.changes.iter().all(late), "{:#?}\nthen {:#?}", lines(&plan), again.changes);
        let (third, _) = planned(&applied(&second, &again));
        prop_assert!(third.is_empty(), "{:#?}\nthen {:#?}\nthen {:#?}", lines(&plan), lines(&again), third.changes);
    }

    #[test]
    fn no_plan_removes_the_last_admin_of_a_team_or_of_the_organization(bytes in bytes()) {
        let before = world(&bytes);
        let (plan, _) = planned(&before);
        let after = applied(&before, &plan);
        let (had, has) = (led(&before.inventory), led(&after.inventory));
        prop_assert!(had.is_subset(&has), "{had:?} {has:?}\n{:#?}", lines(&plan));
    }

    #[test]
    fn protected_held_and_unmanaged_accounts_are_touched_only_as_their_policy_says(bytes in bytes()) {
        let before = world(&bytes);
        let (plan, _) = planned(&before);
        let after = applied(&before, &plan);
        let owned: HashSet<&AccountId> = after.desired.links.iter().map(|link| &link.account).collect();
        let was_owned: HashSet<&AccountId> = before.desired.links.iter().map(|link| &link.account).collect();
        for account in &before.inventory.accounts {
            let (was, is) = (state(&before.inventory, &account.id), state(&after.inventory, &account.id));
            if is_untouchable(&before, account) {
                prop_assert_eq!(was, is, "untouchable: {:#?}", lines(&plan));
            } else if is_held(&before, HoldKind::KeepDisabled, account) {
                let kept = is.0.unwrap();
                let was_on = account.status == AccountStatus::Active;
                prop_assert!(was_on || kept.status == AccountStatus::Deactivated);
                prop_assert_eq!(was.1, is.1, "kept disabled: {:#?}", lines(&plan));
            } else if !owned.contains(&account.id) && !was_owned.contains(&account.id) {
                let policies = (before.settings.unmanaged, before.settings.extra_members);
                let mut kept = is.0.unwrap();
                if policies.0 == UnmanagedPolicy::Disable {
                    kept.status = account.status;
                }
                prop_assert_eq!(&kept, account, "unmanaged: {:#?}", lines(&plan));
                let fewer = is.1.iter().all(|held| was.1.contains(held));
                prop_assert!(fewer && (is.1 == was.1 || policies.1 == ExtraMembers::Remove));
            }
        }
    }

    #[test]
    fn guards_hold_a_plan_and_never_trim_it(bytes in bytes()) {
        let world = world(&bytes);
        let (plan, _) = planned(&world);
        for verdict in &plan.guards {
            prop_assert_eq!(verdict.tripped, verdict.counted > verdict.allowed);
            if !matches!(verdict.guard, Guard::GroupShrink | Guard::LicenseUpgrade) {
                prop_assert_eq!(verdict.counted, counted(&world, &plan, verdict.guard), "{:?}", verdict);
            }
            if let Guard::MassRemoval | Guard::RollingRemoval = verdict.guard {
                let share = world.inventory.accounts.len() * usize::from(world.settings.guards.disables.percent) / 100;
                let allowed = world.settings.guards.disables.at_least.max(u32::try_from(share).unwrap());
                prop_assert_eq!(verdict.allowed, allowed);
            }
        }
        prop_assert_eq!(plan.is_held(), plan.guards.iter().any(|verdict| verdict.tripped));
        let mut free = world.clone();
        let all = Threshold { at_least: u32::MAX, percent: 100 };
        (free.settings.guards.disables, free.settings.guards.irreversible) = (all, all);
        free.settings.guards.group_shrink_percent = 100;
        prop_assert_eq!(planned(&free).0.changes, plan.changes);
    }

    #[test]
    fn unknown_suspect_or_stale_data_never_leads_to_a_removal(bytes in bytes()) {
        let world = world(&bytes);
        let (plan, report) = planned(&world);
        let Some(facts) = &world.inventory.snapshot else {
            prop_assert!(plan.is_empty() && report.blocked.iter().any(|blocked| blocked.what == "everything"));
            return Ok(());
        };
        if matches!(facts.verdict, Completeness::Suspect { .. }) {
            prop_assert!(plan.is_empty() && report.blocked.iter().any(|blocked| blocked.what == "everything"));
        }
        let is_old = facts.confirmed_at < now() - jiff::SignedDuration::from_hours(24);
        let unknown_model = !world.inventory.group_model.is_known();
        for change in &plan.changes {
            let kind = change.action.kind();
            prop_assert!(!is_old || !takes_away(change), "{}", words(change));
            let hidden = match kind {
                ActionKind::RemoveFromTeam => facts.coverage.teams == Seen::No || unknown_model,
                ActionKind::RemoveFromUserGroup | ActionKind::DeleteUserGroup => {
                    facts.coverage.user_groups == Seen::No || unknown_model
                }
                ActionKind::AdminRole => {
                    facts.coverage.admin_roles == Seen::No && takes_away(change)
                }
                _ => false,
            };
            prop_assert!(!hidden, "{}", words(change));
        }
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(bytes in bytes(), order in bytes()) {
        let world = world(&bytes);
        let other = shuffled(&world, &order);
        let (one, one_report) = planned(&world);
        let (two, two_report) = planned(&other);
        prop_assert_eq!(&one, &two);
        let key = |report: &Report| {
            let mut skipped: Vec<String> = report.skipped.iter().map(|skipped| format!("{skipped:?}")).collect();
            skipped.sort();
            skipped
        };
        prop_assert_eq!(key(&one_report), key(&two_report));
        let hash = basis_hash(&one, &other.inventory, &other.desired, &other.settings);
        prop_assert_eq!(&hash, &one.basis.hash);
    }

    #[test]
    fn the_lints_find_nothing_in_a_plan(bytes in bytes()) {
        let world = world(&bytes);
        let (plan, _) = planned(&world);
        let findings = lint(&plan, &world.inventory, &world.desired, &world.settings, now());
        prop_assert!(findings.is_empty(), "{findings:#?}\n{:#?}", plan.changes);
    }

    #[test]
    fn a_plan_for_some_people_is_a_part_of_the_plan_for_all(bytes in bytes(), chosen in 1_u8..63) {
        let world = world(&bytes);
        let (full, _) = planned(&world);
        let names = ["ada", "ben", "cid", "dot", "eve", "flo"];
        let only: Vec<PersonId> = names
            .iter()
            .enumerate()
            .filter(|(at, _)| chosen >> at & 1 == 1)
            .map(|(_, name)| PersonId::new(name))
            .collect();
        let part = plan(&world.inventory, &world.desired, &world.settings, &request(only.clone())).unwrap().0;
        let keys: HashMap<_, _> = full.changes.iter().map(|change| (&change.key, change)).collect();
        for change in &part.changes {
            let same = keys.get(&change.key);
            prop_assert!(same.is_some_and(|same| same.action == change.action), "{}", words(change));
            prop_assert!(change.person.as_ref().is_none_or(|person| only.contains(person)));
        }
        let findings = lint(&part, &world.inventory, &world.desired, &world.settings, now());
        prop_assert!(findings.is_empty(), "{findings:#?}\n{:#?}", part.changes);
    }

    #[test]
    fn what_does_not_touch_a_plan_leaves_its_basis_alone(bytes in bytes()) {
        let world = world(&bytes);
        let (plan, _) = planned(&world);
        let hash = |world: &World| basis_hash(&plan, &world.inventory, &world.desired, &world.settings);
        prop_assert_eq!(hash(&world), plan.basis.hash.clone());
        let mut moved = world.clone();
        moved.person("zoe");
        moved.account("99", "zoe@x.org");
        moved.settings.approval = usher_plan::Approval::Always;
        prop_assert_eq!(hash(&moved), plan.basis.hash.clone());
        let mut touched = world.clone();
        for account in &mut touched.inventory.accounts {
            account.license = Known::Known(usher_model::License::Advanced);
        }
        let about_accounts = plan.changes.iter().any(|change| {
            matches!(change.action.account(), Some(usher_plan::AccountRef::Existing(_)))
        });
        if about_accounts {
            prop_assert_ne!(hash(&touched), plan.basis.hash.clone());
        }
    }
}

#[test]
fn made_up_worlds_are_worth_planning_for() {
    let mut kinds: HashMap<ActionKind, u32> = HashMap::new();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut drops, mut refused, mut held) = (0, 0, 0);
    for _ in 0..6_000 {
        let bytes = bytes().new_tree(&mut runner).unwrap().current();
        let (plan, report) = planned(&world(&bytes));
        for (kind, count) in plan.counts() {
            *kinds.entry(kind).or_default() += count;
        }
        held += u32::from(plan.is_held());
        drops += report
            .skipped
            .iter()
            .filter(|skipped| skipped.step == "last admins")
            .count();
        refused += report
            .skipped
            .iter()
            .filter(|skipped| skipped.step == "linking")
            .count();
    }
    assert!(
        kinds.len() == 20,
        "some kinds of change never happen: {kinds:?}"
    );
    assert!(kinds.values().all(|count| *count >= 3), "{kinds:?}");
    assert!(
        drops > 50 && refused > 50 && held > 500,
        "{drops} {refused} {held}"
    );
}

use proptest::strategy::ValueTree;

/// The desire is only looked at here, so that a change of its shape is noticed.
#[test]
fn an_empty_world_needs_nothing() {
    let mut world = World::new();
    world.desired = Desired::default();
    assert!(planned(&world).0.is_empty());
}
