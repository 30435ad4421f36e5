//! What somebody changed in Miro by hand.

use usher_boxed::boxed;
use usher_model::OrganizationId;
use usher_plan::{Drift, PlanRequest, plan};

use crate::provisioning::{Assembled, assemble};
use crate::{Acting, EngineError};

/// The differences between what Usher set and what is there, as of the last sync. Nothing is stored.
#[boxed]
pub async fn drift(
    acting: Acting<'_>,
    organization: &OrganizationId,
) -> Result<Vec<Drift>, EngineError> {
    let Assembled {
        inventory,
        desired,
        settings,
        ..
    } = assemble(acting.store, organization, acting.now()).await?;
    let request = PlanRequest {
        id: acting.store.new_plan_id(),
        now: acting.now(),
        parent: None,
        only: Vec::new(),
    };
    let (_, report) = plan(&inventory, &desired, &settings, &request)?;
    Ok(report.drift)
}
