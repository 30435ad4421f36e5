//! One reading of a directory.

use std::collections::{BTreeMap, BTreeSet};

use ldap3::Scope;
use serde::Serialize;

use super::entry::Entry;
use super::preset::{Schema, Tracking};
use super::session::{Deleted, Found, Search, Session};
use super::settings::{LdapSettings, Membership, Tombstones};
use super::watermark::{Mark, Place};
use super::{convert, filter};
use crate::hash::short_hash;
use crate::{
    DirectoryError, EntryKey, Reading, ReadingKind, Removals, RowProblem, SourceGroup, Watermark,
};

/// So many entries of one second are remembered one by one.
const SEEN: usize = 500;

/// Reads what the settings and the watermark ask for.
pub(super) async fn read(
    session: &mut Session<'_>,
    settings: &LdapSettings,
    since: Option<&Watermark>,
) -> Result<Reading, DirectoryError> {
    let schema = Schema::of(settings);
    let server = match schema.tracking {
        Tracking::Number => server(session).await?,
        Tracking::Time | Tracking::Off => None,
    };
    let mark = since
        .and_then(|watermark| Mark::read(watermark, settings))
        .map(|mark| mark.place)
        .filter(|place| goes_on(place, &schema, server.as_ref()));
    let kind = match mark {
        Some(_) => ReadingKind::Delta(Removals::NeedFullReading),
        None => ReadingKind::Full,
    };
    let mut gathering = Gathering {
        schema: &schema,
        reading: Reading::new(kind),
        groups: BTreeMap::new(),
        latest: Latest::after(mark.as_ref()),
        found: Found::default(),
    };
    let changed = mark.as_ref().map(changed_since);
    read_people(session, settings, changed.as_deref(), &mut gathering).await?;
    read_groups(session, settings, changed.as_deref(), &mut gathering).await?;
    if let (Some(Place::Number { usn, .. }), Tombstones::Read) = (&mark, settings.tombstones) {
        read_tombstones(session, &schema, *usn, &mut gathering).await?;
    }
    let place = match schema.tracking {
        Tracking::Number => server,
        Tracking::Time => gathering.latest.place(),
        Tracking::Off => None,
    };
    let mut reading = gathering.finish(settings);
    reading.watermark = place.and_then(|place| Mark::write(settings, place));
    Ok(reading)
}

/// Whether a reading can go on from a place.
fn goes_on(place: &Place, schema: &Schema, server: Option<&Place>) -> bool {
    match (place, schema.tracking, server) {
        (Place::Time { .. }, Tracking::Time, _) => true,
        (
            Place::Number { server: then, usn },
            Tracking::Number,
            Some(Place::Number {
                server: now,
                usn: highest,
            }),
        ) => then == now && usn <= highest,
        _ => false,
    }
}

/// The condition for what changed.
fn changed_since(place: &Place) -> String {
    match place {
        Place::Time { at, .. } => format!("(modifyTimestamp>={})", filter::escape(at)),
        Place::Number { usn, .. } => format!("(uSNChanged>={})", usn + 1),
    }
}

/// Which domain controller this is, and how far its changes go.
async fn server(session: &mut Session<'_>) -> Result<Option<Place>, DirectoryError> {
    let root = session
        .entry("", &["dsServiceName", "highestCommittedUSN"])
        .await?
        .unwrap_or_default();
    let server = root.text("dsServiceName").map(str::to_owned);
    let usn = root
        .text("highestCommittedUSN")
        .and_then(|text| text.parse().ok());
    Ok(server
        .zip(usn)
        .map(|(server, usn)| Place::Number { server, usn }))
}

fn narrowed(filter: &str, changed: Option<&str>) -> String {
    changed.map_or_else(
        || filter.to_owned(),
        |changed| format!("(&{filter}{changed})"),
    )
}

async fn read_people(
    session: &mut Session<'_>,
    settings: &LdapSettings,
    changed: Option<&str>,
    gathering: &mut Gathering<'_>,
) -> Result<(), DirectoryError> {
    let search = Search {
        doing: "reading people",
        base: &settings.base,
        scope: Scope::Subtree,
        filter: &narrowed(&gathering.schema.people_filter, changed),
        attributes: gathering.schema.person_attributes(),
        deleted: Deleted::Hidden,
    };
    let found = session
        .search(&search, &mut |entry| gathering.person(&entry))
        .await?;
    gathering.add(found);
    Ok(())
}

