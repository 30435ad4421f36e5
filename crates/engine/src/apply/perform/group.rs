//! Changes of teams and user groups as a whole.

use futures::TryStreamExt;
use usher_miro::wire::{UserGroupCreate, UserGroupUpdate};
use usher_miro::{
    ErrorKind, GroupListQuery, MiroError, Patch, Priority, ScimGroupDraft, Scope, TeamQuery,
};
use usher_model::{Known, Team, TeamId, UserGroup, UserGroupId};

use super::{Hands, failed, may_have_worked};
use crate::apply::classify::{Failure, FailureKind};
use crate::apply::job::{By, Came, GroupCall, GroupId};

impl Hands {
    pub(super) async fn group(&self, call: GroupCall) -> Result<Came, Failure> {
        match call {
            GroupCall::CreateTeam(name) => self.create_team(&name).await,
            GroupCall::RenameTeam(by, id, name) => self.rename_team(by, id, name).await,
            GroupCall::CreateUserGroup(by, name) => self.create_user_group(by, &name).await,
            GroupCall::RenameUserGroup(by, id, name) => self.rename_user_group(by, id, name).await,
            GroupCall::DeleteUserGroup(by, id) => self.delete_user_group(by, &id).await,
        }
    }

    /// A creation is sent once; should its outcome be unknown, the team is looked for by its name. Names are not unique
    /// in Miro, so it is looked for before as well: an earlier call may have made it, and nobody know.
    async fn create_team(&self, name: &str) -> Result<Came, Failure> {
        let rest = self.rest(Priority::Normal)?;
        match self.teams_named(name).await.as_deref() {
            Ok([]) => {}
            Ok([team]) => return Ok(self.seen(team.clone()).await),
            Ok(teams) => {
                return Err(Failure::new(
                    FailureKind::NeedsAdmin,
                    format!("{} teams are called `{name}`", teams.len()),
                    "rename or delete all of them but one in Miro, then run `usher sync` and plan again",
                ));
            }
            Err(error) => return Ok(failed(error)),
        }
        let error = match rest.create_team(&self.organization, name).await {
            Ok(team) => return Ok(self.seen(team_of(&team.id, &team.name)).await),
            Err(error) => error,
        };
        if may_have_worked(&error)
            && let Ok([team]) = self.teams_named(name).await.as_deref()
        {
            return Ok(self.seen(team.clone()).await);
        }
        Ok(failed(&error))
    }

    /// Reads a new team back: whoever created it is in it, as its admin.
    pub(super) async fn seen(&self, team: Team) -> Came {
        let id = GroupId::Team(team.id.clone());
        let members = if self.tools.may(Scope::TeamsRead) {
            self.pages(&id).await.ok().flatten()
        } else {
            None
        };
        Came::Team(team, members.unwrap_or_default())
    }

    /// The teams with exactly this name; none when no token shows teams.
    pub(super) async fn teams_named(&self, name: &str) -> Result<Vec<Team>, MiroError> {
        let may_ask = self.tools.may(Scope::TeamsRead);
        let Some(rest) = self.client.rest().filter(|_| may_ask) else {
            return Ok(Vec::new());
        };
        let query = TeamQuery {
            name: Some(name.to_owned()),
            ..TeamQuery::default()
        };
        let mut found = Vec::new();
        let mut pages = rest.teams(&self.organization, query);
        while let Some(page) = pages.try_next().await? {
            let named = page.items.iter().filter(|team| team.name == name);
            found.extend(named.map(|team| team_of(&team.id, &team.name)));
        }
        Ok(found)
    }

    async fn rename_team(&self, by: By, id: TeamId, name: String) -> Result<Came, Failure> {
        let renamed = match by {
            By::Scim => {
                let patch = Patch::new().replace("displayName", name.as_str());
                let scim = self.scim(Priority::Normal)?;
                let renamed = scim.patch_group(id.as_str(), &patch).await;
                renamed.map(|group| group.display_name)
            }
            By::Rest => {
                let rest = self.rest(Priority::Normal)?;
                let renamed = rest.rename_team(&self.organization, &id, &name).await;
                renamed.map(|team| team.name)
            }
        };
        match renamed {
            Ok(name) => Ok(Came::Team(Team { id, name }, Vec::new())),
            Err(error) if may_have_worked(&error) => {
                let shown = self.name_of(by, id.as_str()).await;
                Ok(if shown.as_deref() == Some(&name) {
                    Came::Team(Team { id, name }, Vec::new())
                } else {
                    failed(&error)
                })
            }
            Err(error) => Ok(failed(&error)),
        }
    }

