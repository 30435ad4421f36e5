use usher_model::PersonStatus;

use super::*;
use crate::{Reading, ReadingKind};

fn person(email: &str) -> NewPerson {
    let mut new = NewPerson::default();
    new.attributes.set_text("email", email);
    new
}

fn company() -> Entries {
    let mut entries = Entries::default();
    for (key, email) in [
        ("1", "ada@example.com"),
        ("2", "bob@example.com"),
        ("3", "eve@example.com"),
    ] {
        let change = add_person(&entries, EntryKey::new(key), &person(email)).unwrap();
        entries = entries.with(&change);
    }
    let edit = GroupEdit {
        add: vec!["ada@example.com".into(), "2".into()],
        ..GroupEdit::default()
    };
    let change = add_group(&entries, EntryKey::new("g"), "Design", &edit).unwrap();
    entries.with(&change)
}

#[test]
fn a_person_is_added_changed_and_found_by_address_in_any_case() {
    let entries = company();
    let mut edit = PersonEdit {
        status: Some(PersonStatus::Disabled),
        manager: Some("BOB@example.com".into()),
        ..PersonEdit::default()
    };
    edit.set.set_text("title", " Engineer ");
    let change = edit_person(&entries, "ADA@example.com", &edit).unwrap();
    let after = entries.with(&change);
    let ada = after.find_person("1").unwrap();
    assert_eq!(ada.status, PersonStatus::Disabled);
    assert_eq!(ada.attributes.text("title"), Some("Engineer"));
    assert_eq!(ada.manager, Some(Reference::key("2")));
    assert!(edit_person(&after, "1", &edit).unwrap().is_empty());
}

#[test]
fn what_would_make_a_mess_is_refused() {
    let entries = company();
    let taken = add_person(&entries, EntryKey::new("9"), &person("ADA@example.com"));
    assert!(
        matches!(taken, Err(BuiltinProblem::ValueTaken { .. })),
        "{taken:?}"
    );
    let key = add_person(&entries, EntryKey::new("1"), &person("new@example.com"));
    assert_eq!(key, Err(BuiltinProblem::KeyTaken(EntryKey::new("1"))));
    let nobody = add_person(&entries, EntryKey::new("9"), &NewPerson::default());
    assert_eq!(nobody, Err(BuiltinProblem::Nameless));
    let address = add_person(&entries, EntryKey::new("9"), &person("no address"));
    assert_eq!(address, Err(BuiltinProblem::NoEmail("no address".into())));
    let name = add_group(
        &entries,
        EntryKey::new("h"),
        " design ",
        &GroupEdit::default(),
    );
    assert_eq!(name, Err(BuiltinProblem::NameTaken("design".into())));
    let itself = GroupEdit {
        add: vec!["Design".into()],
        ..GroupEdit::default()
    };
    assert_eq!(
        edit_group(&entries, "g", &itself),
        Err(BuiltinProblem::OwnMember("Design".into()))
    );
}

#[test]
fn nobody_becomes_their_own_manager_through_others() {
    let mut entries = company();
    for (who, manager) in [("1", "2"), ("2", "3")] {
        let edit = PersonEdit {
            manager: Some(manager.into()),
            ..PersonEdit::default()
        };
        let change = edit_person(&entries, who, &edit).unwrap();
        entries = entries.with(&change);
    }
    let edit = PersonEdit {
        manager: Some("1".into()),
        ..PersonEdit::default()
    };
    assert_eq!(
        edit_person(&entries, "3", &edit),
        Err(BuiltinProblem::OwnManager(EntryKey::new("3")))
    );
}

#[test]
fn whoever_is_removed_leaves_groups_and_reports() {
    let entries = company();
    let edit = PersonEdit {
        manager: Some("1".into()),
        ..PersonEdit::default()
    };
    let change = edit_person(&entries, "2", &edit).unwrap();
    let entries = entries.with(&change);
    let change = remove_person(&entries, "ada@example.com").unwrap();
    assert_eq!(change.removed_people, [EntryKey::new("1")]);
    let after = entries.with(&change);
    assert_eq!(after.find_person("2").unwrap().manager, None);
    let members = &after.find_group("Design").unwrap().members;
    assert_eq!(members, &[MemberKey::person(Reference::key("2"))]);
}

#[test]
fn an_import_adds_changes_and_removes_nobody() {
    let entries = company();
    let mut reading = Reading::new(ReadingKind::Full);
    let row = |key: &str, email: &str, title: &str| {
        let mut person = SourcePerson::new(key);
        person.attributes.set_text("email", email);
        person.attributes.set_text("title", title);
        person
    };
    reading.people = vec![
        row("e1", "ada@example.com", "Engineer"),
        row("e9", "new@example.com", ""),
        row("e3", "eve@example.com", ""),
        row("e8", "broken", ""),
    ];
    reading.people[1].manager = Some(Reference::attribute("email", "Ada@example.com"));
    reading.people[1].groups = vec![Reference::key("design")];
    reading.groups = vec![SourceGroup::new("design", "Design")];
    let imported = import(&entries, &reading);
    assert_eq!(
        (imported.added, imported.edited, imported.unchanged),
        (1, 1, 1)
    );
    assert_eq!(imported.problems.len(), 1, "{:?}", imported.problems);
    let after = entries.with(&imported.change);
    assert_eq!(after.people().count(), 4);
    assert_eq!(
        after.find_person("1").unwrap().attributes.text("title"),
        Some("Engineer")
    );
    assert_eq!(
        after.find_person("e9").unwrap().manager,
        Some(Reference::key("1"))
    );
    assert_eq!(after.find_group("design").unwrap().members.len(), 3);
    assert!(import(&after, &reading).change.is_empty());
}
