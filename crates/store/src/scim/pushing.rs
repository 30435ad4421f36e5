//! One push: what it changes, from the first look to the commit.

use std::collections::HashSet;

use serde_json::Value as Json;
use usher_boxed::boxed;
use usher_model::{Event, Group, GroupId, SourceName, Timestamp};

use super::resource::{self, PushedIndex, PushedResource};
use super::values::{self, MatchValue};
use super::{PushedMember, finding, members};
use crate::database::{Durability, Insert, Tx};
use crate::directory::{
    DirectoryOutcome, advance_directory, group_names, hold_directory, note_merged_at, remove_entry,
    save_directory_group, save_directory_keys, save_entry, write_directory_people,
};
use crate::row::read_all;
use crate::statement::{LIST, Value, clean, sql};
use crate::{
    DirectoryWrite, EntryKind, SettingsOf, SourceEntry, SourceRecord, Store, StoreError, events,
};

/// A push under way. Dropped without [`Pushing::finish`], it changes nothing.
///
/// It holds the directory from its beginning: others that push or merge wait.
pub struct Pushing {
    pub(super) tx: Tx,
    source: SourceName,
    now: Timestamp,
    generation: u64,
    is_merged: bool,
}

impl Store {
    /// Begins a push to a source.
    #[boxed]
    pub async fn begin_push(&self, source: &SourceName) -> Result<Pushing, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let (generation, is_merged) = hold_directory(&mut tx).await?;
        Ok(Pushing {
            tx,
            source: source.clone(),
            now: self.clock.now(),
            generation,
            is_merged,
        })
    }

    /// A new id for a pushed resource. Ids sort by the time they were made.
    pub fn new_pushed_id(&self) -> String {
        self.new_id().to_string()
    }
}

impl Pushing {
    /// The source.
    pub fn source(&self) -> &SourceName {
        &self.source
    }

    /// When it happens.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether people and groups were made of everything that was said before.
    pub fn is_merged(&self) -> bool {
        self.is_merged
    }

    /// All sources in their order of precedence.
    #[boxed]
    pub async fn sources(&mut self) -> Result<Vec<SourceRecord>, StoreError> {
        crate::directory::sources_in(&mut self.tx).await
    }

    /// The settings of the directory, where there are any.
    #[boxed]
    pub async fn directory_settings(&mut self) -> Result<Option<Json>, StoreError> {
        let statement = sql(
            "SELECT document FROM settings WHERE organization = 0 AND name = $1 ORDER BY version DESC LIMIT 1",
        );
        let row = self
            .tx
            .optional(statement.bind(SettingsOf::Directory.name()))
            .await?;
        row.map(|row| row.columns(&self.tx.db.name).json())
            .transpose()
    }

    /// A resource of the source.
    #[boxed]
    pub async fn resource(
        &mut self,
        kind: EntryKind,
        id: &str,
    ) -> Result<Option<PushedResource>, StoreError> {
        let statement = finding::one(&self.source, kind, id);
        let row = self.tx.optional(statement).await?;
        row.map(|row| resource::read(&mut row.columns(&self.tx.db.name)))
            .transpose()
    }

    /// The user who has this name, folded.
    #[boxed]
    pub async fn user_named(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        let statement = sql(
            "SELECT id FROM scim_resources WHERE source = $1 AND kind = 'person' AND name_folded = $2",
        );
        let row = self
            .tx
            .optional(statement.bind(self.source.as_str()).bind(name))
            .await?;
        row.map(|row| row.columns(&self.tx.db.name).text())
            .transpose()
    }

    /// Writes a resource and what it is found by.
    #[boxed]
    pub async fn save_resource(
        &mut self,
        resource: &PushedResource,
        index: &PushedIndex,
    ) -> Result<(), StoreError> {
        resource::save(&mut self.tx, &self.source, resource, index).await
    }

    /// Writes the version and time of a resource, nothing else of which is another.
    #[boxed]
    pub async fn touch_resource(&mut self, resource: &PushedResource) -> Result<(), StoreError> {
        resource::touch(&mut self.tx, &self.source, resource).await
    }

    /// Takes a resource away, its entry, and every membership in and of it.
    #[boxed]
    pub async fn remove_resource(&mut self, kind: EntryKind, id: &str) -> Result<(), StoreError> {
        resource::remove(&mut self.tx, &self.source, kind, id).await?;
        members::forget(&mut self.tx, &self.source, id).await?;
        remove_entry(&mut self.tx, &self.source, kind, id).await
    }

