//! Plans: shown, held, decided, applied exactly.

use super::company::{Company, PEOPLE, without};
use crate::support::{assert_transcript, read};

#[test]
fn a_plan_is_shown_with_counts_reasons_and_consequences() {
    let company = Company::of_everyone();
    company.run(&["assign", "--group", "Design", "--team", "Design"]);
    assert_transcript!("plan", company.run(&["plan"]));
    assert_transcript!(
        "plan_kind",
        company.run(&["plan", "show", "--kind", "create"])
    );
}

#[test]
fn the_first_plan_is_held_until_somebody_approves_it() {
    let company = Company::of_everyone();
    company.home.run(&["plan", "--exit-code"]).expect(9);
    assert_transcript!(
        "apply_held",
        company.home.run(&["apply", "--yes"]).expect(9)
    );
    assert!(company.miro.user("frank@example.org").is_none());
    company.run(&["plan", "approve", "latest", "--reason", "looked at"]);
    company.run(&["apply", "--yes"]);
    assert!(company.miro.user("frank@example.org").is_some());
}

#[test]
fn a_rejected_plan_is_never_applied() {
    let company = Company::of_everyone();
    company.run(&["plan"]);
    company.run(&["plan", "reject", "latest", "--reason", "wrong filter"]);
    company.home.run(&["apply", "--yes"]).expect(11);
    assert!(company.miro.user("frank@example.org").is_none());
    assert_eq!(company.json(&["plan", "list"])[0]["state"], "rejected");
}

#[test]
fn many_leavers_at_once_are_held_by_a_guard() {
    let company = Company::of_everyone();
    company.provision();
    company.run(&["provisioning", "set", "guards.disables.at_least", "0"]);
    company.now_says(&without("eve@example.org"));
    let plan = company.json(&["plan"]);
    assert_eq!(plan["state"], "held", "{plan}");
    company.home.run(&["apply", "--yes"]).expect(9);
    assert!(company.miro.user("eve@example.org").unwrap().active);
}

#[test]
fn a_plan_that_the_world_moved_away_from_is_refused() {
    let company = Company::of_everyone();
    company.run(&["plan"]);
    company.run(&["plan", "approve", "latest", "--reason", "looked at"]);
    company.now_says(&PEOPLE.replace("Library", "Archive"));
    let ran = company.home.run(&["apply", "--yes"]).expect(11);
    assert!(ran.stderr().contains("usher plan"), "{}", ran.stderr());
    assert!(company.miro.user("frank@example.org").is_none());
}

#[test]
fn applying_twice_changes_nothing_the_second_time() {
    let company = Company::of_everyone();
    company.provision();
    let plan = company.json(&["plan"]);
    assert!(
        plan["plan"]["changes"].as_array().unwrap().is_empty(),
        "{plan}"
    );
    let before = company.miro.calls("POST");
    company.run(&["apply", "--yes"]);
    assert_eq!(company.miro.calls("POST"), before);
    company.home.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn a_plan_for_some_people_touches_nobody_else() {
    let company = Company::of_everyone();
    company.provision();
    company.now_says(
        &PEOPLE
            .replace("Library", "Archive")
            .replace("Stage", "Screen"),
    );
    let plan = company.json(&["plan", "--person", "frank@example.org"]);
    assert_eq!(
        plan["plan"]["changes"].as_array().unwrap().len(),
        1,
        "{plan}"
    );
    company.run(&["apply", "--yes"]);
    let gina = company.miro.user("gina@example.org").unwrap();
    assert_eq!(
        gina.enterprise.unwrap().department.as_deref(),
        Some("Stage")
    );
}

#[test]
fn a_plan_is_written_whole_to_files() {
    let company = Company::of_everyone();
    company.run(&["plan", "-o", "plan.json", "--html", "plan.html"]);
    let json: serde_json::Value =
        serde_json::from_str(&read(&company.home.path("plan.json"))).unwrap();
    assert!(
        json["plan"]["changes"].as_array().unwrap().len() >= 2,
        "{json}"
    );
    let html = read(&company.home.path("plan.html"));
    assert!(html.contains("frank@example.org"), "{html}");
    assert!(!html.contains("<script"), "{html}");
}

#[test]
fn explain_says_what_somebody_gets_and_why() {
    let company = Company::of_everyone();
    company.run(&["assign", "--group", "Design", "--team", "Design"]);
    let ran = company.run(&["explain", "frank@example.org"]);
    assert_transcript!("explain", ran);
}
