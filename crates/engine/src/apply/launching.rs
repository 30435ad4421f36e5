//! From what may be sent to what is sent.

use usher_miro::with_request_id;
use usher_model::{AccountId, GroupModel, Known};
use usher_plan::Urgency;
use usher_store::JournalEntry;

use super::batch::{CallSize, fitting};
use super::classify::{Failure, FailureKind};
use super::groups::{Carriage, Group, REST_MEMBERS, Turn};
use super::job::{By, Came, GroupId, Job, MembersJob};
use super::jobs::{priority, unknown_account, words};
use super::lanes::{Cost, Lane};
use super::queue::Item;
use super::run::{About, Finished, GroupRef, Intent, Lost, Run};
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
            let (came, request_id) = if is_written {
                let done = Box::pin(with_request_id(hands.perform(job))).await;
                fault_point::reached("apply.after_send");
                done
            } else {
                (Came::NoJournal, None)
            };
            Finished {
                lane,
                urgency,
                about,
                came,
                request_id,
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

    /// Whether SCIM shows memberships of this kind of group.
    pub(super) fn scim_shows(&self, group: &GroupId) -> bool {
        let model = match group {
            GroupId::Team(_) => GroupModel::Team,
            GroupId::UserGroup(_) => GroupModel::UserGroup,
        };
        self.tools.group_model == Known::Known(model)
    }
}
