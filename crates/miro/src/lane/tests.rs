use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use proptest::prelude::*;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::*;
use crate::{LimitHeader, LimitProfile, Priority, ScimClass, ScimPool};

const WINDOW: u64 = 30_000;
const LIMIT: u64 = 10_000;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A call as the simulated world treats it.
#[derive(Clone, Debug)]
struct Planned {
    /// Time since the previous call was sent.
    gap: u64,
    latency: u64,
    /// When the server counts it, in thousandths of the time from sending to the latest possible moment.
    counted_at: u64,
    credits: u64,
    ended: Ended,
}

fn planned() -> impl Strategy<Value = Planned> {
    let gap = prop_oneof![8 => Just(0_u64), 2 => 0..WINDOW / 4];
    let latency = prop_oneof![6 => 0..500_u64, 2 => 0..WINDOW, 1 => 0..WINDOW * 3];
    let credits = prop_oneof![Just(50_u64), Just(100), Just(500), Just(2000), 1..=LIMIT];
    let ended = prop_oneof![8 => Just(Ended::Answered), 1 => Just(Ended::NotSent), 1 => Just(Ended::Unknown)];
    (gap, latency, 0..=1000_u64, credits, ended).prop_map(
        |(gap, latency, counted_at, credits, ended)| Planned {
            gap,
            latency,
            counted_at,
            credits,
            ended,
        },
    )
}

/// Drives a lane through planned calls on a virtual clock in milliseconds; what the server counted, and when.
struct World {
    now: u64,
    /// Calls under way by the moment of their end.
    under_way: BinaryHeap<Reverse<(u64, usize)>>,
    tickets: HashMap<usize, (Ticket, Ended)>,
    counted: Vec<(u64, u64)>,
    /// What each call's reply will say, if the server says anything.
    replies: HashMap<usize, Observation>,
}

impl World {
    fn run(lane: &mut Lane, calls: &[Planned], server: Option<Server>) -> Self {
        let mut world = Self {
            now: 0,
            under_way: BinaryHeap::new(),
            tickets: HashMap::new(),
            counted: Vec::new(),
            replies: HashMap::new(),
        };
        for (number, call) in calls.iter().enumerate() {
            world.go_on_to(lane, world.now + call.gap);
            let ticket = world.wait(lane, call.credits);
            world.send(number, call, ticket, server);
        }
        world
    }

    fn wait(&mut self, lane: &mut Lane, credits: u64) -> Ticket {
        loop {
            let next_end = self.under_way.peek().map(|Reverse((end, _))| *end);
            let moment = match lane.admit(ms(self.now), credits, Priority::Normal) {
                Admission::Admitted(ticket) => return ticket,
                Admission::NotBefore(moment) => {
                    let moment = u64::try_from(moment.as_millis()).unwrap();
                    assert!(
                        moment > self.now,
                        "a moment in the past would be a busy loop"
                    );
                    next_end.map_or(moment, |end| end.min(moment))
                }
                Admission::AfterAnEnd => next_end.expect("a call is under way"),
            };
            self.go_on_to(lane, moment);
        }
    }

    fn send(&mut self, number: usize, call: &Planned, ticket: Ticket, server: Option<Server>) {
        let end = self.now + call.latency;
        // A call of which nothing is known may be counted even a window after it was given up.
        let latest = if call.ended == Ended::Unknown {
            end + WINDOW - 1
        } else {
            end
        };
        let counted = self.now + (latest - self.now) * call.counted_at / 1000;
        if call.ended != Ended::NotSent {
            self.counted.push((counted, call.credits));
        }
        if let Some(server) = server {
            self.replies
                .insert(number, server.reply(&self.counted, counted));
        }
        self.under_way.push(Reverse((end, number)));
        self.tickets.insert(number, (ticket, call.ended));
    }

    fn go_on_to(&mut self, lane: &mut Lane, moment: u64) {
        while let Some(&Reverse((end, number))) = self.under_way.peek() {
            if end > moment {
                break;
            }
            self.under_way.pop();
            let (ticket, ended) = self.tickets.remove(&number).expect("was put there");
            if let (Some(seen), Ended::Answered) = (self.replies.get(&number), ended) {
                lane.observe(&ticket, ms(end), *seen);
            }
            lane.end(ticket, ms(end), ended);
        }
        self.now = self.now.max(moment);
    }

    fn fullest_sliding_window(&self) -> u64 {
        let windows = self.counted.iter().map(|(start, _)| {
            let inside = self
                .counted
                .iter()
                .filter(|(at, _)| (*start..start + WINDOW).contains(at));
            inside.map(|(_, credits)| credits).sum()
        });
        windows.max().unwrap_or(0)
    }

