//! One limit as a pure state machine over a virtual clock.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::{LimitHeader, Priority};

/// A limit of so many credits in any window of a certain length, fixed or sliding, as the server counts them.
///
/// The server counts a call at some moment between its sending and its reply, and nobody knows which. So a
/// call takes up its credits from the moment of sending until one whole window after its end. Then the calls
/// that a window of the server holds have all taken up their credits at the moment when the last of them was
/// sent: an earlier one would have to have ended a window before, and the server would have counted it in a
/// window before. What is admitted at one moment never exceeds the limit, hence no window does.
///
/// The clock is the caller's: every moment is the time since some beginning, and never runs backwards.
///
/// ```
/// use std::time::Duration;
/// use usher_miro::{Admission, Ended, Lane, Priority};
///
/// let second = Duration::from_secs(1);
/// let mut lane = Lane::new(100, second * 60);
/// let Admission::Admitted(ticket) = lane.admit(second, 60, Priority::Normal) else { panic!() };
/// assert_eq!(lane.admit(second, 60, Priority::Normal), Admission::AfterAnEnd);
/// lane.end(ticket, second * 3, Ended::Answered);
/// assert_eq!(lane.admit(second * 4, 60, Priority::Normal), Admission::NotBefore(second * 63));
/// ```
#[derive(Debug)]
pub struct Lane {
    profile: u64,
    limit: u64,
    /// How much of the limit is this lane's, where others share it. `u64::MAX`: all of it.
    share: u64,
    headroom: f64,
    reserve: f64,
    header: LimitHeader,
    window: Duration,
    in_flight: HashMap<u64, InFlight>,
    in_flight_credits: u64,
    /// Ended calls by the moment at which they stop counting.
    ended: BTreeMap<(Duration, u64), u64>,
    ended_credits: u64,
    /// Credits of all calls that ever stopped counting.
    released: u64,
    /// Credits that somebody else spent, and until when they are believed.
    foreign: Option<(Duration, u64)>,
    paused_until: Duration,
    next_ticket: u64,
}

#[derive(Debug)]
struct InFlight {
    credits: u64,
    released_before: u64,
}

/// Whether a call may be sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Admission {
    /// Now. The ticket must be given back with [`Lane::end`].
    Admitted(Ticket),
    /// Not before this moment; ask again then.
    NotBefore(Duration),
    /// Not before another call has ended; ask again then.
    AfterAnEnd,
}

/// An admitted call.
#[derive(Debug, PartialEq, Eq)]
pub struct Ticket(u64);

/// How an admitted call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A reply came: the server has counted it by now.
    Answered,
    /// It never reached the server.
    NotSent,
    /// Nobody knows whether and when the server counts it; it takes up its credits for two windows.
    Unknown,
}

/// What a reply says about the limit, in credits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// The limit as the server sees it.
    pub limit: Option<u64>,
    /// What the server thinks is left.
    pub remaining: Option<u64>,
    /// When the server will have forgotten, as the time from now.
    pub reset_in: Option<Duration>,
}

impl Lane {
    /// A lane of `limit` credits in any `window`. `u64::MAX` is no limit.
    pub fn new(limit: u64, window: Duration) -> Self {
        Self {
            profile: limit,
            limit,
            share: u64::MAX,
            headroom: 0.0,
            reserve: 0.0,
            header: LimitHeader::KeepProfile,
            window,
            in_flight: HashMap::new(),
            in_flight_credits: 0,
            ended: BTreeMap::new(),
            ended_credits: 0,
            released: 0,
            foreign: None,
            paused_until: Duration::ZERO,
            next_ticket: 0,
        }
    }

    /// Leaves a share of the limit unused, 0 to 0.9.
    #[must_use]
    pub fn with_headroom(mut self, share: f64) -> Self {
        self.headroom = share;
        self.limit = less(self.profile, share);
        self
    }

    /// Leaves a share of the limit to urgent calls, 0 to 0.9.
    #[must_use]
    pub fn with_reserve(mut self, share: f64) -> Self {
        self.reserve = share;
        self
    }

    /// Says what to do when the server reports a larger limit.
    #[must_use]
    pub fn with_limit_header(mut self, header: LimitHeader) -> Self {
        self.header = header;
        self
    }

    /// Takes so much of the limit, and no more, from now on: the rest is for others. `u64::MAX`: all of it.
    pub fn set_share(&mut self, share: u64) {
        self.share = share;
    }

    /// Asks to send a call.
    ///
    /// A call that costs more than the whole limit is admitted when the lane is empty: it could never be sent
    /// otherwise. One that costs more than this lane's share of it has to wait for a larger share.
    pub fn admit(&mut self, now: Duration, credits: u64, priority: Priority) -> Admission {
        self.forget(now);
        if now < self.paused_until {
            return Admission::NotBefore(self.paused_until);
        }
        if self.limit == u64::MAX {
            return Admission::Admitted(self.take(0));
        }
        let reserved = |limit| match priority {
            Priority::Urgent => limit,
            Priority::Normal => less(limit, self.reserve),
        };
        let counted = credits.min(reserved(self.limit));
        let allowed = reserved(self.limit.min(self.share)).min(self.share);
        let used = self.used();
        if used + counted <= allowed {
            return Admission::Admitted(self.take(credits));
        }
        self.moment_with_room(used + counted - allowed)
            .map_or(Admission::AfterAnEnd, Admission::NotBefore)
    }

