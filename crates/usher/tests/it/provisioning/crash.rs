//! A process that dies at every step of an apply: the next one ends the work, and nothing is lost or done twice.
//!
//! Compiled with the feature `fault-points`, which lets the program kill itself at a named place.

use std::fmt::Write as _;

use tokio::runtime::Runtime;
use usher_engine::fault_point;
use usher_sandbox::SandboxSettings;
use usher_store::postgres_for_tests::new_database_url;

use super::company::{Company, PEOPLE};
use crate::support::{Home, Miro, small};

/// People who start on the day of the crash.
const NEW: usize = 24;

/// After how many passages of a place the process dies.
fn passages() -> &'static [u32] {
    if std::env::var_os("USHER_TEST_FULL").is_some() {
        &[
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40,
        ]
    } else {
        &[1, 2, 7]
    }
}

#[test]
fn a_crash_at_any_step_of_an_apply_loses_nothing_and_does_nothing_twice_on_sqlite() {
    let mut crashes = 0;
    for place in fault_point::ALL {
        for passage in passages() {
            crashes += crash_and_go_on(place, *passage, None);
        }
    }
    assert!(crashes >= 16, "only {crashes} runs were interrupted at all");
}

#[test]
fn a_crash_at_any_step_of_an_apply_loses_nothing_and_does_nothing_twice_on_postgresql() {
    let mut crashes = 0;
    let passages: &[u32] = if passages().len() > 3 {
        passages()
    } else {
        &[2]
    };
    for place in fault_point::ALL {
        for passage in passages {
            let url = Runtime::new()
                .unwrap()
                .block_on(new_database_url())
                .unwrap();
            crashes += crash_and_go_on(place, *passage, Some(&url));
        }
    }
    assert!(crashes >= 5, "only {crashes} runs were interrupted at all");
}

/// Applies until the process dies at `place`, goes on, and looks. Returns how often the process died.
fn crash_and_go_on(place: &str, passage: u32, database: Option<&str>) -> u32 {
    let company = staffed(database);
    company.plan();
    company.miro.forget_calls();
    let fault = format!("{place}:{passage}");
    let died = dies(&company, &["apply", "--yes", "--quiet"], &fault);
    if died {
        let resumed = company.home.run(&["apply", "--resume", "--yes", "--quiet"]);
        assert_eq!(resumed.code(), 0, "{fault}: {}", resumed.transcript());
    }
    check(&company, &fault);
    u32::from(died)
}

/// Runs a command that is to die at a place; says whether it did. If it did not, it succeeded.
fn dies(company: &Company, arguments: &[&str], fault: &str) -> bool {
    let mut command = company.home.command(arguments);
    let output = command.env("FAULT_POINT", fault).output().unwrap();
    let died = output.status.code().is_none();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(died || output.status.success(), "{fault}: {said}");
    died
}

/// Places at which calls may be under way, and when the process dies there.
const ON_THE_WAY: [(&str, u32); 4] = [
    ("apply.after_intend", 1),
    ("apply.after_send", 3),
    ("apply.before_settle", 2),
    ("apply.after_settle", 4),
];

#[test]
fn a_cycle_that_dies_is_followed_by_one_that_finds_out_what_it_did_and_does_the_rest() {
    for (place, passage) in ON_THE_WAY {
        let company = staffed(None);
        company.run(&["connector", "on"]);
        company.plan();
        company.miro.forget_calls();
        let fault = format!("{place}:{passage}");
        assert!(dies(&company, &["cycle", "--quiet"], &fault), "{fault}");
        // The first plan's rest is planned anew, and is still the first cycle: somebody has to say yes again.
        let next = company.home.run(&["cycle", "--quiet"]);
        assert!(
            matches!(next.code(), 0 | 9),
            "{fault}: {}",
            next.transcript()
        );
        if next.code() == 9 {
            company.run(&["plan", "approve", "latest", "--reason", "as meant"]);
            company.run(&["cycle", "--quiet"]);
        }
        check(&company, &fault);
    }
}

/// Who is not in the directory any more, until it turns out that they come back.
const LEAVING: [&str; 2] = ["eve@example.org", "new00@example.org"];