async fn read_groups(
    session: &mut Session<'_>,
    settings: &LdapSettings,
    changed: Option<&str>,
    gathering: &mut Gathering<'_>,
) -> Result<(), DirectoryError> {
    if matches!(
        gathering.schema.membership,
        Some(Membership::None | Membership::MemberOf)
    ) {
        return Ok(());
    }
    let search = Search {
        doing: "reading groups",
        base: settings.groups.base.as_deref().unwrap_or(&settings.base),
        scope: Scope::Subtree,
        filter: &narrowed(&gathering.schema.group_filter, changed),
        attributes: gathering.schema.group_attributes(),
        deleted: Deleted::Hidden,
    };
    let found = session
        .search(&search, &mut |entry| gathering.group(&entry))
        .await?;
    gathering.add(found);
    Ok(())
}

async fn read_tombstones(
    session: &mut Session<'_>,
    schema: &Schema,
    usn: u64,
    gathering: &mut Gathering<'_>,
) -> Result<(), DirectoryError> {
    let root = session
        .entry("", &["defaultNamingContext"])
        .await?
        .unwrap_or_default();
    let Some(context) = root.text("defaultNamingContext") else {
        return Ok(());
    };
    let filter = format!("(&(isDeleted=TRUE)(uSNChanged>={}))", usn + 1);
    let search = Search {
        doing: "reading deleted entries",
        base: context,
        scope: Scope::Subtree,
        filter: &filter,
        attributes: vec![schema.key.clone()],
        deleted: Deleted::Shown,
    };
    let mut removed = Vec::new();
    let found = session
        .search(&search, &mut |entry| {
            removed.extend(convert::key(&entry, schema));
        })
        .await?;
    gathering.reading.removed.extend(removed);
    gathering.add(found);
    Ok(())
}

/// What has come so far.
struct Gathering<'s> {
    schema: &'s Schema,
    reading: Reading,
    /// Groups that people name.
    groups: BTreeMap<EntryKey, SourceGroup>,
    latest: Latest,
    found: Found,
}

impl Gathering<'_> {
    fn add(&mut self, found: Found) {
        self.found.referrals += found.referrals;
        self.found.malformed += found.malformed;
    }

    fn person(&mut self, entry: &Entry) {
        match convert::person(entry, self.schema) {
            Ok(person) => {
                for group in convert::groups_of(&person, entry) {
                    self.groups.entry(group.key.clone()).or_insert(group);
                }
                if self.latest.is_news(entry.text("modifyTimestamp"), &person) {
                    self.reading.people.push(person);
                }
            }
            Err(why) => self.unreadable(entry, &why),
        }
    }

    fn group(&mut self, entry: &Entry) {
        match convert::group(entry, self.schema) {
            Ok(group) => {
                if self.latest.is_news(entry.text("modifyTimestamp"), &group) {
                    self.reading.groups.push(group);
                }
            }
            Err(why) => self.unreadable(entry, &why),
        }
    }

    fn unreadable(&mut self, entry: &Entry, why: &str) {
        self.reading.unreadable.anonymous += 1;
        let message = format!("{why}; nobody is taken for gone until it can be read");
        self.reading
            .problems
            .push(RowProblem::new(&entry.dn, message));
    }

    fn finish(mut self, settings: &LdapSettings) -> Reading {
        let place = settings.url.to_string();
        if self.found.referrals > 0 {
            let message = format!(
                "{} references to other servers were not followed",
                self.found.referrals
            );
            self.reading.problems.push(RowProblem::new(&place, message));
        }
        if self.found.malformed > 0 {
            self.reading.unreadable.anonymous += self.found.malformed;
            let message = format!(
                "{} answers of the server made no sense",
                self.found.malformed
            );
            self.reading.problems.push(RowProblem::new(&place, message));
        }
        self.reading.groups.extend(self.groups.into_values());
        drop_twins(&mut self.reading);
        self.reading
    }
}

