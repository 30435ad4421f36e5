//! What follows for people from one entry that came, changed or went.

use std::collections::BTreeSet;

use usher_directory::{EntryKey, Merged, merge};
use usher_model::{AttributeName, GroupId, Person, PersonId, SourceName};
use usher_store::{DirectoryWrite, EntryKind, Pushing, SourceEntry, SourceRecord};

use super::neighbourhood::Neighbourhood;
use super::work::Work;
use crate::EngineError;
use crate::people::DirectorySettings;
use crate::people::merging::{gone, person_key, provenance};

/// How sources become one directory, as of this push.
pub(super) struct Settings {
    pub key: AttributeName,
    directory: DirectorySettings,
    records: Vec<SourceRecord>,
}

/// Reads the settings within the push.
pub(super) async fn settings(pushing: &mut Pushing) -> Result<Settings, EngineError> {
    let stored = pushing.directory_settings().await?;
    let settings: DirectorySettings = match stored {
        Some(value) => {
            serde_json::from_value(value).map_err(|error| EngineError::StoredSettings {
                what: "settings of the directory",
                why: error.to_string(),
            })?
        }
        None => DirectorySettings::default(),
    };
    Ok(Settings {
        key: settings.key.clone(),
        directory: settings,
        records: pushing.sources().await?,
    })
}

/// The person that an entry was and is.
struct Owners {
    before: Option<PersonId>,
    after: Option<PersonId>,
}

/// An entry from which something follows.
pub(super) struct Follower<'a> {
    /// Its key: the resource's id.
    pub key: &'a str,
    /// By what it was and is matched.
    pub values: BTreeSet<String>,
    /// The entry as it is; none when it is gone.
    pub entry: Option<SourceEntry>,
    /// The pushed groups that it was in, when it is gone.
    pub groups: Option<Vec<String>>,
}

impl Follower<'_> {
    /// Merges the entry with those that may be the same person, and writes what is another. Says in `work` when more
    /// follows than that.
    pub async fn follow(self, work: &mut Work<'_>, settings: &Settings) -> Result<(), EngineError> {
        let is_by_email = settings.key == AttributeName::new(AttributeName::EMAIL);
        if !work.follows || !is_by_email {
            work.follows = false;
            return Ok(());
        }
        let found = Neighbourhood::gather(&mut work.pushing, &self, &settings.key).await?;
        let Some(neighbourhood) = found else {
            work.follows = false;
            return Ok(());
        };
        let known = neighbourhood.known_ids(&settings.key);
        let merged = merge(
            &neighbourhood.sources,
            &settings.directory.merge(&settings.records),
            &known,
            work.pushing.now(),
        );
        let owners = self.owners(work.pushing.source(), &neighbourhood, &merged);
        if !self
            .stays_within(work, (&neighbourhood, &merged), &owners)
            .await?
        {
            work.follows = false;
            return Ok(());
        }
        let write = directory_write(&neighbourhood, &merged);
        work.pushing.write_people(&write, &mut work.outcome).await?;
        if owners.before != owners.after || self.groups.is_some() {
            self.rehome(work, owners).await?;
        }
        Ok(())
    }

    fn owners(
        &self,
        source: &SourceName,
        neighbourhood: &Neighbourhood,
        merged: &Merged,
    ) -> Owners {
        let own = (source.clone(), EntryKey::new(self.key));
        let is_there = |id: &&PersonId| merged.people.iter().any(|person| person.id == **id);
        let after = merged.keys.people.get(&own).filter(is_there);
        Owners {
            before: neighbourhood.owner(&own).cloned(),
            after: after.filter(|_| self.entry.is_some()).cloned(),
        }
    }

    /// Whether the rest of the directory is what it would be if everything were merged: nobody else is another person,
    /// and nobody's manager was or becomes this one.
    async fn stays_within(
        &self,
        work: &mut Work<'_>,
        (neighbourhood, merged): (&Neighbourhood, &Merged),
        owners: &Owners,
    ) -> Result<bool, EngineError> {
        let there: BTreeSet<&PersonId> = merged.people.iter().map(|person| &person.id).collect();
        let own = (work.pushing.source().clone(), EntryKey::new(self.key));
        let others_stay = neighbourhood.entries().all(|entry| {
            let after = merged.keys.people.get(&entry);
            let after = after.filter(|id| there.contains(*id));
            entry == own || neighbourhood.owner(&entry) == after
        });
        if !merged.joined.is_empty() || !others_stay {
            return Ok(false);
        }
        match &owners.before {
            before if *before == owners.after => Ok(true),
            Some(before) => Ok(!work.pushing.is_manager(before).await?),
            None => Ok(work.is_new),
        }
    }

    /// The memberships of the entry are those of another person now, or of nobody.
    async fn rehome(self, work: &mut Work<'_>, owners: Owners) -> Result<(), EngineError> {
        let pushing = &mut work.pushing;
        let groups = match self.groups {
            Some(groups) => groups,
            None if work.is_new => Vec::new(),
            None => pushing.groups_of(self.key).await?,
        };
        let source = pushing.source().clone();
        let member = |id: PersonId| (EntryKind::Person, id.to_string());
        let old: Vec<_> = owners.before.map(member).into_iter().collect();
        let new: Vec<_> = owners.after.map(member).into_iter().collect();
        for group in groups {
            let Some(id) = pushing.key_of(EntryKind::Group, &source, &group).await? else {
                continue;
            };
            let id = GroupId::from(id);
            let mut written = pushing.remove_directory_members(&id, &old).await?;
            written += pushing.add_directory_members(&id, &new).await?;
            if written > 0 {
                pushing.touch_group(&id, &mut work.outcome).await?;
            }
        }
        Ok(())
    }
}

fn directory_write(neighbourhood: &Neighbourhood, merged: &Merged) -> DirectoryWrite {
    let before: Vec<Person> = neighbourhood.people.values().cloned().collect();
    let mut people = merged.people.clone();
    people.extend(gone(merged, before));
    let keys = merged
        .keys
        .people
        .iter()
        .filter(|(entry, id)| neighbourhood.keys.get(*entry) != Some(*id))
        .map(|(entry, id)| person_key(entry, id));
    DirectoryWrite {
        people,
        provenance: provenance(merged),
        keys: keys.collect(),
        ..DirectoryWrite::default()
    }
}
