//! The organizations in the database.

use usher_model::{Known, Organization, OrganizationId};

use crate::database::Tx;
use crate::row::{Columns, read_all};
use crate::statement::sql;
use crate::{Store, StoreError};

impl Store {
    /// All organizations that were ever synchronized, by id.
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

    /// The number under which the organization's rows are stored; one that no row has when the
    /// organization was never synchronized, so that queries find nothing.
    pub(crate) async fn organization_number(&self, id: &OrganizationId) -> Result<i64, StoreError> {
        let statement = sql("SELECT number FROM organizations WHERE id = $1");
        let row = self.db.optional(statement.bind(id.as_str())).await?;
        row.map_or(Ok(0), |row| row.columns(&self.db.name).int())
    }
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
