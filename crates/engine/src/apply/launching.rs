//! From what may be sent to what is sent.

use serde_json::{Value, json};
use usher_miro::{Priority, RestLevel, Scope};
use usher_model::{AccountId, GroupModel, Known};
use usher_plan::{Action, Change, Urgency};
use usher_store::JournalEntry;

use super::batch::{CallSize, Direction, fitting};
use super::classify::{Failure, FailureKind};
use super::groups::{Carriage, Group, REST_MEMBERS, Turn};
use super::job::{
    By, Came, GroupCall, GroupId, Job, MemberJob, MemberStep, MembersJob, Sessions, UserJob,
};
use super::lanes::{Cost, Lane};
use super::means::Means;
use super::options::SessionPolicy;
use super::queue::Item;
use super::run::{About, Finished, GroupRef, Intent, Lost, Run};
use super::verify::expected;
use super::writing::{UserCall, user_call};
use crate::fault_point;

/// Urgent calls of a lane that may be under way beside the others.
const URGENT: usize = 64;

impl Run<'_> {
    /// Sends what may be sent, as far as lanes have room.
    pub(super) async fn dispatch(&mut self) -> Result<(), Lost> {
        if self.ending.is_some() {
            return Ok(());
        }
        for lane in self.queue.lanes() {
            while let Some((item, urgency)) = self.next_of(lane) {
                self.queue.drop(&item);
                self.launch(lane, urgency, item).await?;
                if self.ending.is_some() {
                    return Ok(());
                }
            }
        }
        fault_point::reached("apply.between_batches");
        Ok(())
    }

    fn next_of(&self, lane: Lane) -> Option<(Item, Urgency)> {
        let under_way = self.under_way.get(&lane).copied().unwrap_or_default();
        if under_way.normal < self.room(lane) {
            return self.queue.first(lane, Urgency::Normal);
        }
        let first = self.queue.first(lane, Urgency::Urgent);
        first.filter(|_| under_way.urgent < URGENT)
    }

    /// How many calls of a lane may be under way or wait for it.
    fn room(&self, lane: Lane) -> usize {
        let all = self.options.in_flight.max(1);
        match lane {
            Lane::Class(class) => self.pace.calls(class).map_or(all, |calls| {
                usize::try_from(calls)
                    .unwrap_or(all)
                    .saturating_add(2)
                    .min(all)
            }),
            Lane::Here | Lane::Rest | Lane::Scim => all,
        }
    }

    async fn launch(&mut self, lane: Lane, urgency: Urgency, item: Item) -> Result<(), Lost> {
        match item {
            Item::Change(at) => match self.job(at) {
                Ok(job) => self.spawn(lane, urgency, About::Change(at), job),
                Err(failure) => self.failed(at, failure).await?,
            },
            Item::Members(group) => self.launch_members(lane, group).await?,
            Item::Reading(number) => {
                let job = self.readings.get_mut(number).and_then(Option::take);
                if let Some(job) = job {
                    self.spawn(lane, urgency, About::Reading(number), job);
                }
            }
        }
        Ok(())
    }

    async fn launch_members(&mut self, lane: Lane, at: usize) -> Result<(), Lost> {
        let Some(turn) = self
            .groups
            .get(at)
            .and_then(|group| group.turn(self.patience))
        else {
            return Ok(());
        };
        let Some(group) = self.group_id(at) else {
            return self.fail_group(at, turn).await;
        };
        let (count, carriage) = self.measure(at, turn);
        let taken = match self.groups.get_mut(at) {
            Some(group) => group.take(turn, count),
            None => return Ok(()),
        };
        let (mut members, mut lost) = (Vec::new(), Vec::new());
        for change in taken {
            match self.account_of_change(change) {
                Some(account) => members.push((change, account)),
                None => lost.push(change),
            }
        }
        for change in lost {
            self.failed(change, unknown_account()).await?;
        }
        if members.is_empty() {
            if let Some(group) = self.groups.get_mut(at) {
                group.free();
            }
            self.queue_group(at);
            return Ok(());
        }
        let changes = members.iter().map(|(change, _)| *change).collect();
        let job = Job::Members(MembersJob {
            group,
            by: match carriage {
                Carriage::Scim => By::Scim,
                Carriage::Rest => By::Rest,
            },
            direction: turn.direction,
            members,
            priority: priority(turn.urgency),
        });
        self.spawn(
            lane,
            turn.urgency,
            About::Members { group: at, changes },
            job,
        );
        Ok(())
    }

    /// How many members go by the next call.
    fn measure(&self, at: usize, turn: Turn) -> (usize, Carriage) {
        let Some(group) = self.groups.get(at) else {
            return (0, Carriage::Scim);
        };
        let count = match group.carriage() {
            Carriage::Rest => REST_MEMBERS,
            Carriage::Scim => {
                let most = match turn.size {
                    CallSize::Small => super::batch::SMALL_MEMBERS,
                    CallSize::Large => super::batch::LARGE_MEMBERS,
                };
                let accounts: Vec<AccountId> = group
                    .candidates(turn)
                    .take(most)
                    .map(|change| {
                        self.account_of_change(change)
                            .unwrap_or_else(|| AccountId::new(""))
                    })
                    .collect();
                fitting(turn.size, turn.direction, &accounts).max(1)
            }
        };
        (count, group.carriage())
    }

    async fn fail_group(&mut self, at: usize, turn: Turn) -> Result<(), Lost> {
        let taken = match self.groups.get_mut(at) {
            Some(group) => {
                let taken = group.take(turn, usize::MAX);
                group.free();
                taken
            }
            None => Vec::new(),
        };
        for change in taken {
            let failure = Failure::new(
                FailureKind::Permanent,
                "the team or user group is not there",
                "plan again",
            );
            self.failed(change, failure).await?;
        }
        Ok(())
    }

    fn spawn(&mut self, lane: Lane, urgency: Urgency, about: About, job: Job) {
        let under_way = self.under_way.entry(lane).or_default();
        match urgency {
            Urgency::Urgent => under_way.urgent += 1,
            Urgency::Normal => under_way.normal += 1,
        }
        let entries = self.entries(&about, &job);
        let (pen, hands) = (self.pen.clone(), self.hands.clone());
        self.tasks.spawn(async move {
            let is_written = entries.is_empty() || pen.intend(entries).await.is_ok();
            let came = if is_written {
                let came = hands.perform(job).await;
                fault_point::reached("apply.after_send");
                came
            } else {
                Came::NoJournal
            };
            Finished {
                lane,
                urgency,
                about,
                came,
            }
        });
    }

    /// What the journal is told before the call is sent.
    fn entries(&mut self, about: &About, job: &Job) -> Vec<JournalEntry> {
        let changes: &[usize] = match about {
            About::Change(at) => std::slice::from_ref(at),
            About::Members { changes, .. } => changes,
            About::Reading(_) => &[],
        };
        let call = words(job);
        let mut entries = Vec::new();
        for at in changes {
            let Some((track, change)) = self.tracks.get_mut(*at).zip(self.changes.get(*at)) else {
                continue;
            };
            if track.intent == Intent::Missing {
                track.intent = Intent::Written;
                entries.push(JournalEntry {
                    number: change.number,
                    call: call.clone(),
                });
            }
        }
        entries
    }

    /// The account that a change is about, once it is there.
    pub(super) fn account_of_change(&self, at: usize) -> Option<AccountId> {
        let account = self.changes.get(at)?.action.account()?;
        self.books.account(&account)
    }

    /// A group among those whose members change, once it is there.
    pub(super) fn group_id(&self, at: usize) -> Option<GroupId> {
        match self.group_refs.get(at)? {
            GroupRef::Team(team) => self.books.team(team).map(GroupId::Team),
            GroupRef::UserGroup(group) => self.books.user_group(group).map(GroupId::UserGroup),
        }
    }

    /// What a group's next call costs.
    pub(super) fn turn_cost(group: &Group, turn: Turn) -> Cost {
        match group.carriage() {
            Carriage::Scim => Cost::Scim(turn.size.class()),
            Carriage::Rest => {
                let members = group.candidates(turn).take(REST_MEMBERS).count();
                Cost::RestItems(u32::try_from(members).unwrap_or(u32::MAX))
            }
        }
    }

    /// The job that makes a change which is not gathered with others.
    fn job(&self, at: usize) -> Result<Job, Failure> {
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
        let ends_sessions = matches!(change.action, Action::Disable { .. })
            && change.urgency == Urgency::Urgent
            && self.options.sessions == SessionPolicy::EndWhenUrgent
            && self.tools.may(Scope::SessionsDelete);
        Ok(Job::User(UserJob {
            account,
            call,
            expected: expected(&change.action),
            priority: priority(change.urgency),
            sessions: if ends_sessions {
                Sessions::End
            } else {
                Sessions::Leave
            },
        }))
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

    /// Whether SCIM shows memberships of this kind of group.
    pub(super) fn scim_shows(&self, group: &GroupId) -> bool {
        let model = match group {
            GroupId::Team(_) => GroupModel::Team,
            GroupId::UserGroup(_) => GroupModel::UserGroup,
        };
        self.tools.group_model == Known::Known(model)
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
    use usher_miro::ScimClass;
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

fn priority(urgency: Urgency) -> Priority {
    match urgency {
        Urgency::Urgent => Priority::Urgent,
        Urgency::Normal => Priority::Normal,
    }
}

fn unknown_account() -> Failure {
    Failure::new(
        FailureKind::Permanent,
        "the account is not there",
        "plan again",
    )
}

/// A job's call, as the journal keeps it.
fn words(job: &Job) -> Value {
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
