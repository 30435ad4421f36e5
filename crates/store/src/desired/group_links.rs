//! The ties between directory groups and what they were pushed to.

use usher_boxed::boxed;
use usher_model::{Event, GroupId, GroupLink, GroupLinkTarget, OrganizationId};

use crate::database::{Durability, Tx};
use crate::row::{Columns, read_all};
use crate::statement::sql;
use crate::{Store, StoreError, events, organizations};

impl Store {
    /// Ties groups to teams or user groups; a group's older tie gives way. Refused with [`StoreError::LinkTaken`] when
    /// a team or user group is tied to another group.
    #[boxed]
    pub async fn save_group_links(
        &self,
        organization: &OrganizationId,
        links: &[GroupLink],
        events: &[Event],
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let number = organizations::ensure(&mut tx, organization).await?;
        save_group_links(&mut tx, number, links).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await
    }

    /// Removes a group's tie. Returns whether there was one.
    #[boxed]
    pub async fn remove_group_link(
        &self,
        organization: &OrganizationId,
        group: &GroupId,
        events: &[Event],
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let number = organizations::ensure(&mut tx, organization).await?;
        if remove_group_links(&mut tx, number, std::slice::from_ref(group)).await? == 0 {
            return Ok(false);
        }
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The ties of an organization, by group.
    #[boxed]
    pub async fn group_links(
        &self,
        organization: &OrganizationId,
    ) -> Result<Vec<GroupLink>, StoreError> {
        let statement = sql("SELECT group_id, kind, target, how, since FROM group_links
             WHERE organization = (SELECT number FROM organizations WHERE id = $1) ORDER BY group_id");
        let rows = self.db.all(statement.bind(organization.as_str())).await?;
        read_all(&rows, &self.db.name, read)
    }
}

fn parts(target: &GroupLinkTarget) -> (&'static str, &str) {
    match target {
        GroupLinkTarget::Team(team) => ("team", team.as_str()),
        GroupLinkTarget::UserGroup(group) => ("user_group", group.as_str()),
    }
}

/// Ties groups to teams or user groups.
pub(crate) async fn save_group_links(
    tx: &mut Tx,
    organization: i64,
    links: &[GroupLink],
) -> Result<(), StoreError> {
    for link in links {
        let (kind, target) = parts(&link.target);
        let holder = sql("SELECT group_id FROM group_links
             WHERE organization = $1 AND kind = $2 AND target = $3 AND group_id <> $4");
        let holder = holder.bind(organization).bind(kind).bind(target);
        if let Some(row) = tx.optional(holder.bind(link.group.as_str())).await? {
            return Err(StoreError::LinkTaken {
                target: format!("{} {target}", kind.replace('_', " ")),
                holder: format!("group {}", row.columns(&tx.db.name).text()?),
            });
        }
        let save = sql(
            "INSERT INTO group_links (organization, group_id, kind, target, how, since) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (organization, group_id) DO UPDATE SET kind = excluded.kind, target = excluded.target,
                 how = excluded.how, since = excluded.since",
        );
        let save = save.bind(organization).bind(link.group.as_str());
        let save = save.bind(kind).bind(target).bind(link.how.as_str());
        tx.execute(save.bind(link.since)).await?;
    }
    Ok(())
}

/// Removes groups' ties; returns how many there were.
pub(crate) async fn remove_group_links(
    tx: &mut Tx,
    organization: i64,
    groups: &[GroupId],
) -> Result<u64, StoreError> {
    let mut removed = 0;
    for group in groups {
        let statement = sql("DELETE FROM group_links WHERE organization = $1 AND group_id = $2");
        let statement = statement.bind(organization).bind(group.as_str());
        removed += tx.execute(statement).await?;
    }
    Ok(removed)
}

fn read(columns: &mut Columns<'_>) -> Result<GroupLink, StoreError> {
    let group = columns.text()?.into();
    let (kind, target) = (columns.text()?, columns.text()?);
    Ok(GroupLink {
        group,
        target: match kind.as_str() {
            "team" => GroupLinkTarget::Team(target.into()),
            _ => GroupLinkTarget::UserGroup(target.into()),
        },
        how: columns.word()?,
        since: columns.time()?,
    })
}
