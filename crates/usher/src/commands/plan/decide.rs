//! `usher plan approve` and `usher plan reject`.

use serde_json::json;
use usher_engine::provisioning::{Verdict, decide as decide_plan};
use usher_store::PlanRecord;

use super::DecideArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::note;
use crate::provisioning::{Provisioning, acting, actor};
use crate::stored_plan::find_record;

/// Runs `usher plan approve`.
pub async fn approve(arguments: &DecideArguments, context: &Context) -> Result<Exit, Failure> {
    let record = decide(arguments, Verdict::Approve, context).await?;
    note(format!("`usher apply {}` applies it", record.id));
    Ok(Exit::Success)
}

/// Runs `usher plan reject`.
pub async fn reject(arguments: &DecideArguments, context: &Context) -> Result<Exit, Failure> {
    decide(arguments, Verdict::Reject, context).await?;
    note("it is never applied, and a later plan with the same changes waits for somebody's yes");
    Ok(Exit::Success)
}

async fn decide(
    arguments: &DecideArguments,
    verdict: Verdict,
    context: &Context,
) -> Result<PlanRecord, Failure> {
    if arguments.reason.trim().is_empty() {
        return Err(Failure::usage("a decision needs a reason")
            .hint("say in --reason why, for whoever reads the log"));
    }
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let store = &provisioning.store;
    let plan = find_record(store, provisioning.id(), &arguments.plan).await?;
    let actor = actor(context);
    let acting = acting(store, &actor, context);
    let reason = Some(arguments.reason.as_str());
    let record = decide_plan(acting, &plan.id, verdict, &context.operator, reason).await?;
    if context.output.is_json() {
        context.output.json(&json!({
            "plan": record.id,
            "state": record.state,
            "decision": record.decision,
        }))?;
    } else {
        let word = match verdict {
            Verdict::Approve => "approved",
            Verdict::Reject => "rejected",
        };
        context.output.line(format!("{word}: plan {}", record.id))?;
        context.output.flush()?;
    }
    Ok(record)
}