    fn fullest_fixed_window(&self, alignment: u64) -> u64 {
        let mut windows: BTreeMap<u64, u64> = BTreeMap::new();
        for (at, credits) in &self.counted {
            *windows.entry((at + alignment) / WINDOW).or_default() += credits;
        }
        windows.into_values().max().unwrap_or(0)
    }
}

/// A server that tells how full its window is.
#[derive(Clone, Copy)]
enum Server {
    Fixed { alignment: u64 },
    Sliding,
}

impl Server {
    /// What it says to a call that it counts at `moment`. Calls that are sent later may still be counted before;
    /// the server in this world does not know of them, which only makes it say less than it could.
    fn reply(self, counted: &[(u64, u64)], moment: u64) -> Observation {
        let is_inside = |at: u64| match self {
            Self::Sliding => at + WINDOW > moment && at <= moment,
            Self::Fixed { alignment } => {
                (at + alignment) / WINDOW == (moment + alignment) / WINDOW && at <= moment
            }
        };
        let used: u64 = counted
            .iter()
            .filter(|(at, _)| is_inside(*at))
            .map(|(_, credits)| credits)
            .sum();
        Observation {
            limit: Some(LIMIT),
            remaining: Some(LIMIT.saturating_sub(used)),
            reset_in: None,
        }
    }
}

proptest! {
    #[test]
    fn no_window_of_the_server_ever_holds_more_than_the_limit(
        calls in prop::collection::vec(planned(), 1..120),
        alignment in 0..WINDOW,
    ) {
        let mut lane = Lane::new(LIMIT, ms(WINDOW));
        let world = World::run(&mut lane, &calls, None);
        prop_assert!(world.fullest_sliding_window() <= LIMIT);
        prop_assert!(world.fullest_fixed_window(alignment) <= LIMIT);
    }

    #[test]
    fn headers_of_a_server_that_nobody_else_uses_change_nothing(
        calls in prop::collection::vec(planned(), 1..80),
        alignment in 0..WINDOW,
        is_sliding: bool,
    ) {
        let server = if is_sliding { Server::Sliding } else { Server::Fixed { alignment } };
        // What a server counts after a call was given up is not ours to explain.
        let calls: Vec<_> = calls.into_iter().filter(|call| call.ended == Ended::Answered).collect();
        let without = World::run(&mut Lane::new(LIMIT, ms(WINDOW)), &calls, None);
        let with = World::run(&mut Lane::new(LIMIT, ms(WINDOW)), &calls, Some(server));
        prop_assert_eq!(without.counted, with.counted);
    }

    #[test]
    fn a_lane_reaches_95_percent_of_its_limit_when_replies_are_quick(
        latencies in prop::collection::vec(0..WINDOW / 50, 50),
        counted_at in 0..=1000_u64,
    ) {
        let calls: Vec<Planned> = latencies.iter().cycle().take(4000).map(|&latency| Planned {
            gap: 0, latency, counted_at, credits: 50, ended: Ended::Answered,
        }).collect();
        let mut lane = Lane::new(LIMIT, ms(WINDOW));
        let world = World::run(&mut lane, &calls, None);
        // 4000 calls of 50 credits fill 20 windows; the first needs no waiting.
        let ideal = 19 * WINDOW;
        prop_assert!(world.now * 95 <= ideal * 100, "took {} instead of {ideal}", world.now);
    }
}

fn admitted(lane: &mut Lane, now: u64, credits: u64, priority: Priority) -> Ticket {
    match lane.admit(ms(now), credits, priority) {
        Admission::Admitted(ticket) => ticket,
        refused => panic!("{refused:?}"),
    }
}

fn answered(lane: &mut Lane, now: u64, credits: u64, seen: Observation) {
    let ticket = admitted(lane, now, credits, Priority::Normal);
    lane.observe(&ticket, ms(now), seen);
    lane.end(ticket, ms(now), Ended::Answered);
}

fn left(remaining: u64, reset_in: Option<u64>) -> Observation {
    Observation {
        limit: Some(LIMIT),
        remaining: Some(remaining),
        reset_in: reset_in.map(ms),
    }
}

#[test]
fn what_others_spend_is_held_back_until_the_reset() {
    let mut lane = Lane::new(LIMIT, ms(WINDOW));
    answered(&mut lane, 0, 100, left(400, Some(5000)));
    assert_eq!(
        lane.used_at(ms(0)),
        LIMIT - 400,
        "100 of ours and 9500 of others"
    );
    assert_eq!(
        lane.admit(ms(0), 500, Priority::Normal),
        Admission::NotBefore(ms(5000))
    );
    assert_eq!(lane.used_at(ms(5000)), 100);
}

