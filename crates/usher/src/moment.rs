//! A point in the inventory's history, as people name it.

use std::convert::Infallible;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use usher_store::{SyncRecord, SyncState};

use crate::config::suggest::nearest;
use crate::failure::Failure;
use crate::output::humanize;

/// A point in the inventory's history, as given on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The newest inventory.
    Latest,
    /// The one before it.
    Previous,
    /// The end of a day, in UTC.
    Day(Date),
    /// A time.
    Time(Timestamp),
    /// A sync's id, or the beginning of it.
    Sync(String),
}

impl FromStr for Moment {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let time = text.parse::<Timestamp>();
        let day = text.parse::<Date>();
        Ok(match (text, time, day) {
            ("latest", ..) => Self::Latest,
            ("previous", ..) => Self::Previous,
            (_, Ok(time), _) => Self::Time(time),
            (_, _, Ok(day)) => Self::Day(day),
            _ => Self::Sync(text.to_owned()),
        })
    }
}

impl Moment {
    /// The time meant, given all syncs of the organization, newest first.
    pub fn resolve(&self, syncs: &[SyncRecord]) -> Result<Timestamp, Failure> {
        let published = published(syncs);
        match self {
            Self::Latest => nth(&published, 0),
            Self::Previous => nth(&published, 1),
            Self::Time(time) => seen(*time, &published),
            Self::Day(day) => seen(end_of(*day)?, &published),
            Self::Sync(id) => of_sync(id, syncs),
        }
    }
}

/// The syncs that became the inventory, newest first.
pub fn published(syncs: &[SyncRecord]) -> Vec<SyncRecord> {
    let is_published = |sync: &&SyncRecord| sync.effective_at.is_some();
    let mut published: Vec<_> = syncs.iter().filter(is_published).cloned().collect();
    published.sort_by_key(|sync| std::cmp::Reverse(sync.effective_at));
    published
}

fn nth(published: &[SyncRecord], at: usize) -> Result<Timestamp, Failure> {
    published
        .get(at)
        .and_then(|sync| sync.effective_at)
        .ok_or_else(|| {
            Failure::usage(match published.len() {
                0 => "there is no inventory yet".to_owned(),
                count => format!(
                    "there is no previous inventory: {} so far",
                    humanize::counted(count as u64, "sync")
                ),
            })
            .hint("`usher syncs` lists them")
        })
}

fn end_of(day: Date) -> Result<Timestamp, Failure> {
    day.checked_add(1.day())
        .and_then(|next| next.to_zoned(TimeZone::UTC))
        .and_then(|next| next.timestamp().checked_sub(1.millisecond()))
        .map_err(|error| Failure::usage(format!("{day} is out of range")).because(error))
}

/// What was before the first sync is unknown, which is not the same as empty.
fn seen(time: Timestamp, published: &[SyncRecord]) -> Result<Timestamp, Failure> {
    let first = published.last().and_then(|sync| sync.effective_at);
    match first {
        Some(first) if time >= first => Ok(time),
        Some(first) => Err(Failure::usage(format!(
            "nothing is known of {}: the first sync was at {}",
            humanize::exact(time),
            humanize::exact(first)
        ))
        .hint("`usher syncs` lists the times that are known")),
        None => nth(published, 0),
    }
}

fn of_sync(id: &str, syncs: &[SyncRecord]) -> Result<Timestamp, Failure> {
    let is_meant = |sync: &&SyncRecord| id.len() >= 4 && sync.id.as_str().starts_with(id);
    let found: Vec<_> = syncs.iter().filter(is_meant).collect();
    match found.as_slice() {
        [sync] => sync.effective_at.ok_or_else(|| {
            let failure = Failure::usage(format!(
                "sync {} never became the inventory: it is {}",
                sync.id, sync.state
            ));
            match sync.state {
                SyncState::Suspect => failure.hint(format!(
                    "`usher sync --accept={}` makes it the inventory",
                    sync.id
                )),
                _ => failure.hint("`usher syncs` lists the others"),
            }
        }),
        [] => Err(unknown(id)),
        several => Err(
            Failure::usage(format!("{} syncs begin with `{id}`", several.len()))
                .hint("give more of the id"),
        ),
    }
}

fn unknown(text: &str) -> Failure {
    let failure = Failure::usage(format!("`{text}` is no date, time or sync"));
    match nearest(text, ["latest", "previous"]) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint(
            "write a date such as 2026-03-01, a time such as 2026-03-01T12:00:00Z, a sync's id (`usher syncs`), `latest` or `previous`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use usher_model::{OrganizationId, Sources, SyncId};

    use super::*;

    fn sync(id: &str, effective_at: Option<&str>) -> SyncRecord {
        let time = effective_at.map(|text| text.parse().unwrap());
        SyncRecord {
            id: SyncId::new(id),
            organization: OrganizationId::new("1"),
            sources: Sources::Rest,
            state: if time.is_some() {
                SyncState::Complete
            } else {
                SyncState::Suspect
            },
            started_at: Timestamp::UNIX_EPOCH,
            active_at: Timestamp::UNIX_EPOCH,
            finished_at: None,
            effective_at: time,
            coverage: None,
            verdict: None,
            counts: Value::Null,
            requests: Value::Null,
            outcome: None,
        }
    }

    fn syncs() -> Vec<SyncRecord> {
        vec![
            sync("0003abcd", Some("2026-03-03T10:00:00Z")),
            sync("0002abcd", None),
            sync("0001abcd", Some("2026-03-01T10:00:00Z")),
        ]
    }

    fn resolved(text: &str) -> Result<String, String> {
        let moment: Moment = text.parse().unwrap();
        moment
            .resolve(&syncs())
            .map(|time| time.to_string())
            .map_err(|failure| format!("{failure} | {}", failure.hints().join(" ")))
    }

    #[test]
    fn latest_and_previous_skip_syncs_that_were_not_believed() {
        assert_eq!(resolved("latest").unwrap(), "2026-03-03T10:00:00Z");
        assert_eq!(resolved("previous").unwrap(), "2026-03-01T10:00:00Z");
    }

    #[test]
    fn a_date_means_the_end_of_that_day() {
        assert_eq!(resolved("2026-03-01").unwrap(), "2026-03-01T23:59:59.999Z");
    }

    #[test]
    fn a_time_before_the_first_sync_is_unknown_rather_than_empty() {
        let error = resolved("2026-02-28").unwrap_err();
        assert!(error.contains("nothing is known of 2026-02-28"), "{error}");
    }

    #[test]
    fn a_sync_is_named_by_the_beginning_of_its_id() {
        assert_eq!(resolved("0001").unwrap(), "2026-03-01T10:00:00Z");
        let error = resolved("0002abcd").unwrap_err();
        assert!(error.contains("--accept=0002abcd"), "{error}");
        let error = resolved("lastest").unwrap_err();
        assert!(error.contains("did you mean `latest`?"), "{error}");
    }
}
