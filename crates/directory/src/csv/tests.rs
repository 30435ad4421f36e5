use std::path::PathBuf;

use usher_model::{AttributeName, PersonStatus};

use super::*;
use crate::{
    Assignments, EntryKey, MemberKey, ReadingKind, Reference, SourceAssignment, SourcePerson,
};

/// Files of one test.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn settings(&self, content: impl AsRef<[u8]>) -> CsvSettings {
        CsvSettings {
            path: self.write("people.csv", content),
            ..CsvSettings::default()
        }
    }
}

fn read(settings: &CsvSettings) -> Result<Reading, DirectoryError> {
    read::read(settings, None)
}

fn read_text(content: &str) -> Result<Reading, DirectoryError> {
    read(&Files::new().settings(content))
}

fn keys(reading: &Reading) -> Vec<&str> {
    reading
        .people
        .iter()
        .map(|person| person.key.as_str())
        .collect()
}

fn problems(reading: &Reading) -> Vec<String> {
    reading.problems.iter().map(ToString::to_string).collect()
}

fn text<'p>(person: &'p SourcePerson, name: &str) -> Option<&'p str> {
    person.attributes.text(name)
}

#[test]
fn a_table_with_well_known_columns_needs_no_settings() {
    let reading = read_text(
        "Employee ID;First Name;Last Name;Work Email;Department;Status;Manager's Email;Badge\n\
         7;Ada;Lovelace;ada@example.com;Engines;Active;;B7\n\
         8;Bob;Byron;bob@example.com;Poems;Terminated;ada@example.com;\n",
    )
    .unwrap();
    assert_eq!(reading.kind, ReadingKind::Full);
    assert_eq!(keys(&reading), ["7", "8"]);
    let [ada, bob] = &reading.people[..] else {
        panic!()
    };
    assert_eq!(text(ada, "givenName"), Some("Ada"));
    assert_eq!(text(ada, "Badge"), Some("B7"));
    assert_eq!(ada.status, PersonStatus::Active);
    assert_eq!(ada.manager, None);
    assert_eq!(bob.status, PersonStatus::Disabled);
    assert_eq!(
        bob.manager,
        Some(Reference::attribute("email", "ada@example.com"))
    );
    assert_eq!(text(bob, "Badge"), None);
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
}

#[test]
fn exports_of_jumpcloud_entra_and_google_are_understood() {
    let jumpcloud = read_text(
        "username,email,firstname,lastname,employeeIdentifier,activated,suspended,state\n\
         ada,ada@example.com,Ada,Lovelace,7,true,false,ACTIVATED\n\
         bob,bob@example.com,Bob,Byron,8,true,true,SUSPENDED\n",
    )
    .unwrap();
    assert_eq!(jumpcloud.people[0].status, PersonStatus::Active);
    assert_eq!(jumpcloud.people[1].status, PersonStatus::Disabled);
    let entra = read_text(
        "userPrincipalName,displayName,surname,mail,givenName,accountEnabled,jobTitle\n\
         ada@corp.example.com,Ada L,Lovelace,ada@example.com,Ada,False,Engineer\n",
    )
    .unwrap();
    assert_eq!(keys(&entra), ["ada@example.com"]);
    assert_eq!(entra.people[0].status, PersonStatus::Disabled);
    assert_eq!(
        text(&entra.people[0], "userName"),
        Some("ada@corp.example.com")
    );
    let google = read_text(
        "First Name [Required],Last Name [Required],Email Address [Required],Password [Required],Status [READ ONLY],Employee ID\n\
         Ada,Lovelace,ada@example.com,hunter2,Suspended,7\n",
    )
    .unwrap();
    assert_eq!(google.people[0].status, PersonStatus::Disabled);
    assert!(!format!("{google:?}").contains("hunter2"));
}

