//! What a running synchronization has read so far, page by page.

mod forgetting;
mod pages;

use std::fmt;
use std::str::FromStr;

use futures::StreamExt;
use serde::{Deserialize, Serialize};
use usher_boxed::boxed;
use usher_model::{AccountId, Email, Team, TeamId, TeamRole, UserGroup, UserGroupId};

use crate::database::Durability;
use crate::row::{Columns, read_all};
use crate::statement::sql;
use crate::{Rows, RunningSync, Store, StoreError, syncs};
pub(crate) use forgetting::{drop_merged, drop_staged};
use pages::{advance, stage_members, stage_teams, stage_user_groups, stage_views};

/// One list that a synchronization reads page by page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKey {
    /// REST: the organization's members.
    Members,
    /// SCIM: the users.
    ScimUsers,
    /// SCIM: the groups.
    ScimGroups,
    /// REST: the teams.
    Teams,
    /// REST: the members of one team.
    TeamMembers(TeamId),
    /// REST: the user groups.
    UserGroups,
    /// REST: the members of one user group.
    UserGroupMembers(UserGroupId),
}

/// Which API showed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// The REST API.
    Rest,
    /// The SCIM API.
    Scim,
}

impl View {
    /// The API as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Scim => "scim",
        }
    }
}

impl PartKey {
    /// The API that the list comes from.
    pub fn view(&self) -> View {
        match self {
            Self::ScimUsers | Self::ScimGroups => View::Scim,
            Self::Members
            | Self::Teams
            | Self::TeamMembers(_)
            | Self::UserGroups
            | Self::UserGroupMembers(_) => View::Rest,
        }
    }
}

impl fmt::Display for PartKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Members => f.write_str("members"),
            Self::ScimUsers => f.write_str("scim_users"),
            Self::ScimGroups => f.write_str("scim_groups"),
            Self::Teams => f.write_str("teams"),
            Self::TeamMembers(team) => write!(f, "team_members:{team}"),
            Self::UserGroups => f.write_str("user_groups"),
            Self::UserGroupMembers(group) => write!(f, "user_group_members:{group}"),
        }
    }
}

impl FromStr for PartKey {
    /// The text that is no part.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None => match text {
                "members" => Ok(Self::Members),
                "scim_users" => Ok(Self::ScimUsers),
                "scim_groups" => Ok(Self::ScimGroups),
                "teams" => Ok(Self::Teams),
                "user_groups" => Ok(Self::UserGroups),
                _ => Err(text.to_owned()),
            },
            Some(("team_members", team)) => Ok(Self::TeamMembers(team.into())),
            Some(("user_group_members", group)) => Ok(Self::UserGroupMembers(group.into())),
            Some(_) => Err(text.to_owned()),
        }
    }
}

/// How far one list has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which list.
    pub key: PartKey,
    /// Where to go on; `None` with `done` false and no pages: at the beginning.
    pub cursor: Option<String>,
    /// Pages read.
    pub pages: u64,
    /// Items read, repeats included.
    pub items: u64,
    /// How many there are, as the API says (SCIM's `totalResults`; the newest answer counts).
    pub total_results: Option<u64>,
    /// Whether it was read to its end.
    pub done: bool,
    /// How many ids came again.
    pub repeats: u64,
    /// The first of them.
    pub first_repeat: Option<String>,
}

/// What one page said.
#[derive(Clone, Debug)]
pub struct StagedPage {
    /// The list it belongs to.
    pub part: PartKey,
    /// Where the next page begins.
    pub cursor_after: Option<String>,
    /// Whether it was the last one.
    pub done: bool,
    /// How many there are in the list, as the API says.
    pub total_results: Option<u64>,
    /// How many items of the list the page had.
    pub items: u64,
    /// What was in it.
    pub rows: StagedRows,
}

