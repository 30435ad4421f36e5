//! How a person's attributes become an account's.

use super::company::{Company, PEOPLE};

#[test]
fn e6_attributes_are_mapped_previewed_and_reset() {
    let company = Company::of_everyone();
    let upper = "upper(person.department)";
    company.run(&["mapping", "set", "department", "--expression", upper]);
    let preview = company.json(&["mapping", "preview", "frank@example.org"]);
    let rows = preview.as_array().unwrap().iter();
    let department: Vec<_> = rows.filter(|row| row["output"] == "LIBRARY").collect();
    assert_eq!(department.len(), 1, "{preview}");
    company.provision();
    let frank = company.miro.user("frank@example.org").unwrap();
    let department = frank.enterprise.unwrap().department;
    assert_eq!(department.as_deref(), Some("LIBRARY"));

    company.run(&["mapping", "reset", "department"]);
    company.provision();
    let frank = company.miro.user("frank@example.org").unwrap();
    let department = frank.enterprise.unwrap().department;
    assert_eq!(department.as_deref(), Some("Library"));
}

#[test]
fn e6_a_matching_property_ties_people_to_accounts_that_are_there() {
    let company = Company::of_everyone();
    let moved = PEOPLE.replace("carol@example.org,", "c.shaw@example.org,");
    company.now_says(&moved);
    company.run(&[
        "mapping",
        "matching",
        "userName=email",
        "displayName=expression:join(\" \", person.givenName, person.familyName)",
    ]);
    company.provision();
    let carol = company.miro.user("c.shaw@example.org").unwrap();
    assert_eq!(
        carol.id, 3_074_457_345_600_000_003,
        "she was renamed, not doubled"
    );
    assert!(company.miro.user("carol@example.org").is_none());
}

#[test]
fn e6_settings_that_cannot_work_are_refused_and_change_nothing() {
    let company = Company::new();
    let refused = company
        .home
        .run(&["mapping", "set", "department", "--expression", "upper("])
        .expect(2);
    assert!(
        refused.stderr().contains("department"),
        "{}",
        refused.stderr()
    );
    let shown = company.json(&["mapping", "show"]);
    let rows = shown.as_array().unwrap().iter();
    let department: Vec<_> = rows.filter(|row| row["target"] == "department").collect();
    assert_eq!(department[0]["source"], "department");
}

#[test]
fn e6_mappings_travel_through_files() {
    let company = Company::new();
    company.run(&["mapping", "set", "costCenter", "--constant", "4711"]);
    company.run(&["mapping", "export", "mapping.yaml"]);
    company.run(&["mapping", "reset"]);
    company.run(&["mapping", "import", "mapping.yaml"]);
    let exported = company.json(&["mapping", "export"]);
    let rows = exported["user_mapping"].as_array().unwrap().iter();
    let kept = rows.filter(|row| row["source"]["value"] == "4711").count();
    assert_eq!(kept, 1, "{exported}");
}

#[test]
fn j5_the_usual_attributes_reach_miro_with_nothing_set_up() {
    let company = Company::of_everyone();
    let header = PEOPLE.lines().next().unwrap();
    let people = PEOPLE
        .replace(header, &format!("{header},company"))
        .replace("active\n", "active,Example Ltd\n");
    company.now_says(&people);
    company.provision();
    let frank = company.miro.user("frank@example.org").unwrap();
    assert_eq!(frank.full_name, "Frank Herbert");
    assert!(frank.active);
    let enterprise = frank.enterprise.unwrap();
    assert_eq!(enterprise.organization.as_deref(), Some("Example Ltd"));
    assert_eq!(enterprise.department.as_deref(), Some("Library"));
    assert_eq!(enterprise.employee_number.as_deref(), Some("6"));
}

#[test]
fn j5_the_licence_is_mapped_where_it_is_asked_for() {
    let company = Company::of_everyone();
    company.run(&["mapping", "set", "userType", "--constant", "Full"]);
    company.provision();
    let frank = company.miro.user("frank@example.org").unwrap();
    assert_eq!(frank.license.to_string(), "Full");
}

#[test]
fn j9_manager_division_cost_center_photo_and_language_reach_miro_too() {
    let company = Company::of_everyone();
    let header = PEOPLE.lines().next().unwrap();
    let columns = "manager email,division,cost center,photo,preferred language,display name";
    let rows = "ada@example.org,Engineering,CC-7,https://example.org/p.png,de_DE,\n";
    let people = PEOPLE
        .replace(header, &format!("{header},{columns}"))
        .replace("active\n", &format!("active,{rows}"));
    // Ada has no manager, and a full name of her own.
    let of_ada = rows
        .replace("ada@example.org", "")
        .replace(",\n", ",Ada Lovelace\n");
    let people = people.replace(
        &format!("1,Staff,active,{rows}"),
        &format!("1,Staff,active,{of_ada}"),
    );
    company.now_says(&people);
    company.provision();
    let frank = company.miro.user("frank@example.org").unwrap();
    assert_eq!(frank.photo.as_deref(), Some("https://example.org/p.png"));
    assert_eq!(frank.language.as_deref(), Some("de_DE"));
    let enterprise = frank.enterprise.unwrap();
    assert_eq!(enterprise.manager, Some(3_074_457_345_600_000_001));
    assert_eq!(enterprise.manager_name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(enterprise.division.as_deref(), Some("Engineering"));
    assert_eq!(enterprise.cost_center.as_deref(), Some("CC-7"));
}

#[test]
fn j9_a_role_is_assigned() {
    let company = Company::of_everyone();
    company.run(&["assign", "frank@example.org", "--org-role", "admin"]);
    company.provision();
    let frank = company.miro.user("frank@example.org").unwrap();
    assert_eq!(frank.role.to_string(), "ORGANIZATION_INTERNAL_ADMIN");
}