#[test]
fn columns_of_any_name_are_mapped_by_the_settings() {
    let files = Files::new();
    let mut settings =
        files.settings("Nr|Adresse|Zustand|Chef\n7|ada@example.com|da|\n8|bob@example.com|weg|7\n");
    settings.columns = [(AttributeName::new("email"), "adresse".to_owned())].into();
    settings.key = Some("Nr".into());
    settings.status = Some(StatusColumn {
        column: "Zustand".into(),
        active: vec!["da".into()],
        disabled: vec!["weg".into()],
    });
    settings.manager = Some(ManagerColumn {
        column: "Chef".into(),
        by: None,
    });
    let reading = read(&settings).unwrap();
    assert_eq!(keys(&reading), ["7", "8"]);
    assert_eq!(reading.people[1].status, PersonStatus::Disabled);
    assert_eq!(reading.people[1].manager, Some(Reference::key("7")));
    settings.key = Some("Nummer".into());
    let error = read(&settings).unwrap_err();
    assert!(error.to_string().contains("no column `Nummer`"), "{error}");
    assert!(error.hint().unwrap().contains("Nr, Adresse"));
}

#[test]
fn a_row_that_cannot_be_read_is_told_by_line_and_its_person_stays() {
    let reading = read_text(
        "id,email,status\n\
         a@example.com,a@example.com,active\n\
         \n\
         b@example.com,b@example.com,perhaps\n\
         c@example.com,not an address,active\n\
         ,d@example.com,active\n",
    );
    // `id` is no well-known key, so the address is.
    let reading = reading.unwrap();
    assert_eq!(keys(&reading), ["a@example.com", "d@example.com"]);
    let files = Files::new();
    let mut settings = files.settings(
        "id,email,status\n1,a@example.com,active\n\n2,b@example.com,perhaps\n3,not an address,active\n",
    );
    settings.key = Some("id".into());
    let reading = read(&settings).unwrap();
    assert_eq!(keys(&reading), ["1"]);
    assert_eq!(
        problems(&reading),
        [
            "people.csv line 4: `perhaps` is no known status; `2` stays as it was",
            "people.csv line 5: `not an address` is no e-mail address; `3` stays as it was",
        ]
    );
    let known: Vec<EntryKey> = ["1", "2", "3", "4"].map(EntryKey::new).into();
    assert_eq!(reading.leavers(&known), [EntryKey::new("4")]);
}

#[test]
fn when_nobody_can_tell_whose_a_row_is_nobody_is_taken_for_gone() {
    let reading = read_text("email,employee id\na@example.com,1\nb@example.com,\n").unwrap();
    assert_eq!(keys(&reading), ["1"]);
    assert_eq!(reading.unreadable.anonymous, 1);
    assert!(reading.leavers(&[EntryKey::new("9")]).is_empty());
}

#[test]
fn a_row_of_another_length_is_not_guessed_at() {
    let reading = read_text("email,title,department\na@example.com,x,y\nb@example.com,Sales, Marketing,y\nc@example.com,x\nd@example.com,x,y,,\n").unwrap();
    assert_eq!(keys(&reading), ["a@example.com", "d@example.com"]);
    assert_eq!(
        problems(&reading),
        [
            "people.csv line 3: has 4 cells, the header has 3; `b@example.com` stays as it was",
            "people.csv line 4: has 2 cells, the header has 3; `c@example.com` stays as it was",
        ]
    );
    // Where the key is not the first cell, it may have moved.
    let moved =
        read_text("title,email\nx,a@example.com\nSales, Marketing,b@example.com\n").unwrap();
    assert_eq!(moved.unreadable.anonymous, 1);
}

#[test]
fn of_two_different_rows_with_one_key_neither_is_used() {
    let reading = read_text(
        "email,title\na@example.com,x\nb@example.com,x\na@example.com,y\nb@example.com,x\n",
    )
    .unwrap();
    assert_eq!(keys(&reading), ["b@example.com"]);
    assert_eq!(reading.unreadable.keys, [EntryKey::new("a@example.com")]);
    assert_eq!(
        problems(&reading),
        [
            "people.csv line 4: `a@example.com` stands in line 2 too, with other values; neither is used",
            "people.csv line 5: the same as line 3",
        ]
    );
}

