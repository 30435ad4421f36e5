//! Where people come from, and how the last reading of it went.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_boxed::boxed;
use usher_model::{Event, SourceName, Timestamp};

use super::generation;
use crate::database::{Durability, Tx};
use crate::row::{Columns, read_all};
use crate::scim::{forget_members, forget_resources, forget_tokens};
use crate::statement::{json, sql};
use crate::{Store, StoreError, events};

/// A directory source as it is configured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceDefinition {
    /// Its name.
    pub name: SourceName,
    /// Its place in the order of precedence; the smallest counts first.
    pub place: u32,
    /// Its settings, without secrets: only references to them.
    pub settings: Value,
}

/// A directory source, and how its last reading went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceRecord {
    /// How it is configured.
    #[serde(flatten)]
    pub definition: SourceDefinition,
    /// When it was configured first.
    pub created_at: Timestamp,
    /// When its configuration was saved last.
    pub saved_at: Timestamp,
    /// Its last reading, whether believed or not.
    pub reading: Option<ReadingRecord>,
    /// What the next reading may go on from: the watermark of the last one that was believed. None after its
    /// settings were changed: then everything has to be read again.
    pub watermark: Option<String>,
    /// When it was last read to its end and believed. None after its settings were changed.
    pub full_at: Option<Timestamp>,
}

/// How one reading of a source went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadingRecord {
    /// When.
    pub at: Timestamp,
    /// Everything, or what had changed.
    pub kind: ReadingKind,
    /// Whether it is believed.
    pub state: ReadingState,
    /// What the next one may go on from.
    pub watermark: Option<String>,
    /// How many people it showed.
    pub people: u64,
    /// How many groups it showed.
    pub groups: u64,
    /// Further facts: problems by row, why it is not believed.
    pub details: Value,
}

/// How much a reading showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingKind {
    /// Everything.
    Full,
    /// What had changed since the watermark.
    Delta,
}

/// Whether a reading is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingState {
    /// It is, and what it said was stored.
    Believed,
    /// It is not; what was said before still holds.
    Suspect,
    /// It could not be read; what was said before still holds.
    Failed,
}

impl Store {
    /// Configures a source, or configures it anew. Other settings than before make the next reading a full one.
    #[boxed]
    pub async fn save_source(
        &self,
        source: &SourceDefinition,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let statement = sql(
            "INSERT INTO person_sources (name, place, settings, created_at, saved_at) VALUES ($1, $2, $3, $4, $4)
             ON CONFLICT (name) DO UPDATE SET place = excluded.place, saved_at = excluded.saved_at,
                 watermark = CASE WHEN person_sources.settings = excluded.settings THEN person_sources.watermark END,
                 full_at = CASE WHEN person_sources.settings = excluded.settings THEN person_sources.full_at END,
                 settings = excluded.settings",
        );
        let statement = statement
            .bind(source.name.as_str())
            .bind(source.place)
            .bind(json(&source.settings))
            .bind(self.clock.now());
        tx.execute(statement).await?;
        generation::advance(&mut tx).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await
    }

    /// All sources in their order of precedence.
    #[boxed]
    pub async fn sources(&self) -> Result<Vec<SourceRecord>, StoreError> {
        let mut statement = sql(RECORD);
        statement.push(" ORDER BY place, name");
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, read)
    }

    /// One source.
    #[boxed]
    pub async fn source(&self, name: &SourceName) -> Result<Option<SourceRecord>, StoreError> {
        let mut statement = sql(RECORD);
        statement.push(" WHERE name = ").push_bind(name.as_str());
        let row = self.db.optional(statement).await?;
        row.map(|row| read(&mut row.columns(&self.db.name)))
            .transpose()
    }

    /// Removes a source and what it said. Who its people were is remembered, so that they are the same people when
    /// it comes back. Returns whether there was one.
    #[boxed]
    pub async fn remove_source(
        &self,
        name: &SourceName,
        events: &[Event],
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        forget_members(&mut tx, name).await?;
        forget_resources(&mut tx, name).await?;
        forget_tokens(&mut tx, name).await?;
        let entries = sql("DELETE FROM source_entries WHERE source = $1");
        tx.execute(entries.bind(name.as_str())).await?;
        let source = sql("DELETE FROM person_sources WHERE name = $1");
        if tx.execute(source.bind(name.as_str())).await? == 0 {
            return Ok(false);
        }
        generation::advance(&mut tx).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Notes a reading that changes nothing: one that failed or is not believed.
    #[boxed]
    pub async fn record_reading(
        &self,
        name: &SourceName,
        reading: &ReadingRecord,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        note_reading(&mut tx, name, reading).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await
    }
}

/// Notes a reading, and holds the source's row until the transaction ends.
pub(super) async fn note_reading(
    tx: &mut Tx,
    name: &SourceName,
    reading: &ReadingRecord,
) -> Result<(), StoreError> {
    let is_believed = reading.state == ReadingState::Believed;
    let statement = sql("UPDATE person_sources SET reading = $2,
             watermark = CASE WHEN $3 = 1 THEN $4 ELSE watermark END,
             full_at = CASE WHEN $5 = 1 THEN $6 ELSE full_at END WHERE name = $1");
    let statement = statement
        .bind(name.as_str())
        .bind(json(reading))
        .bind(is_believed)
        .bind(reading.watermark.as_deref())
        .bind(is_believed && reading.kind == ReadingKind::Full)
        .bind(reading.at);
    if tx.execute(statement).await? == 0 {
        return Err(StoreError::NoSuchSource(name.clone()));
    }
    Ok(())
}

/// All sources in their order of precedence.
pub(crate) async fn all_in(tx: &mut Tx) -> Result<Vec<SourceRecord>, StoreError> {
    let mut statement = sql(RECORD);
    statement.push(" ORDER BY place, name");
    let rows = tx.all(statement).await?;
    read_all(&rows, &tx.db.name, read)
}

const RECORD: &str = "SELECT name, place, settings, created_at, saved_at, reading, watermark, full_at FROM person_sources";

fn read(columns: &mut Columns<'_>) -> Result<SourceRecord, StoreError> {
    Ok(SourceRecord {
        definition: SourceDefinition {
            name: columns.text()?.into(),
            place: columns.small()?,
            settings: columns.json()?,
        },
        created_at: columns.time()?,
        saved_at: columns.time()?,
        reading: columns.optional_json()?,
        watermark: columns.optional_text()?,
        full_at: columns.optional_time()?,
    })
}
