//! The rules about teams and user groups, one by one.

use usher_model::{AccountId, GroupModel, Known, PersonStatus, Seen, TeamRole};
use usher_plan::{ActionKind, BoardHeir, Consequence, DriftOutcome, ExtraMembers, Guard, Reason};

use crate::build::{World, application, days_ago, member, only, team_named, team_target, words};

#[test]
fn a_membership_that_usher_gave_ends_with_its_assignment() {
    let mut world = World::new();
    world.employee("ada", "10");
    world.employee("ben", "11");
    world.team(
        "901",
        "Design",
        &[("10", TeamRole::Member), ("11", TeamRole::Member)],
    );
    world.given("10", "team:901:member");
    world.inventory.boards.insert(AccountId::new("10"), 3);
    let (plan, _) = world.plan();
    let change = only(&plan, ActionKind::RemoveFromTeam);
    assert_eq!(change.label, "ada@x.org");
    assert!(change.consequences.contains(&Consequence::Irreversible));
    let boards = Consequence::BoardsHandedOver {
        boards: Some(3),
        heir: BoardHeir::CompanyAdmin,
    };
    assert!(change.consequences.contains(&boards), "{change:?}");
    assert_eq!(plan.changes.len(), 1, "what Usher did not give stays");
}

#[test]
fn a_leaver_keeps_every_membership_until_grace_is_over() {
    let mut world = World::new();
    world.employee("ada", "10").status = PersonStatus::Disabled;
    world.team("901", "Design", &[("10", TeamRole::Member)]);
    world.given("10", "team:901:member");
    world.settings.deprovision.remove_from_teams_after_days = Some(30);
    let mut after = world.applied();
    assert!(after.changes().is_empty());
    after.link_of("ada").disabled_at = Some(days_ago(30));
    assert_eq!(after.changes(), ["remove from team ada@x.org 901"]);
}

#[test]
fn the_default_team_is_never_touched() {
    let mut world = World::new();
    world.employee("ada", "10");
    world.team("901", "Design", &[("10", TeamRole::Member)]);
    world.inventory.default_team = Known::Known("901".into());
    world.given("10", "team:901:member");
    world.assign_person("ada", team_target("901", TeamRole::Admin));
    world.settings.extra_members = ExtraMembers::Remove;
    assert!(world.changes().is_empty());
}

#[test]
fn extra_members_of_a_pushed_team_are_listed_or_taken_out() {
    let mut world = World::new();
    world.employee("ada", "10");
    world.team("901", "Design", &[("10", TeamRole::Member)]);
    world.group("g1", "Design", &[]);
    world.group_link("g1", usher_model::GroupLinkTarget::Team("901".into()));
    world.assign_group("g1", application());
    let (plan, report) = world.plan();
    assert!(plan.is_empty());
    assert_eq!(report.drift[0].outcome, DriftOutcome::Reported);
    world.settings.extra_members = ExtraMembers::Remove;
    assert_eq!(world.changes(), ["remove from team ada@x.org 901"]);
}

#[test]
fn a_team_admin_is_made_after_joining_and_unmade_when_nobody_asks() {
    let mut world = World::new();
    world.employee("ada", "10");
    world.team("901", "Design", &[("1", TeamRole::Admin)]);
    world.assign_person("ada", team_target("901", TeamRole::Admin));
    let (plan, _) = world.plan();
    assert_eq!(
        plan.changes.iter().map(words).collect::<Vec<_>>(),
        ["add to team ada@x.org 901", "team role ada@x.org 901"]
    );
    assert_eq!(plan.changes[1].after, [1]);
    let mut after = world.applied();
    assert!(after.changes().is_empty());
    after.desired.assignments[1].target = team_target("901", TeamRole::Member);
    assert_eq!(after.changes(), ["team role ada@x.org 901"]);
}

#[test]
fn an_unknown_group_model_pushes_nothing_and_takes_nobody_out() {
    let mut world = World::new();
    world.inventory.group_model = Known::Unknown;
    world.employee("ada", "10");
    world.employee("ben", "11");
    world.team("901", "Design", &[("11", TeamRole::Member)]);
    world.given("11", "team:901:member");
    world.group("g1", "Design", &[member("ada")]);
    world.assign_group("g1", application());
    let (plan, report) = world.plan();
    assert!(plan.is_empty());
    assert!(!report.blocked.is_empty());
}

#[test]
fn teams_that_no_token_shows_are_left_alone() {
    let mut world = World::new();
    world.employee("ada", "10");
    world.team("901", "Design", &[("10", TeamRole::Member)]);
    world.given("10", "team:901:member");
    world.assign_person("ada", team_named("Ops"));
    world.allow_everything();
    world.inventory.snapshot.as_mut().unwrap().coverage.teams = Seen::No;
    let (plan, report) = world.plan();
    assert!(plan.is_empty());
    assert!(
        report
            .blocked
            .iter()
            .any(|blocked| blocked.what == "removals from teams")
    );
}

#[test]
fn a_user_group_raises_the_licence_and_the_guard_sees_it() {
    let mut world = World::new();
    world.inventory.group_model = Known::Known(GroupModel::UserGroup);
    world.employee("ada", "10");
    world.user_group("801", "Design", &[]);
    world.group("g1", "Design", &[member("ada")]);
    world.assign_group("g1", application());
    let (plan, _) = world.plan();
    let change = only(&plan, ActionKind::AddToUserGroup);
    assert!(
        change
            .consequences
            .contains(&Consequence::LicenseRaisedToFull)
    );
    let verdict = plan
        .guards
        .iter()
        .find(|verdict| verdict.guard == Guard::LicenseUpgrade);
    assert!(verdict.unwrap().tripped);
}

#[test]
fn two_groups_of_one_name_are_not_pushed_to_one_team() {
    let mut world = World::new();
    world.allow_everything();
    for id in ["g1", "g2"] {
        world.group(id, "Design", &[]);
        world.assign_group(id, application());
    }
    let (plan, report) = world.plan();
    assert!(plan.is_empty());
    assert!(
        report.skipped[0].why.contains("several assigned groups"),
        "{report:?}"
    );
}

#[test]
fn a_membership_that_somebody_took_away_by_hand_is_given_again_and_told() {
    let mut world = World::new();
    world.employee("ada", "10");
    world.team("901", "Design", &[]);
    world.assign_person("ada", team_target("901", TeamRole::Member));
    world.given("10", "team:901:member");
    let (plan, report) = world.plan();
    let change = only(&plan, ActionKind::AddToTeam);
    assert!(matches!(change.reasons[1], Reason::Drifted { .. }));
    assert_eq!(report.drift[0].outcome, DriftOutcome::Corrected);
}