#[test]
fn a_quote_that_is_never_closed_spoils_the_whole_file() {
    let error = read_text("email,title\na@example.com,x\nb@example.com,\"y\nc@example.com,z\n")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreadable);
    assert_eq!(
        error.to_string(),
        "people.csv line 3: a quote is opened and never closed"
    );
}

#[test]
fn a_quote_that_swallows_lines_hides_who_stands_in_them() {
    let reading = read_text(
        "email,title\na@example.com,x\nb@example.com,\"y\nc@example.com,\"z\nd@example.com,x\n",
    )
    .unwrap();
    assert_eq!(keys(&reading), ["a@example.com", "d@example.com"]);
    assert_eq!(reading.unreadable.anonymous, 1, "{:?}", reading.problems);
}

#[test]
fn quoted_delimiters_and_line_breaks_belong_to_the_value() {
    let reading =
        read_text("email,title\na@example.com,\"x, \"\"y\"\"\nz\"\nb@example.com,5\" pipes\n")
            .unwrap();
    assert_eq!(text(&reading.people[0], "title"), Some("x, \"y\"\nz"));
    assert_eq!(text(&reading.people[1], "title"), Some("5\" pipes"));
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
}

#[test]
fn a_file_that_is_no_table_of_people_is_an_error() {
    for (content, message) in [
        ("", "people.csv is empty"),
        (
            "colour,size\nred,3\n",
            "no column identifies a person; the header is: colour | size",
        ),
        (
            "email,status\na@example.com,x\nb@example.com,z\n",
            "none of 2 rows can be read; people.csv line 2: `x`",
        ),
        (
            "email,Email\na@example.com,x\n",
            "several columns are named `Email`",
        ),
    ] {
        let error = read_text(content).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert!(error.hint().is_some(), "{error}");
    }
    let missing = read(&CsvSettings {
        path: "/nowhere/people.csv".into(),
        ..CsvSettings::default()
    });
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::File);
}

#[test]
fn a_file_that_did_not_change_brings_nothing_and_other_settings_read_it_anew() {
    let files = Files::new();
    let mut settings = files.settings("email\na@example.com\n");
    let first = read(&settings).unwrap();
    let second = read::read(&settings, first.watermark.as_ref()).unwrap();
    assert!(second.is_unchanged());
    assert_eq!(second.watermark, first.watermark);
    settings.encoding = Some("utf-8".into());
    let third = read::read(&settings, first.watermark.as_ref()).unwrap();
    assert!(!third.is_unchanged());
    let changed = files.settings("email\nb@example.com\n");
    assert!(
        !read::read(&changed, first.watermark.as_ref())
            .unwrap()
            .is_unchanged()
    );
}

#[test]
fn groups_come_from_a_column() {
    let reading = read_text(
        "email,groups,status\n\
         a@example.com,Design;  Sales ;,active\n\
         b@example.com,design,active\n\
         c@example.com,Only bad rows,perhaps\n",
    )
    .unwrap();
    let names: Vec<&str> = reading
        .groups
        .iter()
        .map(|group| group.name.as_str())
        .collect();
    assert_eq!(names, ["Design", "Only bad rows", "Sales"]);
    assert_eq!(
        reading.people[0].groups,
        [Reference::key("design"), Reference::key("sales")]
    );
    assert_eq!(reading.people[1].groups, [Reference::key("design")]);
}

#[test]
fn groups_come_from_a_second_file_and_may_contain_each_other() {
    let files = Files::new();
    let mut settings = files.settings("employee id,email\n7,a@example.com\n8,b@example.com\n");
    settings.memberships = Some(MembershipFile {
        path: files.write("groups.csv", "Group;Member\nDesign;a@example.com\nAll;DESIGN\nAll;b@example.com\nEmpty;\nDesign;a@example.com\n"),
        group: "group".into(),
        member: "member".into(),
        by: Some(AttributeName::new("email")),
    });
    let reading = read(&settings).unwrap();
    let group = |name: &str| {
        reading
            .groups
            .iter()
            .find(|group| group.name == name)
            .unwrap()
    };
    assert_eq!(
        group("Design").members,
        [MemberKey::person(Reference::attribute(
            "email",
            "a@example.com"
        ))]
    );
    assert_eq!(
        group("All").members,
        [
            MemberKey::person(Reference::attribute("email", "b@example.com")),
            MemberKey::group(Reference::key("design")),
        ]
    );
    assert!(group("Empty").members.is_empty());
    // A broken row keeps its group as it was.
    files.write(
        "groups.csv",
        "group,member\nDesign,a@example.com\nAll,b,c\n",
    );
    let reading = read(&settings).unwrap();
    assert_eq!(reading.groups.len(), 1);
    assert_eq!(reading.unreadable.keys, [EntryKey::new("all")]);
    files.write("groups.csv", "group,member\n,a@example.com\n");
    let error = read(&settings).unwrap_err();
    assert!(error.to_string().contains("groups.csv line 2"), "{error}");
}

