//! Writing the people and groups that come of what the sources said.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;
use usher_model::{AttributeName, Event, Group, GroupId, GroupMember, Person, PersonId, Timestamp};

use super::{DirectoryKey, generation, joins, keys};
use crate::database::{Durability, Insert, Tx};
use crate::row::read_all;
use crate::scim::{MatchValue, save_match_values};
use crate::statement::{LIST, Value, clean, json, sql};
use crate::{Delta, Store, StoreError, events};

/// What the directory is now, as far as it may be another than before.
#[derive(Clone, Debug, Default)]
pub struct DirectoryWrite {
    /// People; those who are gone have that status. Others stay as they are.
    pub people: Vec<Person>,
    /// Which source each attribute comes from, for those of the people where that is known.
    pub provenance: BTreeMap<PersonId, Json>,
    /// Groups with all their members. Others stay as they are.
    pub groups: Vec<Group>,
    /// Groups that are gone.
    pub removed_groups: Vec<GroupId>,
    /// Which entries of sources they are.
    pub keys: Vec<DirectoryKey>,
    /// People who turned out to be somebody else, and who that is: what hangs on the first has to move to the second
    /// ([`Store::pending_joins`]).
    pub joined: Vec<(PersonId, PersonId)>,
    /// By what the entries of people are matched, all of them, where that is kept.
    pub match_values: Option<Vec<MatchValue>>,
}

/// What was another than before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryOutcome {
    /// People; who is gone counts as changed.
    pub people: Delta,
    /// Groups.
    pub groups: Delta,
    /// The people who are new or others than before.
    pub changed_people: Vec<PersonId>,
    /// The groups that are new or others than before, and those that are gone.
    pub changed_groups: Vec<GroupId>,
    /// The directory's generation by now.
    pub generation: u64,
}

impl DirectoryOutcome {
    /// Whether nothing was another than before.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty() && self.groups.is_empty()
    }
}

impl Store {
    /// Writes people, groups and keys in one transaction. Rows that are equal are not touched; `events` makes the log
    /// entries from what was another.
    pub async fn write_directory(
        &self,
        write: &DirectoryWrite,
        events: impl FnOnce(&DirectoryOutcome) -> Vec<Event> + Send,
    ) -> Result<DirectoryOutcome, StoreError> {
        self.write_directory_from(None, write, events).await
    }

    /// The same for what was merged from what there was at generation `basis` ([`Store::directory_generation`]). Refused
    /// with [`StoreError::DirectoryMoved`] when somebody else wrote since: two who merge at once would take the same
    /// human for two people.
    pub async fn write_directory_since(
        &self,
        basis: u64,
        write: &DirectoryWrite,
        events: impl FnOnce(&DirectoryOutcome) -> Vec<Event> + Send,
    ) -> Result<DirectoryOutcome, StoreError> {
        self.write_directory_from(Some(basis), write, events).await
    }

    async fn write_directory_from(
        &self,
        basis: Option<u64>,
        write: &DirectoryWrite,
        events: impl FnOnce(&DirectoryOutcome) -> Vec<Event> + Send,
    ) -> Result<DirectoryOutcome, StoreError> {
        let now = self.clock.now();
        let mut outcome = DirectoryOutcome::default();
        let mut tx = self.db.write(Durability::Record).await?;
        outcome.generation = generation::hold(&mut tx, basis).await?;
        write_people(&mut tx, write, now, &mut outcome).await?;
        write_groups(&mut tx, &write.groups, now, &mut outcome).await?;
        remove_groups(&mut tx, &write.removed_groups, &mut outcome).await?;
        let new_keys = keys::save(&mut tx, &write.keys).await?;
        joins::save(&mut tx, &write.joined).await?;
        if let Some(values) = &write.match_values {
            save_match_values(&mut tx, values).await?;
        }
        if new_keys > 0 || !outcome.is_empty() {
            generation::advance(&mut tx).await?;
            outcome.generation += 1;
        }
        events::append(&mut tx, &events(&outcome)).await?;
        tx.commit().await?;
        Ok(outcome)
    }
}

