//! The syncs that a file holds.

use std::fmt;

use jiff::SignedDuration;
use serde::{Serialize, Serializer};
use usher_model::Timestamp;

use super::time;

/// What a sync covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncType {
    /// Everything.
    Full,
    /// Some resources, on top of a full sync.
    Partial,
    /// Resources without entitlements and grants.
    ResourcesOnly,
    /// What came or changed since another sync.
    PartialUpserts,
    /// What went since another sync.
    PartialDeletions,
    /// A word that was not published when this was written.
    Other(String),
}

impl SyncType {
    /// The type as files spell it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Full => "full",
            Self::Partial => "partial",
            Self::ResourcesOnly => "resources_only",
            Self::PartialUpserts => "partial_upserts",
            Self::PartialDeletions => "partial_deletions",
            Self::Other(text) => text,
        }
    }
}

impl From<&str> for SyncType {
    fn from(text: &str) -> Self {
        match text {
            "full" => Self::Full,
            "partial" => Self::Partial,
            "resources_only" => Self::ResourcesOnly,
            "partial_upserts" => Self::PartialUpserts,
            "partial_deletions" => Self::PartialDeletions,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for SyncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for SyncType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One sync in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SyncRun {
    /// Its id, usually a [`super::Ksuid`].
    pub sync_id: String,
    /// What it covered.
    pub sync_type: SyncType,
    /// When it began; `None` when the file's text is no time. Old Go tools write local time, which every
    /// reader takes for UTC.
    pub started_at: Option<Timestamp>,
    /// When it ended; `None` also when the file's text is no time.
    pub ended_at: Option<Timestamp>,
    /// Whether it came to its end.
    pub is_finished: bool,
    /// The full sync that a partial one builds on; empty when there is none.
    pub parent_sync_id: String,
    /// The end as the file has it: readers order by this text.
    #[serde(skip)]
    ended_text: String,
}

impl SyncRun {
    /// From a row's texts.
    pub(crate) fn from_texts(
        sync_id: String,
        sync_type: &str,
        started: &str,
        ended: Option<String>,
        parent_sync_id: String,
    ) -> Self {
        Self {
            sync_id,
            sync_type: SyncType::from(sync_type),
            started_at: time::from_text(started),
            ended_at: ended.as_deref().and_then(time::from_text),
            is_finished: ended.is_some(),
            parent_sync_id,
            ended_text: ended.unwrap_or_default(),
        }
    }

    /// The end as the file spells it.
    pub(crate) fn ended_text(&self) -> &str {
        &self.ended_text
    }
}

/// Which rows of a file are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunSelection {
    /// Those of one sync.
    Run(SyncRun),
    /// All of them: the file holds no sync that could be chosen.
    Everything,
}

impl RunSelection {
    /// The sync's id, when one is meant.
    pub fn sync_id(&self) -> Option<&str> {
        match self {
            Self::Run(run) => Some(&run.sync_id),
            Self::Everything => None,
        }
    }
}

/// How old an unfinished sync may be and still be shown.
const UNFINISHED_LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The sync that readers show unless told otherwise: the newest finished full one, else the newest
/// unfinished one of the last seven days.
pub(crate) fn shown(runs: &[SyncRun], now: Timestamp) -> RunSelection {
    let finished = runs
        .iter()
        .filter(|run| run.is_finished && run.sync_type == SyncType::Full)
        .max_by(|a, b| a.ended_text.cmp(&b.ended_text));
    let unfinished = || {
        runs.iter()
            .filter(|run| !run.is_finished)
            .filter(|run| {
                run.started_at
                    .is_some_and(|at| now.duration_since(at) <= UNFINISHED_LIFETIME)
            })
            .max_by_key(|run| run.started_at)
    };
    finished
        .or_else(unfinished)
        .map_or(RunSelection::Everything, |run| {
            RunSelection::Run(run.clone())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: &str, sync_type: &str, started: &str, ended: Option<&str>) -> SyncRun {
        SyncRun::from_texts(
            id.into(),
            sync_type,
            started,
            ended.map(str::to_owned),
            String::new(),
        )
    }

    fn shown_id(runs: &[SyncRun]) -> Option<String> {
        let now = "2026-11-21T00:00:00Z".parse().unwrap();
        shown(runs, now).sync_id().map(str::to_owned)
    }

    #[test]
    fn the_newest_finished_full_sync_is_shown() {
        let mut runs = vec![
            run(
                "a",
                "full",
                "2026-11-20 10:00:00",
                Some("2026-11-20 11:00:00.5"),
            ),
            run(
                "b",
                "full",
                "2026-11-20 10:30:00",
                Some("2026-11-20 10:40:00"),
            ),
            run(
                "c",
                "partial",
                "2026-11-20 12:00:00",
                Some("2026-11-20 12:00:01"),
            ),
            run("d", "full", "2026-11-20 13:00:00", None),
        ];
        assert_eq!(shown_id(&runs).as_deref(), Some("a"));
        runs.drain(..2);
        assert_eq!(shown_id(&runs).as_deref(), Some("d"));
    }

    #[test]
    fn an_unfinished_sync_is_shown_for_seven_days() {
        let runs = [run("old", "full", "2026-11-13 23:59:59", None)];
        assert_eq!(shown_id(&runs), None);
        let runs = [run("young", "full", "2026-11-14 00:00:00", None)];
        assert_eq!(shown_id(&runs).as_deref(), Some("young"));
    }
}
