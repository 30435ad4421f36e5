//! Looking at groups.

use std::collections::HashMap;

use usher_boxed::boxed;
use usher_model::{Group, GroupId, GroupMember, PersonId, Timestamp};

use super::EntryKind;
use crate::row::{Columns, read_all};
use crate::statement::{Statement, containing, sql};
use crate::{Engine, Store, StoreError};

const GROUP: &str = "SELECT id, name, description FROM directory_groups";

/// A group, and how many are in it directly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSummary {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// How many people and groups are in it directly.
    pub members: u64,
}

impl Store {
    /// Some groups by id: those whose name contains `search`, whatever its letter case; at most `limit` of those behind
    /// `after`.
    #[boxed]
    pub async fn groups_after(
        &self,
        search: Option<&str>,
        (after, limit): (Option<&GroupId>, u64),
    ) -> Result<Vec<GroupSummary>, StoreError> {
        let mut statement = sql("SELECT g.id, g.name, g.description,
                 (SELECT COUNT(*) FROM directory_group_members m WHERE m.group_id = g.id)
             FROM directory_groups g WHERE 1 = 1");
        statement.push_wanted([(" AND g.id > ", after.map(ToString::to_string))]);
        if let Some(text) = search {
            statement
                .push(" AND g.name_folded LIKE ")
                .push_bind(containing(text))
                .push(" ESCAPE '\\'");
        }
        statement.push(" ORDER BY g.id").push_limit(Some(limit));
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, |columns| {
            Ok(GroupSummary {
                id: columns.text()?.into(),
                name: columns.text()?,
                description: columns.optional_text()?,
                members: columns.count()?,
            })
        })
    }

    /// All groups with their direct members, by id.
    #[boxed]
    pub async fn groups(&self) -> Result<Vec<Group>, StoreError> {
        let mut statement = sql(GROUP);
        statement.push(" ORDER BY id");
        self.groups_with_members(statement, sql("")).await
    }

    /// One group with its direct members.
    #[boxed]
    pub async fn group(&self, id: &GroupId) -> Result<Option<Group>, StoreError> {
        let mut statement = sql(GROUP);
        statement.push(" WHERE id = ").push_bind(id.as_str());
        let members = sql(" WHERE group_id = $1").bind(id.as_str());
        let found = self.groups_with_members(statement, members).await?;
        Ok(found.into_iter().next())
    }

    /// The groups that somebody may mean by `text`: those with exactly this id or name; if there are none, those
    /// whose name contains it, at most 50. Without their members.
    #[boxed]
    pub async fn find_groups(&self, text: &str) -> Result<Vec<Group>, StoreError> {
        let mut exact = sql(GROUP);
        exact.push(" WHERE id = ").push_bind(text);
        exact
            .push(" OR name_folded = ")
            .push_bind(text.to_lowercase())
            .push(" ORDER BY id");
        let found = self.bare_groups(exact).await?;
        if !found.is_empty() {
            return Ok(found);
        }
        let mut similar = sql(GROUP);
        similar
            .push(" WHERE name_folded LIKE ")
            .push_bind(containing(text))
            .push(" ESCAPE '\\' ORDER BY id LIMIT 50");
        self.bare_groups(similar).await
    }

    /// The groups that a person is in directly.
    #[boxed]
    pub async fn groups_of(&self, person: &PersonId) -> Result<Vec<GroupId>, StoreError> {
        let statement = sql("SELECT group_id FROM directory_group_members
             WHERE kind = 'person' AND member = $1 ORDER BY group_id");
        let rows = self.db.all(statement.bind(person.as_str())).await?;
        read_all(&rows, &self.db.name, |columns| Ok(columns.text()?.into()))
    }

    /// The groups of which something was changed at this time or later; those that are gone by then are not among
    /// them.
    #[boxed]
    pub async fn groups_changed_since(&self, since: Timestamp) -> Result<Vec<GroupId>, StoreError> {
        let statement =
            sql("SELECT id FROM directory_groups WHERE changed_at >= $1 ORDER BY id").bind(since);
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, |columns| Ok(columns.text()?.into()))
    }

    async fn bare_groups(&self, statement: Statement) -> Result<Vec<Group>, StoreError> {
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, read)
    }

    /// The groups of `statement`, with the members that the condition `members` leads to.
    async fn groups_with_members(
        &self,
        statement: Statement,
        members: Statement,
    ) -> Result<Vec<Group>, StoreError> {
        let mut snapshot = self.db.snapshot().await?;
        let mut groups = snapshot.all(statement, read).await?;
        let places: HashMap<GroupId, usize> = groups
            .iter()
            .enumerate()
            .map(|(at, group)| (group.id.clone(), at))
            .collect();
        let list = gather_members(self.db.engine(), members);
        snapshot
            .each(list, |columns| {
                let group = GroupId::new(columns.borrowed_text()?);
                let kind: EntryKind = columns.word()?;
                let members = columns.borrowed_text()?.split('\n').map(|id| match kind {
                    EntryKind::Person => GroupMember::Person(id.into()),
                    EntryKind::Group => GroupMember::Group(id.into()),
                });
                if let Some(group) = places.get(&group).and_then(|at| groups.get_mut(*at)) {
                    group.members.extend(members);
                }
                Ok(())
            })
            .await?;
        for group in &mut groups {
            group.members.sort_unstable();
        }
        Ok(groups)
    }
}

/// One row per group and kind of member instead of one per member: that is several times faster to read.
fn gather_members(engine: Engine, condition: Statement) -> Statement {
    let mut statement = sql("SELECT group_id, kind, ");
    statement.push(match engine {
        Engine::Sqlite => "group_concat(member, char(10))",
        Engine::Postgres => "string_agg(member, E'\\n')",
    });
    statement.push(" FROM directory_group_members");
    statement.text.push_str(&condition.text);
    statement.values = condition.values;
    statement.push(" GROUP BY group_id, kind");
    statement
}

/// Reads id, name and description; the members are left out.
fn read(columns: &mut Columns<'_>) -> Result<Group, StoreError> {
    Ok(Group {
        id: columns.text()?.into(),
        name: columns.text()?,
        description: columns.optional_text()?,
        members: Vec::new(),
    })
}
