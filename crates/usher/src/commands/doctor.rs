//! `usher doctor`: can Miro and the database be used, and if not, what to do.

mod checks;

use clap::Args;
use serde::Serialize;

use crate::cli::MiroFlags;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::style;

/// Arguments of `usher doctor`.
#[derive(Args, Debug)]
#[command(
    after_help = "Nothing is changed, in Miro or in the database. The exit code is that of the first failed check.

Examples:
  usher doctor
  usher doctor --json
  usher doctor --rest-url http://127.0.0.1:8080/ --miro-access-token TOKEN"
)]
pub struct Arguments {
    /// How to reach Miro.
    #[command(flatten)]
    pub miro: MiroFlags,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// Something will be missing.
    Warning,
    /// It does not work.
    Failed,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }

    fn shown(self) -> String {
        let word = format!("{:<8}", self.as_str());
        match self {
            Self::Ok => style::added(&word),
            Self::Warning => style::changed(&word),
            Self::Failed => style::removed(&word),
        }
    }
}

/// One check and how it went.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What was checked.
    pub name: &'static str,
    /// How it went.
    pub outcome: Outcome,
    /// What was found.
    pub finding: String,
    /// What to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
    /// What the failure ends the program with.
    #[serde(skip)]
    pub exit: Exit,
}

impl Check {
    fn new(name: &'static str, outcome: Outcome, finding: impl Into<String>) -> Self {
        Self {
            name,
            outcome,
            finding: finding.into(),
            hints: Vec::new(),
            exit: Exit::Success,
        }
    }

    /// As it should be.
    pub fn ok(name: &'static str, finding: impl Into<String>) -> Self {
        Self::new(name, Outcome::Ok, finding)
    }

    /// Something will be missing, and what to do about it.
    pub fn warning(
        name: &'static str,
        finding: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            hints: vec![hint.into()],
            ..Self::new(name, Outcome::Warning, finding)
        }
    }

    /// It does not work.
    pub fn failed(name: &'static str, failure: &Failure) -> Self {
        let causes = failure.causes();
        let mut finding = failure.to_string();
        if !causes.is_empty() {
            finding = format!("{finding}: {}", causes.join(": "));
        }
        Self {
            hints: failure.hints().to_vec(),
            exit: failure.exit(),
            ..Self::new(name, Outcome::Failed, finding)
        }
    }
}

/// Runs `usher doctor`.
pub async fn run(_: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let checks = checks::all(context).await;
    if context.output.is_json() {
        context.output.json(&checks)?;
    } else {
        checks.iter().try_for_each(|check| show(check, context))?;
    }
    let first_failure = checks.iter().find(|check| check.outcome == Outcome::Failed);
    Ok(first_failure.map_or(Exit::Success, |check| check.exit))
}

fn show(check: &Check, context: &Context) -> Result<(), Failure> {
    let outcome = check.outcome.shown();
    context
        .output
        .line(format!("{outcome} {:<12} {}", check.name, check.finding))?;
    check
        .hints
        .iter()
        .try_for_each(|hint| context.output.line(format!("{:<21} hint: {hint}", "")))
}
