//! Who may be the same person as somebody who is pushed: what is read before merging them alone.

use serde_json::Value as Json;
use usher_boxed::boxed;
use usher_model::{Person, PersonId, SourceName};

use super::Pushing;
use crate::directory::{read_entry, read_key, read_person};
use crate::row::read_all;
use crate::statement::{LIST, sql};
use crate::{DirectoryKey, EntryKind, SourceEntry, StoreError};

/// A person's entry, of whichever source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeighbourEntry {
    /// The source.
    pub source: SourceName,
    /// The entry.
    pub entry: SourceEntry,
    /// By what it is matched.
    pub match_value: Option<String>,
}

const ENTRY: &str =
    "SELECT e.source, e.match_value, e.kind, e.key, e.document FROM source_entries e";

impl Pushing {
    /// People's entries with one of these values.
    #[boxed]
    pub async fn entries_with_values(
        &mut self,
        values: &[String],
    ) -> Result<Vec<NeighbourEntry>, StoreError> {
        let mut found = Vec::new();
        for chunk in values.chunks(LIST) {
            let mut statement = sql(ENTRY);
            statement
                .push(" WHERE e.kind = 'person' AND e.match_value IN ")
                .push_list(chunk.iter().map(String::as_str));
            found.extend(self.neighbours(statement).await?);
        }
        Ok(found)
    }

    /// People's entries that were one of these people before.
    #[boxed]
    pub async fn entries_of_people(
        &mut self,
        people: &[PersonId],
    ) -> Result<Vec<NeighbourEntry>, StoreError> {
        let mut found = Vec::new();
        for chunk in people.chunks(LIST) {
            let mut statement = sql(ENTRY);
            statement
                .push(
                    " JOIN directory_keys k ON k.kind = 'person' AND k.source = e.source AND k.key = e.key
                 WHERE e.kind = 'person' AND k.id IN ",
                )
                .push_list(chunk.iter().map(PersonId::as_str));
            found.extend(self.neighbours(statement).await?);
        }
        Ok(found)
    }

    async fn neighbours(
        &mut self,
        statement: crate::statement::Statement,
    ) -> Result<Vec<NeighbourEntry>, StoreError> {
        let rows = self.tx.all(statement).await?;
        read_all(&rows, &self.tx.db.name, |columns| {
            Ok(NeighbourEntry {
                source: columns.text()?.into(),
                match_value: columns.optional_text()?,
                entry: read_entry(columns)?,
            })
        })
    }

    /// The keys that were ever given to these people.
    #[boxed]
    pub async fn keys_of_people(
        &mut self,
        people: &[PersonId],
    ) -> Result<Vec<DirectoryKey>, StoreError> {
        let mut found = Vec::new();
        for chunk in people.chunks(LIST) {
            let mut statement = sql(
                "SELECT kind, source, key, id FROM directory_keys WHERE kind = 'person' AND id IN ",
            );
            statement.push_list(chunk.iter().map(PersonId::as_str));
            let rows = self.tx.all(statement).await?;
            found.extend(read_all(&rows, &self.tx.db.name, read_key)?);
        }
        Ok(found)
    }

    /// The person or group that an entry of a source was made.
    #[boxed]
    pub async fn key_of(
        &mut self,
        kind: EntryKind,
        source: &SourceName,
        key: &str,
    ) -> Result<Option<String>, StoreError> {
        let statement =
            sql("SELECT id FROM directory_keys WHERE kind = $1 AND source = $2 AND key = $3");
        let statement = statement
            .bind(kind.as_str())
            .bind(source.as_str())
            .bind(key);
        let row = self.tx.optional(statement).await?;
        row.map(|row| row.columns(&self.tx.db.name).text())
            .transpose()
    }

    /// The person that an entry of a source is, as long as it is there and the person too.
    #[boxed]
    pub async fn person_of_entry(
        &mut self,
        source: &SourceName,
        key: &str,
    ) -> Result<Option<PersonId>, StoreError> {
        let statement = sql("SELECT k.id FROM directory_keys k
             JOIN source_entries e ON e.source = k.source AND e.kind = k.kind AND e.key = k.key
             JOIN people p ON p.id = k.id AND p.status <> 'gone'
             WHERE k.kind = 'person' AND k.source = $1 AND k.key = $2");
        let row = self
            .tx
            .optional(statement.bind(source.as_str()).bind(key))
            .await?;
        row.map(|row| Ok(row.columns(&self.tx.db.name).text()?.into()))
            .transpose()
    }

    /// People with one of these ids.
    #[boxed]
    pub async fn people_with_ids(&mut self, ids: &[PersonId]) -> Result<Vec<Person>, StoreError> {
        let ids: Vec<&str> = ids.iter().map(PersonId::as_str).collect();
        self.people_where("id", &ids).await
    }

    /// People with one of these e-mail addresses, folded, those who are gone too.
    #[boxed]
    pub async fn people_with_emails(
        &mut self,
        emails: &[String],
    ) -> Result<Vec<Person>, StoreError> {
        let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
        self.people_where("email_folded", &emails).await
    }

    async fn people_where(
        &mut self,
        column: &'static str,
        values: &[&str],
    ) -> Result<Vec<Person>, StoreError> {
        let mut found = Vec::new();
        for chunk in values.chunks(LIST) {
            let mut statement = sql("SELECT id, status, manager, attributes FROM people WHERE ");
            statement
                .push(column)
                .push(" IN ")
                .push_list(chunk.iter().copied());
            let rows = self.tx.all(statement).await?;
            found.extend(read_all(&rows, &self.tx.db.name, read_person)?);
        }
        Ok(found)
    }

    /// Which source each attribute of a person comes from, as the directory's layer wrote it.
    #[boxed]
    pub async fn provenance_of(&mut self, person: &PersonId) -> Result<Option<Json>, StoreError> {
        let statement = sql("SELECT provenance FROM people WHERE id = $1");
        let row = self.tx.optional(statement.bind(person.as_str())).await?;
        match row {
            Some(row) => row.columns(&self.tx.db.name).optional_json(),
            None => Ok(None),
        }
    }

    /// Whether somebody has this person as manager.
    #[boxed]
    pub async fn is_manager(&mut self, person: &PersonId) -> Result<bool, StoreError> {
        let statement = sql("SELECT id FROM people WHERE manager = $1 LIMIT 1");
        let row = self.tx.optional(statement.bind(person.as_str())).await?;
        Ok(row.is_some())
    }
}
