//! Who is considered.

use super::company::{Company, PEOPLE};

#[test]
fn e8_scoping_filters_decide_who_is_provisioned() {
    let company = Company::of_everyone();
    company.run(&[
        "scope",
        "add-filter",
        "library",
        "department EQUALS Library",
        "--yes",
    ]);
    company.provision();
    let there = company.miro.emails();
    assert!(there.contains("frank@example.org"));
    assert!(!there.contains("gina@example.org"));
    company.run(&["scope", "add-filter", "film", "IS_MEMBER_OF Film", "--yes"]);
    company.provision();
    assert!(company.miro.emails().contains("gina@example.org"));
}

#[test]
fn e8_who_enters_and_who_leaves_is_shown_before_anything_is_saved() {
    let company = Company::of_everyone();
    let clause = "department EQUALS Library";
    let preview = company.json(&[
        "scope",
        "preview",
        "--add-filter",
        "library",
        "--clause",
        clause,
    ]);
    assert_eq!(preview["after"], 1);
    assert_eq!(preview["leaves"].as_array().unwrap().len(), 5);
    let refused = company
        .home
        .run(&["scope", "add-filter", "library", clause])
        .expect(2);
    assert!(
        refused.stderr().contains("nothing was saved"),
        "{}",
        refused.stderr()
    );
    let scope = company.json(&["scope", "show"]);
    assert!(scope["filters"].as_array().unwrap().is_empty());
}

#[test]
fn e12_a_user_who_leaves_the_scope_is_disabled() {
    let company = Company::of_everyone();
    company.provision();
    assert!(company.miro.user("eve@example.org").unwrap().active);
    company.run(&["scope", "set", "--exclude", "eve@example.org", "--yes"]);
    company.provision();
    let eve = company.miro.user("eve@example.org").unwrap();
    assert!(!eve.active);
    assert!(
        company
            .miro
            .team("Everyone")
            .contains_key("eve@example.org"),
        "teams stay"
    );
}

#[test]
fn e12_somebody_the_directory_disables_is_disabled() {
    let company = Company::of_everyone();
    company.provision();
    company.now_says(&PEOPLE.replace("5,Staff,active", "5,Staff,disabled"));
    company.provision();
    assert!(!company.miro.user("eve@example.org").unwrap().active);
}
