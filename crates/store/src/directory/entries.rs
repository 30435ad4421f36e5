//! What each source said last, entry by entry.

use std::collections::HashMap;

use futures::StreamExt;
use serde::{Deserialize, Serialize};
use usher_boxed::boxed;
use usher_model::{Event, SourceName, Timestamp};

use super::sources::note_reading;
use super::{ReadingRecord, generation};
use crate::database::{Durability, Insert, Tx};
use crate::row::Columns;
use crate::statement::{LIST, Value, clean, sql};
use crate::{Delta, Rows, Store, StoreError, events};

/// What kind of thing an entry or a key is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A person.
    Person,
    /// A group.
    Group,
}

impl EntryKind {
    /// The kind as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Group => "group",
        }
    }
}

/// Names an entry within its source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntryKey {
    /// A person or a group.
    pub kind: EntryKind,
    /// The source's own key for it.
    pub key: String,
}

/// One person or group as a source showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceEntry {
    /// A person or a group.
    pub kind: EntryKind,
    /// The source's own key for it.
    pub key: String,
    /// What the source showed, as JSON text that the directory's layer reads and writes. Equal entries must have
    /// equal texts, or they count as changed.
    pub document: String,
}

/// What becomes of entries that a reading does not list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// They are gone: the reading was a full one.
    All,
    /// They stay as they are: the reading was a delta.
    Listed,
}

/// What a believed reading said.
#[derive(Clone, Debug)]
pub struct SourceWrite {
    /// Entries that are there.
    pub upserts: Vec<SourceEntry>,
    /// Entries that are gone.
    pub removed: Vec<EntryKey>,
    /// What becomes of the others.
    pub replace: Replace,
    /// The reading.
    pub reading: ReadingRecord,
}

/// How many entries a source has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceCounts {
    /// People.
    pub people: u64,
    /// Groups.
    pub groups: u64,
}

impl Store {
    /// What a source said last, by kind and key.
    pub fn source_entries(&self, source: &SourceName) -> Rows<SourceEntry> {
        let statement = sql("SELECT kind, key, document FROM source_entries
             WHERE source = $1 ORDER BY source, kind, key");
        let name = self.db.name.clone();
        self.db
            .rows(statement.bind(source.as_str()))
            .map(move |row| read(&mut row?.columns(&name)))
            .boxed()
    }

    /// How many entries a source has.
    #[boxed]
    pub async fn source_counts(&self, source: &SourceName) -> Result<SourceCounts, StoreError> {
        let statement = sql(
            "SELECT COUNT(CASE WHEN kind = 'person' THEN 1 END), COUNT(CASE WHEN kind = 'group' THEN 1 END)
             FROM source_entries WHERE source = $1",
        );
        let row = self.db.one(statement.bind(source.as_str())).await?;
        let mut columns = row.columns(&self.db.name);
        Ok(SourceCounts {
            people: columns.count()?,
            groups: columns.count()?,
        })
    }

    /// Stores what a believed reading said, and that it was read. Only differences are written; `events` makes the
    /// log entries from how many there were.
    pub async fn write_source(
        &self,
        source: &SourceName,
        write: &SourceWrite,
        events: impl FnOnce(&Delta) -> Vec<Event> + Send,
    ) -> Result<Delta, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        note_reading(&mut tx, source, &write.reading).await?;
        let delta = write_entries(&mut tx, source, write, now).await?;
        if !delta.is_empty() {
            generation::advance(&mut tx).await?;
        }
        events::append(&mut tx, &events(&delta)).await?;
        tx.commit().await?;
        Ok(delta)
    }
}

async fn write_entries(
    tx: &mut Tx,
    source: &SourceName,
    write: &SourceWrite,
    now: Timestamp,
) -> Result<Delta, StoreError> {
    let mut listed: HashMap<(EntryKind, String), &SourceEntry> = HashMap::new();
    for entry in &write.upserts {
        listed.insert((entry.kind, clean(entry.key.clone())), entry);
    }
    let mut delta = Delta::default();
    let mut gone: Vec<EntryKey> = Vec::new();
    match write.replace {
        Replace::All => {
            let mut pages = Pages::of(source);
            while let Some(page) = pages.next(tx).await? {
                compare(page, &mut listed, &mut delta, |key| gone.push(key));
            }
        }
        Replace::Listed => {
            for kind in [EntryKind::Person, EntryKind::Group] {
                let of_kind = listed.keys().filter(|(found, _)| *found == kind);
                let keys: Vec<String> = of_kind.map(|(_, key)| key.clone()).collect();
                for chunk in keys.chunks(LIST) {
                    let page = entries_with(tx, source, kind, chunk).await?;
                    compare(page, &mut listed, &mut delta, |_| ());
                }
            }
            gone.clone_from(&write.removed);
        }
    }
    delta.added = listed.len() as u64 - delta.changed;
    upsert(tx, source, listed.into_values(), now).await?;
    delta.removed = remove(tx, source, &gone).await?;
    Ok(delta)
}

