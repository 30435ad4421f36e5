//! Views of a plan being applied: for people, and as JSON lines.

use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use parking_lot::Mutex;
use usher_engine::apply::{ApplyEvent, ApplyObserver, ApplyProgress, ChangeEnd, LaneProgress};

use super::lines::Occasional;
use crate::context::{Context, ProgressChoice};
use crate::failure::Failure;
use crate::output::{Output, humanize, note, style};

/// Shows an apply to people, on standard error.
pub struct HumanApplyView {
    bars: MultiProgress,
    shape: Shape,
}

enum Shape {
    /// On a terminal.
    Bars(Mutex<Bars>),
    /// Where standard error is a file or a pipe.
    Lines(Mutex<Occasional>),
    /// Nothing but what failed.
    Quiet,
}

/// One bar for the changes, and a line per lane below it.
struct Bars {
    changes: ProgressBar,
    lanes: Vec<(&'static str, ProgressBar)>,
}

impl HumanApplyView {
    /// A view that fits where standard error goes.
    pub fn new(context: &Context) -> Self {
        let is_terminal = console::Term::stderr().is_term();
        let shape = match (context.progress, is_terminal) {
            (ProgressChoice::Quiet, _) => Shape::Quiet,
            (ProgressChoice::Shown, true) => Shape::Bars(Mutex::new(Bars::new(&context.bars))),
            (ProgressChoice::Shown, false) => Shape::Lines(Mutex::new(Occasional::default())),
        };
        Self {
            bars: context.bars.clone(),
            shape,
        }
    }

    fn say(&self, text: &str) {
        self.bars.suspend(|| note(text));
    }

    fn progressed(&self, progress: &ApplyProgress) {
        match &self.shape {
            Shape::Bars(bars) => bars.lock().show(progress, &self.bars),
            Shape::Lines(lines) => {
                if lines.lock().is_due(Instant::now()) {
                    note(in_words(progress));
                }
            }
            Shape::Quiet => {}
        }
    }

    /// Takes the bars away.
    pub fn clear(&self) {
        if let Shape::Bars(bars) = &self.shape {
            bars.lock().clear();
        }
    }
}

impl Drop for HumanApplyView {
    /// An apply that ended early leaves no half-drawn bar behind.
    fn drop(&mut self) {
        self.clear();
    }
}

impl ApplyObserver for HumanApplyView {
    fn event(&self, event: ApplyEvent) {
        match event {
            ApplyEvent::Started {
                changes,
                settled,
                open,
                ..
            } => {
                if settled > 0 || open > 0 {
                    let (all, settled) = (humanize::count(changes), humanize::count(settled));
                    self.say(&format!("going on: {settled} of {all} changes are settled"));
                }
                if open > 0 {
                    let open = humanize::counted(open, "call");
                    self.say(&format!("looking up what became of {open}"));
                }
            }
            ApplyEvent::Progressed(progress) => self.progressed(&progress),
            ApplyEvent::Changed {
                number,
                kind,
                label,
                end: ChangeEnd::Failed { why, .. },
            } => {
                let failed = style::error_label().replace("error:", "failed:");
                self.say(&format!(
                    "{failed} #{number} {} {label}: {why}",
                    kind.words()
                ));
            }
            ApplyEvent::Changed { .. } => {}
            ApplyEvent::Verifying { left } => {
                if let Shape::Bars(bars) = &self.shape {
                    let left = humanize::counted(left, "thing");
                    let text = format!("reading back {left}");
                    bars.lock().changes.set_message(text);
                }
            }
            ApplyEvent::Noticed { notice } => {
                self.say(&format!("{} {notice}", style::warning_label()));
            }
            ApplyEvent::Finished(_) => self.clear(),
        }
    }
}

impl Bars {
    fn new(bars: &MultiProgress) -> Self {
        let changes = bars.add(ProgressBar::new(0));
        let shape = "[{bar:24}] {percent:>3} %  {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(shape) {
            changes.set_style(style.progress_chars("=> "));
        }
        changes.enable_steady_tick(Duration::from_millis(250));
        Self {
            changes,
            lanes: Vec::new(),
        }
    }

    fn show(&mut self, progress: &ApplyProgress, bars: &MultiProgress) {
        self.changes.set_length(progress.changes);
        self.changes
            .set_position(progress.changes - progress.left.min(progress.changes));
        self.changes.set_message(counts(progress));
        for lane in &progress.lanes {
            let known = self.lanes.iter().position(|(name, _)| *name == lane.name);
            let at = known.unwrap_or_else(|| {
                let bar = bars.add(ProgressBar::new_spinner());
                if let Ok(style) = ProgressStyle::with_template("  {wide_msg}") {
                    bar.set_style(style);
                }
                self.lanes.push((lane.name, bar));
                self.lanes.len() - 1
            });
            if let Some((_, bar)) = self.lanes.get(at) {
                bar.set_message(lane_words(lane));
            }
        }
    }

    fn clear(&mut self) {
        self.changes.finish_and_clear();
        for (_, bar) in self.lanes.drain(..) {
            bar.finish_and_clear();
        }
    }
}

/// How far it is, on one line.
fn in_words(progress: &ApplyProgress) -> String {
    let lanes: Vec<String> = progress.lanes.iter().map(lane_words).collect();
    if lanes.is_empty() {
        return counts(progress);
    }
    format!("{}; {}", counts(progress), lanes.join("; "))
}

/// What is done, left and failed, and how long it takes yet.
fn counts(progress: &ApplyProgress) -> String {
    let mut parts = vec![
        format!("{} done", humanize::count(progress.done)),
        format!("{} left", humanize::count(progress.left)),
    ];
    for (count, word) in [(progress.failed, "failed"), (progress.skipped, "left out")] {
        if count > 0 {
            parts.push(format!("{} {word}", humanize::count(count)));
        }
    }
    if let Some(eta) = progress.eta.filter(|_| progress.left > 0) {
        parts.push(format!("about {} to go", humanize::duration(eta)));
    }
    parts.join(", ")
}

/// A lane: how fast it goes, and how fast it may.
fn lane_words(lane: &LaneProgress) -> String {
    let rate = whole(lane.per_minute);
    let limit = lane
        .limit_per_minute
        .map_or_else(String::new, |limit| format!(" of {}", whole(limit)));
    format!("{} {rate}{limit} credits a minute", lane.name)
}

fn whole(number: f64) -> String {
    let rounded = number.max(0.0).round();
    // A rate fits: limits are some hundred thousand a minute.
    format!("{rounded:.0}")
}

/// Writes every event of an apply as a line of JSON.
pub struct JsonApplyView<'a> {
    output: &'a Output,
    failure: Mutex<Option<Failure>>,
}

impl<'a> JsonApplyView<'a> {
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

impl ApplyObserver for JsonApplyView<'_> {
    fn event(&self, event: ApplyEvent) {
        if let Err(failure) = self.output.json_line(&event) {
            self.failure.lock().get_or_insert(failure);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_says_what_is_done_left_and_failed_and_how_fast_each_lane_goes() {
        let progress = ApplyProgress {
            changes: 1_000,
            done: 400,
            failed: 2,
            left: 598,
            lanes: vec![LaneProgress {
                name: "scim",
                per_minute: 9_870.4,
                limit_per_minute: Some(20_000.0),
                ..LaneProgress::default()
            }],
            eta: Some(Duration::from_secs(75)),
            ..ApplyProgress::default()
        };
        assert_eq!(
            in_words(&progress),
            "400 done, 598 left, 2 failed, about 1 min 15 s to go; scim 9870 of 20000 credits a minute"
        );
    }
}
