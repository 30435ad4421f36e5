//! What follows from what came of a call.

use std::collections::HashSet;

use serde_json::{Value, json};
use usher_miro::ScimUser;
use usher_model::{AccountId, Event, EventKind};
use usher_plan::{Action, Change, Urgency};
use usher_store::{Outcome, Settled, Settlement};

use super::classify::{Failure, FailureKind};
use super::failing::difference_failure;
use super::graph::Ended;
use super::job::{Came, Whence};
use super::ledger::{detail, event_kind};
use super::observer::{ApplyEvent, ChangeEnd};
use super::run::{About, Finished, Lost, Run, Standing};
use super::verify::{Mismatch, expected};

impl Run<'_> {
    /// Takes what came of a task.
    pub(super) async fn finished(&mut self, finished: Finished) -> Result<(), Lost> {
        let Finished {
            lane,
            urgency,
            about,
            came,
            request_id,
        } = finished;
        let request_id = request_id.as_deref();
        if let Some(under_way) = self.under_way.get_mut(&lane) {
            match urgency {
                Urgency::Urgent => under_way.urgent -= 1,
                Urgency::Normal => under_way.normal -= 1,
            }
        }
        if matches!(came, Came::NoJournal) {
            return Err(Lost);
        }
        match about {
            About::Change(at) => self.change_came(at, came, request_id).await,
            About::Members { group, changes } => {
                self.members_came(group, &changes, (came, request_id))
                    .await?;
                if let Some(group) = self.groups.get_mut(group) {
                    group.free();
                }
                self.queue_group(group);
                self.verify_group_if_over(group);
                Ok(())
            }
            About::Reading(number) => self.reading_came(number, came).await,
        }
    }

    async fn change_came(
        &mut self,
        at: usize,
        came: Came,
        request_id: Option<&str>,
    ) -> Result<(), Lost> {
        match came {
            Came::Unsent => self.unsent(&[at]).await,
            Came::Failed(failure) => self.failed(at, failure).await,
            came => self.done(at, &came, request_id).await,
        }
    }

    async fn members_came(
        &mut self,
        group: usize,
        changes: &[usize],
        (came, request_id): (Came, Option<&str>),
    ) -> Result<(), Lost> {
        match came {
            Came::Members { ends, members } => {
                if let (Some(members), Some(id)) = (members, self.group_id(group)) {
                    self.verifier.note_size(&id, members);
                }
                let ended: HashSet<usize> = ends.iter().map(|(at, _)| *at).collect();
                let unsent = changes.iter().copied().filter(|at| !ended.contains(at));
                self.unsent(&unsent.collect::<Vec<_>>()).await?;
                let mut done = Vec::with_capacity(ends.len());
                for (at, end) in ends {
                    match end {
                        Ok(()) => done.push(at),
                        Err(failure) => self.failed(at, failure).await?,
                    }
                }
                self.members_done(&done, request_id).await
            }
            Came::Failed(failure) => {
                for at in changes {
                    self.failed(*at, failure.clone()).await?;
                }
                Ok(())
            }
            _ => self.unsent(changes).await,
        }
    }

    /// Members of one call are settled together.
    pub(super) async fn members_done(
        &mut self,
        changes: &[usize],
        request_id: Option<&str>,
    ) -> Result<(), Lost> {
        let mut all = Settlement::default();
        let mut events = Vec::with_capacity(changes.len());
        for at in changes {
            let (settlement, event) = self.settlement(*at, &Came::Member, request_id);
            all.settled.extend(settlement.settled);
            let (to, from) = (&mut all.observation, settlement.observation);
            to.grants_added.extend(from.grants_added);
            to.grants_removed.extend(from.grants_removed);
            all.given.extend(settlement.given);
            all.taken.extend(settlement.taken);
            events.extend(event);
        }
        if !all.settled.is_empty() {
            let now = self.context.acting.now();
            self.pen.settle(all, events, now).await?;
        }
        for at in changes {
            self.expect_member(*at);
            self.close(*at, (Standing::Done, Ended::Done)).await?;
        }
        Ok(())
    }

    /// A change was carried out.
    pub(super) async fn done(
        &mut self,
        at: usize,
        came: &Came,
        request_id: Option<&str>,
    ) -> Result<(), Lost> {
        if let Some(failure) = self.taken_by_another(at, came) {
            return self.failed(at, failure).await;
        }
        let (mut settlement, event) = self.settlement(at, came, request_id);
        let mut events: Vec<Event> = event.into_iter().collect();
        events.extend(self.still_signed_in(at, came));
        let difference = self.differs_at_once(at, came);
        if let Some(mismatch) = &difference {
            let (settled, event) = self.mismatch_settled(at, mismatch);
            settlement.settled = settled.into_iter().collect();
            events.extend(event);
        }
        let now = self.context.acting.now();
        self.pen.settle(settlement, events, now).await?;
        self.expect(at, came, difference.as_ref());
        match difference {
            None => self.close(at, (Standing::Done, Ended::Done)).await,
            Some(mismatch) => {
                self.note_failure(at, &difference_failure(&mismatch));
                // It is there, if not quite as it was asked for: those who need it can go on.
                self.close(at, (Standing::Failed, Ended::Done)).await
            }
        }
    }

    /// An account that was found, or is to be linked, may be somebody else's.
    fn taken_by_another(&self, at: usize, came: &Came) -> Option<Failure> {
        let change = self.changes.get(at)?;
        let (person, account) = match (&change.action, came) {
            (Action::CreateAccount { person, .. }, Came::User(user, _)) => {
                (person, AccountId::new(&user.id))
            }
            (
                Action::LinkAccount {
                    person, account, ..
                },
                _,
            ) => (person, account.clone()),
            _ => return None,
        };
        let owner = self.books.other_owner(&account, person)?;
        Some(Failure::new(
            FailureKind::NeedsAdmin,
            format!("the account {account} with this address is tied to person {owner}"),
            "settle which of the two people the account belongs to, and correct the address of the other",
        ))
    }

    /// What the reply itself shows otherwise than it was asked for, such as another licence.
    fn differs_at_once(&self, at: usize, came: &Came) -> Option<Mismatch> {
        let action = &self.changes.get(at)?.action;
        let name = |sent: &str, shown: &str| {
            (sent != shown).then(|| Mismatch {
                what: "name".to_owned(),
                sent: sent.to_owned(),
                shown: shown.to_owned(),
            })
        };
        match (action, came) {
            (_, Came::User(_, Whence::Found)) => None,
            (action, Came::User(user, _)) => {
                let expected = expected(action);
                expected.iter().find_map(|one| one.mismatch(user))
            }
            (
                Action::CreateTeam { name: sent, .. } | Action::RenameTeam { after: sent, .. },
                Came::Team(team, _),
            ) => name(sent, &team.name),
            (
                Action::CreateUserGroup { name: sent, .. }
                | Action::RenameUserGroup { after: sent, .. },
                Came::UserGroup(group),
            ) => name(sent, &group.name),
            _ => None,
        }
    }

    fn settlement(
        &mut self,
        at: usize,
        came: &Came,
        request_id: Option<&str>,
    ) -> (Settlement, Option<Event>) {
        let account = self.account_of_change(at);
        let Some(change) = self.changes.get(at) else {
            return (Settlement::default(), None);
        };
        let now = self.context.acting.now();
        let mut settlement = self.books.done(change, account, came, now);
        let account = self.account_of_change(at);
        let mut more = json!({});
        if let Some(request_id) = request_id {
            more["request_id"] = request_id.into();
        }
        let mut detail = detail(came, account.as_ref());
        extend(&mut detail, more.clone());
        if matches!(came, Came::User(_, Whence::SignedOut)) {
            more["sessions"] = "ended".into();
        }
        settlement.settled.push(Settled {
            number: change.number,
            outcome: Outcome::Done { detail },
        });
        let kind = event_kind(&change.action);
        let event = self.event(kind, change, account.as_ref(), more);
        (settlement, Some(event))
    }

    /// Somebody was disabled, but may go on with what is open until it ends by itself: the change is made all the same.
    fn still_signed_in(&self, at: usize, came: &Came) -> Option<Event> {
        let Came::User(user, Whence::StillSignedIn(why)) = came else {
            return None;
        };
        let change = self.changes.get(at)?;
        self.tell(ApplyEvent::Noticed {
            notice: format!(
                "{} is disabled, but the sessions were not ended: {why}",
                change.label
            ),
        });
        let account = AccountId::new(&user.id);
        let more = json!({"error": why});
        Some(self.event(EventKind::SessionsNotEnded, change, Some(&account), more))
    }

    pub(super) fn event(
        &self,
        kind: EventKind,
        change: &Change,
        account: Option<&AccountId>,
        more: Value,
    ) -> Event {
        let mut data = json!({
            "plan": self.plan,
            "change": change.number,
            "key": change.key,
            "label": change.label,
            "action": change.action,
            "correlation": format!("{}/{}", self.plan, change.number),
        });
        if let Some(person) = &change.person {
            data["person"] = json!(person);
        }
        if let Some(account) = account {
            data["account"] = json!(account);
        }
        extend(&mut data, more);
        let subject = account.map_or_else(
            || format!("plan:{}", self.plan),
            |account| format!("account:{account}"),
        );
        self.context.acting.event(kind, subject, data)
    }

    /// A change is over: lets those that need it start, or skips them.
    pub(super) async fn close(
        &mut self,
        at: usize,
        (standing, ended): (Standing, Ended),
    ) -> Result<(), Lost> {
        self.set_standing(at, standing);
        let follows = self.graph.end(at, ended);
        for (skipped, because) in follows.skipped {
            self.skip(skipped, because).await?;
        }
        for ready in follows.ready {
            self.admit(ready);
        }
        self.account_is_over(at);
        Ok(())
    }

    pub(super) fn set_standing(&mut self, at: usize, standing: Standing) {
        let Some(track) = self.tracks.get_mut(at) else {
            return;
        };
        if track.standing == Standing::Open && standing != Standing::Open {
            let cost = track.cost;
            if let Some(left) = self.singles.get_mut(&cost) {
                *left = left.saturating_sub(u64::from(self.groups.of_change(at).is_none()));
            }
        }
        if track.means.is_some() {
            self.tally.moved(track.standing, standing);
        }
        track.standing = standing;
        if let (Some(change), Standing::Done) = (self.changes.get(at), standing) {
            self.tell(ApplyEvent::Changed {
                number: change.number,
                kind: change.action.kind(),
                label: change.label.clone(),
                end: ChangeEnd::Done,
            });
        }
    }

    pub(super) async fn settle_alone(
        &mut self,
        settled: Settled,
        events: Vec<Event>,
    ) -> Result<(), Lost> {
        let settlement = Settlement {
            settled: vec![settled],
            ..Settlement::default()
        };
        let now = self.context.acting.now();
        Ok(self.pen.settle(settlement, events, now).await?)
    }

    /// Calls that were not sent.
    pub(super) async fn unsent(&mut self, changes: &[usize]) -> Result<(), Lost> {
        for at in changes {
            let Some(change) = self.changes.get(*at) else {
                continue;
            };
            let settled = Settled {
                number: change.number,
                outcome: Outcome::Unsent,
            };
            self.settle_alone(settled, Vec::new()).await?;
        }
        Ok(())
    }

    /// Writes what was seen of an account into the inventory.
    pub(super) async fn observe(&mut self, user: &ScimUser) -> Result<(), Lost> {
        let mut settlement = Settlement::default();
        settlement
            .observation
            .accounts
            .push(crate::sync::account_of(user));
        let now = self.context.acting.now();
        Ok(self.pen.settle(settlement, Vec::new(), now).await?)
    }
}

fn extend(to: &mut Value, more: Value) {
    if let (Value::Object(members), Value::Object(more)) = (to, more) {
        members.extend(more);
    }
}
