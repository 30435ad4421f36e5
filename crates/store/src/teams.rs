//! Looking at teams and user groups.

use futures::StreamExt;
use serde::Serialize;
use usher_model::{OrganizationId, Team, TeamId, Timestamp, UserGroup};

use crate::keyset::SortColumn;
use crate::row::Columns;
use crate::statement::{Statement, containing, sql};
use crate::{After, Direction, Rows, Store, StoreError};

/// Which teams to look at.
#[derive(Clone, Debug)]
pub struct TeamFilter {
    /// The organization.
    pub organization: OrganizationId,
    /// The inventory of which time; `None`: the current one.
    pub as_of: Option<Timestamp>,
    /// One team.
    pub team: Option<TeamId>,
    /// Text that the name contains, whatever its letter case.
    pub search: Option<String>,
    /// At most so many members.
    pub members_at_most: Option<u64>,
    /// At least so many members.
    pub members_at_least: Option<u64>,
    /// In which order.
    pub order: TeamOrder,
    /// In which direction.
    pub direction: Direction,
    /// Those behind this place of the same order, for page after page.
    pub after: Option<After>,
    /// Leaves out so many, for page after page where an order has no places.
    pub offset: u64,
    /// At most so many.
    pub limit: Option<u64>,
}

impl TeamFilter {
    /// All teams of an organization now, by name.
    pub fn of(organization: OrganizationId) -> Self {
        Self {
            organization,
            as_of: None,
            team: None,
            search: None,
            members_at_most: None,
            members_at_least: None,
            order: TeamOrder::Name,
            direction: Direction::Ascending,
            after: None,
            offset: 0,
            limit: None,
        }
    }
}

/// What teams are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TeamOrder {
    /// Team id.
    Id,
    /// Name.
    #[default]
    Name,
    /// Number of members.
    Members,
    /// Since when the team is in the inventory.
    Since,
}

/// A team, and what goes with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TeamRow {
    /// The team.
    #[serde(flatten)]
    pub team: Team,
    /// How many accounts are in it, in any role but `non_team`.
    pub members: u64,
    /// How many of them are team admins, as far as known.
    pub admins: u64,
    /// Of how many of them the role is unknown.
    pub unknown_roles: u64,
    /// How many accounts see shared boards without being in the team (role `non_team`).
    pub outsiders: u64,
    /// When it was first seen.
    pub since: Timestamp,
}

impl TeamRow {
    /// Where a list in this order goes on behind the row; none where what it is sorted by is not stored.
    pub fn place(&self, order: TeamOrder) -> Option<After> {
        let id = Some(self.team.id.to_string());
        match order {
            TeamOrder::Id => Some(After::of([id])),
            TeamOrder::Name => Some(After::of([Some(self.team.name.to_lowercase()), id])),
            TeamOrder::Members | TeamOrder::Since => None,
        }
    }
}

/// A user group, and what goes with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserGroupRow {
    /// The user group.
    #[serde(flatten)]
    pub user_group: UserGroup,
    /// How many accounts are in it.
    pub members: u64,
    /// When it was first seen.
    pub since: Timestamp,
}

impl Store {
    /// The teams that match.
    pub fn teams(&self, filter: &TeamFilter) -> Rows<TeamRow> {
        let name = self.db.name.clone();
        self.db
            .rows(list(filter))
            .map(move |row| read_team(&mut row?.columns(&name)))
            .boxed()
    }

