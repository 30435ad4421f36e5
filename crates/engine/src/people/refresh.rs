//! Reading one source.

use serde::Serialize;
use serde_json::{Value, json};
use usher_boxed::boxed;
use usher_directory::builtin::EntryChange;
use usher_directory::{
    Assignments, DirectoryError, EntryKey, Reading, ReadingKind, ReadingLimits, ReadingVerdict,
    RowProblem, Source, Suspicion, Watermark, judge,
};
use usher_model::{Event, EventKind, SourceName};
use usher_store::{
    Delta, EntryKind, ReadingRecord, ReadingState, Replace, SourceRecord, SourceWrite,
};

use crate::people::entries::Said;
use crate::people::{DirectoryChange, directory_settings, merge_directory, merge_if_behind};
use crate::{Acting, EngineError};

/// What happens to a suspect reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Suspects {
    /// It changes nothing.
    #[default]
    Keep,
    /// It counts: somebody said so.
    Accept,
}

/// How much of a source is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadDepth {
    /// What changed, where the source can tell.
    #[default]
    Changes,
    /// Everything.
    Everything,
}

/// How a source is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct RefreshOptions {
    /// What happens to a suspect reading.
    pub suspects: Suspects,
    /// How much is read.
    pub depth: ReadDepth,
}

/// How reading a source went.
#[derive(Clone, Debug, Serialize)]
pub struct Refreshed {
    /// The source.
    pub source: SourceName,
    /// What became of the reading.
    #[serde(flatten)]
    pub outcome: RefreshOutcome,
    /// How many people it showed.
    pub people: u64,
    /// How many groups it showed.
    pub groups: u64,
    /// What could not be read or is odd.
    pub problems: Vec<RowProblem>,
}

