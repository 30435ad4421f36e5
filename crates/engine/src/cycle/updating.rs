//! Bringing the inventory up to date: by reading everything, or what Miro's audit log names.

use std::time::Duration;

use futures::TryStreamExt as _;
use usher_miro::{AuditQuery, ErrorKind, Permanence, Rest, Scope};
use usher_model::{OrganizationId, Timestamp};
use usher_plan::Inventory;
use usher_store::{ConnectorRecord, MiroAuditEntry};

use crate::EngineError;
use crate::cycle::depth::depth;
use crate::cycle::feed::{FeedReading, KnownThings, Touched, interpret};
use crate::cycle::observer::PassOn;
use crate::cycle::rereading::Unread;
use crate::cycle::{
    CycleContext, CycleOptions, Depth, Feed, FeedFacts, InventoryUpdate, Snapshot, WhyFull,
    rereading,
};
use crate::provisioning::{current_inventory, provisioning_settings};
use crate::sync::{Ending, SyncOptions, SyncReport, audit_entry, run_sync};

/// Entries that Miro writes late, and clocks that differ: so much is read again.
const OVERLAP: Duration = Duration::from_secs(10 * 60);

/// What reading everything came to when it was not believed.
pub(super) enum Updated {
    /// The inventory is up to date.
    Done(InventoryUpdate),
    /// Everything was read, and is not believed.
    NotBelieved(Box<SyncReport>),
}

/// Brings the inventory up to date.
pub(super) async fn bring_up_to_date(
    context: &CycleContext<'_>,
    options: &CycleOptions,
) -> Result<Updated, EngineError> {
    let store = context.acting.store;
    let connector = store
        .connector(context.organization)
        .await?
        .unwrap_or_default();
    let published = store.last_published(context.organization).await?;
    let facts = FeedFacts {
        snapshot: match published {
            Some(_) => Snapshot::Believed,
            None => Snapshot::Missing,
        },
        feed: Feed::Readable,
        last_full_pass: connector.full_pass_at,
        watermark: connector.audit_watermark,
    };
    let now = context.acting.now();
    let first = depth(options.kind, facts, options.full_pass_every, now);
    let why = match first {
        Depth::Full { why } => why,
        Depth::Changes { since } => match changes(context, options, &connector, since).await? {
            Attempt::Done(update) => return Ok(Updated::Done(update)),
            Attempt::Full(why) => why,
        },
    };
    everything(context, options, why).await
}

/// What became of the attempt to read changes only.
enum Attempt {
    Done(InventoryUpdate),
    Full(WhyFull),
}

async fn changes(
    context: &CycleContext<'_>,
    options: &CycleOptions,
    connector: &ConnectorRecord,
    since: Timestamp,
) -> Result<Attempt, EngineError> {
    let Some(rest) = context.client.rest() else {
        return Ok(Attempt::Full(WhyFull::NoFeed));
    };
    if feed(rest, context.organization).await? == Feed::Closed {
        return Ok(Attempt::Full(WhyFull::NoFeed));
    }
    let until = context.acting.now();
    let entries = match read_feed(context, rest, since, until).await? {
        Ok(entries) => entries,
        Err(why) => return Ok(Attempt::Full(why)),
    };
    // The server's clock is the one that entries carry; ours may be ahead of it.
    let server = context.client.meter().server_date;
    let read_until = server.map_or(until, |server| server.min(until));
    let (touched, inventory) = if entries.is_empty() {
        (Touched::default(), None)
    } else {
        let inventory = inventory(context, connector).await?;
        match interpret(&entries, &KnownThings::of(&inventory)) {
            FeedReading::Unclear { event } => {
                return Ok(Attempt::Full(WhyFull::FeedUnclear { event }));
            }
            FeedReading::Clear(touched) => (touched, Some(inventory)),
        }
    };
    let (reread, rows) = match inventory {
        Some(inventory) if !touched.is_empty() => {
            if let Some(why) = dearer(context, &touched, &inventory).await? {
                return Ok(Attempt::Full(why));
            }
            match observe(context, options, &inventory, touched).await? {
                Ok(counts) => counts,
                Err(why) => return Ok(Attempt::Full(why)),
            }
        }
        _ => (0, 0),
    };
    confirm(context, read_until).await?;
    Ok(Attempt::Done(InventoryUpdate {
        depth: Depth::Changes { since },
        entries: entries.len() as u64,
        reread,
        rows,
    }))
}

/// Whether the access token lets the audit log be read, and whether it is this organization's.
async fn feed(rest: &Rest, organization: &OrganizationId) -> Result<Feed, EngineError> {
    let token = rest.token_context().await;
    let token = token.map_err(EngineError::miro("asking Miro about the access token"))?;
    let found = token
        .organization
        .as_ref()
        .map(|found| OrganizationId::new(&found.id));
    if let Some(found) = found.filter(|found| found != organization) {
        return Err(EngineError::OtherOrganization {
            expected: organization.clone(),
            found,
        });
    }
    let may = |scopes: &Vec<String>| {
        scopes
            .iter()
            .any(|held| Scope::parse(held) == Some(Scope::AuditLogsRead))
    };
    // Where Miro does not list the scopes, only the attempt tells.
    Ok(match token.scopes.as_ref().map(may) {
        Some(false) => Feed::Closed,
        Some(true) | None => Feed::Readable,
    })
}

