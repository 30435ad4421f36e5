//! What is done on a schedule, when asked for, and when somebody decides.

use super::{Serving, jobs, wait_for_jobs, wait_until};
use crate::provisioning::company::{Company, PEOPLE};
use crate::support::{Home, Miro, assert_transcript};

fn quick(company: Company) -> Company {
    Company {
        home: company.home.with("USHER_JOBS_POLL", "100ms"),
        ..company
    }
}

#[test]
fn schedules_are_set_listed_and_removed() {
    let company = Company::unconnected(crate::support::small());
    let set = [
        "schedules",
        "set",
        "source-read",
        "hr",
        "--daily",
        "02:30",
        "--zone",
        "Europe/Vienna",
    ];
    assert!(
        company
            .run(&set)
            .stdout()
            .contains("daily 02:30 Europe/Vienna, next in")
    );
    company.run(&["schedules", "set", "cycle", "--every", "40m"]);
    company.run(&["schedules", "set", "sync", "--cron", "0 6 * * 1-5"]);
    company.run(&["schedules", "set", "sync", "--every", "1h 30m"]);
    let rows = company.json(&["schedules", "list"]);
    let timings: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["timing"].as_str().unwrap())
        .collect();
    assert_eq!(
        timings,
        ["every 40m", "daily 02:30 Europe/Vienna", "every 90m"]
    );
    company.run(&["schedules", "remove", "sync"]);
    company.home.run(&["schedules", "remove", "sync"]).expect(2);
    assert_eq!(
        company
            .json(&["schedules", "list"])
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let set = company.json(&["events", "--kind", "schedule_set"]);
    assert_eq!(set.as_array().unwrap().len(), 4);
}

#[test]
fn what_is_no_schedule_says_what_one_looks_like() {
    let company = Company::unconnected(crate::support::small());
    let run = |arguments: &[&str]| {
        company
            .home
            .run(&[&["schedules", "set"], arguments].concat())
    };
    assert_transcript!("schedule_when", run(&["cycle"]).expect(2));
    assert_transcript!(
        "schedule_zone",
        run(&["cycle", "--daily", "02:30", "--zone", "Europe/Wien"]).expect(2)
    );
    assert_transcript!(
        "schedule_cron",
        run(&["cycle", "--cron", "0 6 * *"]).expect(2)
    );
    assert_transcript!(
        "schedule_source",
        run(&["source-read", "--every", "1h"]).expect(2)
    );
}

#[test]
fn a_source_is_read_and_an_organization_synced_when_it_is_time() {
    let company = quick(Company::unconnected(crate::support::small()));
    company.run(&["schedules", "set", "source-read", "hr", "--every", "1s"]);
    company.run(&["schedules", "set", "sync", "--every", "1s"]);
    let _serving = Serving::start(&company.home);
    let more = format!("{PEOPLE}new@example.org,New,Person,Engines,100,Staff,active\n");
    company.home.write("people.csv", more);
    wait_until("the newcomer is in the directory", || {
        company
            .home
            .run(&["people", "show", "new@example.org"])
            .code()
            == 0
    });
    wait_until("syncs are done again and again", || {
        let jobs = jobs(&company.home);
        let is_done = |job: &&serde_json::Value| job["what"] == "sync" && job["state"] == "done";
        jobs.iter().filter(is_done).count() >= 2
    });
}

#[test]
fn what_the_connector_does_not_allow_is_refused_and_says_so() {
    let company = quick(Company::unconnected(crate::support::small()));
    company.run(&["schedules", "run-now", "cycle"]);
    let _serving = Serving::start(&company.home);
    wait_for_jobs(&company.home);
    let job = jobs(&company.home).remove(0);
    assert_eq!(job["state"], "refused", "{job}");
    assert!(
        job["outcome"].as_str().unwrap().contains("is not active"),
        "{job}"
    );
}

#[test]
fn a_plan_that_somebody_approves_is_applied_without_being_asked_for() {
    let company = quick(Company::of_everyone());
    company.run(&["schedules", "set", "cycle", "--every", "12h"]);
    company.run(&["schedules", "run-now", "cycle"]);
    let _serving = Serving::start(&company.home);
    wait_for_jobs(&company.home);
    let job = jobs(&company.home).remove(0);
    assert!(
        job["outcome"]
            .as_str()
            .unwrap()
            .contains("waits for approval"),
        "{job}"
    );
    assert!(company.miro.user("frank@example.org").is_none());
    company.run(&["plan", "approve", "latest", "--reason", "as meant"]);
    wait_until("the plan is applied", || {
        company.miro.user("frank@example.org").is_some()
    });
    wait_for_jobs(&company.home);
    let job = jobs(&company.home).remove(0);
    assert_eq!(
        (&job["cause"], &job["state"]),
        (&"decision".into(), &"done".into()),
        "{job}"
    );
    company.run(&["audit", "verify"]);
}

#[test]
fn a_server_without_a_worker_answers_and_does_nothing() {
    let company = quick(Company::unconnected(crate::support::small()));
    company.run(&["schedules", "run-now", "sync"]);
    let home = Home::beside(&company.miro)
        .with(
            "USHER_DATABASE",
            company.home.path("usher.db").to_str().unwrap(),
        )
        .with("USHER_JOBS_AT_ONCE", "0");
    let idle = Serving::start(&home);
    assert_eq!(idle.get("readyz").0, 200);
    assert!(!idle.get("readyz").2.contains("worker"));
    assert_eq!(idle.stop(), Some(0));
    assert_eq!(jobs(&company.home)[0]["state"], "waiting");
}

#[test]
fn a_token_that_is_missing_fails_the_job_and_not_the_server() {
    let miro = Miro::small();
    let company = quick(Company {
        home: Home::beside(&miro),
        miro,
    });
    company.run(&["sync"]);
    company.run(&["schedules", "run-now", "sync"]);
    let home = Home::new()
        .with(
            "USHER_DATABASE",
            company.home.path("usher.db").to_str().unwrap(),
        )
        .with("USHER_JOBS_POLL", "100ms");
    let serving = Serving::start(&home);
    wait_for_jobs(&company.home);
    let job = jobs(&company.home).remove(0);
    assert_eq!(job["state"], "failed", "{job}");
    assert!(
        job["outcome"]
            .as_str()
            .unwrap()
            .contains("USHER_SCIM_TOKEN"),
        "{job}"
    );
    assert_eq!(serving.get("livez").0, 200);
}
