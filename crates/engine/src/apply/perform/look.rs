//! Reading back what is.

use std::collections::HashSet;
use std::sync::Arc;

use futures::TryStreamExt;
use usher_miro::{
    ErrorKind, GroupListQuery, MiroError, Priority, Scope, TeamMemberQuery, UserQuery,
};
use usher_model::{AccountId, GroupModel, Known, TeamRole};

use super::Hands;
use crate::apply::classify::{Failure, classify};
use crate::apply::job::{Came, GroupId};
use crate::apply::verifier::Sweep;
use crate::apply::verify::asks_for_each;

/// Memberships with their roles, where they were seen.
type Present = Vec<(AccountId, Option<TeamRole>)>;

impl Hands {
    pub(super) async fn see_user(
        &self,
        account: AccountId,
        priority: Priority,
    ) -> Result<Came, Failure> {
        match self.scim(priority)?.user(&account).await {
            Ok(user) => Ok(Came::SeenUser(Some(Box::new(user)))),
            Err(error) if *error.kind() == ErrorKind::NotFound => Ok(Came::SeenUser(None)),
            Err(error) => Ok(unread(&error)),
        }
    }

    pub(super) async fn see_members(
        &self,
        group: GroupId,
        accounts: Vec<AccountId>,
        members: usize,
    ) -> Result<Came, Failure> {
        match self.present(&group, &accounts, members).await {
            Ok(Some(present)) => Ok(Came::SeenMembers(present)),
            Ok(None) => Ok(Came::Here),
            Err(error) => Ok(unread(&error)),
        }
    }

    /// Which of these accounts are in the group; `None` when no token shows it.
    pub(super) async fn present(
        &self,
        group: &GroupId,
        accounts: &[AccountId],
        members: usize,
    ) -> Result<Option<Present>, MiroError> {
        let wanted: HashSet<&AccountId> = accounts.iter().collect();
        let (scope, model) = match group {
            GroupId::Team(_) => (Scope::TeamsRead, GroupModel::Team),
            GroupId::UserGroup(_) => (Scope::GroupsRead, GroupModel::UserGroup),
        };
        if self.tools.may(scope) {
            let found = if asks_for_each(accounts.len(), members) {
                self.each(group, accounts).await?
            } else {
                self.pages(group).await?
            };
            return Ok(found.map(|found| {
                let found = found.into_iter();
                found.filter(|(id, _)| wanted.contains(id)).collect()
            }));
        }
        let Some(scim) = self
            .client
            .scim()
            .filter(|_| self.tools.group_model == Known::Known(model))
        else {
            return Ok(None);
        };
        let seen = scim.group(group.as_str()).await?;
        let ids = seen.members.unwrap_or_default().into_iter();
        let ids = ids.map(|member| AccountId::from(member.value));
        Ok(Some(
            ids.filter(|id| wanted.contains(id))
                .map(|id| (id, None))
                .collect(),
        ))
    }

    async fn each(
        &self,
        group: &GroupId,
        accounts: &[AccountId],
    ) -> Result<Option<Present>, MiroError> {
        let Some(rest) = self.client.rest() else {
            return Ok(None);
        };
        let mut present = Present::new();
        for account in accounts {
            let role = match group {
                GroupId::Team(team) => {
                    let found = rest.team_member(&self.organization, team, account).await;
                    found.map(|member| Some(TeamRole::from(member.role.as_str())))
                }
                GroupId::UserGroup(id) => {
                    let found = rest
                        .user_group_member(&self.organization, id, account)
                        .await;
                    found.map(|_| None)
                }
            };
            match role {
                Ok(role) => present.push((account.clone(), role)),
                Err(error) if *error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(present))
    }

    pub(super) async fn pages(&self, group: &GroupId) -> Result<Option<Present>, MiroError> {
        let Some(rest) = self.client.rest() else {
            return Ok(None);
        };
        let mut present = Present::new();
        match group {
            GroupId::Team(team) => {
                let mut pages =
                    rest.team_members(&self.organization, team, TeamMemberQuery::default());
                while let Some(page) = pages.try_next().await? {
                    let members = page
                        .items
                        .into_iter()
                        .filter(|member| member.role != "non_team");
                    present.extend(members.map(|member| {
                        let role = TeamRole::from(member.role.as_str());
                        (AccountId::from(member.id), Some(role))
                    }));
                }
            }
            GroupId::UserGroup(id) => {
                let mut pages =
                    rest.user_group_members(&self.organization, id, GroupListQuery::default());
                while let Some(page) = pages.try_next().await? {
                    let ids = page.items.into_iter();
                    present.extend(ids.map(|member| (AccountId::from(member.id), None)));
                }
            }
        }
        Ok(Some(present))
    }

    /// Reads the whole list of users and compares it with what is expected of them.
    pub(super) async fn sweep(&self, sweep: &Arc<Sweep>) -> Result<Came, Failure> {
        let scim = self.scim(Priority::Normal)?;
        let mut pages = scim.users(UserQuery::default());
        let mut unseen: HashSet<AccountId> = sweep.accounts().cloned().collect();
        let mut mismatches = Vec::new();
        loop {
            match pages.try_next().await {
                Ok(Some(page)) => {
                    sweep.read_page();
                    for user in &page.items {
                        let id = AccountId::new(&user.id);
                        if unseen.remove(&id) {
                            mismatches.extend(sweep.mismatches(&id, user));
                        }
                    }
                }
                Ok(None) => break,
                Err(error) => return Ok(unread(&error)),
            }
        }
        Ok(Came::Swept {
            mismatches,
            unseen: unseen.into_iter().collect(),
        })
    }
}

fn unread(error: &MiroError) -> Came {
    match error.kind() {
        ErrorKind::Stopped => Came::Unsent,
        _ => Came::Unread(classify(error)),
    }
}