    /// The user groups, by name.
    pub fn user_groups(
        &self,
        organization: &OrganizationId,
        as_of: Option<Timestamp>,
    ) -> Rows<UserGroupRow> {
        let mut statement = sql("SELECT u.user_group_id, u.name, u.description,
                 (SELECT COUNT(*) FROM grants g WHERE g.organization = u.organization
                     AND g.kind = 'user_group' AND g.resource = u.user_group_id AND ");
        statement.push_valid("g", as_of);
        statement.push(
            "), (SELECT MIN(f.valid_from) FROM user_groups f
                     WHERE f.organization = u.organization AND f.user_group_id = u.user_group_id)
             FROM user_groups u
             WHERE u.organization = (SELECT number FROM organizations WHERE id = ",
        );
        statement.push_bind(organization.as_str()).push(") AND ");
        statement.push_valid("u", as_of);
        statement.push(" ORDER BY u.name_folded, u.user_group_id");
        let name = self.db.name.clone();
        self.db
            .rows(statement)
            .map(move |row| read_user_group(&mut row?.columns(&name)))
            .boxed()
    }
}

fn list(filter: &TeamFilter) -> Statement {
    let mut statement = sql(
        "SELECT t.team_id, t.name, COALESCE(c.members, 0) AS members, COALESCE(c.admins, 0),
             COALESCE(c.unknown_roles, 0), COALESCE(c.outsiders, 0),
             (SELECT MIN(f.valid_from) FROM teams f
                 WHERE f.organization = t.organization AND f.team_id = t.team_id) AS since
         FROM teams t LEFT JOIN (",
    );
    push_counts(&mut statement, filter);
    statement.push(") c ON c.resource = t.team_id WHERE t.organization = (SELECT number FROM organizations WHERE id = ");
    statement
        .push_bind(filter.organization.as_str())
        .push(") AND ");
    statement.push_valid("t", filter.as_of);
    if let Some(team) = &filter.team {
        statement.push(" AND t.team_id = ").push_bind(team.as_str());
    }
    if let Some(text) = &filter.search {
        statement
            .push(" AND t.name_folded LIKE ")
            .push_bind(containing(text));
        statement.push(" ESCAPE '\\'");
    }
    if let Some(most) = filter.members_at_most {
        statement
            .push(" AND COALESCE(c.members, 0) <= ")
            .push_bind(most);
    }
    if let Some(least) = filter.members_at_least {
        statement
            .push(" AND COALESCE(c.members, 0) >= ")
            .push_bind(least);
    }
    push_after(&mut statement, filter);
    push_order(&mut statement, filter);
    statement
}

/// Appends that teams come behind the filter's place.
fn push_after(statement: &mut Statement, filter: &TeamFilter) {
    let (id, direction) = (SortColumn::ascending("t.team_id"), filter.direction);
    let columns = match filter.order {
        TeamOrder::Id => &[SortColumn::text("t.team_id", direction)][..],
        TeamOrder::Name => &[SortColumn::text("t.name_folded", direction), id],
        TeamOrder::Members | TeamOrder::Since => &[],
    };
    statement.push_after(columns, filter.after.as_ref());
}

/// All teams' members are counted in one pass.
fn push_counts(statement: &mut Statement, filter: &TeamFilter) {
    statement.push(
        "SELECT g.resource, COUNT(CASE WHEN g.role <> 'non_team' THEN 1 END) AS members,
             COUNT(CASE WHEN g.role = 'admin' THEN 1 END) AS admins,
             COUNT(CASE WHEN g.role = 'unknown' THEN 1 END) AS unknown_roles,
             COUNT(CASE WHEN g.role = 'non_team' THEN 1 END) AS outsiders
         FROM grants g WHERE g.organization = (SELECT number FROM organizations WHERE id = ",
    );
    statement.push_bind(filter.organization.as_str());
    statement.push(") AND g.kind = 'team' AND ");
    statement.push_valid("g", filter.as_of);
    if let Some(team) = &filter.team {
        statement
            .push(" AND g.resource = ")
            .push_bind(team.as_str());
    }
    statement.push(" GROUP BY g.resource");
}

fn push_order(statement: &mut Statement, filter: &TeamFilter) {
    statement.push(" ORDER BY ");
    statement.push(match filter.order {
        TeamOrder::Id => "t.team_id",
        TeamOrder::Name => "t.name_folded",
        TeamOrder::Members => "members",
        TeamOrder::Since => "since",
    });
    statement.push(filter.direction.word());
    if filter.order != TeamOrder::Id {
        statement.push(", t.team_id");
    }
    statement.push_page((filter.limit, filter.offset));
}

fn read_team(columns: &mut Columns<'_>) -> Result<TeamRow, StoreError> {
    Ok(TeamRow {
        team: Team {
            id: columns.text()?.into(),
            name: columns.text()?,
        },
        members: columns.count()?,
        admins: columns.count()?,
        unknown_roles: columns.count()?,
        outsiders: columns.count()?,
        since: columns.time()?,
    })
}

fn read_user_group(columns: &mut Columns<'_>) -> Result<UserGroupRow, StoreError> {
    Ok(UserGroupRow {
        user_group: UserGroup {
            id: columns.text()?.into(),
            name: columns.text()?,
            description: columns.optional_text()?.into(),
        },
        members: columns.count()?,
        since: columns.time()?,
    })
}
