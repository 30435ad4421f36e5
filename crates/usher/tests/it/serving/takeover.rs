//! Several `usher serve` on one database: one dies or is stopped in the middle of a cycle, and another one goes on.

use std::fmt::Write as _;

use serde_json::Value;
use tokio::runtime::Runtime;
use usher_store::postgres_for_tests::new_database_url;

use super::{Serving, jobs, wait_for_jobs, wait_until};
use crate::provisioning::company::{Company, PEOPLE};
use crate::provisioning::two_processes::in_line;
use crate::support::{Home, Miro, small};

/// People who start on the day.
const NEW: usize = 100;

fn address(number: usize) -> String {
    format!("new{number:03}@example.org")
}

/// A company in line, and a file in which many people start today; a cycle is asked for.
fn about_to_grow() -> Company {
    let url = Runtime::new()
        .unwrap()
        .block_on(new_database_url())
        .unwrap();
    let mut company = in_line(&url, Miro::start(small()), "1000");
    // What is sent is done at once, and answered late: a cycle is always in the middle of something.
    company.miro.fault("POST /** latency=800ms");
    company.home = company
        .home
        .with("USHER_JOBS_LEASE", "3s")
        .with("USHER_JOBS_POLL", "200ms");
    let mut people = PEOPLE.to_owned();
    for number in 0..NEW {
        let _ = writeln!(
            people,
            "{},New,Person {number},Engines,{},Staff,active",
            address(number),
            100 + number
        );
    }
    company.home.write("people.csv", people);
    company.miro.forget_calls();
    company.run(&["schedules", "run-now", "cycle"]);
    company
}

/// How many of the new people have an account.
fn created(company: &Company) -> usize {
    let emails = company.miro.emails();
    (0..NEW)
        .filter(|number| emails.contains(&address(*number)))
        .count()
}

/// Of two processes, the one that does the job in the first place.
fn owner_first(home: &Home, mut two: [Serving; 2]) -> [Serving; 2] {
    let all = jobs(home);
    let running = all.iter().find(|job| job["state"] == "running").unwrap();
    if !two[0].owns(running["owner"].as_str().unwrap()) {
        two.swap(0, 1);
    }
    assert!(two[0].owns(running["owner"].as_str().unwrap()));
    two
}

/// Everybody has one account, nothing was sent twice, one job did it, and the log is whole.
fn check(company: &Company) -> Value {
    let sent = company.miro.asked("POST", "/Users");
    assert_eq!(
        sent, NEW as u64,
        "somebody is missing, or was created twice"
    );
    assert_eq!(created(company), NEW);
    company.run(&["audit", "verify"]);
    let events = company.json(&[
        "events",
        "--kind",
        "user_create_provision",
        "--limit",
        "1000",
    ]);
    // Two were created when the company was brought in line.
    assert_eq!(events.as_array().unwrap().len(), NEW + 2);
    let jobs = jobs(&company.home);
    let cycles: Vec<&Value> = jobs.iter().filter(|job| job["what"] == "cycle").collect();
    assert_eq!(cycles.len(), 1, "{jobs:?}");
    assert_eq!(cycles[0]["state"], "done", "{jobs:?}");
    company.run(&["sync", "--quiet"]);
    let plan = company.json(&["plan"]);
    assert_eq!(
        plan["plan"]["changes"].as_array().unwrap().len(),
        0,
        "{plan}"
    );
    cycles[0].clone()
}

fn count(company: &Company, kind: &str) -> usize {
    let events = company.json(&["events", "--kind", kind]);
    events.as_array().unwrap().len()
}

#[test]
fn a_process_that_is_killed_in_the_middle_of_a_cycle_loses_nothing_and_another_finishes_it() {
    let company = about_to_grow();
    let two = [(); 2].map(|()| Serving::start(&company.home));
    wait_until("some people have accounts", || created(&company) >= 3);
    let [mut dying, other] = owner_first(&company.home, two);
    dying.kill();
    let then = created(&company);
    assert!(then < NEW, "it was done before it was killed");
    wait_for_jobs(&company.home);
    let job = check(&company);
    assert_eq!(job["attempts"], 2, "{job} {}", other.log());
    assert!(other.owns(job["owner"].as_str().unwrap()));
    assert_eq!(count(&company, "job_taken_over"), 1);
}

#[test]
fn a_process_that_is_told_to_stop_hands_its_cycle_over_at_once() {
    let mut company = about_to_grow();
    // A lease that would not end in the life of the test.
    company.home = company.home.with("USHER_JOBS_LEASE", "1h");
    let two = [(); 2].map(|()| Serving::start(&company.home));
    wait_until("some people have accounts", || created(&company) >= 3);
    let [stopping, other] = owner_first(&company.home, two);
    assert_eq!(stopping.stop(), Some(0));
    assert!(created(&company) < NEW, "it was done before it was stopped");
    wait_for_jobs(&company.home);
    let job = check(&company);
    assert_eq!(job["attempts"], 1, "{job}");
    assert!(other.owns(job["owner"].as_str().unwrap()));
    assert_eq!(count(&company, "job_handed_back"), 1);
}
