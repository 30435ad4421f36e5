//! What the planner left alone, as titled lists that the terminal and the page share.

use usher_plan::{Drift, DriftOutcome, Report, SetAside, UnmanagedAccount, WhySetAside};

use crate::output::humanize;

/// A titled list.
pub struct Section {
    /// Its title.
    pub title: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Its entries.
    pub entries: Vec<Entry>,
}

/// One entry of a list.
pub struct Entry {
    /// Who or what it is about.
    pub label: String,
    /// What there is to say.
    pub text: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Entry {
    fn new(label: &str, text: impl Into<String>) -> Self {
        Self {
            label: label.to_owned(),
            text: text.into(),
            remedy: None,
        }
    }

    fn with_remedy(self, remedy: &str) -> Self {
        let remedy = (!remedy.is_empty()).then(|| remedy.to_owned());
        Self { remedy, ..self }
    }
}

/// The lists that have entries, the most pressing first.
pub fn sections(report: &Report) -> Vec<Section> {
    let all = [
        blocked(report),
        set_aside(report),
        skipped(report),
        manual(report),
        drift(report),
        unmanaged(report),
    ];
    all.into_iter()
        .filter(|section| !section.entries.is_empty())
        .collect()
}

fn blocked(report: &Report) -> Section {
    let entry = |blocked: &usher_plan::Blocked| {
        Entry::new(&blocked.what, &blocked.why).with_remedy(&blocked.remedy)
    };
    Section {
        title: "Blocked",
        meaning: "not planned until the cause is gone",
        entries: report.blocked.iter().map(entry).collect(),
    }
}

fn set_aside(report: &Report) -> Section {
    let entry = |aside: &SetAside| {
        let (text, remedy) = match &aside.why {
            WhySetAside::Failed(wait) => (
                format!(
                    "waits until {}, because it failed {}: {}",
                    humanize::exact(wait.until),
                    humanize::counted(wait.attempts.into(), "time"),
                    wait.error
                ),
                "`usher failures retry` lets it be tried at once",
            ),
            WhySetAside::Needs { action, label, .. } => {
                (format!("waits for: {} {label}", action.words()), "")
            }
        };
        let text = format!("{}: {text}", aside.action.words());
        Entry::new(&aside.label, text).with_remedy(remedy)
    };
    Section {
        title: "Set aside",
        meaning: "what failed before and is not tried again yet, and what needs it",
        entries: report.set_aside.iter().map(entry).collect(),
    }
}

fn skipped(report: &Report) -> Section {
    let entry = |skipped: &usher_plan::Skipped| {
        Entry::new(&skipped.label, &skipped.why).with_remedy(&skipped.remedy)
    };
    Section {
        title: "Skipped",
        meaning: "people and accounts that could not be handled",
        entries: report.skipped.iter().map(entry).collect(),
    }
}

fn manual(report: &Report) -> Section {
    let entry = |task: &usher_plan::ManualTask| {
        Entry::new(&task.label, format!("{}: {}", task.what, task.why))
    };
    Section {
        title: "To be done by hand",
        meaning: "what only a person can do, in Miro's own pages",
        entries: report.manual.iter().map(entry).collect(),
    }
}

fn drift(report: &Report) -> Section {
    let entry = |drift: &Drift| Entry::new(&drift.label, drift_words(drift));
    Section {
        title: "Drift",
        meaning: "differences that somebody made in Miro",
        entries: report.drift.iter().map(entry).collect(),
    }
}

/// A drift in words: what it should be, what it is, who did it, what happens.
pub fn drift_words(drift: &Drift) -> String {
    let mut text = drift.what.clone();
    if let Some(observed) = &drift.observed {
        text = format!("{text} is {observed}");
    }
    if let Some(desired) = &drift.desired {
        text = format!("{text}, should be {desired}");
    }
    if let Some(by) = &drift.by {
        text = format!("{text}, changed by {by}");
    }
    format!("{text} ({})", outcome(drift.outcome))
}

fn outcome(outcome: DriftOutcome) -> &'static str {
    match outcome {
        DriftOutcome::Corrected => "set back by this plan",
        DriftOutcome::Reported => "left as it is",
        DriftOutcome::Adopted => "stands until the directory changes",
    }
}

fn unmanaged(report: &Report) -> Section {
    let entry = |account: &UnmanagedAccount| {
        let entry = Entry::new(account.email.as_str(), &account.why);
        match &account.matches {
            Some(person) => entry.with_remedy(&format!(
                "it may belong to person {person}; `usher link pin` ties them"
            )),
            None => entry,
        }
    };
    Section {
        title: "Unmanaged",
        meaning: "accounts that belong to nobody in the directory",
        entries: report.unmanaged.iter().map(entry).collect(),
    }
}
