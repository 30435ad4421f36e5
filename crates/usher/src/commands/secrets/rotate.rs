//! `usher secrets rotate`.

use serde_json::json;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;
use crate::keeping::vault;
use crate::output::{humanize, note};
use crate::provisioning::{acting, actor};

/// Runs `usher secrets rotate`.
pub async fn run(context: &Context) -> Result<Exit, Failure> {
    let store = open_existing(context).await?;
    let vault = vault(&store, context)?;
    let actor = actor(context);
    let rotated = vault.rotate(acting(&store, &actor, context)).await?;
    if context.output.is_json() {
        context.output.json(&json!({
            "version": rotated.version, "new": rotated.is_new, "resealed": rotated.resealed,
        }))?;
        return Ok(Exit::Success);
    }
    if !rotated.is_new {
        note("a rotation that had been interrupted went on");
    }
    context.output.line(format!(
        "secrets are encrypted with version {} of the key; {} anew",
        rotated.version,
        humanize::counted(rotated.resealed, "secret"),
    ))?;
    context.output.flush()?;
    note("keep the old key as long as backups are kept that need it");
    Ok(Exit::Success)
}
