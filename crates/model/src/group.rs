//! Groups of the directory.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{GroupId, PersonId};

/// A set of people in the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The group's id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// Who is in it, and which groups are. Groups may contain each other, even in a circle.
    pub members: Vec<GroupMember>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum GroupMember {
    /// A person.
    Person(PersonId),
    /// Another group, whose members are members too.
    Group(GroupId),
}

/// What a SCIM Group means in an organization (reference: Miro's SCIM introduction, both editions).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupModel {
    /// A SCIM Group is a team: it cannot be created or deleted through SCIM, and leaving it hands boards over.
    Team,
    /// A SCIM Group is a user group: it can be created and deleted, and leaving it changes nothing else.
    UserGroup,
}

impl GroupModel {
    /// The model as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::UserGroup => "user_group",
        }
    }
}

impl fmt::Display for GroupModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
