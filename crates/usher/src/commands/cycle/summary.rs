//! How a cycle ended, in words and as an exit code.

use usher_engine::cycle::{CycleEnding, CycleReport, Depth, PlanSummary};

use crate::commands::apply::summary as of_apply;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{humanize, style};

/// Shows the report; the way it ended decides the exit code.
pub fn show(report: &CycleReport, context: &Context) -> Result<Exit, Failure> {
    if !context.output.is_json() {
        for line in lines(report) {
            context.output.line(line)?;
        }
        context.output.flush()?;
    }
    ending(report)
}

/// How a cycle ended, for views that stay.
pub fn lines(report: &CycleReport) -> Vec<String> {
    let took = report.finished_at.duration_since(report.started_at);
    let mut lines = vec![
        format!(
            "cycle {}: {} in {}",
            report.cycle,
            in_words(report),
            humanize::duration(took.unsigned_abs())
        ),
        style::faint(&format!("{}; {}", read(report), cost(report))),
    ];
    for source in report
        .sources
        .iter()
        .filter(|one| one.outcome.is_doubtful())
    {
        lines.push(format!(
            "source {} is in doubt; what it said before still holds",
            source.source
        ));
    }
    if let Some(plan) = &report.plan {
        let changes = humanize::counted(plan.changes as u64, "change");
        let state = plan.state.as_str();
        lines.push(format!("plan {}: {changes}, {state}", plan.plan));
        let blocked = plan.blocked.iter();
        lines.extend(blocked.map(|why| format!("  blocked: {why}")));
        if plan.skipped > 0 {
            let skipped = humanize::count(plan.skipped as u64);
            lines.push(format!("  skipped: {skipped}; `usher plan show` says why"));
        }
        if plan.set_aside > 0 {
            let waiting = humanize::counted(plan.set_aside as u64, "change");
            lines.push(format!("  set aside: {waiting} that failed before, or need one that did; `usher plan show` says until when"));
        }
    }
    for applied in &report.applied {
        lines.extend(of_apply::lines(applied));
    }
    lines
}

fn in_words(report: &CycleReport) -> &'static str {
    let waits = |plan: &PlanSummary| plan.set_aside > 0;
    match &report.ending {
        CycleEnding::InLine if report.plan.as_ref().is_some_and(waits) => {
            "everything is as it should be, but for what is set aside"
        }
        CycleEnding::InLine => "everything is as it should be",
        CycleEnding::Applied => "the plan was applied",
        CycleEnding::AwaitingApproval => "the plan waits for approval",
        CycleEnding::Rejected => "the plan was rejected before",
        CycleEnding::Stopped => "stopped",
        CycleEnding::Quarantined { .. } => "the connector is in quarantine",
    }
}

fn read(report: &CycleReport) -> String {
    let inventory = &report.inventory;
    match &inventory.depth {
        Depth::Full { why } => format!("everything was read, because {why}"),
        Depth::Changes { .. } => format!(
            "{} of Miro's audit log, {} read again",
            humanize::counted(inventory.entries, "entry"),
            humanize::counted(inventory.reread, "thing")
        ),
    }
}

fn cost(report: &CycleReport) -> String {
    humanize::counted(report.requests, "request")
}

fn ending(report: &CycleReport) -> Result<Exit, Failure> {
    let plan = report.plan.as_ref().map(|plan| plan.plan.to_string());
    let plan = plan.unwrap_or_else(|| "latest".to_owned());
    match &report.ending {
        CycleEnding::InLine => Ok(Exit::Success),
        CycleEnding::Applied => {
            let mut applied = report.applied.iter();
            if applied.all(|one| one.failed + one.skipped == 0) {
                Ok(Exit::Success)
            } else {
                Ok(Exit::Partial)
            }
        }
        CycleEnding::AwaitingApproval => {
            let why = report.plan.iter().flat_map(|plan| &plan.why_held);
            let why: Vec<String> = why.map(|why| format!("\n  - {why}")).collect();
            Err(Failure::new(
                Exit::Held,
                format!("plan {plan} waits for approval{}", why.concat()),
            )
            .hint(format!("`usher plan show {plan}` shows what it would do"))
            .hint(format!("`usher plan approve {plan} --reason \"…\"` releases it, the next cycle or `usher apply` carries it out")))
        }
        CycleEnding::Rejected => Err(Failure::new(
            Exit::Outdated,
            format!("plan {plan} was rejected, and nothing else is to be done"),
        )
        .hint("change the directory, the assignments or the settings")),
        CycleEnding::Stopped => Err(Failure::new(Exit::Interrupted, "interrupted")
            .hint("the next cycle goes on where this one stopped")),
        CycleEnding::Quarantined { why } => Err(Failure::new(
            Exit::NotReady,
            format!("the connector is in quarantine: {why}"),
        )
        .hint("`usher failures` lists what failed")
        .hint("remove the cause, then `usher connector release`")),
    }
}
