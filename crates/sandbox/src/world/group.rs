//! User groups, and what is shared with them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::switches::{UnknownWord, words};
use crate::world::keys::{GroupKey, Identified, TeamKey, UserKey};

/// A user group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserGroup {
    /// The id.
    pub id: u64,
    /// The name; no other user group has it, in whatever case.
    pub name: SmolStr,
    /// The description; empty when none was given.
    #[serde(default)]
    pub description: SmolStr,
    /// Whether it is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// Members, ascending.
    pub(crate) members: Vec<UserKey>,
    /// Teams it is attached to, ascending.
    #[serde(skip)]
    pub(crate) teams: Vec<TeamKey>,
}

impl Identified for UserGroup {
    fn id(&self) -> u64 {
        self.id
    }
}

impl UserGroup {
    /// A group that is attached nowhere; `members` ascend.
    pub(crate) fn new(id: u64, name: &str, description: &str, members: Vec<UserKey>) -> Self {
        Self {
            id,
            name: name.into(),
            description: description.into(),
            deleted: false,
            members,
            teams: Vec::new(),
        }
    }

    /// The members, in the order of their ids.
    pub fn members(&self) -> &[UserKey] {
        &self.members
    }

    /// The teams it is attached to, in the order of their ids.
    pub fn teams(&self) -> &[TeamKey] {
        &self.teams
    }
}

words! {
    /// What something may be shared as.
    ShareRole {
        /// To look.
        #[default]
        Viewer = "VIEWER",
        /// To comment.
        Commenter = "COMMENTER",
        /// To edit.
        Editor = "EDITOR",
    }
}

words! {
    /// What can be shared with a user group.
    ShareTarget {
        /// A board.
        #[default]
        Board = "board",
        /// A project.
        Project = "project",
    }
}

/// A board or project that a user group may see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// What kind of thing.
    pub target: ShareTarget,
    /// Its id. Projects are not otherwise kept: any id is one.
    pub id: SmolStr,
    /// The user group.
    pub group: GroupKey,
    /// As what.
    pub role: ShareRole,
}
