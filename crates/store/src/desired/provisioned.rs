//! What Usher gave to accounts, so that it may take it away again.

use usher_boxed::boxed;
use usher_model::{AccountId, Event, Grant, OrganizationId, ProvisionedGrant};

use crate::database::{Durability, Insert, Tx};
use crate::grants::read_grant;
use crate::merging::role_in;
use crate::row::Columns;
use crate::statement::{Statement, sql};
use crate::{Store, StoreError, events, organizations};

impl Store {
    /// What Usher gave in an organization, by account.
    #[boxed]
    pub async fn provisioned(
        &self,
        organization: &OrganizationId,
    ) -> Result<Vec<ProvisionedGrant>, StoreError> {
        let mut statement = of_organization(organization);
        statement.push(" ORDER BY account_id, kind, resource, role");
        self.db.snapshot().await?.all(statement, read).await
    }

    /// What Usher gave to one account.
    #[boxed]
    pub async fn provisioned_of(
        &self,
        organization: &OrganizationId,
        account: &AccountId,
    ) -> Result<Vec<ProvisionedGrant>, StoreError> {
        let mut statement = of_organization(organization);
        statement
            .push(" AND account_id = ")
            .push_bind(account.as_str());
        statement.push(" ORDER BY account_id, kind, resource, role");
        self.db.snapshot().await?.all(statement, read).await
    }

    /// Remembers what Usher gave, and forgets what it has taken away or what it may not take away any more. What is
    /// remembered already keeps its time.
    #[boxed]
    pub async fn record_provisioned(
        &self,
        organization: &OrganizationId,
        given: &[ProvisionedGrant],
        taken: &[Grant],
        events: &[Event],
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let number = organizations::ensure(&mut tx, organization).await?;
        forget_provisioned(&mut tx, number, taken).await?;
        remember_provisioned(&mut tx, number, given).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await
    }
}

fn of_organization(organization: &OrganizationId) -> Statement {
    let mut statement = sql(
        "SELECT account_id, kind, resource, role, since FROM provisioned
         WHERE organization = (SELECT number FROM organizations WHERE id = ",
    );
    statement.push_bind(organization.as_str()).push(")");
    statement
}

/// Remembers what was given.
pub(crate) async fn remember_provisioned(
    tx: &mut Tx,
    organization: i64,
    given: &[ProvisionedGrant],
) -> Result<(), StoreError> {
    let insert = Insert {
        before: "INSERT INTO provisioned (organization, account_id, kind, resource, role, since) VALUES",
        after: "ON CONFLICT DO NOTHING",
    };
    let row = |given: &ProvisionedGrant| {
        vec![
            organization.into(),
            given.account.as_str().into(),
            given.entitlement.kind().as_str().into(),
            given.entitlement.resource().into(),
            role_in(&given.entitlement).into(),
            given.since.into(),
        ]
    };
    tx.insert(&insert, given.iter().map(row).collect()).await?;
    Ok(())
}

/// Forgets what was taken away; of a team, in whatever role it was given.
pub(crate) async fn forget_provisioned(
    tx: &mut Tx,
    organization: i64,
    taken: &[Grant],
) -> Result<(), StoreError> {
    for grant in taken {
        let statement = sql(
            "DELETE FROM provisioned WHERE organization = $1 AND account_id = $2
             AND kind = $3 AND resource = $4",
        );
        let held = &grant.entitlement;
        let statement = statement
            .bind(organization)
            .bind(grant.account.as_str())
            .bind(held.kind().as_str())
            .bind(held.resource());
        tx.execute(statement).await?;
    }
    Ok(())
}

fn read(columns: &mut Columns<'_>) -> Result<ProvisionedGrant, StoreError> {
    let grant = read_grant(columns)?;
    Ok(ProvisionedGrant {
        account: grant.account,
        entitlement: grant.entitlement,
        since: columns.time()?,
    })
}
