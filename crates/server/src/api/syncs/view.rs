//! How synchronizations are shown.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use usher_model::{Completeness, Coverage};
use usher_store::{SyncRecord, SyncState};
use utoipa::ToSchema;

/// A synchronization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sync)]
pub struct SyncView {
    /// Its id.
    id: String,
    /// The organization's id.
    organization: String,
    /// What was read.
    sources: &'static str,
    /// `running`, `complete`, `suspect`, `accepted` or `superseded`.
    #[schema(value_type = String)]
    state: SyncState,
    /// When it began.
    started_at: Timestamp,
    /// When it ended.
    finished_at: Option<Timestamp>,
    /// The time from which the inventory is what it saw.
    effective_at: Option<Timestamp>,
    /// Whether it is believed, and why not.
    #[schema(value_type = Option<Object>)]
    verdict: Option<Completeness>,
    /// What it could see.
    #[schema(value_type = Option<Object>)]
    coverage: Option<Coverage>,
    /// How much was read.
    #[schema(value_type = Object)]
    counts: Value,
    /// How many requests were sent.
    #[schema(value_type = Object)]
    requests: Value,
}

impl From<SyncRecord> for SyncView {
    fn from(record: SyncRecord) -> Self {
        Self {
            id: record.id.to_string(),
            organization: record.organization.to_string(),
            sources: record.sources.as_str(),
            state: record.state,
            started_at: record.started_at,
            finished_at: record.finished_at,
            effective_at: record.effective_at,
            verdict: record.verdict,
            coverage: record.coverage,
            counts: record.counts,
            requests: record.requests,
        }
    }
}