    /// Writes what the rest of Usher sees of a resource. `match_value` is that of a person.
    #[boxed]
    pub async fn save_entry(
        &mut self,
        entry: &SourceEntry,
        match_value: Option<&str>,
    ) -> Result<(), StoreError> {
        save_entry(&mut self.tx, &self.source, entry, self.now).await?;
        if entry.kind == EntryKind::Group {
            return Ok(());
        }
        let value = MatchValue {
            source: self.source.clone(),
            key: entry.key.clone(),
            value: match_value.map(str::to_owned),
        };
        values::set(&mut self.tx, &value).await
    }

    /// By what a person's entry was matched so far.
    #[boxed]
    pub async fn match_value(&mut self, key: &str) -> Result<Option<String>, StoreError> {
        let statement = sql(
            "SELECT match_value FROM source_entries WHERE source = $1 AND kind = 'person' AND key = $2",
        );
        let row = self
            .tx
            .optional(statement.bind(self.source.as_str()).bind(key))
            .await?;
        match row {
            Some(row) => row.columns(&self.tx.db.name).optional_text(),
            None => Ok(None),
        }
    }

    /// What these ids name among the source's resources.
    #[boxed]
    pub async fn named(&mut self, ids: &[String]) -> Result<Vec<PushedMember>, StoreError> {
        members::named(&mut self.tx, &self.source, ids).await
    }

    /// The members of a group.
    #[boxed]
    pub async fn members(&mut self, group: &str) -> Result<Vec<PushedMember>, StoreError> {
        members::of(&mut self.tx, &self.source, group).await
    }

    /// Adds members to a group; returns those who were not there yet.
    #[boxed]
    pub async fn add_members(
        &mut self,
        group: &str,
        new: Vec<PushedMember>,
    ) -> Result<Vec<PushedMember>, StoreError> {
        let ids: Vec<String> = new.iter().map(|one| one.id.clone()).collect();
        let there = members::among(&mut self.tx, &self.source, group, &ids).await?;
        let there: HashSet<&str> = there.iter().map(|one| one.id.as_str()).collect();
        let mut seen = HashSet::new();
        let added: Vec<PushedMember> = new
            .iter()
            .filter(|one| !there.contains(one.id.as_str()) && seen.insert(one.id.as_str()))
            .cloned()
            .collect();
        members::add(&mut self.tx, &self.source, group, &added).await?;
        Ok(added)
    }

    /// Takes members out of a group; returns those who were there.
    #[boxed]
    pub async fn remove_members(
        &mut self,
        group: &str,
        ids: &[String],
    ) -> Result<Vec<PushedMember>, StoreError> {
        let there = members::among(&mut self.tx, &self.source, group, ids).await?;
        members::remove(&mut self.tx, &self.source, group, &there).await?;
        Ok(there)
    }

    /// The groups that a resource is a member of.
    #[boxed]
    pub async fn groups_of(&mut self, member: &str) -> Result<Vec<String>, StoreError> {
        members::groups_of(&mut self.tx, &self.source, member).await
    }

    /// Writes people and keys.
    #[boxed]
    pub async fn write_people(
        &mut self,
        write: &DirectoryWrite,
        outcome: &mut DirectoryOutcome,
    ) -> Result<(), StoreError> {
        write_directory_people(&mut self.tx, write, self.now, outcome).await?;
        save_directory_keys(&mut self.tx, &write.keys).await?;
        Ok(())
    }

    /// Writes a directory group's name and description, not its members.
    #[boxed]
    pub async fn write_group(
        &mut self,
        group: &Group,
        outcome: &mut DirectoryOutcome,
    ) -> Result<(), StoreError> {
        let now_is = (
            clean(group.name.clone()),
            group.description.clone().map(clean),
        );
        match group_names(&mut self.tx, &group.id).await? {
            Some(before) if before == now_is => return Ok(()),
            Some(_) => outcome.groups.changed += 1,
            None => outcome.groups.added += 1,
        }
        outcome.changed_groups.push(group.id.clone());
        save_directory_group(&mut self.tx, group, self.now).await
    }

