//! `usher provision`: one person now, in five steps.

use clap::Args;
use tokio_util::sync::CancellationToken;
use usher_engine::apply::{ApplyContext, SilentApply};
use usher_engine::provisioning::{
    Care, Mode, OneStep, Provisioned, Step, StepOutcome, provision_one,
};

use super::apply::{running, summary};
use crate::cli::MiroFlags;
use crate::config::Layers;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::notifying::notifier;
use crate::output::style;
use crate::people::find_person;
use crate::plan_view::{Described, Names, describe};
use crate::provisioning::{OrganizationArguments, Provisioning, acting, actor};
use crate::provisioning_names::names;

/// Arguments of `usher provision`.
#[derive(Args, Debug)]
#[command(
    after_help = "It shows five steps: connect, import, scope, match, act. Use it to try the settings on one person before \
everybody is assigned. Asking for it is the approval; guards other than that of the first cycle still hold.

Examples:
  usher provision ada@example.org --dry-run
  usher provision ada@example.org
  usher provision ada@example.org --json"
)]
pub struct Arguments {
    /// The person, by e-mail address, name or id
    pub person: String,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write to Miro although the connector is in quarantine
    #[arg(long, conflicts_with = "dry_run")]
    pub despite_quarantine: bool,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
    /// How to reach Miro.
    #[command(flatten)]
    pub miro: MiroFlags,
}

impl Arguments {
    /// Lays the flags that were given over `layers`.
    pub fn layer(&self, layers: &mut Layers) {
        self.miro.layer(layers);
    }
}

/// Runs `usher provision`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let desk = Provisioning::open(context, &arguments.organization).await?;
    let person = find_person(&desk.store, &arguments.person).await?;
    let client = running::client(context)?;
    let stop = CancellationToken::new();
    let actor = actor(context);
    let apply_context = ApplyContext {
        acting: acting(&desk.store, &actor, context),
        client: &client,
        observer: &SilentApply,
        stop: stop.clone(),
    };
    let mode = if arguments.dry_run {
        Mode::DryRun
    } else {
        Mode::Apply
    };
    let notifier = notifier(context)?;
    let care = Care {
        notifier: &notifier,
        in_quarantine: running::in_quarantine(arguments.despite_quarantine),
    };
    let work = provision_one(&apply_context, desk.id(), person.id.as_str(), mode, care);
    let told = Box::pin(running::stoppable(work, &stop)).await??;
    if context.output.is_json() {
        context.output.json(&told)?;
    } else {
        let names = names(&desk.store, desk.id()).await?;
        for line in lines(&told, &names) {
            context.output.line(line)?;
        }
    }
    context.output.flush()?;
    ending(&told, mode)
}

fn lines(told: &Provisioned, names: &Names) -> Vec<String> {
    let mut lines = vec![style::heading(&told.label)];
    for (at, step) in told.steps.iter().enumerate() {
        lines.push(step_line(at + 1, step));
    }
    for change in &told.changes {
        let described = describe(&change.action, names);
        lines.push(change_line(change.action.kind().words(), &described));
    }
    lines
}

fn step_line(number: usize, step: &Step) -> String {
    let name = match step.step {
        OneStep::Connect => "connect",
        OneStep::Import => "import",
        OneStep::Scope => "scope",
        OneStep::Match => "match",
        OneStep::Act => "act",
    };
    let outcome = match step.outcome {
        StepOutcome::Done => style::added("done"),
        StepOutcome::Skipped => style::changed("nothing"),
        StepOutcome::Failed => style::removed("failed"),
    };
    format!("  {number} {name:<8} {outcome}: {}", step.words)
}

fn change_line(kind: &str, described: &Described) -> String {
    let sign = described.sign.as_str();
    let parts: Vec<String> = described
        .differences
        .iter()
        .map(|difference| format!("{} {}", difference.name, difference.values()))
        .collect();
    format!("      {sign} {kind}: {}", parts.join(", "))
}

/// A step that failed, a guard that holds, or a change that failed decide how it ended.
fn ending(told: &Provisioned, mode: Mode) -> Result<Exit, Failure> {
    if let Some(step) = told
        .steps
        .iter()
        .find(|step| step.outcome == StepOutcome::Failed)
    {
        let hint = step.facts.get("hint").and_then(|hint| hint.as_str());
        return Err(Failure::new(
            Exit::Failure,
            format!("{} was not provisioned: {}", told.label, step.words),
        )
        .maybe_hint(hint.map(str::to_owned)));
    }
    if mode == Mode::Apply && !told.why_held.is_empty() {
        let why: Vec<String> = told.why_held.iter().map(ToString::to_string).collect();
        return Err(
            Failure::new(Exit::Held, format!("a guard holds it: {}", why.join("; ")))
                .hint("`usher plan show latest` shows it, `usher plan approve latest` releases it"),
        );
    }
    told.applied
        .as_ref()
        .map_or(Ok(Exit::Success), summary::ending)
}
