//! How an apply ended, in words and as an exit code.

use std::fmt::Write as _;

use usher_engine::apply::{ApplyEnding, ApplyReport, FailedChange, Halt};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{humanize, style};

/// How many failures are listed.
const SHOWN: usize = 20;

/// Shows the report; the way it ended decides the exit code.
pub fn show(report: &ApplyReport, context: &Context) -> Result<Exit, Failure> {
    if !context.output.is_json() {
        for line in lines(report) {
            context.output.line(line)?;
        }
        context.output.flush()?;
    }
    ending(report)
}

/// The way an apply ended as an exit code, or as a failure that says why.
pub fn ending(report: &ApplyReport) -> Result<Exit, Failure> {
    let plan = &report.plan;
    let resume = format!("`usher apply {plan} --resume` goes on where it stopped");
    match report.ending {
        ApplyEnding::Applied if report.failed + report.skipped > 0 => Ok(Exit::Partial),
        ApplyEnding::Applied => Ok(Exit::Success),
        ApplyEnding::Interrupted => {
            let left = humanize::counted(report.left, "change");
            Err(Failure::new(
                Exit::Interrupted,
                format!("interrupted: {left} of plan {plan} are left"),
            )
            .hint(resume))
        }
        ApplyEnding::Halted {
            halt: Halt::BadCredentials,
        } => Err(Failure::new(
            Exit::Credentials,
            "stopped: Miro does not accept the token any more",
        )
        .hint("put a valid token in place and run `usher connector reauthorize`")
        .hint(resume)),
        ApplyEnding::Halted {
            halt: Halt::ScimDisabled,
        } => Err(Failure::new(
            Exit::Credentials,
            "stopped: SCIM provisioning is switched off in the Miro organization",
        )
        .hint("switch it on under Company settings > Enterprise integrations")
        .hint(resume)),
        ApplyEnding::MassFailure => {
            let (failed, all) = (
                humanize::count(report.failed),
                humanize::counted(report.changes, "change"),
            );
            Err(Failure::new(
                Exit::NotReady,
                format!("stopped: {failed} of {all} failed, so the connector goes into quarantine"),
            )
            .hint("`usher failures` lists what failed and why")
            .hint("remove the cause, then `usher connector release`"))
        }
    }
}

/// The report as lines.
pub fn lines(report: &ApplyReport) -> Vec<String> {
    let mut lines = vec![headline(report), style::faint(&cost(report))];
    if !report.failures.is_empty() {
        lines.push(String::new());
        let count = humanize::counted(report.failures.len() as u64, "failure");
        lines.push(style::heading(&count));
    }
    for failure in report.failures.iter().take(SHOWN) {
        lines.extend(failed(failure));
    }
    if report.failures.len() > SHOWN {
        let more = humanize::count((report.failures.len() - SHOWN) as u64);
        lines.push(format!("  … and {more} more: `usher failures`"));
    }
    lines
}

fn headline(report: &ApplyReport) -> String {
    let mut text = format!(
        "{} of {} done",
        humanize::count(report.done),
        humanize::counted(report.changes, "change")
    );
    for (count, word) in [
        (report.failed, "failed"),
        (report.skipped, "left out because of it"),
        (report.left, "left"),
    ] {
        if count > 0 {
            let _ = write!(text, ", {} {word}", humanize::count(count));
        }
    }
    let _ = write!(text, ", in {}", humanize::duration(report.elapsed));
    text
}

fn cost(report: &ApplyReport) -> String {
    let requests: u64 = report.requests.values().sum();
    let mut text = format!(
        "{}, {} read back",
        humanize::counted(requests, "request"),
        humanize::counted(report.verified, "thing")
    );
    if report.unverified > 0 {
        let unverified = humanize::count(report.unverified);
        let _ = write!(text, ", {unverified} that could not be");
    }
    if report.rate_limited > 0 {
        let _ = write!(
            text,
            ", told to slow down {} times",
            humanize::count(report.rate_limited)
        );
    }
    text
}

fn failed(failure: &FailedChange) -> [String; 2] {
    [
        format!(
            "  {} #{} {} {}: {}",
            style::removed("x"),
            failure.number,
            failure.kind.words(),
            failure.label,
            failure.why
        ),
        style::faint(&format!("      {}", failure.remedy)),
    ]
}