    async fn name_of(&self, by: By, id: &str) -> Option<String> {
        match by {
            By::Scim => {
                let group = self.client.scim()?.group(id).await.ok()?;
                Some(group.display_name)
            }
            By::Rest => {
                let team = TeamId::new(id);
                let found = self.client.rest()?.team(&self.organization, &team).await;
                found.ok().map(|team| team.name)
            }
        }
    }

    async fn create_user_group(&self, by: By, name: &str) -> Result<Came, Failure> {
        let created = match by {
            By::Scim => {
                let draft = ScimGroupDraft {
                    display_name: name.to_owned(),
                    members: Vec::new(),
                };
                let created = self.scim(Priority::Normal)?.create_group(&draft).await;
                created.map(|group| user_group_of(&group.id, &group.display_name))
            }
            By::Rest => {
                let draft = UserGroupCreate {
                    name: name.to_owned(),
                    description: None,
                };
                let rest = self.rest(Priority::Normal)?;
                let created = rest.create_user_group(&self.organization, &draft).await;
                created.map(|group| user_group_of(&group.id, &group.name))
            }
        };
        let error = match created {
            Ok(group) => return Ok(Came::UserGroup(group)),
            Err(error) => error,
        };
        let may_be_there = may_have_worked(&error) || *error.kind() == ErrorKind::NotUnique;
        if may_be_there && let Ok(Some(group)) = self.user_group_named(by, name).await {
            return Ok(Came::UserGroup(group));
        }
        Ok(failed(&error))
    }

    /// The user group with exactly this name.
    pub(super) async fn user_group_named(
        &self,
        by: By,
        name: &str,
    ) -> Result<Option<UserGroup>, MiroError> {
        let name: String = name.chars().take(60).collect();
        if by == By::Scim
            && let Some(scim) = self.client.scim()
        {
            let found = scim.groups_by_name(&name).await?;
            return Ok(found
                .first()
                .map(|group| user_group_of(&group.id, &group.display_name)));
        }
        let Some(rest) = self.client.rest() else {
            return Ok(None);
        };
        let mut pages = rest.user_groups(&self.organization, GroupListQuery::default());
        while let Some(page) = pages.try_next().await? {
            if let Some(found) = page.items.iter().find(|group| group.name == name) {
                return Ok(Some(user_group_of(&found.id, &found.name)));
            }
        }
        Ok(None)
    }

    async fn rename_user_group(
        &self,
        by: By,
        id: UserGroupId,
        name: String,
    ) -> Result<Came, Failure> {
        let renamed = match by {
            By::Scim => {
                let patch = Patch::new().replace("displayName", name.as_str());
                let scim = self.scim(Priority::Normal)?;
                let renamed = scim.patch_group(id.as_str(), &patch).await;
                renamed.map(|group| group.display_name)
            }
            By::Rest => {
                let changes = UserGroupUpdate {
                    name: Some(name.clone()),
                    description: None,
                };
                let rest = self.rest(Priority::Normal)?;
                let renamed = rest.update_user_group(&self.organization, &id, &changes);
                renamed.await.map(|group| group.name)
            }
        };
        match renamed {
            Ok(shown) => Ok(Came::UserGroup(user_group_of(id.as_str(), &shown))),
            Err(error) if may_have_worked(&error) => {
                let found = self.user_group_named(by, &name).await;
                Ok(match found {
                    Ok(Some(group)) if group.id == id => Came::UserGroup(group),
                    _ => failed(&error),
                })
            }
            Err(error) => Ok(failed(&error)),
        }
    }

    async fn delete_user_group(&self, by: By, id: &UserGroupId) -> Result<Came, Failure> {
        let deleted = match by {
            By::Scim => self.scim(Priority::Normal)?.delete_group(id.as_str()).await,
            By::Rest => {
                let rest = self.rest(Priority::Normal)?;
                rest.delete_user_group(&self.organization, id).await
            }
        };
        match deleted {
            Ok(()) => match self.recall_gone(by, id).await {
                Ok(None) => Err(Failure::new(
                    FailureKind::Permanent,
                    "Miro took the deletion, and the user group is still there",
                    "look at the user group in Miro",
                )),
                Ok(Some(_)) | Err(_) => Ok(Came::UserGroupGone),
            },
            Err(error) if *error.kind() == ErrorKind::NotFound => Ok(Came::UserGroupGone),
            Err(error) => Ok(failed(&error)),
        }
    }
}

fn team_of(id: &str, name: &str) -> Team {
    Team {
        id: TeamId::new(id),
        name: name.to_owned(),
    }
}

fn user_group_of(id: &str, name: &str) -> UserGroup {
    UserGroup {
        id: UserGroupId::new(id),
        name: name.to_owned(),
        description: Known::Unknown,
    }
}
