//! `usher plan show`, and showing a plan that was just made.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use usher_engine::provisioning::StoredPlan;
use usher_plan::ActionKind;

use super::ShowArguments;
use crate::config::suggest::nearest;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::note;
use crate::plan_view::{Extent, KINDS, View, kind_word, lines, page};
use crate::provisioning::Provisioning;
use crate::provisioning_names::names;
use crate::settings_file;
use crate::stored_plan::{find, standing};

/// Where else a plan is written, and how much of it is shown.
pub struct Presentation<'a> {
    /// Only these kinds of changes; all if empty.
    pub kinds: Vec<ActionKind>,
    /// Every change, however many there are.
    pub all: bool,
    /// Written as JSON.
    pub output: Option<&'a Path>,
    /// Written as a page.
    pub html: Option<&'a Path>,
}

/// Runs `usher plan show`.
pub async fn run(arguments: &ShowArguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.kinds.iter().any(|kind| kind == "help") {
        for kind in KINDS {
            context.output.line(kind_word(kind))?;
        }
        return Ok(Exit::Success);
    }
    let presentation = Presentation {
        kinds: kinds(&arguments.kinds)?,
        all: arguments.all,
        output: arguments.output.as_deref(),
        html: arguments.html.as_deref(),
    };
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let (store, id) = (&provisioning.store, provisioning.id());
    let plan = find(store, id, &arguments.plan).await?;
    present(&plan, None, &presentation, (&provisioning, context)).await?;
    Ok(Exit::Success)
}

/// Shows a plan, and writes it to the files that were asked for.
pub async fn present(
    plan: &StoredPlan,
    eta: Option<Duration>,
    presentation: &Presentation<'_>,
    (provisioning, context): (&Provisioning, &Context),
) -> Result<(), Failure> {
    let names = names(&provisioning.store, provisioning.id()).await?;
    let standing = standing(plan);
    let view = View {
        plan: &plan.plan,
        report: &plan.report,
        names: &names,
        standing: &standing,
        eta,
        now: context.now(),
    };
    let object = as_json(plan, eta);
    if let Some(file) = presentation.html {
        settings_file::write_text(file, &page(&view))?;
    }
    if let Some(file) = presentation.output {
        let text = serde_json::to_string_pretty(&object).unwrap_or_default();
        settings_file::write_text(file, &text)?;
    }
    if context.output.is_json() {
        context.output.json(&object)?;
    } else {
        let extent = Extent {
            kinds: presentation.kinds.clone(),
            per_heading: if presentation.all {
                usize::MAX
            } else {
                Extent::default().per_heading
            },
        };
        for line in lines(&view, &extent) {
            context.output.line(line)?;
        }
        context.output.flush()?;
    }
    for file in [presentation.html, presentation.output]
        .into_iter()
        .flatten()
    {
        note(format!("wrote {}", file.display()));
    }
    Ok(())
}

/// The plan whole, for programs.
pub fn as_json(plan: &StoredPlan, eta: Option<Duration>) -> Value {
    json!({
        "state": plan.record.state,
        "decision": plan.record.decision,
        "started_at": plan.record.started_at,
        "finished_at": plan.record.finished_at,
        "ending": plan.record.ending,
        "held": plan.why_held,
        "counts": plan.plan.counts(),
        "eta_seconds": eta.map(|eta| eta.as_secs_f64()),
        "plan": plan.plan,
        "report": plan.report,
    })
}

fn kinds(words: &[String]) -> Result<Vec<ActionKind>, Failure> {
    words.iter().map(|word| kind(word.trim())).collect()
}

fn kind(word: &str) -> Result<ActionKind, Failure> {
    let folded = word.replace(['-', ' '], "_");
    let mut all = KINDS.into_iter();
    all.find(|kind| kind_word(*kind) == folded).ok_or_else(|| {
        let words: Vec<String> = KINDS.into_iter().map(kind_word).collect();
        let failure = Failure::usage(format!("there is no kind of change `{word}`"));
        match nearest(word, words.iter().map(String::as_str)) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint(format!("the kinds are {}", words.join(", "))),
        }
    })
}
