//! How a synchronization begins: anew, or behind the last page of one that was interrupted.

use serde_json::json;
use usher_model::{EventKind, Timestamp};
use usher_store::{Lease, LeaseOwner, NewSync, RunningSync, StoreError};

use crate::EngineError;
use crate::sync::connection::Connection;
use crate::sync::run::Context;
use crate::sync::{Resume, lease};

/// Goes on with an interrupted run, or begins a new one.
pub(super) async fn begin(
    context: Context<'_>,
    connection: &Connection,
) -> Result<RunningSync, EngineError> {
    match try_begin(context, connection).await {
        Err(EngineError::Store(StoreError::SyncRunning {
            organization,
            owner,
            ..
        })) if lease::is_dead(&owner) => {
            context
                .store
                .end_lease(&organization, &LeaseOwner::new(owner))
                .await?;
            try_begin(context, connection).await
        }
        begun => begun,
    }
}

async fn try_begin(
    context: Context<'_>,
    connection: &Connection,
) -> Result<RunningSync, EngineError> {
    let Context {
        store,
        options,
        clock,
        ..
    } = context;
    let lease = Lease {
        owner: lease::this_process(),
        duration: lease::LEASE,
    };
    let organization = &connection.organization.id;
    if let Resume::Within(age) = options.resume {
        let not_before = clock.now().checked_sub(age).unwrap_or(Timestamp::MIN);
        let found = store
            .resumable(organization, connection.sources, not_before)
            .await?;
        if let Some(found) = found {
            let subject = format!("sync:{}", found.id);
            let event = context.event(EventKind::SyncResumed, subject, json!({}));
            return Ok(store.resume_sync(&found.id, &lease, &[event]).await?);
        }
    }
    let id = store.new_sync_id();
    let data = json!({"organization": organization, "sources": connection.sources});
    let event = context.event(EventKind::SyncStarted, format!("sync:{id}"), data);
    let new = NewSync {
        id,
        organization: connection.organization.clone(),
        sources: connection.sources,
        lease,
    };
    Ok(store.begin_sync(&new, &[event]).await?)
}