    /// Gives a ticket back.
    #[expect(clippy::needless_pass_by_value, reason = "a ticket is given back once")]
    pub fn end(&mut self, ticket: Ticket, now: Duration, ended: Ended) {
        let Some(call) = self.in_flight.remove(&ticket.0) else {
            return;
        };
        self.in_flight_credits -= call.credits;
        let counts_until = match ended {
            Ended::NotSent => return,
            Ended::Answered => now + self.window,
            Ended::Unknown => now + self.window * 2,
        };
        if call.credits > 0 {
            self.ended.insert((counts_until, ticket.0), call.credits);
            self.ended_credits += call.credits;
        }
    }

    /// Learns from a reply, before its ticket is given back.
    ///
    /// What the server counts above all that this lane can have spent was spent by others with the same token; it is
    /// held back until the server's reset, at most one window. A smaller limit is obeyed; a larger one is
    /// taken over only with [`LimitHeader::Adopt`].
    pub fn observe(&mut self, ticket: &Ticket, now: Duration, seen: Observation) {
        if self.limit == u64::MAX {
            return;
        }
        self.forget(now);
        if let Some(limit) = seen.limit.filter(|limit| *limit > 0) {
            let adopted = match self.header {
                LimitHeader::KeepProfile => limit.min(self.profile),
                LimitHeader::Adopt => limit,
            };
            self.limit = less(adopted, self.headroom).max(1);
        }
        let (Some(call), Some(remaining)) = (self.in_flight.get(&ticket.0), seen.remaining) else {
            return;
        };
        let counted = seen.limit.unwrap_or(self.profile).saturating_sub(remaining);
        // All that this lane had out when the call was sent, and all that it has sent since. The server
        // cannot have counted more of ours, in whatever order replies arrive.
        let ours =
            self.in_flight_credits + self.ended_credits + (self.released - call.released_before);
        let others = counted.saturating_sub(ours);
        let until = now + seen.reset_in.unwrap_or(self.window).min(self.window);
        self.foreign = (others > 0).then_some((until, others));
    }

    /// Admits nothing before the given moment, after a 429.
    pub fn pause_until(&mut self, moment: Duration) {
        self.paused_until = self.paused_until.max(moment);
    }

    /// Credits that count against the limit at this moment.
    pub fn used_at(&mut self, now: Duration) -> u64 {
        self.forget(now);
        self.used()
    }

    /// Credits per window that the lane allows now.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// The length of the window.
    pub fn window(&self) -> Duration {
        self.window
    }

    /// How many calls were admitted and have not ended.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    fn used(&self) -> u64 {
        let foreign = self.foreign.map_or(0, |(_, credits)| credits);
        self.in_flight_credits + self.ended_credits + foreign
    }

    fn take(&mut self, credits: u64) -> Ticket {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.in_flight_credits += credits;
        self.in_flight.insert(
            ticket,
            InFlight {
                credits,
                released_before: self.released,
            },
        );
        Ticket(ticket)
    }

    /// Lets go of what has stopped counting by now.
    fn forget(&mut self, now: Duration) {
        while let Some(first) = self.ended.first_entry() {
            if first.key().0 > now {
                break;
            }
            let credits = first.remove();
            self.ended_credits -= credits;
            self.released += credits;
        }
        self.foreign = self.foreign.filter(|(until, _)| *until > now);
    }

    /// The first moment at which `credits` have stopped counting by themselves.
    fn moment_with_room(&self, credits: u64) -> Option<Duration> {
        let mut foreign = self.foreign;
        let mut freed = 0;
        for (&(moment, _), &ended) in &self.ended {
            if let Some((until, others)) = foreign.filter(|(until, _)| *until <= moment) {
                freed += others;
                foreign = None;
                if freed >= credits {
                    return Some(until);
                }
            }
            freed += ended;
            if freed >= credits {
                return Some(moment);
            }
        }
        foreign
            .filter(|(_, others)| freed + others >= credits)
            .map(|(until, _)| until)
    }
}

/// What is left of a limit without a share of it; at least 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "limits are far below 2^52, and u64::MAX is returned as it is"
)]
fn less(limit: u64, share: f64) -> u64 {
    if limit == u64::MAX || share <= 0.0 {
        return limit;
    }
    // A share in decimal digits is a little off in binary; a whole credit must not be lost to that.
    ((limit as f64) * (1.0 - share.min(1.0)) + 1e-6)
        .floor()
        .max(1.0) as u64
}
