//! Putting a connector in quarantine, and letting it out.

use serde_json::json;
use usher_boxed::boxed;
use usher_model::{EventKind, OrganizationId};
use usher_store::{ConnectorRecord, FailureFilter, Quarantine, QuarantineCause};

use crate::EngineError;
use crate::cycle::quarantine::next_try;
use crate::cycle::{CycleContext, CycleEnding, QuarantineReason, telling};
use crate::notify::Announcer;
use crate::provisioning::retry_failures;
use crate::refused::Refused;

/// Puts the connector in quarantine, or lengthens it after another try that failed, and tells people.
pub(crate) async fn confine(
    announcer: Announcer<'_>,
    organization: &OrganizationId,
    reason: &QuarantineReason,
) -> Result<(), EngineError> {
    let acting = announcer.acting;
    let now = acting.now();
    let words = reason.to_string();
    let change = |connector: &mut ConnectorRecord| {
        let before = connector.quarantine.take();
        let attempts = before.as_ref().map_or(0, |quarantine| quarantine.attempts) + 1;
        connector.quarantine = Some(Quarantine {
            since: before.map_or(now, |quarantine| quarantine.since),
            reason: words.clone(),
            cause: reason.cause(),
            attempts,
            next_try_at: Some(next_try(attempts, now)),
        });
    };
    let data = json!({"organization": organization, "reason": reason, "why": words});
    let subject = format!("organization:{organization}");
    let event = acting.event(EventKind::ConnectorQuarantined, subject, data);
    let store = acting.store;
    let record = store
        .update_connector(organization, change, &[event])
        .await?;
    if let Some(quarantine) = &record.quarantine {
        telling::quarantined(announcer, organization, reason, quarantine).await;
    }
    Ok(())
}

/// A try that went well ends a quarantine. A mass failure is over only when changes were made again, or none are left:
/// a plan that waits proves no more than that the tokens are good.
pub(super) async fn release_after_success(
    context: &CycleContext<'_>,
    ending: &CycleEnding,
) -> Result<(), EngineError> {
    let connector = context.acting.store.connector(context.organization).await?;
    let quarantine = connector.and_then(|connector| connector.quarantine);
    let proves = |cause: QuarantineCause| match cause {
        QuarantineCause::BadCredentials => true,
        QuarantineCause::MassFailure => {
            matches!(ending, CycleEnding::Applied | CycleEnding::InLine)
        }
    };
    if !quarantine.is_some_and(|quarantine| proves(quarantine.cause)) {
        return Ok(());
    }
    let announcer = telling::announcer(context);
    let_out(announcer, context.organization, "a cycle went well again").await
}

/// Lets a connector out of quarantine: the next cycle runs as usual, and tries again what failed, because whoever says so
/// has removed the cause.
#[boxed]
pub async fn release(
    announcer: Announcer<'_>,
    organization: &OrganizationId,
    why: &str,
) -> Result<(), EngineError> {
    let_out(announcer, organization, why).await?;
    let acting = announcer.acting;
    let open = FailureFilter::default();
    let failed = acting.store.failures(organization, &open).await?;
    retry_failures(acting, organization, &failed).await?;
    Ok(())
}

async fn let_out(
    announcer: Announcer<'_>,
    organization: &OrganizationId,
    why: &str,
) -> Result<(), EngineError> {
    let acting = announcer.acting;
    let connector = acting
        .store
        .connector(organization)
        .await?
        .unwrap_or_default();
    let Some(quarantine) = connector.quarantine else {
        return Err(Refused::NotInQuarantine(organization.clone()).into());
    };
    let data = json!({
        "organization": organization, "why": why, "since": quarantine.since, "was": quarantine.reason,
    });
    let subject = format!("organization:{organization}");
    let event = acting.event(EventKind::ConnectorReleased, subject, data);
    let change = |connector: &mut ConnectorRecord| connector.quarantine = None;
    acting
        .store
        .update_connector(organization, change, &[event])
        .await?;
    telling::released(announcer, organization, &quarantine, why).await;
    Ok(())
}
