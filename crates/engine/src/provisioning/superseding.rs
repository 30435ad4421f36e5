//! Setting plans aside, and saying so.

use serde_json::json;
use usher_model::{Event, EventKind, OrganizationId, PlanId};

use crate::{Acting, EngineError};

/// Sets a plan aside.
pub(crate) async fn supersede(
    acting: Acting<'_>,
    organization: &OrganizationId,
    plan: &PlanId,
    why: &str,
) -> Result<(), EngineError> {
    let event = superseded(acting, organization, plan, why);
    Ok(acting.store.supersede_plan(plan, &[event]).await?)
}

/// That a plan was set aside.
pub(crate) fn superseded(
    acting: Acting<'_>,
    organization: &OrganizationId,
    plan: &PlanId,
    why: &str,
) -> Event {
    let data = json!({"organization": organization, "plan": plan, "why": why});
    acting.event(EventKind::PlanSuperseded, format!("plan:{plan}"), data)
}
