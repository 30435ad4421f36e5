//! The view for people: a bar on a terminal, occasional lines elsewhere.

use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use parking_lot::Mutex;
use usher_engine::sync::{Observer, Progress, SyncEvent};

use super::lines::Occasional;
use super::{cost, fraction, in_words, read};
use crate::context::{Context, ProgressChoice};
use crate::output::{humanize, note, style};

/// Shows a sync to people, on standard error.
pub struct HumanSyncView {
    bars: MultiProgress,
    shape: Shape,
}

enum Shape {
    /// On a terminal.
    Bar(Mutex<Bar>),
    /// Where standard error is a file or a pipe.
    Lines(Mutex<Occasional>),
    /// Nothing but what needs attention.
    Quiet,
}

struct Bar {
    bar: ProgressBar,
    started: Instant,
}

impl HumanSyncView {
    /// A view that fits where standard error goes.
    pub fn new(context: &Context) -> Self {
        let is_terminal = console::Term::stderr().is_term();
        let shape = match (context.progress, is_terminal) {
            (ProgressChoice::Quiet, _) => Shape::Quiet,
            (ProgressChoice::Shown, true) => Shape::Bar(Mutex::new(Bar::new(&context.bars))),
            (ProgressChoice::Shown, false) => Shape::Lines(Mutex::new(Occasional::default())),
        };
        Self {
            bars: context.bars.clone(),
            shape,
        }
    }

    /// A line above the bar.
    fn say(&self, text: &str) {
        self.bars.suspend(|| note(text));
    }

    fn progressed(&self, progress: &Progress) {
        match &self.shape {
            Shape::Bar(bar) => bar.lock().show(progress),
            Shape::Lines(lines) => {
                if lines.lock().is_due(Instant::now()) {
                    note(in_words(progress));
                }
            }
            Shape::Quiet => {}
        }
    }

    fn phase(&self, text: &'static str) {
        if let Shape::Bar(bar) = &self.shape {
            bar.lock().bar.set_message(text);
        }
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        if let Shape::Bar(bar) = &self.shape {
            bar.lock().bar.finish_and_clear();
        }
    }
}

impl Drop for HumanSyncView {
    /// A sync that failed leaves no half-drawn bar behind.
    fn drop(&mut self) {
        self.clear();
    }
}

impl Observer for HumanSyncView {
    fn event(&self, event: SyncEvent) {
        match event {
            SyncEvent::Started {
                organization,
                organization_name,
                sources,
                pages_kept,
                ..
            } => {
                if matches!(self.shape, Shape::Quiet) {
                    return;
                }
                let name =
                    organization_name.unwrap_or_else(|| format!("organization {organization}"));
                self.say(&format!("reading {name} by {sources}"));
                if pages_kept > 0 {
                    let pages = humanize::counted(pages_kept, "page");
                    self.say(&format!("going on with an interrupted sync: {pages} kept"));
                }
            }
            SyncEvent::Progressed(progress) => self.progressed(&progress),
            SyncEvent::Noticed { notice } => {
                self.say(&format!("{} {notice}", style::warning_label()));
            }
            SyncEvent::Merging => self.phase("comparing with the inventory"),
            SyncEvent::Judged { .. } => self.phase("storing"),
            SyncEvent::Finished(_) => self.clear(),
        }
    }
}

impl Bar {
    fn new(bars: &MultiProgress) -> Self {
        let bar = bars.add(ProgressBar::new_spinner());
        bar.set_style(spinner());
        bar.set_prefix("asking Miro");
        bar.enable_steady_tick(Duration::from_millis(120));
        Self {
            bar,
            started: Instant::now(),
        }
    }

    fn show(&mut self, progress: &Progress) {
        if let Some((done, all)) = fraction(progress) {
            if self.bar.length() != Some(all) {
                self.bar.set_length(all);
                self.bar.set_style(bar());
            }
            self.bar.set_position(done);
        }
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let rate = progress.requests as f64 / seconds;
        self.bar.set_prefix(read(progress));
        self.bar
            .set_message(format!("{} ({rate:.0} a second)", cost(progress)));
    }
}

fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {prefix}\n  {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn bar() -> ProgressStyle {
    ProgressStyle::with_template(
        "[{bar:24}] {percent:>3} %  {prefix}\n                                  {wide_msg}",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar())
    .progress_chars("=> ")
}