/// What pages consist of.
#[derive(Clone, Debug, Default)]
pub struct StagedRows {
    /// People, as the part's API shows them.
    pub views: Vec<StagedView>,
    /// Teams.
    pub teams: Vec<Team>,
    /// User groups.
    pub user_groups: Vec<UserGroup>,
    /// Who is in which.
    pub members: Vec<StagedMember>,
}

/// A person as one API shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedView {
    /// Account id.
    pub account: AccountId,
    /// E-mail address.
    pub email: Email,
    /// The engine's own reading, as JSON. The store does not look into it.
    pub data: String,
}

/// What somebody is a member of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberGroup {
    /// A team.
    Team(TeamId),
    /// A user group.
    UserGroup(UserGroupId),
}

/// A membership as one API shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedMember {
    /// Of what.
    pub group: MemberGroup,
    /// Who.
    pub account: AccountId,
    /// In which role; [`TeamRole::Unknown`] when it was not shown, and of no meaning in user groups.
    pub role: TeamRole,
}

/// What came of storing a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StagedOutcome {
    /// Ids of items that this list had shown before: accounts, teams or user groups. The first showing
    /// is the one that counts.
    pub repeated: Vec<String>,
}

impl Store {
    /// Stores a page and how far its list has been read, in one transaction, and renews the lease.
    #[boxed]
    pub async fn stage_page(
        &self,
        sync: &RunningSync,
        page: &StagedPage,
    ) -> Result<StagedOutcome, StoreError> {
        let mut tx = self.db.write(Durability::Repeatable).await?;
        syncs::renew(&mut tx, sync, self.clock.now()).await?;
        let mut repeated = Vec::new();
        stage_views(&mut tx, sync.number, page, &mut repeated).await?;
        stage_teams(&mut tx, sync.number, page, &mut repeated).await?;
        stage_user_groups(&mut tx, sync.number, page, &mut repeated).await?;
        stage_members(&mut tx, sync.number, page, &mut repeated).await?;
        advance(&mut tx, sync.number, page, &repeated).await?;
        tx.commit().await?;
        Ok(StagedOutcome { repeated })
    }

    /// How far each list has been read.
    #[boxed]
    pub async fn parts(&self, sync: &RunningSync) -> Result<Vec<Part>, StoreError> {
        let statement = sql(
            "SELECT part, cursor, pages, items, total_results, done, repeats, first_repeat
             FROM sync_parts WHERE sync = $1 ORDER BY part",
        );
        let rows = self.db.all(statement.bind(sync.number)).await?;
        read_all(&rows, &self.db.name, read_part)
    }

