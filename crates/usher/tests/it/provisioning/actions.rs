//! What may be done with accounts and groups.

use usher_sandbox::SandboxSettings;

use super::company::{Company, PEOPLE, without};
use crate::support::small;

#[test]
fn e7_creating_updating_and_deleting_users_are_switched_one_by_one() {
    let company = Company::of_everyone();
    company.run(&["provisioning", "set", "user_actions.create", "off"]);
    company.provision();
    assert!(company.miro.user("frank@example.org").is_none());
    let carol = company.miro.user("carol@example.org").unwrap();
    assert!(carol.enterprise.is_some(), "updates are on");

    company.run(&["provisioning", "set", "user_actions.update", "off"]);
    company.now_says(&PEOPLE.replace("Games", "Toys"));
    company.provision();
    let carol = company.miro.user("carol@example.org").unwrap();
    assert_eq!(
        carol.enterprise.unwrap().department.as_deref(),
        Some("Games")
    );

    company.now_says(&without("eve@example.org"));
    company.provision();
    assert!(
        company.miro.user("eve@example.org").unwrap().active,
        "disabling is an update"
    );
}

#[test]
fn e7_groups_are_neither_created_nor_deleted_in_the_team_model() {
    let company = Company::new();
    company.run(&["assign", "--group", "Film", "--app-role", "User"]);
    company.provision();
    assert!(!company.miro.teams().contains("Film"));
    let refused = company
        .home
        .run(&["provisioning", "show", "group_actions.create"])
        .expect(0);
    assert_eq!(refused.stdout().trim(), "off");
}

#[test]
fn e7_user_groups_are_created_and_deleted_where_that_is_switched_on() {
    let mut settings: SandboxSettings = small();
    settings.switches.set("group_model", "user_group").unwrap();
    let company = Company::beside(settings);
    company.run(&["provisioning", "set", "group_actions.create", "on"]);
    company.run(&["provisioning", "set", "group_actions.delete", "on"]);
    company.run(&["assign", "--group", "Film", "--app-role", "User"]);
    company.provision();
    let groups = company.miro.user_groups();
    assert!(groups["Film"].contains("gina@example.org"), "{groups:?}");

    company.now_says(&PEOPLE.replace("Film", "Staff"));
    company.provision();
    assert!(!company.miro.user_groups().contains_key("Film"));
}