/// What of a person's row decides whether it is another.
#[derive(PartialEq)]
struct PersonRow {
    status: String,
    manager: Option<String>,
    attributes: String,
    provenance: Option<String>,
}

/// Writes the people that are others than before.
pub(crate) async fn write_people(
    tx: &mut Tx,
    write: &DirectoryWrite,
    now: Timestamp,
    outcome: &mut DirectoryOutcome,
) -> Result<(), StoreError> {
    for chunk in write.people.chunks(LIST) {
        let stored = stored_people(tx, chunk).await?;
        let mut rows = Vec::new();
        for person in chunk {
            let provenance = write
                .provenance
                .get(&person.id)
                .map(|found| clean(json(found)));
            let before = stored.get(person.id.as_str());
            let row = PersonRow {
                status: person.status.as_str().to_owned(),
                manager: person.manager.as_ref().map(ToString::to_string),
                attributes: clean(json(&person.attributes)),
                provenance: provenance.or_else(|| before.and_then(|row| row.provenance.clone())),
            };
            match before {
                Some(before) if *before == row => continue,
                Some(_) => outcome.people.changed += 1,
                None => outcome.people.added += 1,
            }
            outcome.changed_people.push(person.id.clone());
            rows.push(person_values(person, row, now));
        }
        tx.insert(&PEOPLE, rows).await?;
    }
    Ok(())
}

async fn stored_people(
    tx: &mut Tx,
    people: &[Person],
) -> Result<HashMap<String, PersonRow>, StoreError> {
    let mut statement =
        sql("SELECT id, status, manager, attributes, provenance FROM people WHERE id IN ");
    statement.push_list(people.iter().map(|person| person.id.as_str()));
    let rows = tx.all(statement).await?;
    let rows = read_all(&rows, &tx.db.name, |columns| {
        let id = columns.text()?;
        let row = PersonRow {
            status: columns.text()?,
            manager: columns.optional_text()?,
            attributes: columns.text()?,
            provenance: columns.optional_text()?,
        };
        Ok((id, row))
    })?;
    Ok(rows.into_iter().collect())
}

const PEOPLE: Insert = Insert {
    before: "INSERT INTO people (id, status, manager, email, email_folded, user_name_folded, name_folded, attributes,
             provenance, created_at, changed_at) VALUES",
    after: "ON CONFLICT (id) DO UPDATE SET status = excluded.status, manager = excluded.manager, email = excluded.email,
            email_folded = excluded.email_folded, user_name_folded = excluded.user_name_folded,
            name_folded = excluded.name_folded, attributes = excluded.attributes, provenance = excluded.provenance,
            changed_at = excluded.changed_at",
};

fn person_values(person: &Person, row: PersonRow, now: Timestamp) -> Vec<Value> {
    let email = person.email();
    let folded = |name| person.attributes.text(name).map(str::to_lowercase);
    vec![
        person.id.as_str().into(),
        row.status.into(),
        row.manager.into(),
        email.as_ref().map(|email| email.as_str().to_owned()).into(),
        email.as_ref().map(usher_model::Email::folded).into(),
        folded(AttributeName::USER_NAME).into(),
        folded(AttributeName::DISPLAY_NAME).into(),
        row.attributes.into(),
        row.provenance.into(),
        now.into(),
        now.into(),
    ]
}

async fn write_groups(
    tx: &mut Tx,
    groups: &[Group],
    now: Timestamp,
    outcome: &mut DirectoryOutcome,
) -> Result<(), StoreError> {
    for group in groups {
        let before = group_names(tx, &group.id).await?;
        let now_is = (
            clean(group.name.clone()),
            group.description.clone().map(clean),
        );
        if before.is_none() {
            save_group(tx, group, now).await?;
        }
        let members_differ = write_members(tx, group).await?;
        match before {
            None => outcome.groups.added += 1,
            Some(before) if before == now_is && !members_differ => continue,
            Some(_) => {
                save_group(tx, group, now).await?;
                outcome.groups.changed += 1;
            }
        }
        outcome.changed_groups.push(group.id.clone());
    }
    Ok(())
}

