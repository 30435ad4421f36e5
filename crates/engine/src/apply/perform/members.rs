//! Changes of memberships.

use std::collections::HashSet;

use usher_miro::wire::{BulkEdit, BulkResult};
use usher_miro::{ErrorKind, MiroError, Rest, Scim, ScimGroup};
use usher_model::{AccountId, TeamRole};

use super::{Hands, failed, may_have_worked};
use crate::apply::batch::{Direction, Quoting, patch};
use crate::apply::classify::{Failure, FailureKind, classify};
use crate::apply::job::{By, Came, GroupId, MemberJob, MemberStep, MembersJob};

/// How often a call of unknown outcome is gone on with, after reading back what it did.
const GOING_ON: u32 = 4;

type Member = (usize, AccountId);

/// Whether a part was sent. It is not when everything stops; then it and all parts after it have no end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Yes,
    No,
}

/// What became of each change so far.
struct Progress {
    ends: Vec<(usize, Result<(), Failure>)>,
    members: Option<usize>,
    /// Parts that are still to be sent.
    parts: Vec<Vec<Member>>,
    gone_on: u32,
}

impl Progress {
    fn done(&mut self, part: impl IntoIterator<Item = Member>) {
        self.ends
            .extend(part.into_iter().map(|(at, _)| (at, Ok(()))));
    }

    fn fail(&mut self, part: impl IntoIterator<Item = Member>, failure: &Failure) {
        self.ends
            .extend(part.into_iter().map(|(at, _)| (at, Err(failure.clone()))));
    }

    fn fail_all(&mut self, part: Vec<Member>, failure: &Failure) {
        self.fail(part, failure);
        for part in std::mem::take(&mut self.parts) {
            self.fail(part, failure);
        }
    }

    /// Sends the two halves apart, to find out who stands in the way; a single one does.
    fn halve(&mut self, mut part: Vec<Member>, failure: &Failure) {
        if part.len() <= 1 {
            return self.fail(part, failure);
        }
        let later = part.split_off(part.len() / 2);
        self.parts.push(later);
        self.parts.push(part);
    }
}

impl Hands {
    pub(super) async fn members(&self, job: MembersJob) -> Result<Came, Failure> {
        let mut progress = Progress {
            ends: Vec::with_capacity(job.members.len()),
            members: None,
            parts: vec![job.members.clone()],
            gone_on: 0,
        };
        while let Some(part) = progress.parts.pop() {
            let sent = match job.by {
                By::Scim => self.scim_part(&job, part, &mut progress).await?,
                By::Rest => self.rest_part(&job, part, &mut progress).await?,
            };
            if sent == Sent::No {
                break;
            }
        }
        Ok(Came::Members {
            ends: progress.ends,
            members: progress.members,
        })
    }

    /// Sends one part by SCIM.
    async fn scim_part(
        &self,
        job: &MembersJob,
        part: Vec<Member>,
        progress: &mut Progress,
    ) -> Result<Sent, Failure> {
        let scim = self.scim(job.priority)?;
        let quoting = self.quoting();
        let error = match send(&scim, job, &part, quoting).await {
            Ok(group) => {
                judge(job.direction, part, &group, progress);
                return Ok(Sent::Yes);
            }
            Err(error) => error,
        };
        let failure = classify(&error);
        match error.kind() {
            ErrorKind::Stopped => return Ok(Sent::No),
            ErrorKind::Invalid
                if job.direction == Direction::Remove && quoting == Quoting::Quoted =>
            {
                self.try_unquoted(&scim, job, part, (progress, &failure))
                    .await;
            }
            ErrorKind::UnknownMembers(named) => leave_out(part, named, progress, &failure),
            ErrorKind::Invalid | ErrorKind::Conflict(_) | ErrorKind::TooLarge => {
                progress.halve(part, &failure);
            }
            _ if may_have_worked(&error) => self.go_on(job, part, (progress, &failure)).await,
            _ => progress.fail_all(part, &failure),
        }
        Ok(Sent::Yes)
    }

