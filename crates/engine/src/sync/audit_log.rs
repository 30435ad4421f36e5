//! Reading Miro's own audit log, to say who made a change.

use std::time::Duration;

use futures::TryStreamExt;
use usher_miro::{AuditQuery, Rest};
use usher_miro_wire::{AuditEvent, parse_time};
use usher_model::Timestamp;
use usher_store::MiroAuditEntry;

use crate::EngineError;
use crate::sync::connection::Allowed;
use crate::sync::reading::is_forbidden;
use crate::sync::run::Run;

/// Miro answers for the last 90 days; a little less keeps clear of the edge.
const REACH: Duration = Duration::from_secs(89 * 24 * 3600);

/// Entries that Miro writes late are read again with this overlap.
const OVERLAP: Duration = Duration::from_secs(10 * 60);

/// Reads what happened since the last time, where the token allows it. The first synchronization reads
/// nothing: there is no earlier inventory that it could have changed.
pub async fn read(run: &Run<'_>, rest: &Rest, allowed: Allowed) -> Result<(), EngineError> {
    if allowed == Allowed::No {
        return Ok(());
    }
    let Some(from) = begin(run).await? else {
        return Ok(());
    };
    let query = AuditQuery::between(from, run.clock().now());
    let mut pages = rest.audit_logs(query);
    loop {
        let page = match pages.try_next().await {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(()),
            Err(error) if allowed == Allowed::Perhaps && is_forbidden(&error) => return Ok(()),
            Err(error) => {
                // Nobody's access depends on this list: say so, and go on.
                run.notice(format!("Miro's audit log could not be read: {error}"));
                return Ok(());
            }
        };
        run.count_optional("audit log pages");
        let entries: Vec<_> = page.items.iter().filter_map(entry).collect();
        run.store()
            .add_miro_audit(&run.sync().organization, &entries)
            .await?;
    }
}

/// From when on: the newest entry that is known, else the last believed inventory.
async fn begin(run: &Run<'_>) -> Result<Option<Timestamp>, EngineError> {
    let organization = &run.sync().organization;
    let Some(published) = run.store().last_published(organization).await? else {
        return Ok(None);
    };
    let latest = run.store().latest_miro_audit(organization).await?;
    let from = latest
        .or(published.effective_at)
        .unwrap_or(published.started_at);
    let from = from.checked_sub(OVERLAP).unwrap_or(from);
    let earliest = run.clock().now().checked_sub(REACH).unwrap_or(from);
    Ok(Some(from.max(earliest)))
}

/// An entry as it is stored; none without a time that can be read.
pub(crate) fn entry(event: &AuditEvent) -> Option<MiroAuditEntry> {
    let actor = event.created_by.as_ref();
    let object = event.object.as_ref();
    Some(MiroAuditEntry {
        id: event.id.clone(),
        created_at: event.created_at.as_deref().and_then(parse_time)?,
        event: event.event.clone(),
        category: event.category.clone(),
        actor_type: actor.map(|actor| actor.kind.clone()),
        actor_id: actor.and_then(|actor| actor.id.clone()),
        actor_name: actor.and_then(|actor| actor.name.clone()),
        actor_email: actor.and_then(|actor| actor.email.clone()),
        object_id: object.and_then(|object| object.id.clone()),
        object_name: object.and_then(|object| object.name.clone()),
        details: serde_json::json!({"details": event.details, "context": event.context}),
    })
}
