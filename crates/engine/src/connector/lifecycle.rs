//! Activating, re-authorizing and deactivating.

use serde::Serialize;
use serde_json::json;
use usher_boxed::boxed;
use usher_miro::MiroClient;
use usher_model::{EventKind, LinkOrigin, OrganizationId};
use usher_store::{ConnectorRecord, Lifecycle, OpenPlans, ProvisioningStatus, StoppedWork};

use crate::connector::{Proof, prove};
use crate::cycle::release;
use crate::notify::Announcer;
use crate::provisioning::superseded;
use crate::{Acting, EngineError};

/// What activating found.
#[derive(Clone, Debug, Serialize)]
pub struct Activated {
    /// What the tokens are good for.
    #[serde(flatten)]
    pub proof: Proof,
    /// Whether cycles run.
    pub provisioning: ProvisioningStatus,
}

/// Proves the tokens by real calls and makes the connector active. Cycles run once they are switched on.
#[boxed]
pub async fn activate(
    acting: Acting<'_>,
    client: &MiroClient,
    expected: Option<&OrganizationId>,
) -> Result<Activated, EngineError> {
    let kind = EventKind::IdmIntegrationActivate;
    let proof = match prove(acting.store, client, expected).await {
        Ok(proof) => proof,
        Err(error) => return Err(log_failure(acting, kind, expected, error).await),
    };
    let now = acting.now();
    let change = |connector: &mut ConnectorRecord| {
        connector.lifecycle = Lifecycle::Active;
        connector.activated_at = Some(now);
        connector.authorized_at = Some(now);
        connector.group_model = proof.group_model.or(connector.group_model);
    };
    let event = event(acting, kind, &proof);
    let record = acting
        .store
        .update_connector(&proof.organization, change, &[event])
        .await?;
    Ok(Activated {
        proof,
        provisioning: record.provisioning,
    })
}

/// Proves new tokens and goes on with them. The old ones are not touched, so both work until the old ones are revoked in
/// Miro, and a new token that does not work changes nothing. A quarantine because of bad credentials ends.
#[boxed]
pub async fn reauthorize(
    announcer: Announcer<'_>,
    client: &MiroClient,
    organization: &OrganizationId,
) -> Result<Activated, EngineError> {
    let acting = announcer.acting;
    let kind = EventKind::IdmIntegrationReauth;
    let proof = match prove(acting.store, client, Some(organization)).await {
        Ok(proof) => proof,
        Err(error) => return Err(log_failure(acting, kind, Some(organization), error).await),
    };
    let now = acting.now();
    let change = |connector: &mut ConnectorRecord| {
        connector.authorized_at = Some(now);
        connector.group_model = proof.group_model.or(connector.group_model);
    };
    let event = event(acting, kind, &proof);
    let record = acting
        .store
        .update_connector(organization, change, &[event])
        .await?;
    if record.quarantine.is_some() {
        release(announcer, organization, "the connector has a new token").await?;
    }
    Ok(Activated {
        proof,
        provisioning: record.provisioning,
    })
}

fn event(acting: Acting<'_>, kind: EventKind, proof: &Proof) -> usher_model::Event {
    let data = json!({"organization": proof.organization, "outcome": "done", "proof": proof});
    acting.event(kind, format!("organization:{}", proof.organization), data)
}

/// An attempt that failed is an event, too.
async fn log_failure(
    acting: Acting<'_>,
    kind: EventKind,
    organization: Option<&OrganizationId>,
    error: EngineError,
) -> EngineError {
    let subject = organization.map_or_else(
        || "organization:unknown".to_owned(),
        |organization| format!("organization:{organization}"),
    );
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    let data = json!({"outcome": "failed", "error": error.to_string(), "cause": cause});
    let event = acting.event(kind, subject, data);
    if let Err(second) = acting.store.append_events(&[event]).await {
        tracing::warn!(error = %second, "a failed attempt could not be recorded");
    }
    error
}

/// What stays when a connector is deactivated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deactivated {
    /// The organization.
    pub organization: OrganizationId,
    /// Accounts that stay in Miro as they are, by how they came to be linked.
    pub accounts_created: usize,
    /// Accounts that were there before, and are linked.
    pub accounts_matched: usize,
    /// Team and user group memberships that Usher gave, and that stay.
    pub grants: usize,
    /// Plans that nobody can apply any more.
    pub plans: u64,
    /// The work that was told to stop: what it has sent to Miro still ends, and it sends nothing more.
    pub stopping: Option<String>,
    /// All of that in words, a line each.
    pub statement: Vec<String>,
}

/// Stops provisioning. Nothing changes in Miro but what was sent before, and what the database knows is kept: activating
/// again goes on from there.
#[boxed]
pub async fn deactivate(
    acting: Acting<'_>,
    organization: &OrganizationId,
) -> Result<Deactivated, EngineError> {
    let store = acting.store;
    let links = store.links(organization).await?;
    let created = links
        .iter()
        .filter(|link| link.how == LinkOrigin::Created)
        .count();
    let grants = store.provisioned(organization).await?.len();
    let what_stays = |stopped: &StoppedWork| {
        let mut deactivated = Deactivated {
            organization: organization.clone(),
            accounts_created: created,
            accounts_matched: links.len() - created,
            grants,
            plans: stopped.superseded.len() as u64,
            stopping: stopped.work.clone(),
            statement: Vec::new(),
        };
        deactivated.statement = statement(&deactivated);
        deactivated
    };
    let now = acting.now();
    let change = |connector: &mut ConnectorRecord| {
        connector.lifecycle = Lifecycle::Inactive;
        connector.provisioning = ProvisioningStatus::Off;
        connector.deactivated_at = Some(now);
    };
    let events = |stopped: &StoppedWork| {
        let data = json!({"organization": organization, "stays": what_stays(stopped)});
        let subject = format!("organization:{organization}");
        let why = "the connector was deactivated";
        let plans = stopped.superseded.iter();
        let plans = plans.map(|plan| superseded(acting, organization, plan, why));
        let deactivated = acting.event(EventKind::IdmIntegrationDelete, subject, data);
        std::iter::once(deactivated).chain(plans).collect()
    };
    let stopped = store
        .stop_connector(organization, OpenPlans::SetAside, change, events)
        .await?;
    Ok(what_stays(&stopped))
}

fn statement(facts: &Deactivated) -> Vec<String> {
    let so_far = match &facts.stopping {
        None => "Nothing was changed in Miro.".to_owned(),
        Some(work) => format!(
            "{work} was at work and was told to stop: what it has sent to Miro still ends, and nothing more is sent."
        ),
    };
    vec![
        so_far,
        format!(
            "{} accounts that Usher created and {} that it found stay as they are; nobody keeps them in step with the \
             directory any more, so people who leave keep their access until somebody disables them in Miro.",
            facts.accounts_created, facts.accounts_matched
        ),
        format!("{} memberships that Usher gave stay.", facts.grants),
        format!(
            "Links, assignments, holds, settings and the event log are kept here; {} open plans were set aside.",
            facts.plans
        ),
        "The tokens still work: revoke them in Miro if nobody else uses them.".to_owned(),
    ]
}
