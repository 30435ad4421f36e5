//! A copy of Miro's own audit log, to say who made a change.

use futures::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_boxed::boxed;
use usher_model::{OrganizationId, Timestamp};

use crate::database::{Durability, Insert};
use crate::row::Columns;
use crate::statement::{self, containing, json, sql};
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
    #[boxed]
    pub async fn add_miro_audit(
        &self,
        organization: &OrganizationId,
        entries: &[MiroAuditEntry],
    ) -> Result<u64, StoreError> {
        let number = self.organization_number(organization).await?;
        if number == 0 {
            return Ok(0);
        }
        let insert = Insert {
            before: "INSERT INTO miro_audit (organization, id, created_at, event, category, actor_type, actor_id,
                     actor_name, actor_email, object_id, object_name, details) VALUES",
            after: "ON CONFLICT DO NOTHING",
        };
        let rows = entries.iter().map(|entry| values(number, entry)).collect();
        let mut tx = self.db.write(Durability::Repeatable).await?;
        let new = tx.insert(&insert, rows).await?;
        tx.commit().await?;
        Ok(new)
    }

    /// When the newest stored entry happened.
    #[boxed]
    pub async fn latest_miro_audit(
        &self,
        organization: &OrganizationId,
    ) -> Result<Option<Timestamp>, StoreError> {
        let number = self.organization_number(organization).await?;
        let statement = sql("SELECT MAX(created_at) FROM miro_audit WHERE organization = $1");
        let row = self.db.one(statement.bind(number)).await?;
        row.columns(&self.db.name).optional_time()
    }

    /// The entries that match, oldest first.
    pub fn miro_audit(&self, filter: &MiroAuditFilter) -> Rows<MiroAuditEntry> {
        let mut statement = sql(
            "SELECT id, created_at, event, category, actor_type, actor_id, actor_name, actor_email,
                 object_id, object_name, details
             FROM miro_audit WHERE organization = (SELECT number FROM organizations WHERE id = ",
        );
        statement.push_bind(filter.organization.as_str()).push(")");
        if let Some(from) = filter.from {
            statement.push(" AND created_at >= ").push_bind(from);
        }
        if let Some(until) = filter.until {
            statement.push(" AND created_at < ").push_bind(until);
        }
        if let Some(about) = &filter.about {
            statement
                .push(" AND (object_id = ")
                .push_bind(about.as_str());
            statement
                .push(" OR LOWER(details) LIKE ")
                .push_bind(containing(about));
            statement.push(" ESCAPE '\\')");
        }
        statement.push(" ORDER BY created_at, id");
        statement.push_limit(filter.limit);
        let name = self.db.name.clone();
        self.db
            .rows(statement)
            .map(move |row| read(&mut row?.columns(&name)))
            .boxed()
    }
}

fn values(organization: i64, entry: &MiroAuditEntry) -> Vec<statement::Value> {
    vec![
        organization.into(),
        entry.id.as_str().into(),
        entry.created_at.into(),
        entry.event.as_str().into(),
        entry.category.as_deref().into(),
        entry.actor_type.as_deref().into(),
        entry.actor_id.as_deref().into(),
        entry.actor_name.as_deref().into(),
        entry.actor_email.as_deref().into(),
        entry.object_id.as_deref().into(),
        entry.object_name.as_deref().into(),
        json(&entry.details).into(),
    ]
}

fn read(columns: &mut Columns<'_>) -> Result<MiroAuditEntry, StoreError> {
    Ok(MiroAuditEntry {
        id: columns.text()?,
        created_at: columns.time()?,
        event: columns.text()?,
        category: columns.optional_text()?,
        actor_type: columns.optional_text()?,
        actor_id: columns.optional_text()?,
        actor_name: columns.optional_text()?,
        actor_email: columns.optional_text()?,
        object_id: columns.optional_text()?,
        object_name: columns.optional_text()?,
        details: columns.json()?,
    })
}
