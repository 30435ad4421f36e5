//! `usher schedules remove`.

use serde_json::json;
use usher_engine::jobs::remove_schedule;

use super::TaskArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;
use crate::provisioning::{acting, actor};

/// Runs `usher schedules remove`.
pub async fn run(arguments: &TaskArguments, context: &Context) -> Result<Exit, Failure> {
    let store = open_existing(context).await?;
    let task = arguments.task(&store).await?;
    let actor = actor(context);
    let acting = acting(&store, &actor, context);
    if !remove_schedule(acting, &task).await? {
        return Err(
            Failure::usage(format!("there is no schedule for the {task}"))
                .hint("`usher schedules list` lists them"),
        );
    }
    if context.output.is_json() {
        context.output.json(&json!({"removed": task}))?;
    } else {
        context
            .output
            .line(format!("the {task} is no longer done by itself"))?;
    }
    Ok(Exit::Success)
}
