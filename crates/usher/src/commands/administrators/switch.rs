//! `usher administrators disable` and `enable`.

use serde_json::json;
use usher_model::EventKind;
use usher_store::{AdministratorRecord, AdministratorState};

use super::{Whom, find};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;
use crate::output::note;
use crate::provisioning::{acting, actor};

/// Runs `usher administrators disable`.
pub async fn disable(whom: &Whom, context: &Context) -> Result<Exit, Failure> {
    let kind = EventKind::AdministratorDisabled;
    switch(whom, AdministratorState::Disabled, kind, context).await
}

/// Runs `usher administrators enable`.
pub async fn enable(whom: &Whom, context: &Context) -> Result<Exit, Failure> {
    let kind = EventKind::AdministratorEnabled;
    switch(whom, AdministratorState::Active, kind, context).await
}

async fn switch(
    whom: &Whom,
    state: AdministratorState,
    kind: EventKind,
    context: &Context,
) -> Result<Exit, Failure> {
    let store = open_existing(context).await?;
    let found = find(&store, &whom.administrator).await?;
    let label = found.email.clone().unwrap_or_else(|| found.name.clone());
    if found.state == state {
        note(format!("{label} is {} already", state.as_str()));
        return Ok(Exit::Success);
    }
    let actor = actor(context);
    let event = acting(&store, &actor, context).event(
        kind,
        format!("administrator:{}", found.id),
        json!({"email": found.email}),
    );
    let changed = AdministratorRecord { state, ..found };
    let saved = store.change_administrator(&changed, &[event]).await?;
    if context.output.is_json() {
        context.output.json(&saved)?;
    } else {
        context
            .output
            .line(format!("{label} is {} now", state.as_str()))?;
    }
    Ok(Exit::Success)
}
