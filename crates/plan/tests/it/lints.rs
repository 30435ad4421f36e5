//! The lints find what a planner must not do: each rule is broken by hand.

use usher_model::{
    AccountStatus, AssignmentTarget, HoldKind, HoldSubject, Known, License, OrganizationRole,
    PersonId, PersonStatus, Seen, TeamRole,
};
use usher_plan::{
    AccountRef, Action, ActionKind, Change, ChangeKey, LintRule, Plan, ProtectedAccount, Reason,
    Switch, TargetAttribute, TeamRef, UnmanagedPolicy, Urgency, lint,
};

use crate::build::{World, application, days_ago, now, team_target};

/// A world whose plan has one change of most kinds.
fn busy() -> World {
    let mut world = World::new();
    world.allow_everything();
    world
        .employee("ada", "10")
        .attributes
        .set_text("department", "Art");
    world.employee("ben", "11").status = PersonStatus::Gone;
    world.employee("cid", "12");
    world.employee("dot", "13").status = PersonStatus::Gone;
    world.account_named("13").status = AccountStatus::Deactivated;
    world.link_of("dot").disabled_at = Some(days_ago(40));
    world.settings.deprovision.delete_after_days = Some(30);
    world.account_named("11").license = Known::Known(License::Full);
    world.account_named("12").status = AccountStatus::Deactivated;
    world.person("new");
    world.assign_person("new", application());
    world.team(
        "901",
        "Design",
        &[("1", TeamRole::Admin), ("10", TeamRole::Member)],
    );
    world.team("902", "Ops", &[("1", TeamRole::Admin)]);
    world.given("10", "team:901:member");
    world.assign_person("cid", team_target("902", TeamRole::Member));
    let license = License::Full;
    world.assign_person("ada", AssignmentTarget::License { license });
    world
}

fn rules(world: &World, plan: &Plan) -> Vec<LintRule> {
    let findings = lint(
        plan,
        &world.inventory,
        &world.desired,
        &world.settings,
        now(),
    );
    let mut rules: Vec<LintRule> = findings.iter().map(|finding| finding.rule).collect();
    rules.dedup();
    rules
}

fn change(plan: &mut Plan, kind: ActionKind) -> &mut Change {
    let mut changes = plan.changes.iter_mut();
    changes.find(|change| change.action.kind() == kind).unwrap()
}

/// Breaks a plan and gives the rules that notice.
fn broken(spoil: impl Fn(&mut World, &mut Plan)) -> Vec<LintRule> {
    let mut world = busy();
    let (mut plan, _) = world.plan();
    spoil(&mut world, &mut plan);
    rules(&world, &plan)
}

fn add(plan: &mut Plan, action: Action, reason: Reason) {
    let number = u32::try_from(plan.changes.len()).unwrap() + 1;
    plan.changes.push(Change {
        number,
        key: ChangeKey(format!("added {number}")),
        person: None,
        label: "added".to_owned(),
        action,
        reasons: vec![reason],
        consequences: vec![
            usher_plan::Consequence::Irreversible,
            usher_plan::Consequence::OrdinaryLoginRemains,
        ],
        after: Vec::new(),
        urgency: Urgency::Normal,
    });
}

#[test]
fn the_plan_to_be_broken_has_no_findings_itself() {
    let (plan, _) = busy().plan();
    assert!(plan.counts().len() >= 8, "{:?}", plan.counts());
}

#[test]
fn a_plan_on_nothing_believable_is_found() {
    assert!(broken(|world, _| world.inventory.snapshot = None).contains(&LintRule::Untrusted));
}

#[test]
fn a_removal_on_old_or_unseen_data_is_found() {
    let old = broken(|world, _| {
        world.inventory.snapshot.as_mut().unwrap().confirmed_at = days_ago(3);
    });
    assert!(old.contains(&LintRule::Untrusted));
    let unseen = broken(|world, _| {
        world.inventory.snapshot.as_mut().unwrap().coverage.teams = Seen::No;
    });
    assert!(unseen.contains(&LintRule::Untrusted));
}

#[test]
fn a_protected_or_held_account_that_is_touched_is_found() {
    let protected = broken(|world, _| {
        let protected = &mut world.settings.guards.protected;
        protected.push(ProtectedAccount::Id("10".into()));
    });
    assert!(protected.contains(&LintRule::Untouchable));
    let held = broken(|world, _| {
        world.hold(
            HoldSubject::Person(PersonId::new("ada")),
            HoldKind::LeaveAlone,
        );
    });
    assert!(held.contains(&LintRule::Untouchable));
    let disabled = broken(|world, _| {
        world.hold(HoldSubject::Account("12".into()), HoldKind::KeepDisabled);
    });
    assert!(disabled.contains(&LintRule::KeptDisabled));
}

#[test]
fn an_unmanaged_account_that_is_touched_beyond_its_policy_is_found() {
    let spoil = |policy| {
        broken(move |world, plan| {
            world.settings.unmanaged = policy;
            world.account("77", "who@x.org");
            let account = "77".into();
            add(plan, Action::Disable { account }, Reason::Unmanaged);
        })
    };
    assert!(spoil(UnmanagedPolicy::Report).contains(&LintRule::Unmanaged));
    assert!(!spoil(UnmanagedPolicy::Disable).contains(&LintRule::Unmanaged));
}