/// The entries since the watermark; they are stored too, to say who made a change.
async fn read_feed(
    context: &CycleContext<'_>,
    rest: &Rest,
    since: Timestamp,
    until: Timestamp,
) -> Result<Result<Vec<MiroAuditEntry>, WhyFull>, EngineError> {
    let from = since.checked_sub(OVERLAP).unwrap_or(since);
    let mut pages = rest.audit_logs(AuditQuery::between(from, until));
    let mut entries = Vec::new();
    loop {
        let page = match pages.try_next().await {
            Ok(Some(page)) => page,
            Ok(None) => break,
            Err(error) if is_closed(error.kind()) => return Ok(Err(WhyFull::NoFeed)),
            Err(error) if error.permanence() == Permanence::NeedsAdmin => {
                return Err(EngineError::miro("reading Miro's audit log")(error));
            }
            Err(error) => {
                let detail = error.to_string();
                return Ok(Err(WhyFull::FeedBroken { detail }));
            }
        };
        for event in &page.items {
            match audit_entry(event) {
                Some(entry) => entries.push(entry),
                None => {
                    let event = event.event.clone();
                    return Ok(Err(WhyFull::FeedUnclear { event }));
                }
            }
        }
    }
    let store = context.acting.store;
    store.add_miro_audit(context.organization, &entries).await?;
    Ok(Ok(entries))
}

fn is_closed(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::MissingScope(_) | ErrorKind::Forbidden)
}

async fn inventory(
    context: &CycleContext<'_>,
    connector: &ConnectorRecord,
) -> Result<Inventory, EngineError> {
    let store = context.acting.store;
    let (_, settings) = provisioning_settings(store, context.organization).await?;
    current_inventory(store, context.organization, connector, &settings).await
}

/// Whether reading everything costs less than reading again what was touched.
async fn dearer(
    context: &CycleContext<'_>,
    touched: &Touched,
    inventory: &Inventory,
) -> Result<Option<WhyFull>, EngineError> {
    let changes = rereading::cost(touched, inventory, context.client);
    let last = context
        .acting
        .store
        .last_published(context.organization)
        .await?;
    let total = last.and_then(|sync| {
        sync.requests
            .get("total")
            .and_then(serde_json::Value::as_u64)
    });
    // A small organization is read again in a moment; there the question is not worth asking.
    let everything = total.unwrap_or(u64::MAX).max(50);
    Ok((changes > everything).then_some(WhyFull::Cheaper {
        changes,
        everything,
    }))
}

async fn observe(
    context: &CycleContext<'_>,
    options: &CycleOptions,
    inventory: &Inventory,
    touched: Touched,
) -> Result<Result<(u64, u64), WhyFull>, EngineError> {
    let reread = touched.accounts.len()
        + touched.addresses.len()
        + touched.teams.len()
        + touched.user_groups.len();
    let limit = options.shrink_limit;
    let seen = match rereading::reread(context.client, inventory, touched, limit).await {
        Ok(seen) => seen,
        Err(Unread::Shrunk(why)) => return Ok(Err(why)),
        Err(Unread::Failed(error)) => return Err(error),
    };
    let now = context.acting.now();
    let store = context.acting.store;
    let rows = store.observe(context.organization, &seen, now, &[]).await?;
    Ok(Ok((reread as u64, rows)))
}

/// Notes up to when the inventory is confirmed.
async fn confirm(context: &CycleContext<'_>, read_until: Timestamp) -> Result<(), EngineError> {
    let note = |connector: &mut ConnectorRecord| {
        connector.audit_watermark = Some(read_until);
        connector.confirmed_at = Some(read_until);
    };
    let store = context.acting.store;
    store
        .update_connector(context.organization, note, &[])
        .await?;
    Ok(())
}

async fn everything(
    context: &CycleContext<'_>,
    options: &CycleOptions,
    why: WhyFull,
) -> Result<Updated, EngineError> {
    let asked = SyncOptions {
        organization: Some(context.organization.clone()),
        shrink_limit: options.shrink_limit,
        actor: context.acting.actor.clone(),
        origin: context.acting.origin,
        ..SyncOptions::default()
    };
    let acting = context.acting;
    let observer = PassOn(context.observer);
    let report = run_sync(
        acting.store,
        context.client,
        &asked,
        acting.clock,
        &observer,
    )
    .await?;
    let Ending::Published { outcome } = &report.ending else {
        return Ok(Updated::NotBelieved(Box::new(report)));
    };
    let (began, ended) = (report.started_at, report.finished_at);
    let note = |connector: &mut ConnectorRecord| {
        // What happened while it was read may have been missed: the feed is read from its beginning on.
        connector.audit_watermark = Some(began);
        connector.confirmed_at = Some(began);
        connector.full_pass_at = Some(ended);
    };
    acting
        .store
        .update_connector(context.organization, note, &[])
        .await?;
    Ok(Updated::Done(InventoryUpdate {
        depth: Depth::Full { why },
        entries: 0,
        reread: 0,
        rows: outcome.rows_written,
    }))
}
