//! Explanations, as people read them.

use std::fmt::Write as _;

use usher_model::{
    AccountStatus, AppRole, AssignmentTarget, Email, HoldKind, HoldSubject, Known, License,
    PersonId, PersonStatus, TeamRole,
};
use usher_plan::{Explanation, Finding, explain};

use crate::build::{World, application, days_ago, member, now, team_target};

fn told(world: &World, person: &str) -> String {
    let id = PersonId::new(person);
    let explanation = explain(
        &id,
        &world.inventory,
        &world.desired,
        &world.settings,
        now(),
    )
    .unwrap();
    text(&explanation)
}

fn text(explanation: &Explanation) -> String {
    let mut text = format!("{}\n", explanation.label);
    if let Some(account) = &explanation.account {
        let status = account.status.as_str();
        writeln!(
            text,
            "account {} {} {status} ({})",
            account.id, account.email, account.tie
        )
        .unwrap();
    }
    for finding in std::iter::once(&explanation.standing).chain(&explanation.findings) {
        write(&mut text, finding);
    }
    for obstacle in &explanation.obstacles {
        writeln!(text, "in the way: {}; {}", obstacle.why, obstacle.remedy).unwrap();
    }
    text
}

fn write(text: &mut String, finding: &Finding) {
    writeln!(text, "{:?} {}", finding.fate, finding.thing).unwrap();
    for (word, lines) in [
        ("because", &finding.because),
        ("causes", &finding.causes),
        ("unless", &finding.unless),
    ] {
        for line in lines {
            writeln!(text, "  {word} {line}").unwrap();
        }
    }
}

#[test]
fn why_a_member_has_gets_and_loses_things() {
    let mut world = World::new();
    world
        .employee("ada", "10")
        .attributes
        .set_text("department", "Art");
    world.account_named("10").license = Known::Known(License::Full);
    world.team(
        "901",
        "Design",
        &[("1", TeamRole::Admin), ("10", TeamRole::Member)],
    );
    world.team(
        "902",
        "Ops",
        &[("1", TeamRole::Admin), ("10", TeamRole::Member)],
    );
    world.team(
        "903",
        "Old",
        &[("1", TeamRole::Admin), ("10", TeamRole::Admin)],
    );
    world.team("904", "Law", &[("1", TeamRole::Admin)]);
    world.group("g1", "Artists", &[member("ada")]);
    world.assign_group("g1", team_target("901", TeamRole::Member));
    world.given("10", "team:901:member");
    world.given("10", "team:902:member");
    world.assign_person("ada", team_target("904", TeamRole::Admin));
    world
        .assign_person("ada", team_target("902", TeamRole::Admin))
        .starts_at = Some(days_ago(-7));
    insta::assert_snapshot!(told(&world, "ada"));
}

#[test]
fn why_a_leaver_is_disabled() {
    let mut world = World::new();
    world.employee("ada", "10").status = PersonStatus::Disabled;
    world.team("901", "Design", &[("10", TeamRole::Member)]);
    world.given("10", "team:901:member");
    insta::assert_snapshot!(told(&world, "ada"));
}

#[test]
fn why_somebody_has_no_account() {
    let mut world = World::new();
    world.person("ada");
    let role = AppRole::new("Default Access");
    world.assign_person("ada", AssignmentTarget::Application { role });
    world.person("ben");
    world.assign_person("ben", application()).expires_at = Some(days_ago(1));
    world.person("cid");
    world.assign_person("cid", application());
    world.settings.scope.exclude.push(Email::new("cid@x.org"));
    let all: Vec<String> = ["ada", "ben", "cid", "zoe"]
        .iter()
        .map(|name| told(&world, name))
        .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn why_a_held_account_stays_disabled() {
    let mut world = World::new();
    world.employee("ada", "10");
    world.account_named("10").status = AccountStatus::Deactivated;
    world.hold(
        HoldSubject::Person(PersonId::new("ada")),
        HoldKind::KeepDisabled,
    );
    insta::assert_snapshot!(told(&world, "ada"));
}
