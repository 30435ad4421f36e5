//! From changes to jobs.

use serde_json::{Value, json};
use usher_miro::{Priority, RestLevel, ScimClass};
use usher_plan::{Action, Change, Urgency};

use super::batch::Direction;
use super::classify::{Failure, FailureKind};
use super::job::{By, GroupCall, Job, MemberJob, MemberStep, Sessions, UserJob};
use super::lanes::Cost;
use super::means::Means;
use super::run::Run;
use super::verify::expected;
use super::writing::{UserCall, user_call};

impl Run<'_> {
    /// The job that makes a change which is not gathered with others.
    pub(super) fn job(&self, at: usize) -> Result<Job, Failure> {
        let (change, means) = self
            .changes
            .get(at)
            .zip(self.tracks.get(at).and_then(|track| track.means))
            .ok_or_else(unknown_account)?;
        match means {
            Means::Here => Ok(Job::Here),
            Means::ScimUser => self.user_job(at, change),
            Means::ScimGroup => group_job(change, By::Scim),
            Means::RestTeam | Means::RestUserGroup => match &change.action {
                Action::AddToTeam { .. }
                | Action::RemoveFromTeam { .. }
                | Action::SetTeamRole { .. } => self.member_job(at, change),
                _ => group_job(change, By::Rest),
            },
        }
    }

    fn user_job(&self, at: usize, change: &Change) -> Result<Job, Failure> {
        let call = user_call(&change.action).ok_or_else(unknown_account)?;
        let account = match call {
            UserCall::Create(_) => None,
            _ => Some(self.account_of_change(at).ok_or_else(unknown_account)?),
        };
        Ok(Job::User(UserJob {
            account,
            call,
            expected: expected(&change.action),
            priority: priority(change.urgency),
            sessions: self.sessions_after(change),
        }))
    }

    /// What happens to sessions when this change is made.
    pub(super) fn sessions_after(&self, change: &Change) -> Sessions {
        match change.action {
            Action::Disable { .. } => self.sessions,
            _ => Sessions::Leave,
        }
    }

    fn member_job(&self, at: usize, change: &Change) -> Result<Job, Failure> {
        let account = self.account_of_change(at).ok_or_else(unknown_account)?;
        let gone = || {
            Failure::new(
                FailureKind::Permanent,
                "the team is not there",
                "plan again",
            )
        };
        let (team, step) = match &change.action {
            Action::AddToTeam { team, .. } => {
                let email = self.emails.get(&account).cloned();
                let email = email.ok_or_else(|| {
                    Failure::new(
                        FailureKind::Permanent,
                        "REST finds people by their address, and the account's is not known",
                        "run `usher sync`, then plan again",
                    )
                })?;
                (self.books.team(team), MemberStep::Invite { email })
            }
            Action::RemoveFromTeam { team, .. } => (Some(team.clone()), MemberStep::Remove),
            Action::SetTeamRole { team, after, .. } => {
                (self.books.team(team), MemberStep::Role(after.clone()))
            }
            _ => (None, MemberStep::Remove),
        };
        Ok(Job::Member(MemberJob {
            team: team.ok_or_else(gone)?,
            account,
            step,
            priority: priority(change.urgency),
        }))
    }
}

/// A change of a team or user group as a whole.
fn group_job(change: &Change, by: By) -> Result<Job, Failure> {
    let call = match &change.action {
        Action::CreateTeam { name, .. } => GroupCall::CreateTeam(name.clone()),
        Action::RenameTeam { team, after } => {
            GroupCall::RenameTeam(by, team.id.clone(), after.clone())
        }
        Action::CreateUserGroup { name, .. } => GroupCall::CreateUserGroup(by, name.clone()),
        Action::RenameUserGroup { user_group, after } => {
            GroupCall::RenameUserGroup(by, user_group.id.clone(), after.clone())
        }
        Action::DeleteUserGroup { user_group } => {
            GroupCall::DeleteUserGroup(by, user_group.id.clone())
        }
        _ => return Err(unknown_account()),
    };
    Ok(Job::Group(call))
}

/// What a change costs that is not gathered with others.
pub(super) fn cost_of(change: &Change, means: Means) -> Cost {
    match (means, &change.action) {
        (Means::Here, _) => Cost::Nothing,
        (Means::ScimUser, action) => {
            let class = user_call(action).map_or(ScimClass::PatchUser, |call| call.class());
            Cost::Scim(class)
        }
        (Means::ScimGroup, Action::CreateUserGroup { .. }) => Cost::Scim(ScimClass::CreateGroup),
        (Means::ScimGroup, Action::DeleteUserGroup { .. }) => Cost::Scim(ScimClass::DeleteGroup),
        (Means::ScimGroup, _) => Cost::Scim(ScimClass::PatchGroupSmall),
        (_, Action::AddToTeam { .. } | Action::SetTeamRole { .. }) => Cost::Rest(RestLevel::Two),
        (_, Action::DeleteUserGroup { .. }) => Cost::Rest(RestLevel::Four),
        _ => Cost::Rest(RestLevel::One),
    }
}

pub(super) fn priority(urgency: Urgency) -> Priority {
    match urgency {
        Urgency::Urgent => Priority::Urgent,
        Urgency::Normal => Priority::Normal,
    }
}

pub(super) fn unknown_account() -> Failure {
    Failure::new(
        FailureKind::Permanent,
        "the account is not there",
        "plan again",
    )
}

/// A job's call, as the journal keeps it.
pub(super) fn words(job: &Job) -> Value {
    match job {
        Job::User(job) => match &job.call {
            UserCall::Create(draft) => {
                json!({"call": job.call.words(), "user_name": draft.user_name})
            }
            _ => json!({"call": job.call.words(), "account": job.account}),
        },
        Job::Members(job) => {
            let call = match job.by {
                By::Scim => "PATCH /Groups/{id}",
                By::Rest => "PATCH /v2/orgs/{org_id}/groups/{group_id}/members",
            };
            let direction = match job.direction {
                Direction::Add => "add",
                Direction::Remove => "remove",
            };
            json!({"call": call, "group": job.group.as_str(), "direction": direction})
        }
        Job::Member(job) => {
            let step = match &job.step {
                MemberStep::Invite { .. } => "POST",
                MemberStep::Remove => "DELETE",
                MemberStep::Role(_) => "PATCH",
            };
            let call = format!("{step} /v2/orgs/{{org_id}}/teams/{{team_id}}/members");
            json!({"call": call, "team": job.team, "account": job.account})
        }
        Job::Group(call) => match call {
            GroupCall::CreateTeam(name) => json!({"call": "create team", "name": name}),
            GroupCall::RenameTeam(_, id, name) => {
                json!({"call": "rename team", "team": id, "name": name})
            }
            GroupCall::CreateUserGroup(_, name) => {
                json!({"call": "create user group", "name": name})
            }
            GroupCall::RenameUserGroup(_, id, name) => {
                json!({"call": "rename user group", "user_group": id, "name": name})
            }
            GroupCall::DeleteUserGroup(_, id) => {
                json!({"call": "delete user group", "user_group": id})
            }
        },
        Job::Here | Job::VerifyUser { .. } | Job::VerifyMembers { .. } | Job::VerifyAll(_) => {
            Value::Null
        }
    }
}
