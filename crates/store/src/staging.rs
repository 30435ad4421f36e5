//! What a running synchronization has read so far, page by page.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use usher_model::{AccountId, Email, Team, TeamId, TeamRole, UserGroup, UserGroupId};

use crate::{Rows, RunningSync, Store, StoreError};

/// One list that a synchronization reads page by page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKey {
    /// REST: the organization's members.
    Members,
    /// SCIM: the users.
    ScimUsers,
    /// SCIM: the groups.
    ScimGroups,
    /// SCIM: the members of one group.
    ScimGroup(String),
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
            Self::ScimUsers | Self::ScimGroups | Self::ScimGroup(_) => View::Scim,
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
            Self::ScimGroup(group) => write!(f, "scim_group:{group}"),
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
            Some(("scim_group", group)) => Ok(Self::ScimGroup(group.to_owned())),
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
    pub async fn stage_page(
        &self,
        _sync: &RunningSync,
        _page: &StagedPage,
    ) -> Result<StagedOutcome, StoreError> {
        todo!()
    }

    /// How far each list has been read.
    pub async fn parts(&self, _sync: &RunningSync) -> Result<Vec<Part>, StoreError> {
        todo!()
    }

    /// The people that one API showed, in order of their account ids (by bytes, as `Ord` on [`AccountId`]).
    pub fn staged_views(&self, _sync: &RunningSync, _view: View) -> Rows<StagedView> {
        todo!()
    }

    /// The people that one API showed under an e-mail address, whatever its letter case.
    pub async fn staged_views_by_email(
        &self,
        _sync: &RunningSync,
        _view: View,
        _email: &Email,
    ) -> Result<Vec<StagedView>, StoreError> {
        todo!()
    }

    /// The teams that one API showed, in order of their ids.
    pub fn staged_teams(&self, _sync: &RunningSync, _view: View) -> Rows<Team> {
        todo!()
    }

    /// The user groups that one API showed, in order of their ids.
    pub fn staged_user_groups(&self, _sync: &RunningSync, _view: View) -> Rows<UserGroup> {
        todo!()
    }

    /// The memberships that one API showed, in order of their account ids, then of kind and group.
    pub fn staged_members(&self, _sync: &RunningSync, _view: View) -> Rows<StagedMember> {
        todo!()
    }
}
