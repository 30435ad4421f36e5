//! `usher secrets rotate`.

use serde_json::json;
use usher_engine::secrets::Rotated;

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
            "version": rotated.version, "new": rotated.is_new, "resealed": rotated.resealed, "left": rotated.left,
        }))?;
        context.output.flush()?;
        return ended(&rotated);
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
    ended(&rotated)
}

/// Secrets that could not be sealed anew are a failure, though everything else is done.
fn ended(rotated: &Rotated) -> Result<Exit, Failure> {
    if rotated.left.is_empty() {
        return Ok(Exit::Success);
    }
    let left = humanize::counted(rotated.left.len() as u64, "secret");
    let failure = Failure::new(
        Exit::Partial,
        format!("{left} could not be encrypted anew; what was there is still there"),
    );
    Err(rotated.left.iter().fold(failure, |failure, one| {
        let (kind, name) = (&one.secret.kind, &one.secret.name);
        failure.hint(format!("{kind} {name}: {}; {}", one.why, one.hint))
    }))
}
