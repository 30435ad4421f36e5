//! What follows from what came of a call.

use std::cmp::Reverse;

use serde_json::{Value, json};
use tokio::time::Instant;
use usher_miro::{Priority, ScimUser};
use usher_model::{AccountId, Event, EventKind};
use usher_plan::{Action, Change, Urgency};
use usher_store::{FailureClass, Outcome, Settled, Settlement};

use super::batch::Direction;
use super::books::{detail, event_kind};
use super::classify::{Again, Failure, FailureKind, Reach};
use super::graph::Ended;
use super::job::{Came, GroupId, Whence};
use super::observer::{ApplyEvent, ChangeEnd};
use super::report::{ApplyEnding, FailedChange};
use super::run::{About, Finished, Lost, Run, Standing};
use super::verify::{Expected, Mismatch, expected};

impl Run<'_> {
    /// Takes what came of a task.
    pub(super) async fn finished(&mut self, finished: Finished) -> Result<(), Lost> {
        let Finished {
            lane,
            urgency,
            about,
            came,
        } = finished;
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
            About::Change(at) => self.change_came(at, came).await,
            About::Members { group, changes } => {
                self.members_came(group, &changes, came).await?;
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

    async fn change_came(&mut self, at: usize, came: Came) -> Result<(), Lost> {
        match came {
            Came::Unsent => self.unsent(&[at]).await,
            Came::Failed(failure) => self.failed(at, failure).await,
            came => self.done(at, &came).await,
        }
    }

    async fn members_came(
        &mut self,
        group: usize,
        changes: &[usize],
        came: Came,
    ) -> Result<(), Lost> {
        match came {
            Came::Members { ends, members } => {
                if let (Some(members), Some(id)) = (members, self.group_id(group)) {
                    self.verifier.note_size(&id, members);
                }
                let mut done = Vec::with_capacity(ends.len());
                for (at, end) in ends {
                    match end {
                        Ok(()) => done.push(at),
                        Err(failure) => self.failed(at, failure).await?,
                    }
                }
                self.members_done(&done).await
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
    pub(super) async fn members_done(&mut self, changes: &[usize]) -> Result<(), Lost> {
        let mut all = Settlement::default();
        let mut events = Vec::with_capacity(changes.len());
        for at in changes {
            let (settlement, event) = self.settlement(*at, &Came::Member);
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
    pub(super) async fn done(&mut self, at: usize, came: &Came) -> Result<(), Lost> {
        if let Some(failure) = self.taken_by_another(at, came) {
            return self.failed(at, failure).await;
        }
        let (mut settlement, event) = self.settlement(at, came);
        let mut events: Vec<Event> = event.into_iter().collect();
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
        let Came::User(user, whence) = came else {
            return None;
        };
        if *whence == Whence::Found {
            return None;
        }
        let expected = expected(&self.changes.get(at)?.action);
        expected.iter().find_map(|one| one.mismatch(user))
    }

    fn settlement(&mut self, at: usize, came: &Came) -> (Settlement, Option<Event>) {
        let account = self.account_of_change(at);
        let Some(change) = self.changes.get(at) else {
            return (Settlement::default(), None);
        };
        let now = self.context.acting.now();
        let mut settlement = self.books.done(change, account, came, now);
        let account = self.account_of_change(at);
        settlement.settled.push(Settled {
            number: change.number,
            outcome: Outcome::Done {
                detail: detail(came, account.as_ref()),
            },
        });
        let event = self.event(
            event_kind(&change.action),
            change,
            account.as_ref(),
            json!({}),
        );
        (settlement, Some(event))
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
        if let Value::Object(members) = &mut data {
            if let Some(person) = &change.person {
                members.insert("person".to_owned(), json!(person));
            }
            if let Some(account) = account {
                members.insert("account".to_owned(), json!(account));
            }
            if let Value::Object(more) = more {
                members.extend(more);
            }
        }
        let subject = account.map_or_else(
            || format!("plan:{}", self.plan),
            |account| format!("account:{account}"),
        );
        self.context.acting.event(kind, subject, data)
    }

    /// Notes what must be seen of what was changed.
    fn expect(&mut self, at: usize, came: &Came, difference: Option<&Mismatch>) {
        let Some(change) = self.changes.get(at) else {
            return;
        };
        let (action, urgency) = (change.action.clone(), change.urgency);
        match (&action, came) {
            (_, Came::User(user, whence)) => {
                let account = AccountId::new(&user.id);
                let wanted = expected(&action);
                // What is known to differ is told once.
                let still_wanted = |one: &Expected| {
                    *whence != Whence::Found
                        && difference.is_none_or(|seen| seen.what != one.about())
                };
                let wanted: Vec<Expected> = wanted.into_iter().filter(still_wanted).collect();
                self.verifier.expect(&account, at, wanted);
                if urgency == Urgency::Urgent {
                    self.read_account(&account, Priority::Urgent);
                }
            }
            (Action::Delete { account }, Came::Gone) => {
                self.verifier.expect(account, at, vec![Expected::Gone]);
            }
            (_, Came::Member) => self.expect_member(at),
            _ => {}
        }
    }

    /// Notes what must be seen of what an earlier run changed.
    pub(super) fn expect_again(&mut self, at: usize, detail: &Value) {
        let was_found = detail.get("whence").and_then(Value::as_str) == Some("found");
        let account = match detail.get("account").and_then(Value::as_str) {
            Some(account) => Some(AccountId::new(account)),
            None => self.account_of_change(at),
        };
        let Some((change, account)) = self.changes.get(at).zip(account) else {
            return;
        };
        let wanted = expected(&change.action);
        if !was_found {
            self.verifier.expect(&account, at, wanted);
        }
        self.expect_member(at);
    }

    fn expect_member(&mut self, at: usize) {
        let Some(account) = self.account_of_change(at) else {
            return;
        };
        let Some(change) = self.changes.get(at) else {
            return;
        };
        let (group, direction, role) = match &change.action {
            Action::AddToTeam { team, .. } => (
                self.books.team(team).map(GroupId::Team),
                Direction::Add,
                None,
            ),
            Action::SetTeamRole { team, after, .. } => (
                self.books.team(team).map(GroupId::Team),
                Direction::Add,
                Some(after.clone()),
            ),
            Action::RemoveFromTeam { team, .. } => {
                (Some(GroupId::Team(team.clone())), Direction::Remove, None)
            }
            Action::AddToUserGroup { user_group, .. } => (
                self.books.user_group(user_group).map(GroupId::UserGroup),
                Direction::Add,
                None,
            ),
            Action::RemoveFromUserGroup { user_group, .. } => (
                Some(GroupId::UserGroup(user_group.clone())),
                Direction::Remove,
                None,
            ),
            _ => return,
        };
        if let Some(group) = group {
            self.verifier
                .expect_member(&group, &account, (at, direction, role));
        }
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

    fn set_standing(&mut self, at: usize, standing: Standing) {
        let Some(track) = self.tracks.get_mut(at) else {
            return;
        };
        if track.standing == Standing::Open && standing != Standing::Open {
            let cost = track.cost;
            if let Some(left) = self.singles.get_mut(&cost) {
                *left = left.saturating_sub(u64::from(self.groups.of_change(at).is_none()));
            }
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

    async fn skip(&mut self, at: usize, because: usize) -> Result<(), Lost> {
        let Some((change, cause)) = self.changes.get(at).zip(self.changes.get(because)) else {
            return Ok(());
        };
        let why = format!(
            "it needs change {} ({} {}), which was not carried out",
            cause.number,
            cause.action.kind().words(),
            cause.label
        );
        let (number, kind, label) = (change.number, change.action.kind(), change.label.clone());
        let settled = Settled {
            number,
            outcome: Outcome::Skipped { why: why.clone() },
        };
        self.settle_alone(settled, Vec::new()).await?;
        self.set_standing(at, Standing::Skipped);
        self.tell(ApplyEvent::Changed {
            number,
            kind,
            label,
            end: ChangeEnd::Skipped { why },
        });
        if let Some(group) = self.groups.give_up(at) {
            self.queue_group(group);
        }
        self.account_is_over(at);
        Ok(())
    }

    async fn settle_alone(&mut self, settled: Settled, events: Vec<Event>) -> Result<(), Lost> {
        let settlement = Settlement {
            settled: vec![settled],
            ..Settlement::default()
        };
        let now = self.context.acting.now();
        Ok(self.pen.settle(settlement, events, now).await?)
    }

    /// Calls that were not sent.
    async fn unsent(&mut self, changes: &[usize]) -> Result<(), Lost> {
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

    /// A change could not be carried out: tries it again later, or gives it up.
    pub(super) async fn failed(&mut self, at: usize, failure: Failure) -> Result<(), Lost> {
        if let Reach::Everything(halt) = failure.reach {
            // Nothing was done, and it can be done once the token is another one.
            self.unsent_if_intended(at).await?;
            self.tell(ApplyEvent::Noticed {
                notice: format!("{}; {}", failure.words, failure.remedy),
            });
            self.halt(ApplyEnding::Halted { halt });
            return Ok(());
        }
        if self.ending.is_some() && failure.again == Again::Soon {
            // Whoever goes on finds out what became of it.
            return Ok(());
        }
        if failure.again == Again::Soon && self.try_again(at) {
            return Ok(());
        }
        let Some(change) = self.changes.get(at) else {
            return Ok(());
        };
        let account = self.account_of_change(at);
        let words = format!("{}; {}", failure.words, failure.remedy);
        let more = json!({"error": failure.words, "class": failure.kind, "request_id": failure.request_id});
        let event = self.event(EventKind::ChangeFailed, change, account.as_ref(), more);
        let settled = Settled {
            number: change.number,
            outcome: Outcome::Failed {
                class: class(failure.kind),
                error: words,
                next_try_at: None,
                detail: json!({"request_id": failure.request_id}),
            },
        };
        self.settle_alone(settled, vec![event]).await?;
        self.note_failure(at, &failure);
        self.close(at, (Standing::Failed, Ended::NotDone)).await?;
        self.stop_on_mass_failure();
        Ok(())
    }

    async fn unsent_if_intended(&mut self, at: usize) -> Result<(), Lost> {
        let is_intended = self
            .tracks
            .get(at)
            .is_some_and(|track| track.intent == super::run::Intent::Written);
        if is_intended {
            self.unsent(&[at]).await?;
        }
        Ok(())
    }

    fn try_again(&mut self, at: usize) -> bool {
        let Some(track) = self.tracks.get_mut(at) else {
            return false;
        };
        if track.retries >= self.options.retries {
            return false;
        }
        let pause = self.options.retry_pause * 2_u32.saturating_pow(track.retries.min(10));
        track.retries += 1;
        self.groups.wait_again(at);
        self.later.push(Reverse((Instant::now() + pause, at)));
        true
    }

    pub(super) fn note_failure(&mut self, at: usize, failure: &Failure) {
        let Some(change) = self.changes.get(at) else {
            return;
        };
        let (number, kind, label) = (change.number, change.action.kind(), change.label.clone());
        self.failures.push(FailedChange {
            number,
            kind,
            label: label.clone(),
            class: failure.kind,
            why: failure.words.clone(),
            remedy: failure.remedy.clone(),
        });
        self.tell(ApplyEvent::Changed {
            number,
            kind,
            label,
            end: ChangeEnd::Failed {
                kind: failure.kind,
                why: failure.words.clone(),
                remedy: failure.remedy.clone(),
            },
        });
    }

    fn stop_on_mass_failure(&mut self) {
        let count = |standing| {
            let same = self
                .tracks
                .iter()
                .filter(|track| track.standing == standing);
            u32::try_from(same.filter(|track| track.means.is_some()).count()).unwrap_or(u32::MAX)
        };
        let (failed, done) = (count(Standing::Failed), count(Standing::Done));
        if self
            .options
            .mass_failure
            .is_reached(failed, failed.saturating_add(done))
        {
            self.halt(ApplyEnding::MassFailure);
        }
    }

    /// What was sent and what is shown differ.
    pub(super) async fn differs(&mut self, at: usize, mismatch: &Mismatch) -> Result<(), Lost> {
        let is_told = self
            .tracks
            .get(at)
            .is_none_or(|track| track.standing != Standing::Done);
        if is_told {
            return Ok(());
        }
        let (settled, event) = self.mismatch_settled(at, mismatch);
        if let Some(settled) = settled {
            self.settle_alone(settled, event.into_iter().collect())
                .await?;
        }
        self.note_failure(at, &difference_failure(mismatch));
        self.set_standing(at, Standing::Failed);
        Ok(())
    }

    fn mismatch_settled(&self, at: usize, mismatch: &Mismatch) -> (Option<Settled>, Option<Event>) {
        let Some(change) = self.changes.get(at) else {
            return (None, None);
        };
        let failure = difference_failure(mismatch);
        let account = self.account_of_change(at);
        let more = json!({"error": failure.words, "class": failure.kind, "sent": mismatch.sent, "shown": mismatch.shown});
        let event = self.event(EventKind::ChangeFailed, change, account.as_ref(), more);
        let settled = Settled {
            number: change.number,
            outcome: Outcome::Failed {
                class: class(failure.kind),
                error: format!("{}; {}", failure.words, failure.remedy),
                next_try_at: None,
                detail: json!(mismatch),
            },
        };
        (Some(settled), Some(event))
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

fn difference_failure(mismatch: &Mismatch) -> Failure {
    let is_license = mismatch.what == "licence";
    let (kind, remedy) = if is_license {
        (
            FailureKind::NeedsAdmin,
            "an organization's default licence can win over the one that was asked for; set it in Miro",
        )
    } else {
        (
            FailureKind::Permanent,
            "see whether somebody or something else changes it in Miro; the next plan shows the difference",
        )
    };
    Failure::new(kind, mismatch.to_string(), remedy)
}

fn class(kind: FailureKind) -> FailureClass {
    match kind {
        FailureKind::Permanent => FailureClass::Permanent,
        FailureKind::Transient => FailureClass::Transient,
        FailureKind::NeedsAdmin => FailureClass::NeedsAdmin,
    }
}
