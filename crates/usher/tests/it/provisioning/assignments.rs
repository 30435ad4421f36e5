//! From assignments in the directory to accounts and memberships in Miro.

use usher_sandbox::world::License;

use super::company::{Company, PEOPLE, kinds_for, without};

#[test]
fn e1_users_are_created_updated_and_disabled_and_groups_updated_from_assignments() {
    let company = Company::of_everyone();
    company.run(&["assign", "--group", "Design", "--team", "Design"]);
    company.provision();

    let frank = company.miro.user("frank@example.org").unwrap();
    assert!(frank.active);
    assert_eq!(frank.full_name, "Frank Herbert");
    let enterprise = frank.enterprise.unwrap();
    assert_eq!(enterprise.department.as_deref(), Some("Library"));
    let carol = company.miro.user("carol@example.org").unwrap();
    let department = carol.enterprise.unwrap().department;
    assert_eq!(department.as_deref(), Some("Games"));
    assert_eq!(company.miro.team("Design")["frank@example.org"], "member");

    company.now_says(&without("eve@example.org"));
    company.provision();
    assert!(!company.miro.user("eve@example.org").unwrap().active);

    company.now_says(&PEOPLE.replace("Staff;Design,active\n", "Staff,active\n"));
    company.provision();
    assert!(
        !company
            .miro
            .team("Design")
            .contains_key("frank@example.org")
    );
    assert!(company.miro.team("Design").contains_key("bob@example.org"));
    assert!(
        company.miro.user("eve@example.org").unwrap().active,
        "she is back"
    );
    assert!(
        company.json(&["plan"])["plan"]["changes"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn e1_a_user_is_deleted_where_the_settings_ask_for_it() {
    let company = Company::of_everyone();
    company.provision();
    company.run(&["provisioning", "set", "user_actions.delete", "on"]);
    company.run(&["provisioning", "set", "deprovision.delete_after_days", "0"]);
    company.now_says(&without("gina@example.org"));
    company.provision();
    assert!(
        !company
            .miro
            .user("gina@example.org")
            .is_some_and(|gina| gina.active)
    );
    company.provision();
    assert!(company.miro.user("gina@example.org").is_none());
}

#[test]
fn e2_only_assigned_people_are_in_scope_and_default_access_excludes() {
    let company = Company::new();
    company.run(&["assign", "frank@example.org", "--app-role", "User"]);
    company.run(&["assign", "gina@example.org", "--app-role", "Default Access"]);
    company.provision();
    let there = company.miro.emails();
    assert!(there.contains("frank@example.org"));
    assert!(!there.contains("gina@example.org"));

    company.run(&["scope", "set", "--mode", "everyone", "--yes"]);
    company.provision();
    assert!(company.miro.emails().contains("gina@example.org"));
}

#[test]
fn e2_an_assigned_group_brings_everybody_in_it_into_scope() {
    let company = Company::new();
    company.run(&["provisioning", "set", "group_mapping.push", "off"]);
    company.run(&["assign", "--group", "Film", "--app-role", "User"]);
    let plan = company.plan();
    assert!(kinds_for(&plan, "gina@example.org").contains(&"create_account".to_owned()));
    company.run(&["apply", "--yes"]);
    assert!(company.miro.user("gina@example.org").is_some());
    assert!(company.miro.user("frank@example.org").is_none());
}

#[test]
fn licences_roles_and_team_roles_are_assigned_too() {
    let company = Company::of_everyone();
    company.run(&["assign", "eve@example.org", "--license", "full"]);
    company.run(&["assign", "bob@example.org", "--org-role", "admin"]);
    company.run(&[
        "assign",
        "frank@example.org",
        "--team",
        "Design",
        "--role",
        "admin",
    ]);
    company.provision();
    assert_eq!(
        company.miro.user("eve@example.org").unwrap().license,
        License::Full
    );
    let bob = company.miro.user("bob@example.org").unwrap();
    assert_eq!(bob.role.to_string(), "ORGANIZATION_INTERNAL_ADMIN");
    assert_eq!(company.miro.team("Design")["frank@example.org"], "admin");
}

#[test]
fn an_assignment_with_an_end_is_taken_back_when_it_is_over() {
    let company = Company::of_everyone();
    let assigned = company.json(&[
        "assign",
        "eve@example.org",
        "--team",
        "Design",
        "--until",
        "30d",
    ]);
    assert!(assigned[0]["expires_at"].is_string(), "{assigned}");
    let refused = company.home.run(&[
        "assign",
        "eve@example.org",
        "--team",
        "Design",
        "--until",
        "2020-01-01",
    ]);
    assert!(
        refused
            .expect(2)
            .stderr()
            .contains("it would be over already")
    );
}