    /// Miro's one example has the id as a number.
    async fn try_unquoted(
        &self,
        scim: &Scim,
        job: &MembersJob,
        part: Vec<Member>,
        (progress, failure): (&mut Progress, &Failure),
    ) {
        match send(scim, job, &part, Quoting::Unquoted).await {
            Ok(group) => {
                self.stop_quoting();
                judge(job.direction, part, &group, progress);
            }
            Err(_) => progress.halve(part, failure),
        }
    }

    /// After a call of unknown outcome: reads who is in the group, and goes on with the difference.
    async fn go_on(
        &self,
        job: &MembersJob,
        part: Vec<Member>,
        (progress, failure): (&mut Progress, &Failure),
    ) {
        let accounts: Vec<AccountId> = part.iter().map(|(_, account)| account.clone()).collect();
        let members = progress.members.unwrap_or(accounts.len());
        let Ok(Some(present)) = self.present(&job.group, &accounts, members).await else {
            return progress.fail_all(part, failure);
        };
        let present: HashSet<AccountId> = present.into_iter().map(|(id, _)| id).collect();
        let wanted = job.direction == Direction::Add;
        let (done, left): (Vec<Member>, Vec<Member>) = part
            .into_iter()
            .partition(|(_, account)| present.contains(account) == wanted);
        progress.done(done);
        if left.is_empty() {
            return;
        }
        progress.gone_on += 1;
        if progress.gone_on > GOING_ON {
            progress.fail_all(left, failure);
        } else {
            progress.parts.push(left);
        }
    }

    /// Sends one part by REST, whose reply tells of parts that worked and parts that did not.
    async fn rest_part(
        &self,
        job: &MembersJob,
        part: Vec<Member>,
        progress: &mut Progress,
    ) -> Result<Sent, Failure> {
        let rest = self.rest(job.priority)?;
        let GroupId::UserGroup(group) = &job.group else {
            return Err(Failure::new(
                FailureKind::Permanent,
                "REST takes members of a team one by one",
                "please report this",
            ));
        };
        let ids: Vec<String> = part
            .iter()
            .map(|(_, account)| account.to_string())
            .collect();
        let edit = match job.direction {
            Direction::Add => BulkEdit {
                members_to_add: ids,
                members_to_remove: Vec::new(),
            },
            Direction::Remove => BulkEdit {
                members_to_add: Vec::new(),
                members_to_remove: ids,
            },
        };
        match rest
            .edit_user_group_members(&self.organization, group, &edit)
            .await
        {
            Ok(entries) => {
                read_entries(part, &entries, progress);
                Ok(Sent::Yes)
            }
            Err(error) if *error.kind() == ErrorKind::Stopped => Ok(Sent::No),
            Err(error) if may_have_worked(&error) => {
                self.go_on(job, part, (progress, &classify(&error))).await;
                Ok(Sent::Yes)
            }
            Err(error) => {
                progress.fail_all(part, &classify(&error));
                Ok(Sent::Yes)
            }
        }
    }

    /// A member of a team, by REST.
    pub(super) async fn member(&self, job: MemberJob) -> Result<Came, Failure> {
        let rest = self.rest(job.priority)?;
        let error = match self.member_call(&rest, &job).await {
            Ok(()) => return Ok(Came::Member),
            Err(error) => error,
        };
        let is_settled = match (error.kind(), &job.step) {
            // Whoever is in already, or out already, needs nothing more.
            (ErrorKind::NotFound, MemberStep::Remove)
            | (ErrorKind::Conflict(_) | ErrorKind::NotUnique, MemberStep::Invite { .. }) => {
                self.is_as_wanted(&rest, &job).await
            }
            _ => may_have_worked(&error) && self.is_as_wanted(&rest, &job).await,
        };
        Ok(if is_settled {
            Came::Member
        } else {
            failed(&error)
        })
    }

