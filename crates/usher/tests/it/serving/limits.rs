//! Two processes with the same tokens, and Miro's limits between them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use tokio::runtime::Runtime;
use usher_sandbox::{LimitSettings, SandboxSettings};
use usher_store::postgres_for_tests::new_database_url;

use super::{Serving, jobs, wait_until};
use crate::provisioning::company::PEOPLE;
use crate::provisioning::two_processes::in_line;
use crate::support::{Home, Miro, small};

/// People who start on the day.
const NEW: usize = 120;

#[test]
fn two_processes_never_send_more_together_than_miro_allows() {
    let url = Runtime::new()
        .unwrap()
        .block_on(new_database_url())
        .unwrap();
    let miro = Miro::start(SandboxSettings {
        limits: LimitSettings {
            enforced: true,
            time_scale: 20.0,
        },
        ..small()
    });
    let mut company = in_line(&url, miro, "20");
    company.home = company
        .home
        .with("USHER_JOBS_POLL", "100ms")
        .with("USHER_JOBS_AT_ONCE", "1");
    let mut people = PEOPLE.to_owned();
    for number in 0..NEW {
        let row = format!(
            "new{number:02}@example.org,New,Person {number},Engines,{},Staff,active",
            100 + number
        );
        let _ = writeln!(people, "{row}");
    }
    company.home.write("people.csv", people);
    company.run(&["schedules", "run-now", "cycle"]);
    company.miro.forget_calls();
    let two = [(); 2].map(|()| Serving::start(&company.home));
    wait_until("the cycle sends", || company.miro.calls("POST") > 5);
    company.run(&["schedules", "run-now", "sync"]);
    let of = |what: &str, state: &str| {
        let jobs = jobs(&company.home);
        jobs.iter()
            .filter(|job| job["what"] == what && job["state"] == state)
            .count()
    };
    wait_until("both end", || {
        of("cycle", "done") == 1 && of("sync", "done") == 1
    });
    assert_eq!(owners(&company.home), 2, "each process did one");
    assert_eq!(
        company.miro.refusals(),
        0,
        "429: {} {}",
        two[0].log(),
        two[1].log()
    );
    let emails = company.miro.emails();
    assert!((0..NEW).all(|number| emails.contains(&format!("new{number:02}@example.org"))));
}

/// How many processes did what was asked for.
fn owners(home: &Home) -> usize {
    let jobs = jobs(home);
    let owners: BTreeSet<String> = jobs.iter().map(|job| job["owner"].to_string()).collect();
    owners.len()
}
