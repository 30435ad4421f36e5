//! Which organization it is that was read with SCIM alone: known as soon as an access token is there.

use futures::TryStreamExt;
use serde_json::json;
use usher_miro::Rest;
use usher_model::{EventKind, OrganizationId};
use usher_store::{AccountFilter, LeaseOwner, StoreError};

use crate::EngineError;
use crate::sync::connection::UNNAMED;
use crate::sync::lease;
use crate::sync::run::Context;

/// How many people are looked up.
const SAMPLE: u64 = 20;

/// Gives the organization its id, if its people are members of the access token's organization.
pub(super) async fn identify(
    context: Context<'_>,
    rest: &Rest,
    id: &OrganizationId,
) -> Result<(), EngineError> {
    let unnamed = OrganizationId::new(UNNAMED);
    if !same_people(context, rest, (&unnamed, id)).await? {
        return Err(EngineError::OtherOrganization {
            expected: unnamed,
            found: id.clone(),
        });
    }
    let subject = format!("organization:{id}");
    let data = json!({"organization": id, "until_now": unnamed});
    let event = context.event(EventKind::OrganizationIdentified, subject, data);
    loop {
        let store = context.store;
        match store
            .identify_organization(&unnamed, id, std::slice::from_ref(&event))
            .await
        {
            Err(StoreError::SyncRunning { owner, .. }) if lease::is_dead(&owner) => {
                store.end_lease(&unnamed, &LeaseOwner::new(owner)).await?;
            }
            Err(StoreError::ConnectorBusy { owner, .. }) if lease::is_dead(&owner) => {
                store
                    .end_work_lease(&unnamed, &LeaseOwner::new(owner))
                    .await?;
            }
            done => return Ok(done?),
        }
    }
}

/// Whether at least half of some people of the inventory are found by REST. Nobody yet contradicts nothing.
async fn same_people(
    context: Context<'_>,
    rest: &Rest,
    (unnamed, id): (&OrganizationId, &OrganizationId),
) -> Result<bool, EngineError> {
    let filter = AccountFilter {
        limit: Some(SAMPLE),
        ..AccountFilter::of(unnamed.clone())
    };
    let rows = context.store.accounts(&filter);
    let emails: Vec<String> = rows
        .map_ok(|row| row.account.email.to_string())
        .try_collect()
        .await?;
    if emails.is_empty() {
        return Ok(true);
    }
    let found = rest.members_by_email(id, &emails).await;
    let found = found.map_err(EngineError::miro(
        "comparing the people that SCIM showed with the organization's members",
    ))?;
    Ok(found.len() * 2 >= emails.len())
}
