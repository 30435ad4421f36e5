//! Letting changes that failed be tried again at once.

use serde_json::json;
use usher_boxed::boxed;
use usher_model::{EventKind, OrganizationId};
use usher_store::FailureRecord;

use crate::{Acting, EngineError};

/// Lets these failures be tried again by the next plan for everybody. Returns how many of them were open.
#[boxed]
pub async fn retry_failures(
    acting: Acting<'_>,
    organization: &OrganizationId,
    failures: &[FailureRecord],
) -> Result<u64, EngineError> {
    let event = |row: &FailureRecord| {
        let data = json!({
            "organization": organization, "person": row.person, "account": row.account, "plan": row.plan,
            "label": row.label, "attempts": row.attempts, "would_have_waited_until": row.next_try_at,
        });
        acting.event(
            EventKind::FailureRetried,
            format!("change:{}", row.key),
            data,
        )
    };
    let events: Vec<_> = failures.iter().map(event).collect();
    let keys: Vec<_> = failures.iter().map(|row| row.key.clone()).collect();
    let retried = acting
        .store
        .retry_failures(organization, &keys, acting.now(), &events);
    Ok(retried.await?)
}
