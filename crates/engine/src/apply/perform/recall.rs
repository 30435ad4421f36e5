//! Finding out what became of a call that a run before this one was about to send.

use std::collections::HashSet;

use usher_miro::{ErrorKind, MiroError, Priority};
use usher_model::{AccountId, TeamId, TeamRole, UserGroupId};

use super::Hands;
use crate::apply::batch::Direction;
use crate::apply::classify::{Failure, FailureKind};
use crate::apply::job::{By, Came, GroupId, Sessions, Whence};
use crate::apply::verify::Expected;

/// What to look for.
#[derive(Clone, Debug)]
pub enum Recall {
    /// An account with this address.
    Created {
        /// The address.
        user_name: String,
    },
    /// An account as it should be.
    Changed {
        /// Whose.
        account: AccountId,
        /// What it should show.
        expected: Vec<Expected>,
        /// What happens to its sessions, if it shows that.
        sessions: Sessions,
    },
    /// Memberships.
    Members {
        /// Of what.
        group: GroupId,
        /// In or out.
        direction: Direction,
        /// The changes and their accounts.
        members: Vec<(usize, AccountId)>,
    },
    /// A role in a team.
    Role {
        /// The team.
        team: TeamId,
        /// Whose.
        account: AccountId,
        /// Which.
        role: TeamRole,
    },
    /// A team with this name.
    Team(String),
    /// A user group with this name.
    UserGroup(By, String),
    /// A user group that should be gone.
    NoUserGroup(By, UserGroupId),
}

impl Hands {
    /// What is there of what an earlier call should have done; `None`: nothing, or it cannot be told.
    ///
    /// # Errors
    /// When Miro cannot be asked.
    pub async fn recall(&self, what: Recall) -> Result<Option<Came>, MiroError> {
        match what {
            Recall::Created { user_name } => self.recall_created(&user_name).await,
            Recall::Changed {
                account,
                expected,
                sessions,
            } => self.recall_changed(&account, &expected, sessions).await,
            Recall::Members {
                group,
                direction,
                members,
            } => self.recall_members(&group, direction, members).await,
            Recall::Role {
                team,
                account,
                role,
            } => self.recall_role(&team, &account, &role).await,
            Recall::Team(name) => match self.teams_named(&name).await?.as_slice() {
                [team] => Ok(Some(self.seen(team.clone()).await)),
                _ => Ok(None),
            },
            Recall::UserGroup(by, name) => {
                Ok(self.user_group_named(by, &name).await?.map(Came::UserGroup))
            }
            Recall::NoUserGroup(by, id) => self.recall_gone(by, &id).await,
        }
    }

    async fn recall_created(&self, user_name: &str) -> Result<Option<Came>, MiroError> {
        let Ok(scim) = self.scim(Priority::Normal) else {
            return Ok(None);
        };
        let found = scim.user_by_name(user_name).await?;
        Ok(found.map(|user| Came::User(Box::new(user), Whence::Created)))
    }

    async fn recall_changed(
        &self,
        account: &AccountId,
        expected: &[Expected],
        sessions: Sessions,
    ) -> Result<Option<Came>, MiroError> {
        let Ok(scim) = self.scim(Priority::Normal) else {
            return Ok(None);
        };
        match scim.user(account).await {
            Ok(user) => {
                let shows_all = !expected.is_empty()
                    && expected.iter().all(|one| one.mismatch(&user).is_none());
                if !shows_all {
                    return Ok(None);
                }
                let whence = self.sign_out(&user, sessions).await;
                Ok(Some(Came::User(Box::new(user), whence)))
            }
            Err(error) if *error.kind() == ErrorKind::NotFound => {
                Ok(expected.contains(&Expected::Gone).then_some(Came::Gone))
            }
            Err(error) => Err(error),
        }
    }

    async fn recall_members(
        &self,
        group: &GroupId,
        direction: Direction,
        members: Vec<(usize, AccountId)>,
    ) -> Result<Option<Came>, MiroError> {
        let accounts: Vec<AccountId> = members.iter().map(|(_, id)| id.clone()).collect();
        let present = match self.present(group, &accounts, accounts.len()).await {
            Err(error) if *error.kind() == ErrorKind::NotFound => {
                return Ok(Some(without_group(direction, members)));
            }
            present => present?,
        };
        let Some(present) = present else {
            return Ok(None);
        };
        let present: HashSet<AccountId> = present.into_iter().map(|(id, _)| id).collect();
        let wanted = direction == Direction::Add;
        let ends = members
            .into_iter()
            .filter(|(_, account)| present.contains(account) == wanted)
            .map(|(change, _)| (change, Ok(())))
            .collect();
        Ok(Some(Came::Members {
            ends,
            members: None,
        }))
    }

    async fn recall_role(
        &self,
        team: &TeamId,
        account: &AccountId,
        role: &TeamRole,
    ) -> Result<Option<Came>, MiroError> {
        let Ok(rest) = self.rest(Priority::Normal) else {
            return Ok(None);
        };
        match rest.team_member(&self.organization, team, account).await {
            Ok(member) if TeamRole::from(member.role.as_str()) == *role => Ok(Some(Came::Member)),
            Ok(_) => Ok(None),
            Err(error) if *error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn recall_gone(
        &self,
        by: By,
        id: &UserGroupId,
    ) -> Result<Option<Came>, MiroError> {
        let found = match (by, self.client.scim(), self.client.rest()) {
            (By::Scim, Some(scim), _) => scim.group(id.as_str()).await.map(|_| ()),
            (_, _, Some(rest)) => {
                let found = rest.user_group(&self.organization, id).await;
                found.map(|_| ())
            }
            _ => Ok(()),
        };
        match found {
            Ok(()) => Ok(None),
            Err(error) if *error.kind() == ErrorKind::NotFound => Ok(Some(Came::UserGroupGone)),
            Err(error) => Err(error),
        }
    }
}

/// Where the group is gone, nobody is in it, and nobody comes into it any more.
fn without_group(direction: Direction, members: Vec<(usize, AccountId)>) -> Came {
    let end = || match direction {
        Direction::Remove => Ok(()),
        Direction::Add => Err(Failure::new(
            FailureKind::Permanent,
            "the team or user group is gone",
            "plan again",
        )),
    };
    Came::Members {
        ends: members.into_iter().map(|(at, _)| (at, end())).collect(),
        members: None,
    }
}