    async fn member_call(&self, rest: &Rest, job: &MemberJob) -> Result<(), MiroError> {
        let (organization, team) = (&self.organization, &job.team);
        match &job.step {
            MemberStep::Invite { email } => {
                let role = TeamRole::Member;
                let invited = rest.invite_team_member(organization, team, email, &role);
                invited.await.map(|_| ())
            }
            MemberStep::Remove => {
                rest.remove_team_member(organization, team, &job.account)
                    .await
            }
            MemberStep::Role(role) => {
                let updated = rest.update_team_member(organization, team, &job.account, role);
                updated.await.map(|_| ())
            }
        }
    }

    async fn is_as_wanted(&self, rest: &Rest, job: &MemberJob) -> bool {
        let found = rest
            .team_member(&self.organization, &job.team, &job.account)
            .await;
        match (found, &job.step) {
            (Ok(member), MemberStep::Role(role)) => TeamRole::from(member.role.as_str()) == *role,
            (Ok(_), MemberStep::Invite { .. }) => true,
            (Err(error), MemberStep::Remove) => *error.kind() == ErrorKind::NotFound,
            _ => false,
        }
    }
}

async fn send(
    scim: &Scim,
    job: &MembersJob,
    part: &[Member],
    quoting: Quoting,
) -> Result<ScimGroup, MiroError> {
    let accounts: Vec<AccountId> = part.iter().map(|(_, account)| account.clone()).collect();
    let patch = patch(job.direction, &accounts, quoting);
    scim.patch_group(job.group.as_str(), &patch).await
}

/// Compares the members in the reply with what was asked for.
fn judge(direction: Direction, part: Vec<Member>, group: &ScimGroup, progress: &mut Progress) {
    let Some(members) = &group.members else {
        return progress.done(part);
    };
    progress.members = Some(members.len());
    let present: HashSet<&str> = members.iter().map(|member| member.value.as_str()).collect();
    let wanted = direction == Direction::Add;
    for (at, account) in part {
        let is_in = present.contains(account.as_str());
        let end = if is_in == wanted {
            Ok(())
        } else {
            Err(not_as_asked(direction))
        };
        progress.ends.push((at, end));
    }
}

fn not_as_asked(direction: Direction) -> Failure {
    let words = match direction {
        Direction::Add => "Miro took the addition, and its reply does not show the member",
        Direction::Remove => "Miro took the removal, and its reply still shows the member",
    };
    Failure::new(
        FailureKind::Permanent,
        words,
        "look at the group in Miro; guests are not shown by SCIM",
    )
}

/// Miro names the members whom it does not know: the others go without them.
fn leave_out(part: Vec<Member>, named: &[String], progress: &mut Progress, failure: &Failure) {
    let named: HashSet<&str> = named.iter().map(String::as_str).collect();
    let (bad, good): (Vec<Member>, Vec<Member>) = part
        .into_iter()
        .partition(|(_, account)| named.contains(account.as_str()));
    if bad.is_empty() {
        return progress.halve(good, failure);
    }
    progress.fail(bad, failure);
    if !good.is_empty() {
        progress.parts.push(good);
    }
}

/// Reads the entries of a reply with mixed results. Whoever is in no successful entry was refused.
fn read_entries(part: Vec<Member>, entries: &[BulkResult], progress: &mut Progress) {
    let successes = entries.iter().filter(|entry| entry.is_success());
    let affected: HashSet<&str> = successes
        .flat_map(|entry| entry.affected_users.iter().flatten())
        .map(|user| user.id.as_str())
        .collect();
    let refusal = entries.iter().find_map(|entry| entry.error.as_ref());
    let words = refusal.map_or_else(
        || "Miro's reply does not say what became of the member".to_owned(),
        |error| error.message.clone(),
    );
    for (at, account) in part {
        let end = if affected.contains(account.as_str()) {
            Ok(())
        } else {
            Err(Failure::new(
                FailureKind::Permanent,
                words.clone(),
                "correct what Miro names",
            ))
        };
        progress.ends.push((at, end));
    }
}
