//! How plans are shown.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use usher_model::PlanId;
use usher_store::{Decision, PlanRecord, PlanState};
use utoipa::ToSchema;

use super::super::caller::Call;
use crate::problem::Problem;

/// A plan, without its changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Plan)]
pub struct PlanView {
    /// Its id.
    id: String,
    /// The organization's id.
    organization: String,
    /// Where it stands, such as `held`, `ready`, `approved` or `applied`.
    #[schema(value_type = String)]
    state: PlanState,
    /// When it was made.
    created_at: Timestamp,
    /// The id of the plan it replaces.
    parent: Option<String>,
    /// How many changes it has.
    changes: u64,
    /// How many of each kind.
    #[schema(value_type = Object)]
    counts: Value,
    /// Who approved or rejected it, when and why.
    #[schema(value_type = Option<Object>)]
    decision: Option<Decision>,
    /// When it was begun to be carried out.
    started_at: Option<Timestamp>,
    /// When that ended, or was interrupted last.
    finished_at: Option<Timestamp>,
    /// Why it ended before it was done.
    ending: Option<String>,
}

impl From<PlanRecord> for PlanView {
    fn from(record: PlanRecord) -> Self {
        Self {
            id: record.id.to_string(),
            organization: record.organization.to_string(),
            state: record.state,
            created_at: record.created_at,
            parent: record.parent.map(|parent| parent.to_string()),
            changes: record.changes,
            counts: record.counts,
            decision: record.decision,
            started_at: record.started_at,
            finished_at: record.finished_at,
            ending: record.ending,
        }
    }
}

/// A plan that has to be there.
pub async fn existing(call: &Call, id: &PlanId) -> Result<PlanRecord, Problem> {
    let found = call.store().plan(id).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no plan {id}")))
}