    /// Takes a directory group away, with every membership in and of it.
    #[boxed]
    pub async fn remove_group(
        &mut self,
        group: &GroupId,
        outcome: &mut DirectoryOutcome,
    ) -> Result<(), StoreError> {
        crate::directory::remove_directory_groups(
            &mut self.tx,
            std::slice::from_ref(group),
            outcome,
        )
        .await
    }

    /// The people or groups of the directory that these members are.
    #[boxed]
    pub async fn directory_members(
        &mut self,
        members: &[PushedMember],
    ) -> Result<Vec<(EntryKind, String)>, StoreError> {
        let mut found = Vec::new();
        for kind in [EntryKind::Person, EntryKind::Group] {
            let of_kind = members.iter().filter(|one| one.kind == kind);
            let ids: Vec<&str> = of_kind.map(|one| one.id.as_str()).collect();
            for chunk in ids.chunks(LIST) {
                found.extend(self.directory_ids(kind, chunk).await?);
            }
        }
        Ok(found)
    }

    async fn directory_ids(
        &mut self,
        kind: EntryKind,
        keys: &[&str],
    ) -> Result<Vec<(EntryKind, String)>, StoreError> {
        let mut statement = sql(match kind {
            EntryKind::Person => {
                "SELECT k.id FROM directory_keys k JOIN people d ON d.id = k.id AND d.status <> 'gone'
                 WHERE k.kind = 'person' AND k.source = $1 AND k.key IN "
            }
            EntryKind::Group => {
                "SELECT k.id FROM directory_keys k JOIN directory_groups d ON d.id = k.id
                 WHERE k.kind = 'group' AND k.source = $1 AND k.key IN "
            }
        })
        .bind(self.source.as_str());
        statement.push_list(keys.iter().copied());
        let rows = self.tx.all(statement).await?;
        read_all(&rows, &self.tx.db.name, |columns| {
            Ok((kind, columns.text()?))
        })
    }

    /// Adds members to a directory group.
    #[boxed]
    pub async fn add_directory_members(
        &mut self,
        group: &GroupId,
        members: &[(EntryKind, String)],
    ) -> Result<u64, StoreError> {
        let insert = Insert {
            before: "INSERT INTO directory_group_members (group_id, kind, member) VALUES",
            after: "ON CONFLICT DO NOTHING",
        };
        let row = |(kind, id): &(EntryKind, String)| -> Vec<Value> {
            vec![
                group.as_str().into(),
                kind.as_str().into(),
                id.as_str().into(),
            ]
        };
        self.tx
            .insert(&insert, members.iter().map(row).collect())
            .await
    }

    /// Takes members out of a directory group.
    #[boxed]
    pub async fn remove_directory_members(
        &mut self,
        group: &GroupId,
        members: &[(EntryKind, String)],
    ) -> Result<u64, StoreError> {
        let mut removed = 0;
        for kind in [EntryKind::Person, EntryKind::Group] {
            let of_kind = members.iter().filter(|(found, _)| *found == kind);
            let ids: Vec<&str> = of_kind.map(|(_, id)| id.as_str()).collect();
            for chunk in ids.chunks(LIST) {
                let mut statement = sql("DELETE FROM directory_group_members
                     WHERE group_id = $1 AND kind = $2 AND member IN ")
                .bind(group.as_str())
                .bind(kind.as_str());
                statement.push_list(chunk.iter().copied());
                removed += self.tx.execute(statement).await?;
            }
        }
        Ok(removed)
    }

    /// Notes that a directory group is another than before, because its members are.
    #[boxed]
    pub async fn touch_group(
        &mut self,
        group: &GroupId,
        outcome: &mut DirectoryOutcome,
    ) -> Result<(), StoreError> {
        if outcome.changed_groups.contains(group) {
            return Ok(());
        }
        let statement = sql("UPDATE directory_groups SET changed_at = $2 WHERE id = $1");
        self.tx
            .execute(statement.bind(group.as_str()).bind(self.now))
            .await?;
        outcome.groups.changed += 1;
        outcome.changed_groups.push(group.clone());
        Ok(())
    }

    /// Makes it true. `follows`: the directory is what follows from it already.
    #[boxed]
    pub async fn finish(mut self, follows: bool, events: &[Event]) -> Result<(), StoreError> {
        advance_directory(&mut self.tx).await?;
        if follows && self.is_merged {
            note_merged_at(&mut self.tx, self.generation + 1).await?;
        }
        events::append(&mut self.tx, events).await?;
        self.tx.commit().await
    }
}