#[test]
fn whoever_is_held_after_a_crash_is_left_alone_by_the_cycle_and_by_resuming() {
    for resuming in [&["cycle", "--quiet"][..], &["apply", "--resume", "--quiet"]] {
        let company = staffed(None);
        company.run(&["connector", "on"]);
        company.provision();
        let everybody = format!("{PEOPLE}{}", newcomers());
        let stay = everybody
            .lines()
            .filter(|row| !LEAVING.iter().any(|email| row.starts_with(email)));
        company.now_says(&(stay.collect::<Vec<_>>().join("\n") + "\n"));
        company.plan();
        let fault = "apply.after_intend:1";
        assert!(dies(&company, &["apply", "--yes", "--quiet"], fault));
        for email in LEAVING {
            let hold = [
                "hold",
                "place",
                email,
                "--kind",
                "leave-alone",
                "--reason",
                "comes back",
            ];
            company.run(&hold);
        }
        let ran = company.home.run(resuming);
        assert!(matches!(ran.code(), 0 | 11), "{}", ran.transcript());
        for email in LEAVING {
            let user = company.miro.user(email).unwrap();
            assert!(user.active, "{email}: {}", ran.transcript());
        }
    }
}

#[test]
fn a_team_that_is_deleted_after_a_crash_keeps_nobody_from_going_on() {
    let mut crashes = 0;
    // The calls of the team come when its members are there.
    for passage in [27, 29, 30, 31, 32, 33] {
        let company = staffed(None);
        company.plan();
        let fault = format!("apply.after_send:{passage}");
        crashes += u32::from(dies(&company, &["apply", "--yes", "--quiet"], &fault));
        company.miro.delete_team("Design");
        let resumed = company.home.run(&["apply", "--resume", "--yes", "--quiet"]);
        let said = resumed.transcript();
        assert!(matches!(resumed.code(), 0 | 10 | 11), "{fault}: {said}");
        for number in 0..NEW {
            assert!(
                company.miro.user(&address(number)).is_some(),
                "{fault}: {said}"
            );
        }
        company.run(&["sync", "--quiet"]);
        company.plan();
    }
    assert!(crashes >= 3, "only {crashes} runs were interrupted at all");
}

/// The desired state is reached, each new person has one account, and the log knows of each.
fn check(company: &Company, fault: &str) {
    // A creation whose reply was lost is looked up: nobody is created twice, not even to be refused.
    let creations = company.miro.replies("POST", "/api/v1/scim/Users");
    assert_eq!(creations, vec![201; NEW + 2], "{fault}");
    for number in 0..NEW {
        let user = company.miro.user(&address(number));
        assert!(
            user.is_some(),
            "{fault}: {} has no account",
            address(number)
        );
    }
    assert!(company.miro.team("Design").len() > NEW / 2, "{fault}");
    company.run(&["sync", "--quiet"]);
    let plan = company.json(&["plan"]);
    assert_eq!(
        plan["plan"]["changes"].as_array().unwrap().len(),
        0,
        "{fault}: {plan}"
    );
    company.run(&["audit", "verify"]);
    let created = events(company, "user_create_provision");
    assert_eq!(created, NEW + 2, "{fault}: an event is missing or too many");
}

fn events(company: &Company, kind: &str) -> usize {
    let ran = company.run(&["events", "--kind", kind, "--limit", "10000", "--json"]);
    ran.stdout()
        .lines()
        .filter(|line| line.contains(&format!("\"{kind}\"")))
        .count()
}

fn address(number: usize) -> String {
    format!("new{number:02}@example.org")
}

/// The rows of people who start today.
fn newcomers() -> String {
    let mut rows = String::new();
    for number in 0..NEW {
        let groups = if number % 2 == 0 {
            "Staff;Design"
        } else {
            "Staff"
        };
        let _ = writeln!(
            rows,
            "{},New,Person {number},Engines,{},{groups},active",
            address(number),
            100 + number
        );
    }
    rows
}

/// The company with people who start today, all in scope, half of them in a team.
fn staffed(database: Option<&str>) -> Company {
    let miro = Miro::start(SandboxSettings {
        limits: usher_sandbox::LimitSettings {
            enforced: false,
            time_scale: 1000.0,
        },
        ..small()
    });
    let mut home = Home::beside(&miro);
    if let Some(url) = database {
        home = home.with("USHER_DATABASE", url);
    }
    let company = Company { miro, home };
    company.run(&["sync"]);
    let people = format!("{PEOPLE}{}", newcomers());
    company.home.write("people.csv", people);
    company.run(&["people", "source", "add", "csv", "hr", "people.csv"]);
    company.read_people();
    company.run(&["connector", "activate"]);
    company.run(&["scope", "set", "--mode", "everyone", "--yes"]);
    company.run(&["assign", "--group", "Design", "--team", "Design"]);
    company
}