/// The name and description of a group that is there.
pub(crate) async fn group_names(
    tx: &mut Tx,
    group: &GroupId,
) -> Result<Option<(String, Option<String>)>, StoreError> {
    let statement = sql("SELECT name, description FROM directory_groups WHERE id = $1");
    let row = tx.optional(statement.bind(group.as_str())).await?;
    row.map(|row| {
        let mut columns = row.columns(&tx.db.name);
        Ok((columns.text()?, columns.optional_text()?))
    })
    .transpose()
}

/// Writes a group's name and description.
pub(crate) async fn save_group(
    tx: &mut Tx,
    group: &Group,
    now: Timestamp,
) -> Result<(), StoreError> {
    let statement = sql(
        "INSERT INTO directory_groups (id, name, name_folded, description, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (id) DO UPDATE SET name = excluded.name,
             name_folded = excluded.name_folded, description = excluded.description, changed_at = excluded.changed_at",
    );
    let statement = statement
        .bind(group.id.as_str())
        .bind(group.name.as_str())
        .bind(group.name.to_lowercase())
        .bind(group.description.as_deref())
        .bind(now);
    tx.execute(statement).await?;
    Ok(())
}

fn member_row(member: &GroupMember) -> (&'static str, &str) {
    match member {
        GroupMember::Person(person) => ("person", person.as_str()),
        GroupMember::Group(group) => ("group", group.as_str()),
    }
}

/// Makes the members those of `group`; returns whether they were others.
async fn write_members(tx: &mut Tx, group: &Group) -> Result<bool, StoreError> {
    let statement = sql("SELECT kind, member FROM directory_group_members WHERE group_id = $1");
    let rows = tx.all(statement.bind(group.id.as_str())).await?;
    let stored = read_all(&rows, &tx.db.name, |columns| {
        Ok((columns.text()?, columns.text()?))
    })?;
    let stored: std::collections::BTreeSet<(&str, &str)> = stored
        .iter()
        .map(|(kind, member)| (kind.as_str(), member.as_str()))
        .collect();
    let members: std::collections::BTreeSet<(&str, &str)> =
        group.members.iter().map(member_row).collect();
    let gone: Vec<_> = stored.difference(&members).collect();
    for kind in ["person", "group"] {
        let of_kind: Vec<&str> = gone
            .iter()
            .filter(|(found, _)| *found == kind)
            .map(|(_, member)| *member)
            .collect();
        for chunk in of_kind.chunks(LIST) {
            let mut statement =
                sql("DELETE FROM directory_group_members WHERE group_id = $1 AND kind = $2 AND member IN ")
                    .bind(group.id.as_str())
                    .bind(kind);
            statement.push_list(chunk.iter().copied());
            tx.execute(statement).await?;
        }
    }
    let new: Vec<Vec<Value>> = members
        .difference(&stored)
        .map(|(kind, member)| vec![group.id.as_str().into(), (*kind).into(), (*member).into()])
        .collect();
    let differ = !gone.is_empty() || !new.is_empty();
    let insert = Insert {
        before: "INSERT INTO directory_group_members (group_id, kind, member) VALUES",
        after: "ON CONFLICT DO NOTHING",
    };
    tx.insert(&insert, new).await?;
    Ok(differ)
}

/// Takes groups away, and every membership in and of them.
pub(crate) async fn remove_groups(
    tx: &mut Tx,
    groups: &[GroupId],
    outcome: &mut DirectoryOutcome,
) -> Result<(), StoreError> {
    for group in groups {
        for statement in [
            "DELETE FROM directory_group_members WHERE group_id = $1",
            "DELETE FROM directory_group_members WHERE kind = 'group' AND member = $1",
        ] {
            tx.execute(sql(statement).bind(group.as_str())).await?;
        }
        let statement = sql("DELETE FROM directory_groups WHERE id = $1");
        if tx.execute(statement.bind(group.as_str())).await? > 0 {
            outcome.groups.removed += 1;
            outcome.changed_groups.push(group.clone());
        }
    }
    Ok(())
}