    /// The people that one API showed, in order of their account ids (by bytes, as `Ord` on [`AccountId`]).
    pub fn staged_views(&self, sync: &RunningSync, view: View) -> Rows<StagedView> {
        let statement = sql("SELECT account_id, email, data FROM staged_views
             WHERE sync = $1 AND origin = $2 ORDER BY account_id");
        let name = self.db.name.clone();
        self.db
            .rows(statement.bind(sync.number).bind(view.as_str()))
            .map(move |row| read_view(&mut row?.columns(&name)))
            .boxed()
    }

    /// The people that one API showed under an e-mail address, whatever its letter case.
    #[boxed]
    pub async fn staged_views_by_email(
        &self,
        sync: &RunningSync,
        view: View,
        email: &Email,
    ) -> Result<Vec<StagedView>, StoreError> {
        let statement = sql("SELECT account_id, email, data FROM staged_views
             WHERE sync = $1 AND origin = $2 AND email_folded = $3 ORDER BY account_id");
        let statement = statement
            .bind(sync.number)
            .bind(view.as_str())
            .bind(email.folded());
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, read_view)
    }

    /// The teams that one API showed, in order of their ids.
    pub fn staged_teams(&self, sync: &RunningSync, view: View) -> Rows<Team> {
        let statement = sql(
            "SELECT team_id, name FROM staged_teams WHERE sync = $1 AND origin = $2 ORDER BY team_id",
        );
        let name = self.db.name.clone();
        self.db
            .rows(statement.bind(sync.number).bind(view.as_str()))
            .map(move |row| {
                let row = row?;
                let mut columns = row.columns(&name);
                Ok(Team {
                    id: columns.text()?.into(),
                    name: columns.text()?,
                })
            })
            .boxed()
    }

    /// The user groups that one API showed, in order of their ids.
    pub fn staged_user_groups(&self, sync: &RunningSync, view: View) -> Rows<UserGroup> {
        let statement = sql(
            "SELECT user_group_id, name, description FROM staged_user_groups
             WHERE sync = $1 AND origin = $2 ORDER BY user_group_id",
        );
        let name = self.db.name.clone();
        self.db
            .rows(statement.bind(sync.number).bind(view.as_str()))
            .map(move |row| {
                let row = row?;
                let mut columns = row.columns(&name);
                Ok(UserGroup {
                    id: columns.text()?.into(),
                    name: columns.text()?,
                    description: columns.optional_text()?.into(),
                })
            })
            .boxed()
    }

    /// The memberships that REST's lists showed, in order of their account ids, then of kind and group.
    pub fn staged_members(&self, sync: &RunningSync) -> Rows<StagedMember> {
        let statement = sql("SELECT account_id, kind, group_id, role FROM staged_members
             WHERE sync = $1 AND origin = 'rest' ORDER BY account_id, kind, group_id");
        let name = self.db.name.clone();
        self.db
            .rows(statement.bind(sync.number))
            .map(move |row| read_member(&mut row?.columns(&name)))
            .boxed()
    }
}

const TEAM: &str = "team";
const USER_GROUP: &str = "user_group";

impl MemberGroup {
    fn key(&self) -> (&'static str, &str) {
        match self {
            Self::Team(team) => (TEAM, team.as_str()),
            Self::UserGroup(group) => (USER_GROUP, group.as_str()),
        }
    }
}

impl PartKey {
    /// What the items of the list are: only those can repeat within it.
    fn lists_people(&self) -> bool {
        matches!(self, Self::Members | Self::ScimUsers)
    }

    fn lists_members(&self) -> bool {
        matches!(self, Self::TeamMembers(_) | Self::UserGroupMembers(_))
    }
}

fn read_part(columns: &mut Columns<'_>) -> Result<Part, StoreError> {
    let key = columns.text()?;
    Ok(Part {
        key: key
            .parse()
            .map_err(|part| columns.unreadable(&format!("`{part}` is no list")))?,
        cursor: columns.optional_text()?,
        pages: columns.count()?,
        items: columns.count()?,
        total_results: columns.optional_int()?.map(i64::unsigned_abs),
        done: columns.flag()?,
        repeats: columns.count()?,
        first_repeat: columns.optional_text()?,
    })
}

fn read_view(columns: &mut Columns<'_>) -> Result<StagedView, StoreError> {
    Ok(StagedView {
        account: columns.text()?.into(),
        email: Email::new(columns.text()?),
        data: columns.text()?,
    })
}

fn read_member(columns: &mut Columns<'_>) -> Result<StagedMember, StoreError> {
    let account = columns.text()?.into();
    let kind = columns.text()?;
    let id = columns.text()?;
    Ok(StagedMember {
        group: match kind.as_str() {
            TEAM => MemberGroup::Team(id.into()),
            _ => MemberGroup::UserGroup(id.into()),
        },
        account,
        role: TeamRole::from(columns.text()?.as_str()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_reads_back_from_its_text_form() {
        for part in [
            PartKey::Members,
            PartKey::ScimUsers,
            PartKey::ScimGroups,
            PartKey::Teams,
            PartKey::TeamMembers("a:b".into()),
            PartKey::UserGroups,
            PartKey::UserGroupMembers("7".into()),
        ] {
            assert_eq!(part.to_string().parse(), Ok(part));
        }
        assert_eq!("boats".parse::<PartKey>(), Err("boats".to_owned()));
    }
}
