//! What a sync did, in words.

use std::fmt::Write as _;

use usher_engine::sync::{Ending, SyncReport};
use usher_model::Completeness;
use usher_store::{Delta, PublishOutcome};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{humanize, style};

/// Shows the report. A snapshot that is not believed ends in a failure that says why.
pub fn show(report: &SyncReport, context: &Context) -> Result<Exit, Failure> {
    if !context.output.is_json() {
        context.output.line(headline(report))?;
        context.output.line(style::faint(&cost(report)))?;
    }
    match &report.ending {
        Ending::Published { outcome } => {
            if !context.output.is_json() {
                context.output.line(changes(outcome))?;
            }
            Ok(Exit::Success)
        }
        Ending::HeldAsSuspect => Err(suspect(report)),
    }
}

fn headline(report: &SyncReport) -> String {
    let name = report
        .organization_name
        .clone()
        .unwrap_or_else(|| format!("organization {}", report.organization));
    let took = report.finished_at.duration_since(report.started_at);
    format!(
        "{name}: {}, {}, {} in {}",
        humanize::counted(report.counts.accounts, "account"),
        humanize::counted(report.counts.teams, "team"),
        humanize::counted(report.counts.grants, "grant"),
        humanize::duration(took.unsigned_abs()),
    )
}

fn cost(report: &SyncReport) -> String {
    let requests = &report.requests;
    let mut text = humanize::counted(requests.total, "request");
    if let Some(ratio) = requests.ratio() {
        let _ = write!(text, " ({ratio:.2} x the fewest possible)");
    }
    if requests.lane_wait.as_millis() > 0 {
        let wait = humanize::duration(requests.lane_wait);
        let _ = write!(text, ", {wait} of waiting for Miro's limits");
    }
    let verdict = match report.verdict {
        Completeness::Complete => "complete",
        Completeness::TotalUnverified => {
            "complete as far as REST can tell (no SCIM total to compare with)"
        }
        Completeness::Suspect { .. } => "suspect",
    };
    format!("{text}; {verdict}")
}

/// What changed in the inventory, on one line.
pub fn changes(outcome: &PublishOutcome) -> String {
    let parts: Vec<String> = [
        ("account", outcome.accounts),
        ("team", outcome.teams),
        ("user group", outcome.user_groups),
        ("grant", outcome.grants),
    ]
    .into_iter()
    .filter_map(|(noun, delta)| change(noun, delta))
    .collect();
    if parts.is_empty() {
        return "nothing changed since the last sync".to_owned();
    }
    format!("changed: {}", parts.join("; "))
}

fn change(noun: &str, delta: Delta) -> Option<String> {
    let parts: Vec<String> = [
        (delta.added, "new"),
        (delta.changed, "changed"),
        (delta.removed, "gone"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, word)| format!("{} {word}", humanize::count(number)))
    .collect();
    (!parts.is_empty()).then(|| format!("{noun}s: {}", parts.join(", ")))
}

fn suspect(report: &SyncReport) -> Failure {
    let mut message = format!(
        "the snapshot of sync {} is suspect and was not believed; the inventory is as it was",
        report.sync
    );
    if let Completeness::Suspect { reasons } = &report.verdict {
        for reason in reasons {
            let _ = write!(message, "\n  - {reason}");
        }
    }
    Failure::new(Exit::Suspect, message)
        .hint(
            "run `usher sync` again: a list that changed while it was read is whole the next time",
        )
        .hint(format!(
            "if the organization is really so, `usher sync --accept={}` makes it the inventory",
            report.sync
        ))
}
