//! Views of cycles: for people, and as JSON lines.

use std::fmt;

use parking_lot::Mutex;
use usher_engine::apply::ApplyObserver;
use usher_engine::cycle::{CycleEvent, CycleObserver, CycleStep};
use usher_engine::people::{RefreshOutcome, Refreshed};
use usher_engine::sync::{Observer, SyncEvent};

use super::{HumanApplyView, HumanSyncView};
use crate::context::{Context, ProgressChoice};
use crate::failure::Failure;
use crate::output::{Output, humanize, note, style};

/// Shows cycles to people, on standard error.
pub struct HumanCycleView<'a> {
    context: &'a Context,
    sync: Mutex<Option<HumanSyncView>>,
    apply: Mutex<Option<HumanApplyView>>,
}

impl<'a> HumanCycleView<'a> {
    /// A view that fits where standard error goes.
    pub fn new(context: &'a Context) -> Self {
        Self {
            context,
            sync: Mutex::new(None),
            apply: Mutex::new(None),
        }
    }

    fn say(&self, text: &str) {
        self.context.bars.suspend(|| note(text));
    }

    /// What only matters to who watches.
    fn mention(&self, text: &str) {
        if self.context.progress == ProgressChoice::Shown {
            self.say(text);
        }
    }

    fn step(&self, step: CycleStep) {
        // Bars of the step before go away.
        self.sync.lock().take();
        self.apply.lock().take();
        let text = match step {
            CycleStep::Sources => "reading the sources",
            CycleStep::Inventory => "bringing the inventory up to date",
            CycleStep::Plan => "planning",
            CycleStep::Apply => "applying",
            CycleStep::Verify => "seeing what is left",
        };
        self.mention(text);
    }

    fn source(&self, refreshed: &Refreshed) {
        let name = &refreshed.source;
        match &refreshed.outcome {
            RefreshOutcome::Unchanged => self.mention(&format!("  {name}: as it was")),
            RefreshOutcome::Written { .. } => {
                let people = humanize::people(refreshed.people);
                self.mention(&format!("  {name}: {people}"));
            }
            RefreshOutcome::Suspect { reasons } => {
                let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
                self.say(&format!(
                    "{} the reading of {name} is not believed: {}",
                    style::warning_label(),
                    reasons.join("; ")
                ));
            }
            RefreshOutcome::Failed { why, .. } => {
                self.say(&format!(
                    "{} {name} could not be read: {why}",
                    style::warning_label()
                ));
            }
        }
    }
}

impl fmt::Debug for HumanCycleView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HumanCycleView")
    }
}

impl CycleObserver for HumanCycleView<'_> {
    fn event(&self, event: CycleEvent) {
        match event {
            CycleEvent::Started { .. } | CycleEvent::InventoryRead(_) => {}
            CycleEvent::Step { step } => self.step(step),
            CycleEvent::SourceRead(refreshed) => self.source(&refreshed),
            CycleEvent::Planned(plan) => {
                let changes = humanize::counted(plan.changes as u64, "change");
                self.mention(&format!("  {changes}, {}", plan.state.as_str()));
            }
            CycleEvent::Sync(event) => {
                let is_over = matches!(event, SyncEvent::Finished(_));
                let mut view = self.sync.lock();
                view.get_or_insert_with(|| HumanSyncView::new(self.context))
                    .event(event);
                if is_over {
                    view.take();
                }
            }
            CycleEvent::Apply(event) => {
                let mut view = self.apply.lock();
                view.get_or_insert_with(|| HumanApplyView::new(self.context))
                    .event(*event);
            }
            CycleEvent::Noticed { notice } => {
                self.say(&format!("{} {notice}", style::warning_label()));
            }
            CycleEvent::Finished(_) => {
                self.sync.lock().take();
                self.apply.lock().take();
            }
            CycleEvent::Failed { why, hint } => {
                self.say(&format!("{} {why}", style::error_label()));
                if let Some(hint) = hint {
                    self.say(&format!("{} {hint}", style::hint_label()));
                }
            }
            CycleEvent::Waiting { until } => {
                let until = humanize::exact(until);
                self.mention(&format!("the next cycle begins at {until}"));
            }
        }
    }
}

/// Writes every event of a cycle as a line of JSON.
pub struct JsonCycleView<'a> {
    output: &'a Output,
    failure: Mutex<Option<Failure>>,
}

impl<'a> JsonCycleView<'a> {
    /// A view on standard output.
    pub fn new(output: &'a Output) -> Self {
        Self {
            output,
            failure: Mutex::new(None),
        }
    }

    /// The first failure to write, which an observer cannot report.
    pub fn outcome(self) -> Result<(), Failure> {
        self.failure.into_inner().map_or(Ok(()), Err)
    }
}

impl fmt::Debug for JsonCycleView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonCycleView")
    }
}

impl CycleObserver for JsonCycleView<'_> {
    fn event(&self, event: CycleEvent) {
        if let Err(failure) = self.output.json_line(&event) {
            self.failure.lock().get_or_insert(failure);
        }
    }
}
