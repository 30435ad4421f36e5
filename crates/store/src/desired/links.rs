//! The ties between people and accounts.

use std::collections::HashMap;

use usher_boxed::boxed;
use usher_model::{AccountId, Event, Link, OrganizationId, PersonId};

use crate::database::{Durability, Insert, Tx};
use crate::row::{Columns, read_all};
use crate::statement::{LIST, Statement, Value, json, sql};
use crate::{Store, StoreError, events, organizations};

impl Store {
    /// Ties people to accounts; a person's older tie gives way. Refused with [`StoreError::LinkTaken`] when an account
    /// is tied to somebody else who is not tied anew with the same call.
    #[boxed]
    pub async fn save_links(
        &self,
        organization: &OrganizationId,
        links: &[Link],
        events: &[Event],
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let number = organizations::ensure(&mut tx, organization).await?;
        save_links(&mut tx, number, links).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await
    }

    /// Removes a person's tie. Returns whether there was one.
    #[boxed]
    pub async fn remove_link(
        &self,
        organization: &OrganizationId,
        person: &PersonId,
        events: &[Event],
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let number = organizations::ensure(&mut tx, organization).await?;
        if remove_links(&mut tx, number, std::slice::from_ref(person)).await? == 0 {
            return Ok(false);
        }
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The ties of an organization, by person.
    #[boxed]
    pub async fn links(&self, organization: &OrganizationId) -> Result<Vec<Link>, StoreError> {
        let mut statement = of_organization(organization);
        statement.push(" ORDER BY person");
        self.db.snapshot().await?.all(statement, read).await
    }

    /// A person's tie.
    #[boxed]
    pub async fn link_of_person(
        &self,
        organization: &OrganizationId,
        person: &PersonId,
    ) -> Result<Option<Link>, StoreError> {
        let mut statement = of_organization(organization);
        statement.push(" AND person = ").push_bind(person.as_str());
        self.one_link(statement).await
    }

    /// An account's tie.
    #[boxed]
    pub async fn link_of_account(
        &self,
        organization: &OrganizationId,
        account: &AccountId,
    ) -> Result<Option<Link>, StoreError> {
        let mut statement = of_organization(organization);
        statement
            .push(" AND account_id = ")
            .push_bind(account.as_str());
        self.one_link(statement).await
    }

    async fn one_link(&self, statement: Statement) -> Result<Option<Link>, StoreError> {
        let row = self.db.optional(statement).await?;
        row.map(|row| read(&mut row.columns(&self.db.name)))
            .transpose()
    }
}

fn of_organization(organization: &OrganizationId) -> Statement {
    let mut statement = sql(
        "SELECT person, account_id, how, since, sent, disabled_at FROM links
         WHERE organization = (SELECT number FROM organizations WHERE id = ",
    );
    statement.push_bind(organization.as_str()).push(")");
    statement
}

const LINKS: Insert = Insert {
    before: "INSERT INTO links (organization, person, account_id, how, since, sent, disabled_at) VALUES",
    after: "ON CONFLICT (organization, person) DO UPDATE SET account_id = excluded.account_id, how = excluded.how,
            since = excluded.since, sent = excluded.sent, disabled_at = excluded.disabled_at",
};

/// Ties people to accounts.
pub(crate) async fn save_links(
    tx: &mut Tx,
    organization: i64,
    links: &[Link],
) -> Result<(), StoreError> {
    let accounts: HashMap<&str, &str> = links
        .iter()
        .map(|link| (link.person.as_str(), link.account.as_str()))
        .collect();
    for chunk in links.chunks(LIST) {
        let mut moved = Vec::new();
        for (holder, account) in holders(tx, organization, chunk).await? {
            match accounts.get(holder.as_str()) {
                Some(same) if *same == account => {}
                // The holder is tied to another account with the same call.
                Some(_) => moved.push(holder.into()),
                None => {
                    return Err(StoreError::LinkTaken {
                        target: format!("account {account}"),
                        holder: format!("person {holder}"),
                    });
                }
            }
        }
        remove_links(tx, organization, &moved).await?;
        let rows = chunk.iter().map(|link| values(organization, link));
        tx.insert(&LINKS, rows.collect()).await?;
    }
    Ok(())
}

/// The people to whom the links' accounts are tied now, and those accounts.
async fn holders(
    tx: &mut Tx,
    organization: i64,
    links: &[Link],
) -> Result<Vec<(String, String)>, StoreError> {
    let mut statement =
        sql("SELECT person, account_id FROM links WHERE organization = $1 AND account_id IN ")
            .bind(organization);
    statement.push_list(links.iter().map(|link| link.account.as_str()));
    let rows = tx.all(statement).await?;
    read_all(&rows, &tx.db.name, |columns| {
        Ok((columns.text()?, columns.text()?))
    })
}

/// Removes people's ties; returns how many there were.
pub(crate) async fn remove_links(
    tx: &mut Tx,
    organization: i64,
    people: &[PersonId],
) -> Result<u64, StoreError> {
    let mut removed = 0;
    for chunk in people.chunks(LIST) {
        let mut statement =
            sql("DELETE FROM links WHERE organization = $1 AND person IN ").bind(organization);
        statement.push_list(chunk.iter().map(PersonId::as_str));
        removed += tx.execute(statement).await?;
    }
    Ok(removed)
}

fn values(organization: i64, link: &Link) -> Vec<Value> {
    vec![
        organization.into(),
        link.person.as_str().into(),
        link.account.as_str().into(),
        link.how.as_str().into(),
        link.since.into(),
        json(&link.sent).into(),
        link.disabled_at.into(),
    ]
}

fn read(columns: &mut Columns<'_>) -> Result<Link, StoreError> {
    Ok(Link {
        person: PersonId::new(columns.borrowed_text()?),
        account: AccountId::new(columns.borrowed_text()?),
        how: columns.word()?,
        since: columns.time()?,
        sent: columns.json()?,
        disabled_at: columns.optional_time()?,
    })
}
