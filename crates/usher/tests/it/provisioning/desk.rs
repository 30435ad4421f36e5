//! Assignments, holds, links and settings, as somebody at a desk changes them.

use super::company::{Company, without};
use crate::support::assert_transcript;

#[test]
fn an_assignment_is_made_once_listed_and_taken_back() {
    let company = Company::new();
    assert_transcript!(
        "assign",
        company.run(&["assign", "ada@example.org", "--team", "Design"])
    );
    let again = company.run(&["assign", "ada@example.org", "--team", "Design"]);
    assert!(
        again.stdout().contains("assigned already"),
        "{}",
        again.stdout()
    );
    let listed = company.json(&["assignments"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["gives"], "team Design as member");
    company.run(&["unassign", "ada@example.org", "--team", "Design"]);
    assert!(
        company
            .json(&["assignments"])
            .as_array()
            .unwrap()
            .is_empty()
    );
    let ran = company
        .home
        .run(&["unassign", "ada@example.org", "--team", "Design"])
        .expect(2);
    assert!(ran.stderr().contains("hint: "), "{}", ran.stderr());
}

#[test]
fn a_misspelt_person_team_or_licence_is_answered_with_the_nearest() {
    let company = Company::new();
    let ran = company
        .home
        .run(&["assign", "ada@exmaple.org", "--team", "Design"])
        .expect(2);
    assert!(
        ran.stderr().contains("did you mean `ada@example.org`?"),
        "{}",
        ran.stderr()
    );
    let ran = company
        .home
        .run(&["assign", "ada@example.org", "--team", "Desing"])
        .expect(2);
    assert!(
        ran.stderr().contains("did you mean `Design`?"),
        "{}",
        ran.stderr()
    );
    let ran = company
        .home
        .run(&["assign", "ada@example.org", "--license", "ful"])
        .expect(2);
    assert!(
        ran.stderr().contains("did you mean `full`?"),
        "{}",
        ran.stderr()
    );
}

#[test]
fn a_held_account_is_left_alone_until_the_hold_is_released() {
    let company = Company::of_everyone();
    company.provision();
    let reason = ["--reason", "is being examined"];
    company.run(
        &[
            &["hold", "place", "eve@example.org", "--kind", "leave-alone"],
            &reason[..],
        ]
        .concat(),
    );
    company.now_says(&without("eve@example.org"));
    company.provision();
    assert!(company.miro.user("eve@example.org").unwrap().active);
    let holds = company.json(&["hold", "list"]);
    let id = holds[0]["id"].as_str().unwrap();
    company.run(&["hold", "release", id]);
    company.provision();
    assert!(!company.miro.user("eve@example.org").unwrap().active);
}

#[test]
fn a_pinned_link_ties_a_person_to_an_account_of_another_name() {
    let company = Company::of_everyone();
    company.run(&["link", "pin", "gina@example.org", "dan@example.org"]);
    company.provision();
    let gina = company.miro.user("gina@example.org").unwrap();
    assert_eq!(gina.id, 3_074_457_345_600_000_004);
    let links = company.json(&["link", "list"]);
    assert!(links.to_string().contains("pinned"), "{links}");
}

#[test]
fn settings_are_shown_set_exported_imported_and_remembered() {
    let company = Company::new();
    assert_transcript!("provisioning_show", company.run(&["provisioning", "show"]));
    company.run(&["provisioning", "set", "guards.disables.percent", "10"]);
    company.run(&["provisioning", "export", "settings.yaml"]);
    company.run(&["provisioning", "set", "guards.disables.percent", "15"]);
    company.run(&["provisioning", "import", "settings.yaml"]);
    let shown = company.run(&["provisioning", "show", "guards.disables.percent"]);
    assert_eq!(shown.stdout().trim(), "10");
    let history = company.json(&["provisioning", "history"]);
    assert_eq!(history[0]["by"], "tester");
    assert_eq!(history[0]["changed"][0]["place"], "guards.disables.percent");
    let ran = company
        .home
        .run(&["provisioning", "set", "aproval", "never"])
        .expect(2);
    assert!(
        ran.stderr().contains("did you mean `approval`?"),
        "{}",
        ran.stderr()
    );
}
