//! Holds. One that was released stays in the table with the time of it.

use usher_boxed::boxed;
use usher_model::{Event, Hold, HoldId, HoldSubject, OrganizationId, Timestamp};

use crate::database::Durability;
use crate::row::{first_json, read_all};
use crate::statement::{Statement, json, sql};
use crate::{Store, StoreError, events, organizations};

impl Store {
    /// Places a hold, or places it anew.
    #[boxed]
    pub async fn save_hold(
        &self,
        organization: &OrganizationId,
        hold: &Hold,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let number = organizations::ensure(&mut tx, organization).await?;
        let (kind, subject) = match &hold.subject {
            HoldSubject::Account(account) => ("account", account.as_str()),
            HoldSubject::Person(person) => ("person", person.as_str()),
        };
        let statement = sql(
            "INSERT INTO holds (organization, id, subject_kind, subject, document, saved_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (organization, id) DO UPDATE SET subject_kind = excluded.subject_kind,
                 subject = excluded.subject, document = excluded.document, saved_at = excluded.saved_at,
                 removed_at = NULL",
        );
        let statement = statement
            .bind(number)
            .bind(hold.id.as_str())
            .bind(kind)
            .bind(subject)
            .bind(json(hold))
            .bind(self.clock.now());
        tx.execute(statement).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await
    }

    /// The holds of an organization that were not released, by id; also those that do not hold now.
    #[boxed]
    pub async fn holds(&self, organization: &OrganizationId) -> Result<Vec<Hold>, StoreError> {
        self.find_holds(organization, |statement| {
            statement.push(" AND removed_at IS NULL");
        })
        .await
    }

    /// The holds that were placed, placed anew or released at this time or later.
    #[boxed]
    pub async fn holds_changed_since(
        &self,
        organization: &OrganizationId,
        since: Timestamp,
    ) -> Result<Vec<Hold>, StoreError> {
        self.find_holds(organization, |statement| {
            statement.push(" AND (saved_at >= ").push_bind(since);
            statement
                .push(" OR removed_at >= ")
                .push_bind(since)
                .push(")");
        })
        .await
    }

    /// Releases a hold. Returns whether there was one.
    #[boxed]
    pub async fn remove_hold(
        &self,
        organization: &OrganizationId,
        id: &HoldId,
        events: &[Event],
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let number = organizations::ensure(&mut tx, organization).await?;
        let statement = sql(
            "UPDATE holds SET removed_at = $3 WHERE organization = $1 AND id = $2 AND removed_at IS NULL",
        );
        let statement = statement
            .bind(number)
            .bind(id.as_str())
            .bind(self.clock.now());
        if tx.execute(statement).await? == 0 {
            return Ok(false);
        }
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn find_holds(
        &self,
        organization: &OrganizationId,
        push_conditions: impl FnOnce(&mut Statement),
    ) -> Result<Vec<Hold>, StoreError> {
        let mut statement = sql("SELECT document FROM holds
             WHERE organization = (SELECT number FROM organizations WHERE id = ");
        statement.push_bind(organization.as_str()).push(")");
        push_conditions(&mut statement);
        statement.push(" ORDER BY id");
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, first_json)
    }
}
