//! `usher secrets init`.

use serde_json::json;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open;
use crate::keeping::vault;
use crate::output::note;
use crate::provisioning::{acting, actor};

/// Runs `usher secrets init`.
pub async fn run(context: &Context) -> Result<Exit, Failure> {
    let store = open(context).await?;
    let vault = vault(&store, context)?;
    let actor = actor(context);
    let version = vault.begin(acting(&store, &actor, context)).await?;
    let place = vault
        .source()
        .map_err(usher_engine::EngineError::from)?
        .place();
    if context.output.is_json() {
        context
            .output
            .json(&json!({"version": version, "source": place}))?;
        return Ok(Exit::Success);
    }
    context.output.line(format!(
        "secrets are encrypted with version {version} of the key ({place})"
    ))?;
    context.output.flush()?;
    note("keep a copy of the key apart from the database and its backups");
    Ok(Exit::Success)
}
