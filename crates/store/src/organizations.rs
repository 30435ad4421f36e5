//! The organizations in the database.

use serde_json::Value;
use usher_boxed::boxed;
use usher_model::{Event, Known, Organization, OrganizationId};

use crate::database::{Durability, Tx};
use crate::row::{Columns, read_all};
use crate::statement::{json, sql};
use crate::{Store, StoreError, connector, events, syncs};

impl Store {
    /// All organizations that were ever synchronized, by id.
    #[boxed]
    pub async fn organizations(&self) -> Result<Vec<Organization>, StoreError> {
        let rows = self
            .db
            .all(sql(
                "SELECT id, name, plan, full_licenses_purchased FROM organizations ORDER BY id",
            ))
            .await?;
        read_all(&rows, &self.db.name, read)
    }

    /// One organization.
    #[boxed]
    pub async fn organization(
        &self,
        id: &OrganizationId,
    ) -> Result<Option<Organization>, StoreError> {
        let statement =
            sql("SELECT id, name, plan, full_licenses_purchased FROM organizations WHERE id = $1");
        let row = self.db.optional(statement.bind(id.as_str())).await?;
        row.map(|row| read(&mut row.columns(&self.db.name)))
            .transpose()
    }

    /// Gives an organization that was read before anybody knew its id the id that Miro gives it. Everything that is
    /// stored of it stays its own.
    ///
    /// Refused with [`StoreError::SyncRunning`] or [`StoreError::ConnectorBusy`] while somebody works on it, because
    /// they name it by the old id.
    #[boxed]
    pub async fn identify_organization(
        &self,
        unnamed: &OrganizationId,
        id: &OrganizationId,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        syncs::refuse_running(&mut tx, unnamed, now).await?;
        let rename = sql("UPDATE organizations SET id = $2 WHERE id = $1 RETURNING number");
        let rename = rename.bind(unnamed.as_str()).bind(id.as_str());
        if let Some(row) = tx.optional(rename).await? {
            let number = row.columns(&tx.db.name).int()?;
            connector::refuse_busy(&mut tx, (unnamed, number), now).await?;
            rename_in_plans(&mut tx, number, id).await?;
            events::append(&mut tx, events).await?;
        }
        tx.commit().await
    }

    /// The number under which the organization's rows are stored; one that no row has when the
    /// organization was never synchronized, so that queries find nothing.
    pub(crate) async fn organization_number(&self, id: &OrganizationId) -> Result<i64, StoreError> {
        let statement = sql("SELECT number FROM organizations WHERE id = $1");
        let row = self.db.optional(statement.bind(id.as_str())).await?;
        row.map_or(Ok(0), |row| row.columns(&self.db.name).int())
    }
}

/// Plans are the only rows that name their organization in a document as well.
async fn rename_in_plans(
    tx: &mut Tx,
    organization: i64,
    id: &OrganizationId,
) -> Result<(), StoreError> {
    let plans = sql("SELECT number, document FROM plans WHERE organization = $1");
    let plans = tx.all(plans.bind(organization)).await?;
    let plans = read_all(&plans, &tx.db.name, |columns| {
        Ok((columns.int()?, columns.json::<Value>()?))
    })?;
    for (number, mut document) in plans {
        let Some(named) = document.get_mut("organization") else {
            continue;
        };
        *named = id.as_str().into();
        let rewrite = sql("UPDATE plans SET document = $2 WHERE number = $1");
        tx.execute(rewrite.bind(number).bind(json(&document)))
            .await?;
    }
    Ok(())
}

/// The number of an organization, which is remembered by its id if it was never synchronized.
pub(crate) async fn ensure(tx: &mut Tx, id: &OrganizationId) -> Result<i64, StoreError> {
    let known = sql("SELECT number FROM organizations WHERE id = $1").bind(id.as_str());
    if let Some(row) = tx.optional(known).await? {
        return row.columns(&tx.db.name).int();
    }
    let remember = sql(
        "INSERT INTO organizations (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING number",
    );
    let row = tx.one(remember.bind(id.as_str())).await?;
    row.columns(&tx.db.name).int()
}

fn read(columns: &mut Columns<'_>) -> Result<Organization, StoreError> {
    Ok(Organization {
        id: columns.text()?.into(),
        name: columns.optional_text()?.into(),
        plan: columns.optional_text()?.into(),
        full_licenses_purchased: match columns.optional_int()? {
            None => Known::Unknown,
            Some(number) => Known::Known(
                u32::try_from(number).map_err(|_| columns.unreadable("it is no licence count"))?,
            ),
        },
    })
}
