//! The loop that carries a plan out: one task decides, many tasks call.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use usher_miro::ClientMeter;
use usher_model::PlanId;
use usher_plan::{AccountRef, Change, Urgency};

use super::books::Books;
use super::graph::Graph;
use super::groups::{Groups, Patience};
use super::job::{Came, Job, Sessions};
use super::journal::Pen;
use super::lanes::{Cost, Lane, Pace};
use super::means::{Means, Tools};
use super::observer::ApplyEvent;
use super::options::{ApplyContext, ApplyOptions};
use super::perform::Hands;
use super::queue::{Item, Queue};
use super::reading_back::Reading;
use super::report::{ApplyEnding, FailedChange};
use super::verifier::{Sweep, Verifier};
use super::verify::ReadBack;
use crate::fault_point;

/// How often the lease is renewed when nothing else does.
const RENEWAL: std::time::Duration = std::time::Duration::from_secs(45);

/// Where a change stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing is settled about it.
    Open,
    /// It was carried out.
    Done,
    /// It was not.
    Failed,
    /// It was left out.
    Skipped,
}

/// What is known of one change.
#[derive(Clone, Debug)]
pub(super) struct Track {
    pub standing: Standing,
    /// How it is made; none for what was refused or settled before.
    pub means: Option<Means>,
    pub cost: Cost,
    /// Its number in the order of what may start.
    pub rank: u32,
    /// How often it was tried again.
    pub retries: u32,
    /// Whether the journal says already that its call is about to be sent.
    pub intent: Intent,
}

/// How many changes that this run attempted stand where.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub done: u32,
    pub failed: u32,
}

impl Tally {
    /// A change stands elsewhere than before.
    pub fn moved(&mut self, from: Standing, to: Standing) {
        if let Some(count) = self.of(from) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = self.of(to) {
            *count = count.saturating_add(1);
        }
    }

    fn of(&mut self, standing: Standing) -> Option<&mut u32> {
        match standing {
            Standing::Done => Some(&mut self.done),
            Standing::Failed => Some(&mut self.failed),
            Standing::Open | Standing::Skipped => None,
        }
    }
}

/// Whether an intention is in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    Written,
    Missing,
}

/// Which team or user group is among [`Groups`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum GroupRef {
    Team(usher_plan::TeamRef),
    UserGroup(usher_plan::UserGroupRef),
}

/// What a task was about.
#[derive(Debug)]
pub(super) enum About {
    Change(usize),
    Members { group: usize, changes: Vec<usize> },
    Reading(usize),
}

/// A task that is over.
#[derive(Debug)]
pub(super) struct Finished {
    pub lane: Lane,
    pub urgency: Urgency,
    pub about: About,
    pub came: Came,
    /// The id that Miro gave to the last request that changed something.
    pub request_id: Option<String>,
}

/// How far reading back is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Changes are carried out.
    Carrying,
    /// What is left to read back is read back.
    Verifying,
}

/// Whether changes that may start are put in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// Not yet: what earlier runs left behind is being looked at.
    Closed,
    /// They are.
    Open,
}

/// Calls under way in one lane.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct UnderWay {
    pub normal: usize,
    pub urgent: usize,
}

/// A plan that is carried out.
pub(super) struct Run<'a> {
    pub context: &'a ApplyContext<'a>,
    pub options: &'a ApplyOptions<'a>,
    pub plan: PlanId,
    pub changes: Vec<Change>,
    pub tracks: Vec<Track>,
    pub graph: Graph,
    pub groups: Groups,
    pub group_refs: Vec<GroupRef>,
    /// What happens to the sessions of people who are disabled.
    pub sessions: Sessions,
    pub queue: Queue,
    pub books: Books,
    pub verifier: Verifier,
    pub read_back: ReadBack,
    /// Accounts that the whole organization has, for the cost of reading the list.
    pub all_users: u64,
    pub tools: Tools,
    pub hands: Arc<Hands>,
    pub pace: Pace,
    pub pen: Pen,
    /// Changes left of each account's own record.
    pub own_left: HashMap<AccountRef, usize>,
    /// Changes left by their price, of those that are not gathered.
    pub singles: BTreeMap<Cost, u64>,
    pub emails: HashMap<usher_model::AccountId, String>,
    pub readings: Vec<Option<Job>>,
    /// What each reading is about, until it is over.
    pub reading: Vec<Option<Reading>>,
    pub readings_left: u64,
    pub sweep: Option<Arc<Sweep>>,
    pub tasks: JoinSet<Finished>,
    pub under_way: BTreeMap<Lane, UnderWay>,
    /// Changes that are tried again, by when.
    pub later: BinaryHeap<Reverse<(Instant, usize)>>,
    /// Cancelled when this run stops, for whatever reason.
    pub halt: CancellationToken,
    pub ending: Option<ApplyEnding>,
    pub phase: Phase,
    pub gate: Gate,
    pub patience: Patience,
    pub failures: Vec<FailedChange>,
    /// Of the changes that this run attempted.
    pub tally: Tally,
    pub verified: u64,
    pub unverified: u64,
    pub started: Instant,
    pub meter_before: ClientMeter,
}