/// Takes entries that are stored as they are listed off the list, and hands those that are not listed to `missing`.
fn compare(
    stored: Vec<SourceEntry>,
    listed: &mut HashMap<(EntryKind, String), &SourceEntry>,
    delta: &mut Delta,
    mut missing: impl FnMut(EntryKey),
) {
    for entry in stored {
        let key = (entry.kind, entry.key);
        match listed.get(&key) {
            None => missing(EntryKey {
                kind: key.0,
                key: key.1,
            }),
            Some(now) if clean(now.document.clone()) == entry.document => {
                listed.remove(&key);
            }
            Some(_) => delta.changed += 1,
        }
    }
}

/// All entries of a source, some thousand at a time.
struct Pages<'a> {
    source: &'a SourceName,
    after: (String, String),
}

impl<'a> Pages<'a> {
    fn of(source: &'a SourceName) -> Self {
        Self {
            source,
            after: (String::new(), String::new()),
        }
    }

    async fn next(&mut self, tx: &mut Tx) -> Result<Option<Vec<SourceEntry>>, StoreError> {
        let statement = sql("SELECT kind, key, document FROM source_entries
             WHERE source = $1 AND (kind, key) > ($2, $3) ORDER BY source, kind, key LIMIT 5000");
        let statement = statement
            .bind(self.source.as_str())
            .bind(self.after.0.as_str())
            .bind(self.after.1.as_str());
        let page = read_rows(tx, statement).await?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        self.after = (last.kind.as_str().to_owned(), last.key.clone());
        Ok(Some(page))
    }
}

async fn entries_with(
    tx: &mut Tx,
    source: &SourceName,
    kind: EntryKind,
    keys: &[String],
) -> Result<Vec<SourceEntry>, StoreError> {
    let mut statement = sql("SELECT kind, key, document FROM source_entries
         WHERE source = $1 AND kind = $2 AND key IN ")
    .bind(source.as_str())
    .bind(kind.as_str());
    statement.push_list(keys.iter().map(String::as_str));
    read_rows(tx, statement).await
}

async fn read_rows(
    tx: &mut Tx,
    statement: crate::statement::Statement,
) -> Result<Vec<SourceEntry>, StoreError> {
    let rows = tx.all(statement).await?;
    rows.iter()
        .map(|row| read(&mut row.columns(&tx.db.name)))
        .collect()
}

async fn upsert<'a>(
    tx: &mut Tx,
    source: &SourceName,
    entries: impl Iterator<Item = &'a SourceEntry>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let insert = Insert {
        before: "INSERT INTO source_entries (source, kind, key, document, changed_at) VALUES",
        after: "ON CONFLICT (source, kind, key) DO UPDATE SET document = excluded.document, changed_at = excluded.changed_at",
    };
    let row = |entry: &SourceEntry| -> Vec<Value> {
        vec![
            source.as_str().into(),
            entry.kind.as_str().into(),
            entry.key.as_str().into(),
            entry.document.as_str().into(),
            now.into(),
        ]
    };
    let mut entries: Vec<_> = entries.collect();
    entries.sort_unstable_by(|a, b| (a.kind, &a.key).cmp(&(b.kind, &b.key)));
    tx.insert(&insert, entries.into_iter().map(row).collect())
        .await?;
    Ok(())
}

/// Writes one entry.
pub(crate) async fn save_one(
    tx: &mut Tx,
    source: &SourceName,
    entry: &SourceEntry,
    now: Timestamp,
) -> Result<(), StoreError> {
    upsert(tx, source, std::iter::once(entry), now).await
}

/// Takes one entry away.
pub(crate) async fn remove_one(
    tx: &mut Tx,
    source: &SourceName,
    kind: EntryKind,
    key: &str,
) -> Result<(), StoreError> {
    let key = EntryKey {
        kind,
        key: key.to_owned(),
    };
    remove(tx, source, &[key]).await.map(|_| ())
}

async fn remove(tx: &mut Tx, source: &SourceName, gone: &[EntryKey]) -> Result<u64, StoreError> {
    let mut removed = 0;
    for kind in [EntryKind::Person, EntryKind::Group] {
        let of_kind = gone.iter().filter(|entry| entry.kind == kind);
        let keys: Vec<&str> = of_kind.map(|entry| entry.key.as_str()).collect();
        for chunk in keys.chunks(LIST) {
            let mut statement =
                sql("DELETE FROM source_entries WHERE source = $1 AND kind = $2 AND key IN ")
                    .bind(source.as_str())
                    .bind(kind.as_str());
            statement.push_list(chunk.iter().copied());
            removed += tx.execute(statement).await?;
        }
    }
    Ok(removed)
}

/// Reads kind, key and document.
pub(crate) fn read(columns: &mut Columns<'_>) -> Result<SourceEntry, StoreError> {
    Ok(SourceEntry {
        kind: columns.word()?,
        key: columns.text()?,
        document: columns.text()?,
    })
}
