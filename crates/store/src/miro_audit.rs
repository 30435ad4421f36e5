//! A copy of Miro's own audit log, to say who made a change.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_model::{OrganizationId, Timestamp};

use crate::{Rows, Store, StoreError};

/// An entry of Miro's audit log (Miro's docs, `GET /v2/audit/logs`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MiroAuditEntry {
    /// Its id.
    pub id: String,
    /// When it happened.
    pub created_at: Timestamp,
    /// What happened, in Miro's word.
    pub event: String,
    /// Miro's category.
    pub category: Option<String>,
    /// What did it: `user`, `application`, `scim_provisioner`, `miro_automation`.
    pub actor_type: Option<String>,
    /// The actor's id.
    pub actor_id: Option<String>,
    /// The actor's name.
    pub actor_name: Option<String>,
    /// The actor's e-mail address.
    pub actor_email: Option<String>,
    /// The id of what it was done to.
    pub object_id: Option<String>,
    /// The name of what it was done to.
    pub object_name: Option<String>,
    /// Miro's `details` and `context`, as they came.
    pub details: Value,
}

/// Which entries to look at.
#[derive(Clone, Debug)]
pub struct MiroAuditFilter {
    /// The organization.
    pub organization: OrganizationId,
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Done to this object, or mentioning it in the details.
    pub about: Option<String>,
    /// At most so many.
    pub limit: Option<u64>,
}

impl Store {
    /// Stores entries; one that is stored already is left as it is. Returns how many were new. The
    /// organization must have been synchronized before, or nothing is stored.
    pub async fn add_miro_audit(
        &self,
        _organization: &OrganizationId,
        _entries: &[MiroAuditEntry],
    ) -> Result<u64, StoreError> {
        todo!()
    }

    /// When the newest stored entry happened.
    pub async fn latest_miro_audit(
        &self,
        _organization: &OrganizationId,
    ) -> Result<Option<Timestamp>, StoreError> {
        todo!()
    }

    /// The entries that match, oldest first.
    pub fn miro_audit(&self, _filter: &MiroAuditFilter) -> Rows<MiroAuditEntry> {
        todo!()
    }
}