#[test]
fn what_others_spend_is_held_back_for_a_window_at_most() {
    let mut lane = Lane::new(LIMIT, ms(WINDOW));
    answered(&mut lane, 0, 100, left(0, Some(WINDOW * 100)));
    assert_eq!(
        lane.admit(ms(1), 50, Priority::Urgent),
        Admission::NotBefore(ms(WINDOW))
    );
}

#[test]
fn a_later_reply_corrects_what_is_believed_of_others() {
    let mut lane = Lane::new(LIMIT, ms(WINDOW));
    answered(&mut lane, 0, 100, left(400, None));
    answered(&mut lane, 10, 100, left(9800, None));
    assert_eq!(lane.used_at(ms(10)), 200);
}

#[test]
fn a_smaller_limit_is_obeyed_and_a_larger_one_is_adopted_only_when_told_to() {
    let limit = |limit| Observation {
        limit: Some(limit),
        ..Observation::default()
    };
    let mut lane = Lane::new(LIMIT, ms(WINDOW));
    answered(&mut lane, 0, 50, limit(1000));
    assert_eq!(lane.limit(), 1000);
    answered(&mut lane, 0, 50, limit(50_000));
    assert_eq!(lane.limit(), LIMIT);
    let mut lane = lane.with_limit_header(LimitHeader::Adopt);
    answered(&mut lane, 0, 50, limit(50_000));
    assert_eq!(lane.limit(), 50_000);
}

#[test]
fn the_reserve_is_left_to_urgent_calls() {
    let mut lane = Lane::new(1000, ms(WINDOW)).with_reserve(0.2);
    let _first = admitted(&mut lane, 0, 800, Priority::Normal);
    assert_eq!(
        lane.admit(ms(0), 50, Priority::Normal),
        Admission::AfterAnEnd
    );
    let _second = admitted(&mut lane, 0, 200, Priority::Urgent);
}

#[test]
fn headroom_is_never_used() {
    let mut lane = Lane::new(1000, ms(WINDOW)).with_headroom(0.1);
    let _first = admitted(&mut lane, 0, 900, Priority::Urgent);
    assert_eq!(
        lane.admit(ms(0), 1, Priority::Urgent),
        Admission::AfterAnEnd
    );
}

#[test]
fn a_call_that_costs_more_than_the_limit_goes_alone() {
    let mut lane = Lane::new(1000, ms(WINDOW));
    let small = admitted(&mut lane, 0, 50, Priority::Normal);
    assert_eq!(
        lane.admit(ms(0), 25_000, Priority::Normal),
        Admission::AfterAnEnd
    );
    lane.end(small, ms(0), Ended::NotSent);
    let _large = admitted(&mut lane, 0, 25_000, Priority::Normal);
    assert_eq!(
        lane.admit(ms(0), 1, Priority::Normal),
        Admission::AfterAnEnd
    );
}

#[test]
fn a_paused_lane_admits_nobody_not_even_urgent_calls() {
    let mut lane = Lane::new(1000, ms(WINDOW));
    lane.pause_until(ms(700));
    lane.pause_until(ms(300));
    assert_eq!(
        lane.admit(ms(0), 1, Priority::Urgent),
        Admission::NotBefore(ms(700))
    );
    let _ticket = admitted(&mut lane, 700, 1, Priority::Normal);
}

#[test]
fn a_call_that_was_never_sent_costs_nothing() {
    let mut lane = Lane::new(1000, ms(WINDOW));
    let ticket = admitted(&mut lane, 0, 1000, Priority::Normal);
    lane.end(ticket, ms(5), Ended::NotSent);
    assert_eq!(lane.used_at(ms(5)), 0);
}

#[test]
fn without_a_limit_nobody_waits_and_nothing_is_kept() {
    let mut lane = Lane::new(u64::MAX, ms(WINDOW));
    for now in 0..1000 {
        answered(&mut lane, now, 2000, Observation::default());
    }
    assert_eq!(lane.used_at(ms(1000)), 0);
}

fn gate(credits: u64, window: u64) -> Arc<Gate> {
    let limits = LimitProfile {
        rest_credits: credits,
        rest_window: ms(window),
        ..LimitProfile::default()
    };
    Gate::rest(&limits, 1.0)
}

