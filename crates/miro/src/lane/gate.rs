//! Lanes that asynchronous calls wait at, first come, first served.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use usher_boxed::boxed;

use super::{Admission, Ended, Lane, RateHeaders, Ticket};
use crate::meter::LaneStatus;
use crate::{LimitProfile, Priority, ScimClass, ScimPool};

/// A lane with its queue. Urgent calls wait before normal ones.
#[derive(Debug)]
pub(crate) struct Gate {
    pub name: &'static str,
    /// Whether Miro documents the unit of its rate-limit headers.
    documented: bool,
    profile: u64,
    epoch: Instant,
    state: Mutex<State>,
    /// Told each time a call has to wait.
    hunger: Notify,
}

#[derive(Debug)]
struct State {
    lane: Lane,
    /// Who waits, by number, which is the order in which they came.
    urgent: BTreeMap<u64, Waiter>,
    normal: BTreeMap<u64, Waiter>,
    next_waiter: u64,
}

#[derive(Debug)]
struct Waiter {
    turn: Arc<Notify>,
    not_before: Option<Duration>,
}

impl Gate {
    /// The one pool of REST credits.
    pub fn rest(limits: &LimitProfile, time_scale: f64) -> Arc<Self> {
        let window = scaled(limits.rest_window, time_scale);
        Self::new("rest", limits.rest_credits, window, limits, true)
    }

    fn new(
        name: &'static str,
        credits: u64,
        window: Duration,
        limits: &LimitProfile,
        documented: bool,
    ) -> Arc<Self> {
        let lane = Lane::new(credits, window)
            .with_headroom(limits.headroom)
            .with_reserve(limits.reserve)
            .with_limit_header(limits.limit_header);
        let state = State {
            lane,
            urgent: BTreeMap::new(),
            normal: BTreeMap::new(),
            next_waiter: 0,
        };
        Arc::new(Self {
            name,
            documented,
            profile: credits,
            epoch: Instant::now(),
            state: Mutex::new(state),
            hunger: Notify::new(),
        })
    }

    /// Takes so much of the limit, and no more, from now on.
    pub fn set_share(&self, share: u64) {
        let mut state = self.state.lock();
        state.lane.set_share(share);
        state.wake();
    }

    /// Ends when a call has to wait, or had to since this was asked last.
    #[boxed]
    pub async fn hungry(&self) {
        self.hunger.notified().await;
    }

    /// Waits until a call of so many credits may be sent. A dropped permit counts as a call that may have been
    /// sent.
    #[boxed]
    pub async fn pass(self: &Arc<Self>, credits: u64, priority: Priority) -> Permit {
        let place = Place::take(self, priority);
        loop {
            let wake = {
                let mut state = self.state.lock();
                if state.is_first(place.id, priority) {
                    match state.lane.admit(self.now(), credits, priority) {
                        Admission::Admitted(ticket) => {
                            return Permit {
                                gate: Arc::clone(self),
                                ticket: Some(ticket),
                            };
                        }
                        Admission::NotBefore(moment) => Some(moment),
                        Admission::AfterAnEnd => None,
                    }
                } else {
                    None
                }
            };
            self.note(place.id, priority, wake);
            self.hunger.notify_one();
            match wake {
                Some(moment) => {
                    tokio::select! {
                        () = sleep_until(self.epoch + moment) => {}
                        () = place.turn.notified() => {}
                    }
                }
                None => place.turn.notified().await,
            }
        }
    }

    /// The lane at this moment.
    pub fn status(&self) -> LaneStatus {
        let now = self.now();
        let mut state = self.state.lock();
        let first = state.first();
        let next_in = first
            .and_then(|waiter| waiter.not_before)
            .map(|at| at.saturating_sub(now));
        LaneStatus {
            name: self.name,
            limit: state.lane.limit(),
            window: state.lane.window(),
            used: state.lane.used_at(now),
            in_flight: state.lane.in_flight(),
            waiting: state.urgent.len() + state.normal.len(),
            next_in,
        }
    }

    /// Admits nothing for a while, after a 429.
    pub fn pause(&self, time: Duration) {
        let mut state = self.state.lock();
        state.lane.pause_until(self.now() + time);
    }

    pub fn window(&self) -> Duration {
        self.state.lock().lane.window()
    }

    fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    fn note(&self, id: u64, priority: Priority, not_before: Option<Duration>) {
        let mut state = self.state.lock();
        if let Some(waiter) = state.queue(priority).get_mut(&id) {
            waiter.not_before = not_before;
        }
    }
}