/// The journal cannot be written: whoever writes it knows why.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lost;

impl From<super::journal::Broken> for Lost {
    fn from(_: super::journal::Broken) -> Self {
        Self
    }
}

impl Run<'_> {
    /// Carries the plan out until nothing is left, or until it has to stop.
    pub async fn carry_out(&mut self) -> Result<(), Lost> {
        let mut ticks = tokio::time::interval(self.options.progress_every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut renewals = tokio::time::interval(RENEWAL);
        renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stop = self.context.stop.clone();
        self.gate = Gate::Open;
        for at in self.graph.first() {
            self.admit(at);
        }
        loop {
            self.dispatch().await?;
            if self.tasks.is_empty() && self.ending.is_none() && !self.queue.is_empty() {
                // What could not even be sent has let something else start.
                continue;
            }
            if self.tasks.is_empty() && (self.ending.is_some() || self.later.is_empty()) {
                if self.ending.is_some() || !self.find_more_to_do() {
                    break;
                }
                continue;
            }
            let next = self.later.peek().map(|Reverse((when, _))| *when);
            tokio::select! {
                biased;
                () = stop.cancelled(), if self.ending.is_none() => self.halt(ApplyEnding::Interrupted),
                Some(task) = self.tasks.join_next() => {
                    // A task that panicked is a bug that must not be taken for an outcome.
                    let finished = task.map_err(|_| Lost)?;
                    self.finished(finished).await?;
                }
                () = tokio::time::sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() && self.ending.is_none() => {
                    self.wake();
                }
                _ = ticks.tick() => self.tell_progress(),
                _ = renewals.tick() => self.pen.renew().await?,
            }
        }
        self.tell_progress();
        self.pen.flush().await?;
        fault_point::reached("apply.before_finish");
        Ok(())
    }

    /// Stops: what was sent ends, what waits for its lane is not sent.
    pub fn halt(&mut self, ending: ApplyEnding) {
        if self.ending.is_none() {
            self.ending = Some(ending);
            self.halt.cancel();
        }
    }

    /// When nothing is under way: sends groups that waited for more members, then reads back. Says whether there is
    /// anything to do.
    fn find_more_to_do(&mut self) -> bool {
        if self.graph.left() > 0 && self.patience == Patience::Waiting {
            self.patience = Patience::Over;
            for group in 0..self.groups.len() {
                self.queue_group(group);
            }
            if !self.queue.is_empty() {
                return true;
            }
        }
        self.begin_verifying()
    }

    /// Tries again what was waiting for it.
    fn wake(&mut self) {
        let now = Instant::now();
        while let Some(Reverse((when, at))) = self.later.peek().copied() {
            if when > now {
                break;
            }
            self.later.pop();
            self.admit(at);
        }
    }

    /// A change may start.
    pub fn admit(&mut self, at: usize) {
        let Some((track, change)) = self.tracks.get(at).zip(self.changes.get(at)) else {
            return;
        };
        let may_start = track.standing == Standing::Open && track.means.is_some();
        if !may_start || self.gate == Gate::Closed {
            return;
        }
        if let Some(group) = self.groups.ready(at, change.urgency) {
            self.queue_group(group);
        } else {
            let lane = self.pace.lane(track.cost);
            self.queue
                .put(lane, change.urgency, track.rank, Item::Change(at));
        }
    }

    /// Puts a group in line if it has something to send now.
    pub fn queue_group(&mut self, group: usize) {
        let item = Item::Members(group);
        let Some(found) = self.groups.get(group) else {
            return;
        };
        match found.turn(self.patience) {
            Some(turn) => {
                let lane = self.pace.lane(Self::turn_cost(found, turn));
                let rank = u32::try_from(group).unwrap_or(u32::MAX);
                self.queue.put(lane, turn.urgency, rank, item);
            }
            None => self.queue.drop(&item),
        }
    }

    pub fn tell(&self, event: ApplyEvent) {
        self.context.observer.event(event);
    }
}