#[tokio::test(start_paused = true)]
async fn waiting_calls_are_served_in_order_and_urgent_ones_first() {
    let gate = gate(100, 1000);
    gate.pass(100, Priority::Normal).await.end(Ended::Answered);
    let served = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = JoinSet::new();
    let calls = [
        ("n1", Priority::Normal),
        ("n2", Priority::Normal),
        ("u1", Priority::Urgent),
        ("u2", Priority::Urgent),
    ];
    for (name, priority) in calls {
        let (gate, served) = (Arc::clone(&gate), Arc::clone(&served));
        tasks.spawn(async move {
            let permit = gate.pass(100, priority).await;
            served.lock().push(name);
            permit.end(Ended::Answered);
        });
        tokio::task::yield_now().await;
    }
    assert_eq!(gate.status().waiting, 4);
    assert_eq!(gate.status().next_in, Some(ms(1000)));
    tasks.join_all().await;
    assert_eq!(*served.lock(), ["u1", "u2", "n1", "n2"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_gives_up_waiting_lets_the_next_one_through() {
    let gate = gate(100, 1000);
    let first = gate.pass(60, Priority::Normal).await;
    let mut giving_up = Box::pin(gate.pass(100, Priority::Normal));
    let mut next = Box::pin(gate.pass(40, Priority::Normal));
    assert!(futures::poll!(&mut giving_up).is_pending());
    assert!(
        futures::poll!(&mut next).is_pending(),
        "the small call does not overtake the large one"
    );
    drop(giving_up);
    next.await.end(Ended::Answered);
    first.end(Ended::Answered);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_permit_counts_as_a_call_that_may_have_been_sent() {
    let gate = gate(100, 1000);
    drop(gate.pass(100, Priority::Normal).await);
    let start = Instant::now();
    gate.pass(100, Priority::Normal).await.end(Ended::Answered);
    assert_eq!(start.elapsed(), ms(2000));
}

#[tokio::test(start_paused = true)]
async fn an_end_makes_room_for_a_call_that_waits_for_it() {
    let gate = gate(100, 1000);
    let under_way = gate.pass(100, Priority::Normal).await;
    let mut waiting = Box::pin(gate.pass(100, Priority::Normal));
    assert!(futures::poll!(&mut waiting).is_pending());
    assert_eq!(gate.status().next_in, None);
    under_way.end(Ended::NotSent);
    waiting.await.end(Ended::Answered);
}

#[tokio::test(start_paused = true)]
async fn many_tasks_together_keep_the_limit_in_every_window() {
    let gate = gate(LIMIT, WINDOW);
    let epoch = Instant::now();
    let counted = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = JoinSet::new();
    for number in 0..600_u64 {
        let (gate, counted) = (Arc::clone(&gate), Arc::clone(&counted));
        tasks.spawn(async move {
            let credits = [50, 100, 500][usize::try_from(number % 3).unwrap()];
            let permit = gate.pass(credits, Priority::Normal).await;
            tokio::time::sleep(ms(number * 7919 % 400)).await;
            counted.lock().push((epoch.elapsed(), credits));
            tokio::time::sleep(ms(number * 104_729 % 300)).await;
            permit.end(Ended::Answered);
        });
    }
    tasks.join_all().await;
    let counted = counted.lock();
    for (start, _) in counted.iter() {
        let inside = counted
            .iter()
            .filter(|(at, _)| (*start..*start + ms(WINDOW)).contains(at));
        assert!(inside.map(|(_, credits)| credits).sum::<u64>() <= LIMIT);
    }
    let total: u64 = counted.iter().map(|(_, credits)| credits).sum();
    let windows = total / LIMIT;
    assert!(
        epoch.elapsed() < ms(WINDOW * windows + WINDOW),
        "took {:?}",
        epoch.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn scim_classes_wait_apart_only_when_told_that_they_are_apart() {
    for (scim_pool, expected) in [(ScimPool::Shared, 30_000), (ScimPool::PerClass, 0)] {
        let limits = LimitProfile {
            scim_pool,
            ..LimitProfile::default()
        };
        let gates = ScimGates::new(&limits, 1.0);
        let start = Instant::now();
        let lists = gates.of(ScimClass::ListGroups).unwrap();
        for _ in 0..5 {
            lists
                .pass(ScimClass::ListGroups.credits(), Priority::Normal)
                .await
                .end(Ended::Answered);
        }
        let users = gates.of(ScimClass::ListUsers).unwrap();
        users
            .pass(ScimClass::ListUsers.credits(), Priority::Normal)
            .await
            .end(Ended::Answered);
        assert_eq!(start.elapsed(), ms(expected), "{scim_pool:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_scale_divides_the_windows() {
    let gate = Gate::rest(&LimitProfile::default(), 100.0);
    assert_eq!(gate.window(), ms(600));
}
