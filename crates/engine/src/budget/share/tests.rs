use std::time::Duration;

use proptest::prelude::*;
use usher_miro::{Admission, Ended, Lane, Priority, Ticket};

use super::*;

const LIMIT: u64 = 10_000;
const WINDOW: u64 = 30_000;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn who_is_alone_has_all_and_who_wants_nothing_little() {
    assert_eq!(share(LIMIT, true, &[]), LIMIT);
    assert_eq!(share(LIMIT, false, &[]), 500);
    let idle = Rival {
        held: 500,
        wants: false,
    };
    assert_eq!(share(LIMIT, true, &[idle]), 9500);
}

#[test]
fn who_wants_some_gets_an_equal_part_once_the_others_have_given_it_up() {
    let all = Rival {
        held: LIMIT,
        wants: true,
    };
    assert_eq!(share(LIMIT, true, &[all]), 0);
    let half = Rival {
        held: 5000,
        wants: true,
    };
    assert_eq!(share(LIMIT, true, &[half]), 5000);
    let third = Rival {
        held: 3333,
        wants: true,
    };
    assert_eq!(share(LIMIT, true, &[third, third]), 3333);
}

/// A process with its lane, as the keeper drives it.
struct Process {
    lane: Lane,
    share: u64,
    held: u64,
    calls: Vec<(u64, Ticket)>,
}

#[derive(Clone, Debug)]
enum Step {
    /// The process tells what it holds, and gets its share.
    Beat { process: usize, wants: bool },
    /// It sends what it may: calls of so many credits that take so long.
    Send {
        process: usize,
        credits: u64,
        latency: u64,
    },
    /// Time passes.
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let credits = prop::sample::select(&[50_u64, 100, 500, 2000][..]);
    prop_oneof![
        3 => (0..3_usize, any::<bool>()).prop_map(|(process, wants)| Step::Beat { process, wants }),
        6 => (0..3_usize, credits, 0..2000_u64)
            .prop_map(|(process, credits, latency)| Step::Send { process, credits, latency }),
        2 => prop_oneof![0..3000_u64, Just(WINDOW)].prop_map(Step::Pass),
    ]
}

fn beat(processes: &mut [Process], at: usize, wants: bool, now: u64) {
    let used = processes[at].lane.used_at(ms(now));
    let others: Vec<Rival> = processes
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != at)
        .map(|(_, process)| Rival {
            held: process.held,
            wants: true,
        })
        .collect();
    let process = &mut processes[at];
    let new = share(LIMIT, wants, &others);
    process.held = new.max(process.share).max(used);
    process.share = new;
    process.lane.set_share(new);
}

fn let_end(process: &mut Process, now: u64) {
    let (ended, open): (Vec<_>, Vec<_>) = process.calls.drain(..).partition(|(end, _)| *end <= now);
    process.calls = open;
    for (end, ticket) in ended {
        process.lane.end(ticket, ms(end), Ended::Answered);
    }
}

proptest! {
    #[test]
    fn what_several_processes_send_never_comes_to_more_than_the_limit_in_any_window(
        steps in prop::collection::vec(step(), 1..300),
    ) {
        let mut processes: Vec<Process> = (0..3).map(|_| {
            let mut lane = Lane::new(LIMIT, ms(WINDOW));
            lane.set_share(0);
            Process { lane, share: 0, held: 0, calls: Vec::new() }
        }).collect();
        let mut now = 0;
        let mut counted: Vec<(u64, u64)> = Vec::new();
        for step in steps {
            match step {
                Step::Pass(time) => now += time,
                Step::Beat { process, wants } => {
                    let_end(&mut processes[process], now);
                    beat(&mut processes, process, wants, now);
                }
                Step::Send { process, credits, latency } => {
                    let process = &mut processes[process];
                    let_end(process, now);
                    while let Admission::Admitted(ticket) = process.lane.admit(ms(now), credits, Priority::Normal) {
                        process.calls.push((now + latency, ticket));
                        // The server may count it at any moment up to the reply; the last is the worst here.
                        counted.push((now + latency, credits));
                    }
                }
            }
        }
        for (start, _) in &counted {
            let inside = counted.iter().filter(|(at, _)| (*start..start + WINDOW).contains(at));
            let sum: u64 = inside.map(|(_, credits)| credits).sum();
            prop_assert!(sum <= LIMIT, "{} in a window", sum);
        }
    }

    #[test]
    fn a_process_alone_comes_to_the_whole_limit_whatever_it_had(held in 0..LIMIT) {
        let idle = Rival { held, wants: false };
        prop_assert_eq!(share(LIMIT, true, &[idle]) + held, LIMIT);
    }
}
