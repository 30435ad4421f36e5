//! Changing the organization behind Miro's back, to make drift.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::switches::LastAdmin;
use crate::world::{
    Actor, Change, GroupKey, Moment, NewUser, Refusal, TeamKey, TeamRole, User, UserKey, World,
};

/// A change that no API made.
#[derive(Debug, Deserialize)]
pub(super) struct Edit {
    /// Whether the audit log tells of it.
    #[serde(default)]
    audited: bool,
    #[serde(flatten)]
    what: What,
}

/// Users are named by id or e-mail address, teams and user groups by id or name.
#[derive(Debug, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case")]
enum What {
    AddUser {
        email: String,
        name: Option<String>,
    },
    SetUser {
        user: String,
        set: Map<String, Value>,
    },
    DeleteUser {
        user: String,
    },
    SignIn {
        user: String,
    },
    AddTeam {
        name: String,
    },
    SetTeam {
        team: String,
        name: Option<String>,
        settings: Option<Value>,
    },
    DeleteTeam {
        team: String,
    },
    AddTeamMember {
        team: String,
        user: String,
        #[serde(default)]
        role: TeamRole,
    },
    SetTeamRole {
        team: String,
        user: String,
        role: TeamRole,
    },
    RemoveTeamMember {
        team: String,
        user: String,
    },
    AddGroup {
        name: String,
    },
    DeleteGroup {
        group: String,
    },
    AddGroupMember {
        group: String,
        user: String,
    },
    RemoveGroupMember {
        group: String,
        user: String,
    },
}

impl Edit {
    /// Carries the edit out, or says why not. Last admins are not protected from it.
    pub(super) fn carry_out(self, world: &mut World, now: Timestamp) -> Result<(), String> {
        let switches = world.switches.clone();
        world.switches.last_company_admin = LastAdmin::Allowed;
        world.switches.last_team_admin = LastAdmin::Allowed;
        let change = Change {
            actor: Actor::MiroAutomation,
            at: now,
            ip: None,
        };
        let done = if self.audited {
            self.what.apply(world, &change)
        } else {
            world.unrecorded(|world| self.what.apply(world, &change))
        };
        world.switches = switches;
        done
    }
}

impl What {
    fn apply(self, world: &mut World, change: &Change) -> Result<(), String> {
        match self {
            Self::AddUser { .. }
            | Self::SetUser { .. }
            | Self::DeleteUser { .. }
            | Self::SignIn { .. } => self.apply_to_user(world, change),
            Self::AddGroup { .. }
            | Self::DeleteGroup { .. }
            | Self::AddGroupMember { .. }
            | Self::RemoveGroupMember { .. } => self.apply_to_group(world, change),
            _ => self.apply_to_team(world, change),
        }
    }

    fn apply_to_user(self, world: &mut World, change: &Change) -> Result<(), String> {
        match self {
            Self::AddUser { email, name } => {
                let new = NewUser {
                    user_name: email,
                    full_name: name,
                    ..NewUser::default()
                };
                world.create_user(change, new).map(drop).map_err(words)
            }
            Self::SetUser { user, set } => {
                let key = find_user(world, &user)?;
                let new = overwritten(world.user(key), set)?;
                world.store_user(change, key, new);
                Ok(())
            }
            Self::DeleteUser { user } => {
                let key = find_user(world, &user)?;
                world.delete_user(change, key).map_err(words)
            }
            Self::SignIn { user } => {
                let key = find_user(world, &user)?;
                world.sign_in(change, key);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn apply_to_team(self, world: &mut World, change: &Change) -> Result<(), String> {
        match self {
            Self::AddTeam { name } => world.create_team(change, &name).map(drop).map_err(words),
            Self::SetTeam {
                team,
                name,
                settings,
            } => {
                let team = find_team(world, &team)?;
                if let Some(settings) = settings {
                    world.set_team_settings(change, team, settings);
                }
                name.map_or(Ok(()), |name| world.rename_team(change, team, &name))
                    .map_err(words)
            }
            Self::DeleteTeam { team } => {
                let team = find_team(world, &team)?;
                world.delete_team(change, team).map_err(words)
            }
            Self::AddTeamMember { team, user, role } => {
                let (team, user) = (find_team(world, &team)?, find_user(world, &user)?);
                world.insert_membership(change, team, user, role);
                Ok(())
            }
            Self::SetTeamRole { team, user, role } => {
                let (team, user) = (find_team(world, &team)?, find_user(world, &user)?);
                world.set_team_role(change, team, user, role).map_err(words)
            }
            Self::RemoveTeamMember { team, user } => {
                let (team, user) = (find_team(world, &team)?, find_user(world, &user)?);
                world.remove_team_member(change, team, user).map_err(words)
            }
            _ => Ok(()),
        }
    }

    fn apply_to_group(self, world: &mut World, change: &Change) -> Result<(), String> {
        match self {
            Self::AddGroup { name } => world
                .create_user_group(change, &name, "")
                .map(drop)
                .map_err(words),
            Self::DeleteGroup { group } => {
                let group = find_group(world, &group)?;
                world.delete_user_group(change, group);
                Ok(())
            }
            Self::AddGroupMember { group, user } => {
                let (group, user) = (find_group(world, &group)?, find_user(world, &user)?);
                world.add_group_member(change, group, user).map_err(words)
            }
            Self::RemoveGroupMember { group, user } => {
                let (group, user) = (find_group(world, &group)?, find_user(world, &user)?);
                world
                    .remove_group_member(change, group, user)
                    .map_err(words)
            }
            _ => Ok(()),
        }
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what map_err hands over"
)]
fn words(refusal: Refusal) -> String {
    refusal.to_string()
}

fn find_user(world: &World, name: &str) -> Result<UserKey, String> {
    let by_id = name.parse().ok().and_then(|id| world.find_user(id));
    let found = by_id.or_else(|| world.find_user_by_email(name));
    found.ok_or_else(|| format!("there is no user {name}"))
}

fn find_team(world: &World, name: &str) -> Result<TeamKey, String> {
    let by_id = name.parse().ok().and_then(|id| world.find_team(id));
    let found = by_id.or_else(|| {
        world
            .teams_after(0)
            .find(|team| world.team(*team).name == name)
    });
    found.ok_or_else(|| format!("there is no team {name}"))
}

fn find_group(world: &World, name: &str) -> Result<GroupKey, String> {
    let by_id = name.parse().ok().and_then(|id| world.find_group(id));
    let found = by_id.or_else(|| world.find_group_by_name(name));
    found.ok_or_else(|| format!("there is no user group {name}"))
}

/// The user with some fields overwritten, named as in the state file. Times may be given as text.
fn overwritten(old: &User, set: Map<String, Value>) -> Result<User, String> {
    let mut fields = serde_json::to_value(old).map_err(|error| error.to_string())?;
    let known = fields.as_object_mut().ok_or("a user is an object")?;
    for (name, value) in set {
        let time = value
            .as_str()
            .filter(|_| name.ends_with("_at"))
            .map(str::parse::<Timestamp>);
        let value = match time {
            Some(Ok(time)) => serde_json::to_value(Moment::from(time)).unwrap_or_default(),
            Some(Err(error)) => return Err(format!("{name}: {error}")),
            None => value,
        };
        known.insert(name, value);
    }
    let mut new: User = serde_json::from_value(fields).map_err(|error| error.to_string())?;
    if new.id != old.id || new.presence != old.presence {
        return Err("id and presence cannot be set; use delete_user".to_owned());
    }
    (new.teams, new.groups, new.boards) =
        (old.teams.clone(), old.groups.clone(), old.boards.clone());
    Ok(new)
}
