//! One person now.

use super::company::Company;

#[test]
fn e3_one_person_is_provisioned_at_once_in_five_steps() {
    let company = Company::of_everyone();
    let dry = company.run(&["provision", "frank@example.org", "--dry-run"]);
    for step in ["connect", "import", "scope", "match", "act"] {
        assert!(dry.stdout().contains(step), "{step}: {}", dry.stdout());
    }
    assert!(
        company.miro.user("frank@example.org").is_none(),
        "it was dry"
    );

    company.run(&["provision", "frank@example.org"]);
    assert!(company.miro.user("frank@example.org").unwrap().active);
    assert!(
        company.miro.user("gina@example.org").is_none(),
        "nobody else"
    );
}

#[test]
fn e3_a_person_out_of_scope_is_left_alone_and_told_why() {
    let company = Company::new();
    let ran = company.home.run(&["provision", "frank@example.org"]);
    assert!(
        ran.stdout().contains("not assigned"),
        "{}",
        ran.transcript()
    );
    assert!(company.miro.user("frank@example.org").is_none());
}
