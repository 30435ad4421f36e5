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
    let posts = company.miro.calls("POST");
    let fault = format!("{place}:{passage}");
    let output = company
        .home
        .command(&["apply", "--yes", "--quiet"])
        .env("FAULT_POINT", &fault)
        .output()
        .unwrap();
    let died = u32::from(output.status.code().is_none());
    if died == 1 {
        let resumed = company.home.run(&["apply", "--resume", "--yes", "--quiet"]);
        assert_eq!(resumed.code(), 0, "{fault}: {}", resumed.transcript());
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{fault}: {said}");
    }
    check(&company, &fault, company.miro.calls("POST") - posts);
    died
}

/// The desired state is reached, each new person has one account, and the log knows of each.
fn check(company: &Company, fault: &str, posts: usize) {
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
    // A creation whose reply was lost is looked up, and sent again only when Miro does not know the person.
    assert!(posts <= NEW + 2 + 8, "{fault}: {posts} creations were sent");
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
    let mut people = PEOPLE.to_owned();
    for number in 0..NEW {
        let groups = if number % 2 == 0 {
            "Staff;Design"
        } else {
            "Staff"
        };
        let _ = writeln!(
            people,
            "{},New,Person {number},Engines,{},{groups},active",
            address(number),
            100 + number
        );
    }
    company.home.write("people.csv", people);
    company.run(&["people", "source", "add", "csv", "hr", "people.csv"]);
    company.read_people();
    company.run(&["connector", "activate"]);
    company.run(&["scope", "set", "--mode", "everyone", "--yes"]);
    company.run(&["assign", "--group", "Design", "--team", "Design"]);
    company
}
