//! A group as SCIM shows it: a team or a user group, by the organization's model.

use serde_json::{Map, Value, json};
use smol_str::SmolStr;
use usher_scim::urn;

use crate::switches::{GroupModel, OnOff};
use crate::world::{GroupKey, TeamKey, UserKey, World};

/// What a SCIM group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScimGroup {
    /// A team.
    Team(TeamKey),
    /// A user group.
    UserGroup(GroupKey),
}

impl ScimGroup {
    /// The group with this id, in the organization's model.
    pub(super) fn find(world: &World, id: &str) -> Option<Self> {
        let id = id.parse().ok()?;
        match world.switches.group_model {
            GroupModel::Team => world.find_team(id).map(Self::Team),
            GroupModel::UserGroup => world.find_group(id).map(Self::UserGroup),
        }
    }

    /// All groups, in the order of their ids.
    pub(super) fn all(world: &World) -> Vec<Self> {
        match world.switches.group_model {
            GroupModel::Team => world.teams_after(0).map(Self::Team).collect(),
            GroupModel::UserGroup => world.groups_after(0).map(Self::UserGroup).collect(),
        }
    }

    pub(super) fn id(self, world: &World) -> u64 {
        match self {
            Self::Team(key) => world.team(key).id,
            Self::UserGroup(key) => world.group(key).id,
        }
    }

    pub(super) fn name(self, world: &World) -> &SmolStr {
        match self {
            Self::Team(key) => &world.team(key).name,
            Self::UserGroup(key) => &world.group(key).name,
        }
    }

    /// The members whom SCIM shows, in the order of their ids: guests of a team are not.
    pub(super) fn members(self, world: &World) -> Vec<UserKey> {
        let seen = |key: &UserKey| world.user(*key).is_visible_to_scim();
        match self {
            Self::Team(key) => world
                .team(key)
                .members()
                .iter()
                .map(|one| one.user)
                .filter(seen)
                .collect(),
            Self::UserGroup(key) => world
                .group(key)
                .members()
                .iter()
                .copied()
                .filter(seen)
                .collect(),
        }
    }

    /// Where the group is.
    pub(super) fn location(self, world: &World, base: &str) -> String {
        format!("{base}/Groups/{}", self.id(world))
    }
}

/// Whether to show the members of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Members {
    /// They are wanted.
    Shown,
    /// They would be thrown away.
    Hidden,
}

/// The whole resource; what the caller sees of it is decided afterwards.
pub(super) fn resource(world: &World, group: ScimGroup, members: Members, base: &str) -> Value {
    let mut out = Map::new();
    out.insert("schemas".to_owned(), json!([urn::CORE_GROUP]));
    out.insert("id".to_owned(), group.id(world).to_string().into());
    out.insert("displayName".to_owned(), group.name(world).as_str().into());
    if members == Members::Shown {
        let member = |key: UserKey| member(world, key);
        let members: Vec<Value> = group.members(world).into_iter().map(member).collect();
        out.insert("members".to_owned(), members.into());
    }
    let location = group.location(world, base);
    out.insert(
        "meta".to_owned(),
        json!({"resourceType": "Group", "location": location}),
    );
    Value::Object(out)
}

fn member(world: &World, key: UserKey) -> Value {
    let user = world.user(key);
    let mut out = Map::new();
    out.insert("value".to_owned(), user.id.to_string().into());
    out.insert("type".to_owned(), "User".into());
    if world.switches.members_display == OnOff::On {
        out.insert("display".to_owned(), user.full_name.as_str().into());
    }
    Value::Object(out)
}
