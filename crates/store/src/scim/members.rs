//! The memberships of pushed groups.

use std::collections::HashMap;

use usher_boxed::boxed;
use usher_model::SourceName;

use crate::database::{Insert, Tx};
use crate::row::{Columns, read_all};
use crate::statement::{LIST, Value, sql};
use crate::{EntryKind, Store, StoreError};

/// A member of a pushed group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PushedMember {
    /// The member's id.
    pub id: String,
    /// A person or a group.
    pub kind: EntryKind,
}

/// A pushed group that somebody is in directly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedGroupName {
    /// Whose.
    pub member: String,
    /// The group's id.
    pub group: String,
    /// The group's document, which has its name.
    pub document: String,
}

impl Store {
    /// The direct members of pushed groups: group and member, in the order of their ids.
    #[boxed]
    pub async fn pushed_members(
        &self,
        source: &SourceName,
        groups: &[String],
    ) -> Result<Vec<(String, PushedMember)>, StoreError> {
        let mut found = Vec::new();
        for chunk in groups.chunks(LIST) {
            let mut statement =
                sql("SELECT group_id, member, kind FROM scim_members WHERE source = $1 AND group_id IN ")
                    .bind(source.as_str());
            statement.push_list(chunk.iter().map(String::as_str));
            statement.push(" ORDER BY group_id, member");
            let rows = self.db.all(statement).await?;
            found.extend(read_all(&rows, &self.db.name, in_group)?);
        }
        Ok(found)
    }

    /// How many direct members each of these pushed groups has; those without any are left out.
    #[boxed]
    pub async fn pushed_member_counts(
        &self,
        source: &SourceName,
        groups: &[String],
    ) -> Result<HashMap<String, u64>, StoreError> {
        let mut found = HashMap::new();
        for chunk in groups.chunks(LIST) {
            let mut statement = sql(
                "SELECT group_id, COUNT(*) FROM scim_members WHERE source = $1 AND group_id IN ",
            )
            .bind(source.as_str());
            statement.push_list(chunk.iter().map(String::as_str));
            statement.push(" GROUP BY group_id");
            let rows = self.db.all(statement).await?;
            let counts = read_all(&rows, &self.db.name, |columns| {
                Ok((columns.text()?, columns.count()?))
            })?;
            found.extend(counts);
        }
        Ok(found)
    }

    /// All memberships of a source's pushed groups: group and member.
    #[boxed]
    pub async fn all_pushed_members(
        &self,
        source: &SourceName,
    ) -> Result<Vec<(String, PushedMember)>, StoreError> {
        let statement = sql(
            "SELECT group_id, member, kind FROM scim_members WHERE source = $1
             ORDER BY source, group_id, member",
        );
        let mut snapshot = self.db.snapshot().await?;
        snapshot
            .all(statement.bind(source.as_str()), in_group)
            .await
    }

    /// The pushed groups that each of these is in directly.
    #[boxed]
    pub async fn pushed_groups_of(
        &self,
        source: &SourceName,
        members: &[String],
    ) -> Result<Vec<PushedGroupName>, StoreError> {
        let mut found = Vec::new();
        for chunk in members.chunks(LIST) {
            let mut statement = sql("SELECT m.member, m.group_id, r.document FROM scim_members m
                 JOIN scim_resources r ON r.source = m.source AND r.kind = 'group' AND r.id = m.group_id
                 WHERE m.source = $1 AND m.member IN ")
            .bind(source.as_str());
            statement.push_list(chunk.iter().map(String::as_str));
            statement.push(" ORDER BY m.member, m.group_id");
            let rows = self.db.all(statement).await?;
            found.extend(read_all(&rows, &self.db.name, |columns| {
                Ok(PushedGroupName {
                    member: columns.text()?,
                    group: columns.text()?,
                    document: columns.text()?,
                })
            })?);
        }
        Ok(found)
    }
}

fn in_group(columns: &mut Columns<'_>) -> Result<(String, PushedMember), StoreError> {
    Ok((columns.text()?, member(columns)?))
}

fn member(columns: &mut Columns<'_>) -> Result<PushedMember, StoreError> {
    Ok(PushedMember {
        id: columns.text()?,
        kind: columns.word()?,
    })
}

/// All members of a group.
pub(super) async fn of(
    tx: &mut Tx,
    source: &SourceName,
    group: &str,
) -> Result<Vec<PushedMember>, StoreError> {
    let statement =
        sql("SELECT member, kind FROM scim_members WHERE source = $1 AND group_id = $2");
    let rows = tx.all(statement.bind(source.as_str()).bind(group)).await?;
    read_all(&rows, &tx.db.name, member)
}

/// Those of these that are members of a group.
pub(super) async fn among(
    tx: &mut Tx,
    source: &SourceName,
    group: &str,
    ids: &[String],
) -> Result<Vec<PushedMember>, StoreError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(LIST) {
        let mut statement = sql(
            "SELECT member, kind FROM scim_members WHERE source = $1 AND group_id = $2 AND member IN ",
        )
        .bind(source.as_str())
        .bind(group);
        statement.push_list(chunk.iter().map(String::as_str));
        let rows = tx.all(statement).await?;
        found.extend(read_all(&rows, &tx.db.name, member)?);
    }
    Ok(found)
}