/// Each key once. An entry may come twice when it changes while pages are read: then the last one holds. Two entries with
/// one key are another matter: nobody can tell who is meant, so that neither is used.
fn drop_twins(reading: &mut Reading) {
    let people = std::mem::take(&mut reading.people);
    let groups = std::mem::take(&mut reading.groups);
    reading.people = distinct(
        people,
        |person| (&person.key, person.alias.as_deref()),
        reading,
    );
    reading.groups = distinct(
        groups,
        |group| (&group.key, group.alias.as_deref()),
        reading,
    );
}

fn distinct<E>(
    entries: Vec<E>,
    names: impl Fn(&E) -> (&EntryKey, Option<&str>),
    reading: &mut Reading,
) -> Vec<E> {
    let mut last: BTreeMap<&EntryKey, usize> = BTreeMap::new();
    let mut clashing: BTreeSet<EntryKey> = BTreeSet::new();
    for (at, entry) in entries.iter().enumerate() {
        let (key, name) = names(entry);
        let before = last.insert(key, at).and_then(|before| entries.get(before));
        if before.is_some_and(|before| names(before).1 != name) {
            let message = format!("`{key}` is the key of several entries; none of them is used");
            let place = name.unwrap_or_default();
            reading.problems.push(RowProblem::new(place, message));
            clashing.insert(key.clone());
        }
    }
    let kept: BTreeSet<usize> = last
        .into_iter()
        .filter(|(key, _)| !clashing.contains(*key))
        .map(|(_, at)| at)
        .collect();
    reading.unreadable.keys.extend(clashing);
    let numbered = entries.into_iter().enumerate();
    numbered
        .filter(|(at, _)| kept.contains(at))
        .map(|(_, entry)| entry)
        .collect()
}

/// The last change that was seen, and what the last reading saw of its last second.
#[derive(Debug, Default)]
struct Latest {
    before: Option<(String, BTreeSet<String>)>,
    at: Option<String>,
    seen: BTreeSet<String>,
}

impl Latest {
    fn after(place: Option<&Place>) -> Self {
        match place {
            Some(Place::Time { at, seen }) => Self {
                before: Some((at.clone(), seen.clone())),
                at: Some(at.clone()),
                seen: seen.clone(),
            },
            _ => Self::default(),
        }
    }

    /// Notes an entry, and says whether the last reading did not have it just so.
    fn is_news(&mut self, modified: Option<&str>, entry: &impl Serialize) -> bool {
        let Some(modified) = modified else {
            return true;
        };
        let latest = self.at.as_deref().unwrap_or_default();
        if modified < latest {
            return true;
        }
        let hash = short_hash(entry);
        let known = self
            .before
            .as_ref()
            .is_some_and(|(at, seen)| at == modified && seen.contains(&hash));
        if modified > latest {
            self.seen.clear();
            self.at = Some(modified.to_owned());
        }
        self.seen.insert(hash);
        !known
    }

    fn place(&self) -> Option<Place> {
        let at = self.at.clone()?;
        let seen = if self.seen.len() > SEEN {
            BTreeSet::new()
        } else {
            self.seen.clone()
        };
        Some(Place::Time { at, seen })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_of_the_last_second_is_no_news_and_what_else_happened_in_it_is() {
        let mut first = Latest::after(None);
        assert!(first.is_news(Some("20260101000000Z"), &"early"));
        assert!(first.is_news(Some("20260101000009Z"), &"late"));
        let place = first.place().unwrap();
        let mut second = Latest::after(Some(&place));
        assert!(!second.is_news(Some("20260101000009Z"), &"late"));
        assert!(second.is_news(Some("20260101000009Z"), &"late, changed"));
        assert!(second.is_news(Some("20260101000009Z"), &"also late"));
        let mut third = Latest::after(second.place().as_ref());
        assert!(!third.is_news(Some("20260101000009Z"), &"also late"));
        assert!(third.is_news(Some("20260101000010Z"), &"later"));
    }

    #[test]
    fn another_domain_controller_or_a_restored_one_is_read_from_the_start() {
        let number = |server: &str, usn| Place::Number {
            server: server.to_owned(),
            usn,
        };
        let schema = Schema::of(&super::super::tests::settings("active_directory"));
        let goes_on = |then: &Place, now: &Place| goes_on(then, &schema, Some(now));
        assert!(goes_on(&number("dc1", 5), &number("dc1", 9)));
        assert!(!goes_on(&number("dc1", 5), &number("dc2", 9)));
        assert!(!goes_on(&number("dc1", 10), &number("dc1", 9)));
    }
}
