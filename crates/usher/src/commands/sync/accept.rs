//! Believing a suspect snapshot that waits.

use usher_engine::EngineError;
use usher_engine::sync::{SyncOptions, accept_suspect};
use usher_model::{OrganizationId, SyncId};
use usher_store::{Store, SyncRecord, SyncState};

use super::outcome;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::choose;
use crate::output::humanize;

/// Accepts the snapshot named, or the newest one that waits.
pub async fn waiting(
    which: &str,
    store: &Store,
    options: &SyncOptions,
    context: &Context,
) -> Result<Exit, Failure> {
    let wanted = options.organization.as_ref().map(OrganizationId::as_str);
    let organization = choose(store, wanted).await?;
    let syncs = store.syncs(&organization.id).await?;
    let sync =
        find(which, &syncs)?.ok_or_else(|| EngineError::NothingSuspect(organization.id.clone()))?;
    let id = SyncId::new(sync.id.as_str());
    let accepted =
        accept_suspect(store, &organization.id, Some(&id), options, &*context.clock).await?;
    if context.output.is_json() {
        context.output.json(&accepted)?;
        return Ok(Exit::Success);
    }
    let age = humanize::relative(sync.started_at, context.now());
    context
        .output
        .line(format!("sync {id} ({age}) is the inventory now"))?;
    context.output.line(outcome::changes(&accepted.outcome))?;
    Ok(Exit::Success)
}

fn find<'a>(which: &str, syncs: &'a [SyncRecord]) -> Result<Option<&'a SyncRecord>, Failure> {
    let mut suspects = syncs.iter().filter(|sync| sync.state == SyncState::Suspect);
    if which == "newest" {
        return Ok(suspects.next());
    }
    let found = suspects.find(|sync| which.len() >= 4 && sync.id.as_str().starts_with(which));
    found.map(Some).ok_or_else(|| {
        Failure::usage(format!("no suspect snapshot has the id `{which}`"))
            .hint("`usher syncs` lists them")
    })
}
