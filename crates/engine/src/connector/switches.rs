//! Changing how a connector works.

use serde_json::json;
use usher_boxed::boxed;
use usher_model::{EventKind, OrganizationId};
use usher_plan::{GroupIndex, PlanError, Settings};
use usher_store::{ConnectorRecord, Lifecycle, OpenPlans, ProvisioningStatus, StoppedWork};

use crate::provisioning::provisioning_settings;
use crate::refused::Refused;
use crate::{Acting, EngineError};

/// How switching cycles on or off went.
#[derive(Clone, Debug)]
pub struct Switched {
    /// The connector now.
    pub record: ConnectorRecord,
    /// The work that was told to stop: what it has sent to Miro still ends, and it sends nothing more.
    pub stopping: Option<String>,
}

/// Switches cycles on or off. Only an active connector can be switched on; switching off stops what is going on.
#[boxed]
pub async fn set_provisioning(
    acting: Acting<'_>,
    organization: &OrganizationId,
    status: ProvisioningStatus,
) -> Result<Switched, EngineError> {
    let store = acting.store;
    let before = store.connector(organization).await?.unwrap_or_default();
    if status == ProvisioningStatus::On && before.lifecycle == Lifecycle::Inactive {
        return Err(Refused::Inactive(organization.clone()).into());
    }
    let event = |stopping: &Option<String>| {
        let data = json!({
            "organization": organization, "what": "provisioning", "before": before.provisioning, "after": status,
            "stopping": stopping,
        });
        let subject = format!("organization:{organization}");
        acting.event(EventKind::IdmIntegrationUpdate, subject, data)
    };
    let change = |connector: &mut ConnectorRecord| connector.provisioning = status;
    if status == ProvisioningStatus::On {
        let events = [event(&None)];
        let record = store.update_connector(organization, change, &events);
        return Ok(Switched {
            record: record.await?,
            stopping: None,
        });
    }
    let events = |stopped: &StoppedWork| vec![event(&stopped.work)];
    let stopped = store
        .stop_connector(organization, OpenPlans::Keep, change, events)
        .await?;
    Ok(Switched {
        record: stopped.record,
        stopping: stopped.work,
    })
}

/// Checks the settings of provisioning against the directory and saves them as a new version. The next cycle plans with
/// them.
///
/// # Errors
/// When they cannot be used, with every place named; or when another version is there than `expected`.
#[boxed]
pub async fn update_settings(
    acting: Acting<'_>,
    organization: &OrganizationId,
    settings: &Settings,
    expected: Option<u64>,
) -> Result<u64, EngineError> {
    let groups = acting.store.groups().await?;
    let problems = settings.check(&GroupIndex::build(&groups));
    if !problems.is_empty() {
        return Err(PlanError {
            problems: problems.iter().map(ToString::to_string).collect(),
        }
        .into());
    }
    let (_, before) = provisioning_settings(acting.store, organization).await?;
    let value = serde_json::to_value(settings).unwrap_or_default();
    let subject = format!("organization:{organization}");
    let data = json!({"organization": organization, "before": before, "after": value});
    let saved = acting.event(EventKind::ProvisioningSettingsSaved, subject.clone(), data);
    let data = json!({"organization": organization, "what": "settings"});
    let updated = acting.event(EventKind::IdmIntegrationUpdate, subject, data);
    let store = acting.store;
    Ok(store
        .save_provisioning_settings(organization, &value, expected, &[saved, updated])
        .await?)
}
