//! What a cycle did.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use usher_model::{CycleId, OrganizationId, PlanId, Timestamp};
use usher_plan::PlanCounts;
use usher_store::PlanState;

use crate::apply::ApplyReport;
use crate::cycle::{CycleStep, Depth};
use crate::milliseconds;
use crate::people::Refreshed;
use crate::provisioning::{MadePlan, WhyHeld};

/// How the inventory was brought up to date.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InventoryUpdate {
    /// Whether everything was read, and why, or what had changed.
    #[serde(flatten)]
    pub depth: Depth,
    /// Entries of Miro's audit log that were read.
    pub entries: u64,
    /// Accounts, teams and user groups that were read again because an entry named them.
    pub reread: u64,
    /// Rows of the inventory that are other than before.
    pub rows: u64,
}

/// A plan in a few words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanSummary {
    /// The plan.
    pub plan: PlanId,
    /// Where it stands.
    pub state: PlanState,
    /// How many changes it has.
    pub changes: usize,
    /// How many of each kind.
    pub counts: PlanCounts,
    /// Why it waits for somebody's yes.
    pub why_held: Vec<WhyHeld>,
    /// People and accounts that could not be handled.
    pub skipped: usize,
    /// Changes that failed before and are not tried again yet, and those that need them.
    pub set_aside: usize,
    /// Why nothing, or nothing of some kind, was planned.
    pub blocked: Vec<String>,
}

impl PlanSummary {
    pub(super) fn of(made: &MadePlan) -> Self {
        let blocked = made.report.blocked.iter();
        Self {
            plan: made.plan.id.clone(),
            state: made.state,
            changes: made.plan.changes.len(),
            counts: made.plan.counts(),
            why_held: made.why_held.clone(),
            skipped: made.report.skipped.len(),
            set_aside: made.report.set_aside.len(),
            blocked: blocked
                .map(|one| format!("{}: {}", one.what, one.why))
                .collect(),
        }
    }
}

/// How a cycle ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
pub enum CycleEnding {
    /// There was nothing to do.
    InLine,
    /// The plan was applied.
    Applied,
    /// The plan waits for somebody's yes.
    AwaitingApproval,
    /// Somebody rejected the plan, and nothing else is to be done.
    Rejected,
    /// It was told to stop; the next cycle goes on.
    Stopped,
    /// The plan could not be applied to its end, and the connector is in quarantine.
    Quarantined {
        /// Why.
        why: String,
    },
}

/// What a cycle did.
#[derive(Clone, Debug, Serialize)]
pub struct CycleReport {
    /// The cycle.
    pub cycle: CycleId,
    /// The organization.
    pub organization: OrganizationId,
    /// How it ended.
    #[serde(flatten)]
    pub ending: CycleEnding,
    /// What became of the sources.
    pub sources: Vec<Refreshed>,
    /// How the inventory was brought up to date.
    pub inventory: InventoryUpdate,
    /// The plan.
    pub plan: Option<PlanSummary>,
    /// What was applied: plans of earlier cycles that were interrupted, then this one's.
    pub applied: Vec<ApplyReport>,
    /// How many changes a plan would still have after everything was applied. `None` if nothing was.
    pub remaining: Option<usize>,
    /// Requests to Miro.
    pub requests: u64,
    /// Requests to Miro, by method and path.
    pub by_route: BTreeMap<String, u64>,
    /// How long each step took.
    #[serde(rename = "milliseconds", serialize_with = "milliseconds::of_each")]
    pub durations: BTreeMap<&'static str, Duration>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
}

impl CycleReport {
    /// What the history keeps.
    pub(super) fn counts(&self) -> serde_json::Value {
        let sum = |what: fn(&ApplyReport) -> u64| self.applied.iter().map(what).sum::<u64>();
        serde_json::json!({
            "ending": self.ending,
            "inventory": self.inventory,
            "sources": self.sources.iter().map(|one| (one.source.to_string(), serde_json::json!({
                "outcome": outcome_word(one), "people": one.people, "groups": one.groups,
                "problems": one.problems.len(),
            }))).collect::<BTreeMap<_, _>>(),
            "plan": self.plan,
            "done": sum(|report| report.done),
            "failed": sum(|report| report.failed),
            "skipped": sum(|report| report.skipped),
            "remaining": self.remaining,
            "requests": self.requests,
            "by_route": self.by_route,
            "milliseconds": self.durations.iter().map(milliseconds::named).collect::<BTreeMap<_, _>>(),
        })
    }
}

fn outcome_word(refreshed: &Refreshed) -> &'static str {
    use crate::people::RefreshOutcome as Outcome;
    match refreshed.outcome {
        Outcome::Unchanged => "unchanged",
        Outcome::Written { .. } => "written",
        Outcome::Suspect { .. } => "suspect",
        Outcome::Failed { .. } => "failed",
    }
}

/// Measures what a cycle takes.
#[derive(Debug)]
pub(super) struct Measure {
    before: usher_miro::ClientMeter,
    step: Option<(CycleStep, std::time::Instant)>,
    pub durations: BTreeMap<&'static str, Duration>,
}

impl Measure {
    pub fn begin(client: &usher_miro::MiroClient) -> Self {
        Self {
            before: client.meter(),
            step: None,
            durations: BTreeMap::new(),
        }
    }

    /// Ends the step before, and begins this one.
    pub fn step(&mut self, step: Option<CycleStep>) {
        if let Some((ended, began)) = self.step.take() {
            *self.durations.entry(ended.as_str()).or_default() += began.elapsed();
        }
        self.step = step.map(|step| (step, std::time::Instant::now()));
    }

    /// Requests since the beginning, by method and path.
    pub fn requests(&self, client: &usher_miro::MiroClient) -> BTreeMap<String, u64> {
        let now = client.meter();
        let more = now.requests.iter().map(|(route, count)| {
            let before = self.before.requests.get(route).copied().unwrap_or(0);
            ((*route).to_owned(), count.saturating_sub(before))
        });
        more.filter(|(_, count)| *count > 0).collect()
    }
}
