//! Before a plan is applied: may it be, and is it meant?

use std::io::{BufRead, IsTerminal, Write};

use serde_json::json;
use usher_engine::provisioning::StoredPlan;
use usher_store::PlanState;

use crate::commands::plan::{Presentation, present};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{humanize, note};
use crate::provisioning::Provisioning;

/// Refuses `--resume` for what was not begun, and its lack for what was. Everything else the gate says.
pub fn check_state(plan: &StoredPlan, is_resumed: bool) -> Result<(), Failure> {
    let id = &plan.record.id;
    let was_begun = matches!(
        plan.record.state,
        PlanState::Interrupted | PlanState::Applying
    );
    match (was_begun, is_resumed) {
        (true, false) => Err(Failure::new(
            Exit::Outdated,
            format!("the application of plan {id} began before and is not over"),
        )
        .hint(format!("`usher apply {id} --resume` goes on with it"))),
        (false, true) => Err(Failure::new(
            Exit::Outdated,
            format!(
                "plan {id} is {}, so there is nothing to go on with",
                plan.record.state.as_str()
            ),
        )
        .hint("leave --resume out")),
        _ => Ok(()),
    }
}

/// A plan without changes is applied by doing nothing.
pub fn nothing_to_do(plan: &StoredPlan, context: &Context) -> Result<Exit, Failure> {
    if context.output.is_json() {
        context
            .output
            .json_line(&json!({"event": "nothing_to_do", "plan": plan.record.id}))?;
    } else {
        context
            .output
            .line("nothing to do: the plan has no changes")?;
    }
    Ok(Exit::Success)
}

/// Shows the plan and asks whether it is meant. Where nobody can answer, `--yes` has to.
pub async fn ask(
    plan: &StoredPlan,
    provisioning: &Provisioning,
    context: &Context,
) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() || context.output.is_json() {
        return Err(Failure::usage("nobody is there to be asked").hint("give --yes to apply it"));
    }
    let presentation = Presentation {
        kinds: Vec::new(),
        all: false,
        output: None,
        html: None,
    };
    present(plan, None, &presentation, (provisioning, context)).await?;
    let changes = humanize::counted(plan.plan.changes.len() as u64, "change");
    let question = format!("Apply {changes} to Miro? Only `yes` is taken for yes: ");
    let answer = tokio::task::spawn_blocking(move || answer(&question)).await;
    match answer {
        Ok(Ok(answer)) if answer.trim() == "yes" => Ok(()),
        _ => {
            note("nothing was applied");
            Err(Failure::silent(Exit::Failure))
        }
    }
}

fn answer(question: &str) -> std::io::Result<String> {
    let mut stderr = std::io::stderr().lock();
    write!(stderr, "{question}")?;
    stderr.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}
