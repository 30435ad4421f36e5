//! What failed lately is left out of a plan, with what needs it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::Config;
use usher_model::PersonStatus;
use usher_plan::{
    ActionKind, Basics, Change, ChangeKey, Guard, Plan, Report, Wait, WhySetAside, basis_hash,
    lint, set_aside, weigh_guards,
};

use crate::build::{World, application, now, only, words};
use crate::worlds::world;

fn wait() -> Wait {
    Wait {
        until: now() + std::time::Duration::from_secs(300),
        attempts: 2,
        error: "boom".to_owned(),
    }
}

fn waiting<'a>(changes: impl IntoIterator<Item = &'a Change>) -> BTreeMap<ChangeKey, Wait> {
    let changes = changes.into_iter();
    changes.map(|one| (one.key.clone(), wait())).collect()
}

fn basics(world: &World) -> Basics<'_> {
    Basics {
        inventory: &world.inventory,
        desired: &world.desired,
        settings: &world.settings,
    }
}

fn planned(world: &World) -> (Plan, Report) {
    let request = crate::build::request(Vec::new());
    usher_plan::plan(&world.inventory, &world.desired, &world.settings, &request).unwrap()
}

fn keys(changes: &[Change]) -> BTreeSet<&ChangeKey> {
    changes.iter().map(|change| &change.key).collect()
}

#[test]
fn a_change_that_waits_is_left_out_with_what_needs_it_and_both_are_named() {
    let mut world = World::new();
    world.team("901", "Design", &[]);
    for name in ["ada", "ben"] {
        world.person(name);
        world.assign_person(name, application());
        world.assign_person(name, crate::build::team_named("Design"));
    }
    let made = world.plan();
    let changes = made.0.changes.iter();
    let of = |name: &'static str| {
        let changes = made.0.changes.iter();
        changes.filter(move |one| one.label.starts_with(name))
    };
    let create = of("ada").find(|one| one.action.kind() == ActionKind::Create);
    let create = create.unwrap();
    let needing = changes.filter(|one| one.after.contains(&create.number));
    let needing: Vec<_> = needing.cloned().collect();
    assert!(!needing.is_empty());
    let (left, report) = set_aside(made.clone(), &waiting([create]), basics(&world));
    let bens: Vec<_> = of("ben").map(words).collect();
    assert_eq!(left.changes.iter().map(words).collect::<Vec<_>>(), bens);
    assert!(
        left.changes
            .iter()
            .zip(1..)
            .all(|(one, number)| one.number == number)
    );
    assert_eq!(report.set_aside.len(), 1 + needing.len());
    let root = report.set_aside.iter().find(|one| one.key == create.key);
    assert_eq!(root.unwrap().why, WhySetAside::Failed(wait()));
    let follower = report
        .set_aside
        .iter()
        .find(|one| one.key == needing[0].key);
    let why = WhySetAside::Needs {
        key: create.key.clone(),
        action: ActionKind::Create,
        label: "ada@x.org".to_owned(),
    };
    assert_eq!(follower.unwrap().why, why);
}

#[test]
fn a_plan_is_as_it_was_when_nothing_of_it_waits() {
    let mut world = World::new();
    world.person("ada");
    world.assign_person("ada", application());
    let made = world.plan();
    let other = BTreeMap::from([(ChangeKey("of somebody else".into()), wait())]);
    assert_eq!(set_aside(made.clone(), &other, basics(&world)), made);
}

#[test]
fn guards_weigh_what_is_left() {
    let mut world = World::new();
    world.employee("ada", "10").status = PersonStatus::Disabled;
    let made = world.plan();
    let disable = only(&made.0, ActionKind::Disable).clone();
    let (left, _) = set_aside(made, &waiting([&disable]), basics(&world));
    let mut removals = left.guards.iter();
    let removals = removals.find(|verdict| verdict.guard == Guard::MassRemoval);
    assert_eq!(removals.unwrap().counted, 0);
    assert!(left.is_empty());
}

proptest! {
    #![proptest_config(Config { cases: 1500, failure_persistence: None, ..Config::default() })]

    /// Nothing is lost, nothing is left that needs what is not there, and what is left is a plan as good as any.
    #[test]
    fn what_is_left_is_a_sound_plan_whatever_waits(
        bytes in proptest::collection::vec(any::<u8>(), 0..420),
        choice in any::<u64>(),
    ) {
        let world = world(&bytes);
        let made = planned(&world);
        let mut turn = 0;
        let chosen = made.0.changes.iter().filter(|_| {
            turn += 1;
            choice.rotate_left(turn) & 1 == 1
        });
        let waiting = waiting(chosen);
        let (left, report) = set_aside(made.clone(), &waiting, basics(&world));
        let findings = lint(&left, &world.inventory, &world.desired, &world.settings, now());
        prop_assert!(findings.is_empty(), "{:#?}", findings);
        let aside: BTreeSet<_> = report.set_aside.iter().map(|one| &one.key).collect();
        prop_assert!(waiting.keys().all(|key| aside.contains(key)));
        let kept = keys(&left.changes);
        prop_assert!(kept.is_disjoint(&aside));
        prop_assert_eq!(kept.len() + aside.len(), made.0.changes.len());
        let key = |plan: &Plan, number: u32| plan.change(number).unwrap().key.clone();
        for change in &left.changes {
            let before = made.0.changes.iter().find(|one| one.key == change.key).unwrap();
            let needed: Vec<_> = change.after.iter().map(|at| key(&left, *at)).collect();
            let was: Vec<_> = before.after.iter().map(|at| key(&made.0, *at)).collect();
            prop_assert_eq!(needed, was, "it needs what it needed");
        }
        let weighed = weigh_guards(&left.changes, &world.inventory, &world.desired, &world.settings);
        prop_assert_eq!(&left.guards, &weighed);
        let hash = basis_hash(&left, &world.inventory, &world.desired, &world.settings);
        prop_assert_eq!(&left.basis.hash, &hash);
    }
}