impl State {
    fn queue(&mut self, priority: Priority) -> &mut BTreeMap<u64, Waiter> {
        match priority {
            Priority::Urgent => &mut self.urgent,
            Priority::Normal => &mut self.normal,
        }
    }

    fn is_first(&mut self, id: u64, priority: Priority) -> bool {
        let is_before = priority == Priority::Urgent || self.urgent.is_empty();
        is_before
            && self
                .queue(priority)
                .first_key_value()
                .is_some_and(|(&first, _)| first == id)
    }

    fn first(&self) -> Option<&Waiter> {
        let first = self
            .urgent
            .first_key_value()
            .or_else(|| self.normal.first_key_value());
        first.map(|(_, waiter)| waiter)
    }

    /// Lets the first in line look again.
    fn wake(&self) {
        if let Some(first) = self.first() {
            first.turn.notify_one();
        }
    }
}

/// A place in the queue, given up when dropped.
struct Place<'a> {
    gate: &'a Gate,
    priority: Priority,
    id: u64,
    turn: Arc<Notify>,
}

impl<'a> Place<'a> {
    fn take(gate: &'a Gate, priority: Priority) -> Self {
        let turn = Arc::new(Notify::new());
        let mut state = gate.state.lock();
        let id = state.next_waiter;
        state.next_waiter += 1;
        let waiter = Waiter {
            turn: Arc::clone(&turn),
            not_before: None,
        };
        state.queue(priority).insert(id, waiter);
        Self {
            gate,
            priority,
            id,
            turn,
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.state.lock();
        state.queue(self.priority).remove(&self.id);
        state.wake();
    }
}

/// Leave to send one call.
#[derive(Debug)]
pub(crate) struct Permit {
    gate: Arc<Gate>,
    ticket: Option<Ticket>,
}

impl Permit {
    /// Learns from the headers of the reply to this call.
    pub fn observe(&self, headers: RateHeaders, credits: u64) {
        let Some(ticket) = &self.ticket else { return };
        let gate = &self.gate;
        let seen = headers.in_credits(gate.profile, credits, gate.documented);
        let mut state = gate.state.lock();
        state.lane.observe(ticket, gate.now(), seen);
        state.wake();
    }

    /// Says how the call ended.
    pub fn end(mut self, ended: Ended) {
        self.finish(ended);
    }

    fn finish(&mut self, ended: Ended) {
        if let Some(ticket) = self.ticket.take() {
            let mut state = self.gate.state.lock();
            state.lane.end(ticket, self.gate.now(), ended);
            state.wake();
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.finish(Ended::Unknown);
    }
}

/// The lanes of the SCIM API.
#[derive(Debug)]
pub(crate) enum ScimGates {
    /// One pool for all calls.
    Shared(Arc<Gate>),
    /// A pool per class, in the order of [`ScimClass::ALL`].
    PerClass(Vec<Arc<Gate>>),
}

impl ScimGates {
    pub fn new(limits: &LimitProfile, time_scale: f64) -> Self {
        let window = scaled(limits.scim_window, time_scale);
        let gate = |name, limits: &LimitProfile| {
            Gate::new(name, limits.scim_credits, window, limits, false)
        };
        match limits.scim_pool {
            ScimPool::Shared => Self::Shared(gate("scim", limits)),
            ScimPool::PerClass => {
                let of_class = |class: &ScimClass| {
                    let reserve = limits.reserve_of(*class);
                    let limits = LimitProfile {
                        reserve,
                        ..limits.clone()
                    };
                    gate(class.name(), &limits)
                };
                Self::PerClass(ScimClass::ALL.iter().map(of_class).collect())
            }
        }
    }

    /// The lane of a class.
    pub fn of(&self, class: ScimClass) -> Option<&Arc<Gate>> {
        match self {
            Self::Shared(gate) => Some(gate),
            Self::PerClass(gates) => gates.iter().find(|gate| gate.name == class.name()),
        }
    }

    /// All of them.
    pub fn all(&self) -> &[Arc<Gate>] {
        match self {
            Self::Shared(gate) => std::slice::from_ref(gate),
            Self::PerClass(gates) => gates,
        }
    }

    /// The shared lane, or those of the classes that have been used.
    pub fn statuses(&self) -> Vec<LaneStatus> {
        match self {
            Self::Shared(gate) => vec![gate.status()],
            Self::PerClass(gates) => {
                let all = gates.iter().map(|gate| gate.status());
                all.filter(|lane| lane.used > 0 || lane.in_flight > 0 || lane.waiting > 0)
                    .collect()
            }
        }
    }
}

fn scaled(window: Duration, time_scale: f64) -> Duration {
    Duration::try_from_secs_f64(window.as_secs_f64() / time_scale).unwrap_or(window)
}
