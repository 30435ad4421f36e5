//! How cycles are shown.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use usher_store::{CycleKind, CycleRecord, CycleState};
use utoipa::ToSchema;

/// A provisioning cycle.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Cycle)]
pub struct CycleView {
    /// Its id.
    id: String,
    /// The organization's id.
    organization: String,
    /// `initial` or `incremental`.
    #[schema(value_type = String)]
    kind: CycleKind,
    /// `running`, `finished`, `failed` or `interrupted`.
    #[schema(value_type = String)]
    state: CycleState,
    /// Who ran it.
    owner: String,
    /// When it began.
    started_at: Timestamp,
    /// When it ended.
    finished_at: Option<Timestamp>,
    /// The id of the plan it made.
    plan: Option<String>,
    /// What it read, planned and did.
    #[schema(value_type = Object)]
    counts: Value,
    /// Why it failed, in words.
    failure: Option<String>,
}

impl From<CycleRecord> for CycleView {
    fn from(record: CycleRecord) -> Self {
        Self {
            id: record.id.to_string(),
            organization: record.organization.to_string(),
            kind: record.kind,
            state: record.state,
            owner: record.owner,
            started_at: record.started_at,
            finished_at: record.finished_at,
            plan: record.plan.map(|plan| plan.to_string()),
            counts: record.counts,
            failure: record.failure,
        }
    }
}
