//! `usher schedules run-now`.

use serde_json::json;
use usher_engine::jobs::request_job;

use super::TaskArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;
use crate::output::note;
use crate::provisioning::{acting, actor};

/// Runs `usher schedules run-now`.
pub async fn run(arguments: &TaskArguments, context: &Context) -> Result<Exit, Failure> {
    let store = open_existing(context).await?;
    let task = arguments.task(&store).await?;
    let actor = actor(context);
    let id = request_job(acting(&store, &actor, context), &task).await?;
    if context.output.is_json() {
        context.output.json(&json!({"job": id, "task": task}))?;
        return Ok(Exit::Success);
    }
    context.output.line(format!("job {id}: {task}"))?;
    context.output.flush()?;
    note("a running `usher serve` on this database does it; `usher jobs` shows how it goes");
    Ok(Exit::Success)
}
