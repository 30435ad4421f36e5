//! Making a suspect snapshot the inventory, because somebody said so.

use serde_json::json;
use usher_boxed::boxed;
use usher_model::{Clock, EventKind, OrganizationId, SyncId};
use usher_store::{PublishOutcome, Store, SyncState};

use crate::EngineError;
use crate::sync::SyncOptions;
use crate::sync::run::event;

/// What accepting did.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Accepted {
    /// The synchronization whose snapshot is the inventory now.
    pub sync: SyncId,
    /// What it changed.
    pub outcome: PublishOutcome,
}

/// Accepts one suspect snapshot, or the newest.
#[boxed]
pub async fn accept_suspect(
    store: &Store,
    organization: &OrganizationId,
    sync: Option<&SyncId>,
    options: &SyncOptions,
    clock: &dyn Clock,
) -> Result<Accepted, EngineError> {
    let id = match sync {
        Some(id) => id.clone(),
        None => {
            let syncs = store.syncs(organization).await?;
            let newest = syncs
                .into_iter()
                .find(|sync| sync.state == SyncState::Suspect);
            newest
                .ok_or_else(|| EngineError::NothingSuspect(organization.clone()))?
                .id
        }
    };
    let outcome = store
        .accept(&id, clock.now(), |outcome| {
            let data = json!({"outcome": outcome});
            vec![event(
                store,
                clock,
                options,
                EventKind::SyncAccepted,
                format!("sync:{id}"),
                data,
            )]
        })
        .await?;
    Ok(Accepted { sync: id, outcome })
}