#[test]
fn a_change_to_a_guest_is_found() {
    let found = broken(|world, _| {
        world.account_named("10").role = Known::Known(OrganizationRole::TeamGuestUser);
    });
    assert!(found.contains(&LintRule::Guest));
}

#[test]
fn a_last_admin_who_goes_is_found() {
    let found = broken(|world, plan| {
        world.link("boss", "1");
        let account = "1".into();
        add(plan, Action::Disable { account }, Reason::PersonGone);
    });
    assert!(found.contains(&LintRule::LastAdmin));
}

#[test]
fn a_guard_that_counts_wrongly_or_is_missing_is_found() {
    assert_eq!(
        broken(|_, plan| plan.guards[0].counted += 1),
        [LintRule::Guard]
    );
    assert_eq!(
        broken(|_, plan| plan.guards[3].tripped = false),
        [LintRule::Guard]
    );
    assert_eq!(broken(|_, plan| drop(plan.guards.pop())), [LintRule::Guard]);
    let trimmed = broken(|_, plan| drop(plan.changes.pop()));
    assert!(trimmed.contains(&LintRule::Guard));
}

#[test]
fn a_deletion_before_its_grace_is_found() {
    let early = broken(|world, _| world.link_of("dot").disabled_at = Some(days_ago(29)));
    assert_eq!(early, [LintRule::Grace]);
    let off = broken(|world, _| world.settings.user_actions.delete = Switch::Off);
    assert_eq!(off, [LintRule::SwitchedOff]);
}

#[test]
fn something_taken_away_that_usher_did_not_give_is_found() {
    assert_eq!(
        broken(|world, _| world.desired.provisioned.clear()),
        [LintRule::NotOurs]
    );
}

#[test]
fn a_missing_consequence_is_found() {
    for kind in [
        ActionKind::Create,
        ActionKind::Enable,
        ActionKind::Disable,
        ActionKind::License,
    ] {
        let found = broken(|_, plan| change(plan, kind).consequences.clear());
        assert!(
            found.contains(&LintRule::Consequence),
            "{kind:?}: {found:?}"
        );
    }
}

#[test]
fn wrong_numbers_and_dependencies_are_found() {
    assert!(broken(|_, plan| plan.changes.swap(0, 1)).contains(&LintRule::Order));
    let late = broken(|_, plan| plan.changes[0].after = vec![2]);
    assert!(late.contains(&LintRule::Order));
}

#[test]
fn a_change_without_reason_or_key_is_found() {
    assert_eq!(
        broken(|_, plan| plan.changes[0].reasons.clear()),
        [LintRule::Reason]
    );
    let twice = broken(|_, plan| plan.changes[1].key = plan.changes[0].key.clone());
    assert_eq!(twice, [LintRule::Reason]);
}

#[test]
fn a_change_that_does_not_wait_for_its_account_is_found() {
    let found = broken(|_, plan| change(plan, ActionKind::AddToTeam).after.clear());
    assert_eq!(found, [LintRule::EnableFirst]);
    let never = broken(|_, plan| {
        let Action::Enable { account } = change(plan, ActionKind::Enable).action.clone() else {
            panic!();
        };
        change(plan, ActionKind::Enable).action = Action::Rename {
            account,
            before: String::new(),
            after: String::new(),
        };
    });
    assert!(never.contains(&LintRule::EnableFirst));
}

#[test]
fn a_licence_that_does_not_rise_is_found() {
    let found = broken(|world, _| {
        world.account_named("10").license = Known::Known(License::Advanced);
    });
    assert!(found.contains(&LintRule::License));
}

#[test]
fn a_change_to_the_default_team_is_found() {
    let found = broken(|world, _| world.inventory.default_team = Known::Known("902".into()));
    assert!(found.contains(&LintRule::DefaultTeam));
}

#[test]
fn a_removal_under_an_unknown_group_model_is_found() {
    let found = broken(|world, _| world.inventory.group_model = Known::Unknown);
    assert_eq!(found, [LintRule::GroupModel]);
}

#[test]
fn putting_in_what_is_taken_out_is_found() {
    let found = broken(|_, plan| {
        let action = Action::AddToTeam {
            account: AccountRef::Existing("10".into()),
            team: TeamRef::Existing("901".into()),
        };
        add(plan, action, Reason::EveryoneInScope);
    });
    assert!(found.contains(&LintRule::Churn));
}

#[test]
fn a_change_beyond_the_chosen_people_is_found() {
    let found = broken(|_, plan| plan.basis.only = vec![PersonId::new("ada")]);
    assert!(found.contains(&LintRule::Only));
}

#[test]
fn clearing_what_nobody_has_seen_is_found() {
    let found = broken(|_, plan| {
        if let Action::UpdateAttributes { changes, .. } =
            &mut change(plan, ActionKind::Update).action
        {
            (changes[0].before, changes[0].after) = (None, None);
        }
    });
    assert_eq!(found, [LintRule::Untrusted]);
    let derived = broken(|_, plan| {
        if let Action::UpdateAttributes { changes, .. } =
            &mut change(plan, ActionKind::Update).action
        {
            changes[0].attribute = TargetAttribute::GivenName;
        }
    });
    assert_eq!(derived, [LintRule::Untrusted]);
}