/// The resources that these ids name.
pub(super) async fn named(
    tx: &mut Tx,
    source: &SourceName,
    ids: &[String],
) -> Result<Vec<PushedMember>, StoreError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(LIST) {
        let mut statement =
            sql("SELECT id, kind FROM scim_resources WHERE source = $1 AND kind IN ('person', 'group') AND id IN ")
                .bind(source.as_str());
        statement.push_list(chunk.iter().map(String::as_str));
        let rows = tx.all(statement).await?;
        found.extend(read_all(&rows, &tx.db.name, member)?);
    }
    Ok(found)
}

/// Adds members who are not there yet.
pub(super) async fn add(
    tx: &mut Tx,
    source: &SourceName,
    group: &str,
    members: &[PushedMember],
) -> Result<(), StoreError> {
    let insert = Insert {
        before: "INSERT INTO scim_members (source, group_id, member, kind) VALUES",
        after: "ON CONFLICT DO NOTHING",
    };
    let row = |one: &PushedMember| -> Vec<Value> {
        vec![
            source.as_str().into(),
            group.into(),
            one.id.as_str().into(),
            one.kind.as_str().into(),
        ]
    };
    tx.insert(&insert, members.iter().map(row).collect())
        .await?;
    Ok(())
}

/// Takes members out of a group.
pub(super) async fn remove(
    tx: &mut Tx,
    source: &SourceName,
    group: &str,
    members: &[PushedMember],
) -> Result<(), StoreError> {
    for chunk in members.chunks(LIST) {
        let mut statement =
            sql("DELETE FROM scim_members WHERE source = $1 AND group_id = $2 AND member IN ")
                .bind(source.as_str())
                .bind(group);
        statement.push_list(chunk.iter().map(|one| one.id.as_str()));
        tx.execute(statement).await?;
    }
    Ok(())
}

/// The groups that a resource is a member of.
pub(super) async fn groups_of(
    tx: &mut Tx,
    source: &SourceName,
    member: &str,
) -> Result<Vec<String>, StoreError> {
    let statement = sql("SELECT group_id FROM scim_members WHERE source = $1 AND member = $2");
    let rows = tx.all(statement.bind(source.as_str()).bind(member)).await?;
    read_all(&rows, &tx.db.name, crate::row::first_text)
}

/// Takes a resource out of every group, and a group's members out of it.
pub(super) async fn forget(tx: &mut Tx, source: &SourceName, id: &str) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM scim_members WHERE source = $1 AND group_id = $2",
        "DELETE FROM scim_members WHERE source = $1 AND member = $2",
    ] {
        tx.execute(sql(statement).bind(source.as_str()).bind(id))
            .await?;
    }
    Ok(())
}

/// Takes away all memberships of a source.
pub(crate) async fn forget_source(tx: &mut Tx, source: &SourceName) -> Result<(), StoreError> {
    let statement = sql("DELETE FROM scim_members WHERE source = $1");
    tx.execute(statement.bind(source.as_str())).await?;
    Ok(())
}
