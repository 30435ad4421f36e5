//! Groups that cannot be created say why, and what to do.

use super::company::Company;

#[test]
fn e13_a_group_that_cannot_be_created_explains_the_remedy() {
    let company = Company::new();
    company.run(&["assign", "--group", "Film", "--app-role", "User"]);
    let plan = company.plan();
    let report = &plan["report"];
    let said = format!("{} {}", report["skipped"], report["blocked"]);
    assert!(said.contains("Film"), "{report}");
    assert!(said.contains("group_actions.create"), "{said}");
    company.run(&["apply", "--yes"]);
    assert!(
        !company.miro.teams().contains("Film"),
        "nothing was made up"
    );

    company.run(&["provisioning", "set", "group_actions.create", "on"]);
    company.provision();
    assert!(company.miro.teams().contains("Film"));
    assert!(company.miro.team("Film").contains_key("gina@example.org"));
}