#[test]
fn roles_are_assignments_and_a_bad_row_loses_none() {
    let reading = read_text("email,app role,status\na@example.com,User,active\nb@example.com,User,perhaps\nc@example.com,,active\n").unwrap();
    let assigned = |key: &str| SourceAssignment {
        principal: MemberKey::person(Reference::key(key)),
        role: usher_model::AppRole::new("User"),
    };
    assert_eq!(
        reading.assignments,
        Assignments::All(vec![assigned("a@example.com"), assigned("b@example.com")])
    );
    let broken = read_text("email,app role\na@example.com,User\nb@example.com,User,x\n").unwrap();
    assert_eq!(broken.assignments, Assignments::NotRead);
}

#[test]
fn dates_that_can_be_read_in_two_ways_are_kept_and_told_once() {
    let reading = read_text("email,hire date,end date\na@example.com,1.3.2026,03/01/2026\nb@example.com,2026-03-01,04/01/2026\n").unwrap();
    assert_eq!(text(&reading.people[0], "startDate"), Some("2026-03-01"));
    assert_eq!(text(&reading.people[0], "endDate"), Some("03/01/2026"));
    assert_eq!(reading.problems.len(), 1);
    let problem = reading.problems[0].to_string();
    assert!(
        problem.starts_with("people.csv line 2: 2 dates in endDate, such as `03/01/2026`"),
        "{problem}"
    );
}

#[test]
fn encodings_and_delimiters_of_spreadsheets_are_read() {
    let files = Files::new();
    let utf16: Vec<u8> = "\u{feff}email\tFull name\r\nzoe@example.com\tZoë Ångström\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let reading = read(&files.settings(&utf16)).unwrap();
    assert_eq!(
        text(&reading.people[0], "displayName"),
        Some("Zoë Ångström")
    );
    let mut settings =
        files.settings(b"sep=;\r\nemail;name\r\nzoe@example.com;Zo\xEB\r\nbad@@x;y\r\n");
    let error = read(&settings).unwrap_err().to_string();
    assert!(error.contains("position 37 (line 3)"), "{error}");
    settings.encoding = Some("windows-1252".into());
    let reading = read(&settings).unwrap();
    assert_eq!(text(&reading.people[0], "displayName"), Some("Zoë"));
    assert!(
        problems(&reading)[0].starts_with("people.csv line 4: "),
        "{:?}",
        reading.problems
    );
}

#[test]
fn a_hundred_thousand_rows_are_read_while_one_looks() {
    use std::fmt::Write;
    let mut content = String::from(
        "employee id,email,first name,last name,department,title,status,groups,manager id\n",
    );
    for row in 0..100_000 {
        writeln!(content, "{row},p{row}@example.com,Given{row},Family{row},Department {},Engineer,active,G{};All,{}", row % 50, row % 500, row / 10).unwrap();
    }
    let files = Files::new();
    let settings = files.settings(&content);
    let started = std::time::Instant::now();
    let reading = read(&settings).unwrap();
    let took = started.elapsed();
    assert_eq!(reading.people.len(), 100_000);
    assert_eq!(reading.groups.len(), 501);
    println!("100,000 rows in {took:?}");
    // An unoptimized build on a busy machine; a release build takes a fraction.
    assert!(took.as_secs() < 120, "{took:?}");
}
