//! Two views of one stream of events: for people, and as JSON lines.

mod apply;
mod cycle;
mod human;
mod json;
mod lines;

pub use apply::{HumanApplyView, JsonApplyView};
pub use cycle::{HumanCycleView, JsonCycleView};
pub use human::HumanSyncView;
pub use json::JsonSyncView;

use usher_engine::sync::{Listed, Progress};

use crate::output::humanize;

/// How far a sync is, in words.
fn in_words(progress: &Progress) -> String {
    format!("{}; {}", read(progress), cost(progress))
}

/// What was read.
fn read(progress: &Progress) -> String {
    let mut parts = vec![of(progress.accounts, progress.accounts_expected, "account")];
    if progress.names > 0 || progress.names_expected.is_some() {
        parts.push(of(progress.names, progress.names_expected, "name"));
    }
    if progress.teams > 0 {
        let open = if progress.teams_listed == Listed::Fully {
            ""
        } else {
            "+"
        };
        let (read, all) = (
            humanize::count(progress.teams_read),
            humanize::count(progress.teams),
        );
        parts.push(format!("{read}/{all}{open} teams"));
    }
    parts.join(", ")
}

/// What it cost, and how long it will take yet.
fn cost(progress: &Progress) -> String {
    let mut parts = vec![humanize::counted(progress.requests, "request")];
    if let Some(waiting) = progress.waiting {
        let waiting = humanize::duration(waiting);
        parts.push(format!("waiting {waiting} for Miro's limits"));
    } else if progress.lane_wait.as_secs() > 0 {
        let waited = humanize::duration(progress.lane_wait);
        parts.push(format!("waited {waited} for Miro's limits"));
    }
    if let Some(left) = progress.eta {
        parts.push(format!("{} left", humanize::duration(left)));
    }
    parts.join(", ")
}

fn of(read: u64, expected: Option<u64>, noun: &str) -> String {
    match expected {
        Some(all) if all >= read => {
            format!("{}/{}", humanize::count(read), humanize::counted(all, noun))
        }
        _ => humanize::counted(read, noun),
    }
}

/// Work done and to be done, in one unit, for the bar; `None` while the amount is unknown.
fn fraction(progress: &Progress) -> Option<(u64, u64)> {
    let accounts = progress.accounts_expected?.max(progress.accounts);
    let names = progress.names_expected.unwrap_or(0).max(progress.names);
    // A team is a request of its own, as is a page of a hundred accounts.
    let done = progress.accounts / 100 + progress.names / 100 + progress.teams_read;
    let all = accounts / 100 + names / 100 + progress.teams;
    (all > 0).then_some((done, all))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn progress_says_counts_waits_and_what_is_left() {
        let progress = Progress {
            accounts: 6_200,
            accounts_expected: Some(10_000),
            teams: 500,
            teams_read: 120,
            teams_listed: Listed::Fully,
            requests: 230,
            lane_wait: Duration::from_millis(2_100),
            eta: Some(Duration::from_secs(12)),
            ..Progress::default()
        };
        assert_eq!(
            in_words(&progress),
            "6,200/10,000 accounts, 120/500 teams; 230 requests, waited 2.1 s for Miro's limits, 12.0 s left"
        );
        assert_eq!(fraction(&progress), Some((182, 600)));
    }

    #[test]
    fn without_a_total_there_is_no_fraction() {
        let progress = Progress {
            accounts: 300,
            ..Progress::default()
        };
        assert_eq!(fraction(&progress), None);
        assert_eq!(in_words(&progress), "300 accounts; 0 requests");
    }
}