/// What became of a reading.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum RefreshOutcome {
    /// The source is as it was.
    Unchanged,
    /// It was believed.
    Written {
        /// What changed of the source's entries.
        entries: Delta,
        /// What changed of people and groups.
        directory: Box<DirectoryChange>,
    },
    /// It was not believed, and changed nothing.
    Suspect {
        /// Why.
        reasons: Vec<Suspicion>,
    },
    /// The source could not be read, and changed nothing.
    Failed {
        /// Why.
        why: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

impl RefreshOutcome {
    /// Whether what the source said before still stands in for it.
    pub fn is_doubtful(&self) -> bool {
        matches!(self, Self::Suspect { .. } | Self::Failed { .. })
    }
}

/// Reads a source and, if the reading can be believed, makes the directory of it. One that cannot be read or believed
/// is noted, and changes nothing.
pub async fn refresh(
    acting: Acting<'_>,
    record: &SourceRecord,
    source: &impl Source,
    options: RefreshOptions,
) -> Result<Refreshed, EngineError> {
    let name = &record.definition.name;
    let watermark = match options.depth {
        ReadDepth::Changes => record.watermark.as_deref().map(Watermark::new),
        ReadDepth::Everything => None,
    };
    let reading = match source.read(watermark.as_ref()).await {
        Ok(reading) => reading,
        Err(error) => return note_failure(acting, name, &error).await,
    };
    let (_, settings) = directory_settings(acting.store).await?;
    let facts = Facts::of(&reading);
    if reading.is_unchanged() {
        return unchanged(acting, record, facts).await;
    }
    let mut said = Said::load(acting.store, name).await?;
    if let Some(reasons) = suspicions(&said, &reading, settings.limits, options.suspects) {
        return suspect(acting, name, facts, reasons).await;
    }
    let entries = write(acting, name, &mut said, reading, &facts).await?;
    let directory = merge_directory(acting).await?;
    let outcome = RefreshOutcome::Written {
        entries,
        directory: Box::new(directory),
    };
    Ok(facts.refreshed(name, outcome))
}

fn suspicions(
    said: &Said,
    reading: &Reading,
    limits: ReadingLimits,
    suspects: Suspects,
) -> Option<Vec<Suspicion>> {
    if suspects == Suspects::Accept {
        return None;
    }
    match judge(&said.before(), reading, limits) {
        ReadingVerdict::Believed => None,
        ReadingVerdict::Suspect { reasons } => Some(reasons),
    }
}

/// What is remembered of a reading.
struct Facts {
    kind: usher_store::ReadingKind,
    watermark: Option<String>,
    people: u64,
    groups: u64,
    problems: Vec<RowProblem>,
}

impl Facts {
    fn of(reading: &Reading) -> Self {
        Self {
            kind: match reading.kind {
                ReadingKind::Full => usher_store::ReadingKind::Full,
                ReadingKind::Delta(_) => usher_store::ReadingKind::Delta,
            },
            watermark: reading
                .watermark
                .as_ref()
                .map(|mark| mark.as_str().to_owned()),
            people: reading.people.len() as u64,
            groups: reading.groups.len() as u64,
            problems: reading.problems.clone(),
        }
    }

    fn record(&self, acting: Acting<'_>, state: ReadingState, details: Value) -> ReadingRecord {
        ReadingRecord {
            at: acting.now(),
            kind: self.kind,
            state,
            watermark: self.watermark.clone(),
            people: self.people,
            groups: self.groups,
            details,
        }
    }

    fn refreshed(self, source: &SourceName, outcome: RefreshOutcome) -> Refreshed {
        Refreshed {
            source: source.clone(),
            outcome,
            people: self.people,
            groups: self.groups,
            problems: self.problems,
        }
    }

    /// The problems, as many as a reader wants to see.
    fn details(&self) -> Value {
        let some: Vec<_> = self.problems.iter().take(100).collect();
        json!({"problems": self.problems.len(), "such_as": some})
    }
}

fn subject(source: &SourceName) -> String {
    format!("source:{source}")
}

/// Notes that a source cannot be read; what it said before still holds.
#[boxed]
pub async fn note_failure(
    acting: Acting<'_>,
    name: &SourceName,
    error: &DirectoryError,
) -> Result<Refreshed, EngineError> {
    let facts = Facts {
        kind: usher_store::ReadingKind::Full,
        watermark: None,
        people: 0,
        groups: 0,
        problems: Vec::new(),
    };
    let why = error.to_string();
    let data = json!({"state": "failed", "why": why});
    let record = facts.record(acting, ReadingState::Failed, data.clone());
    let event = acting.event(EventKind::PersonSourceSuspect, subject(name), data);
    acting.store.record_reading(name, &record, &[event]).await?;
    let hint = error.hint().map(ToOwned::to_owned);
    Ok(facts.refreshed(name, RefreshOutcome::Failed { why, hint }))
}

/// A source that is as it was is no event; that it was read is noted, and ends a doubt about it.
async fn unchanged(
    acting: Acting<'_>,
    record: &SourceRecord,
    facts: Facts,
) -> Result<Refreshed, EngineError> {
    let name = &record.definition.name;
    let noted = facts.record(acting, ReadingState::Believed, facts.details());
    acting.store.record_reading(name, &noted, &[]).await?;
    // What it said before may never have been merged.
    merge_if_behind(acting).await?;
    Ok(facts.refreshed(name, RefreshOutcome::Unchanged))
}

async fn suspect(
    acting: Acting<'_>,
    name: &SourceName,
    facts: Facts,
    reasons: Vec<Suspicion>,
) -> Result<Refreshed, EngineError> {
    let words: Vec<_> = reasons.iter().map(ToString::to_string).collect();
    let data = json!({"state": "suspect", "reasons": words, "people": facts.people, "groups": facts.groups});
    let record = facts.record(acting, ReadingState::Suspect, data.clone());
    let event = acting.event(EventKind::PersonSourceSuspect, subject(name), data);
    acting.store.record_reading(name, &record, &[event]).await?;
    Ok(facts.refreshed(name, RefreshOutcome::Suspect { reasons }))
}

async fn write(
    acting: Acting<'_>,
    name: &SourceName,
    said: &mut Said,
    reading: Reading,
    facts: &Facts,
) -> Result<Delta, EngineError> {
    // A delta without assignments touches what it lists; anything else may touch every entry.
    let listed = is_narrow(&reading).then(|| EntryChange {
        people: reading.people.clone(),
        groups: reading.groups.clone(),
        ..EntryChange::default()
    });
    let gone = said.take_in(name, reading);
    let write = SourceWrite {
        upserts: match &listed {
            Some(listed) => said.rows_of(listed),
            None => said.rows(),
        },
        removed: gone.iter().map(stored_key).collect(),
        replace: match listed {
            Some(_) => Replace::Listed,
            None => Replace::All,
        },
        reading: facts.record(acting, ReadingState::Believed, facts.details()),
    };
    let event = |delta: &Delta| -> Vec<Event> {
        let data = json!({
            "kind": facts.kind, "people": facts.people, "groups": facts.groups, "entries": delta,
            "problems": facts.problems.len(),
        });
        vec![acting.event(EventKind::PersonSourceRead, subject(name), data)]
    };
    Ok(acting.store.write_source(name, &write, event).await?)
}

fn is_narrow(reading: &Reading) -> bool {
    matches!(reading.kind, ReadingKind::Delta(_)) && reading.assignments == Assignments::NotRead
}

fn stored_key((kind, key): &(EntryKind, EntryKey)) -> usher_store::EntryKey {
    usher_store::EntryKey {
        kind: *kind,
        key: key.as_str().to_owned(),
    }
}
