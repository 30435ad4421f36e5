//! What a run before this one left behind.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use serde_json::Value;
use usher_miro::{ErrorKind, MiroError};
use usher_plan::Action;
use usher_store::JournalStatus;

use super::classify::{Failure, FailureKind, Reach, classify};
use super::graph::Ended;
use super::groups::Carriage;
use super::job::{By, Came};
use super::means::{Means, Refusal};
use super::perform::Recall;
use super::run::{Intent, Lost, Run, Standing};
use super::verify::expected;
use super::writing::draft;
use crate::EngineError;

/// How many calls of unknown outcome are looked up side by side.
const LOOKING: usize = 16;

/// What a look-up found, and for which changes.
struct Found {
    changes: Vec<usize>,
    came: Result<Option<Came>, MiroError>,
}

impl Run<'_> {
    /// Takes over what earlier runs settled. What they did is read back with the rest: nobody knows whether it was.
    pub(super) async fn take_over(&mut self, statuses: &[JournalStatus]) -> Result<(), Lost> {
        for (at, status) in statuses.iter().enumerate() {
            match status {
                JournalStatus::Pending => {}
                JournalStatus::Intended { .. } => self.mark_intended(at),
                JournalStatus::Done { detail, .. } => self.was_done(at, detail).await?,
                JournalStatus::Failed { .. } => {
                    self.settle_before(at, (Standing::Failed, Ended::NotDone))
                        .await?;
                }
                JournalStatus::Skipped { .. } => {
                    self.settle_before(at, (Standing::Skipped, Ended::NotDone))
                        .await?;
                }
            }
        }
        Ok(())
    }

    fn mark_intended(&mut self, at: usize) {
        if let Some(track) = self.tracks.get_mut(at) {
            track.intent = Intent::Written;
        }
    }

    async fn was_done(&mut self, at: usize, detail: &Value) -> Result<(), Lost> {
        if let Some(change) = self.changes.get(at) {
            self.books.recall(&change.action, detail);
        }
        self.expect_again(at, detail);
        self.settle_before(at, (Standing::Done, Ended::Done)).await
    }

    /// Closes what was settled before without telling it again.
    async fn settle_before(&mut self, at: usize, ended: (Standing, Ended)) -> Result<(), Lost> {
        if let Some(track) = self.tracks.get_mut(at) {
            track.means = None;
        }
        self.groups.give_up(at);
        self.close(at, ended).await
    }

    /// Finds out what became of calls that were never settled, and settles all of them. What did not arrive, or cannot be
    /// told, is as if it had never been begun: whoever goes on does what is still needed.
    pub(super) async fn settle(
        &mut self,
        statuses: &[JournalStatus],
        mut refusals: Vec<(usize, Refusal)>,
    ) -> Result<(), EngineError> {
        let open = intended(statuses);
        let looked_up = async {
            self.take_over(statuses).await.map_err(ended)?;
            self.look_up(statuses).await
        };
        let looked_up = looked_up.await;
        if looked_up.is_ok() {
            refusals.retain(|(at, _)| open.contains(at));
            self.refuse(refusals).await.map_err(ended)?;
            let unanswered: Vec<usize> = open
                .into_iter()
                .filter(|at| {
                    let track = self.tracks.get(*at);
                    track.is_some_and(|track| track.standing == Standing::Open)
                })
                .collect();
            self.unsent(&unanswered).await.map_err(ended)?;
        }
        self.pen.flush().await.map_err(|_| ended(Lost))?;
        looked_up
    }

    /// Finds out what became of calls that were never settled. What Miro does not say of one keeps nothing of the others
    /// from being settled. An account whose creation is found lets memberships of it be asked about, so it takes two
    /// rounds.
    pub(super) async fn look_up(&mut self, statuses: &[JournalStatus]) -> Result<(), EngineError> {
        let mut open = intended(statuses);
        let mut unknown = None;
        loop {
            let questions = self.questions(&open);
            if questions.is_empty() {
                break;
            }
            for (changes, _) in &questions {
                open.retain(|at| !changes.contains(at));
            }
            for found in self.ask(questions).await {
                match found.came {
                    Ok(Some(came)) => self.found(found.changes, came).await.map_err(ended)?,
                    Ok(None) => {}
                    Err(error) if cannot_be_told(&error) => {}
                    Err(error) => unknown = Some(error),
                }
            }
        }
        unknown.map_or(Ok(()), |error| {
            let doing = "finding out what became of calls that were interrupted";
            Err(EngineError::miro(doing)(error))
        })
    }

    async fn ask(&self, questions: Vec<(Vec<usize>, Recall)>) -> Vec<Found> {
        let hands = self.hands.clone();
        futures::stream::iter(questions)
            .map(|(changes, what)| {
                let hands = hands.clone();
                async move {
                    let came = hands.recall(what).await;
                    Found { changes, came }
                }
            })
            .buffer_unordered(LOOKING)
            .collect()
            .await
    }

    async fn found(&mut self, changes: Vec<usize>, came: Came) -> Result<(), Lost> {
        let Came::Members { ends, .. } = came else {
            for at in changes {
                self.groups.give_up(at);
                self.done(at, &came, None).await?;
            }
            return Ok(());
        };
        let mut done = Vec::with_capacity(ends.len());
        for (at, end) in ends {
            self.groups.give_up(at);
            match end {
                Ok(()) => done.push(at),
                Err(failure) => self.failed(at, failure).await?,
            }
        }
        self.members_done(&done, None).await
    }

    /// What to look for, by the changes that it is about.
    fn questions(&self, open: &BTreeSet<usize>) -> Vec<(Vec<usize>, Recall)> {
        let mut questions = Vec::new();
        let mut by_group: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for at in open {
            if let Some((group, direction)) = self.groups.of_change(*at) {
                by_group.entry((group, direction)).or_default().push(*at);
            } else if let Some(question) = self.question(*at) {
                questions.push((vec![*at], question));
            }
        }
        for ((group, direction), changes) in by_group {
            let members: Vec<_> = changes
                .iter()
                .filter_map(|at| Some((*at, self.account_of_change(*at)?)))
                .collect();
            let changes = members.iter().map(|(at, _)| *at).collect();
            if let (Some(group), false) = (self.group_id(group), members.is_empty()) {
                let what = Recall::Members {
                    group,
                    direction,
                    members,
                };
                questions.push((changes, what));
            }
        }
        questions
    }

    fn question(&self, at: usize) -> Option<Recall> {
        let change = self.changes.get(at)?;
        let by = match self.tracks.get(at)?.means? {
            Means::Here => return None,
            Means::ScimUser | Means::ScimGroup => By::Scim,
            Means::RestTeam | Means::RestUserGroup => By::Rest,
        };
        Some(match &change.action {
            Action::CreateAccount { attributes, .. } => Recall::Created {
                user_name: draft(attributes).user_name,
            },
            Action::SetTeamRole { team, after, .. } => Recall::Role {
                team: self.books.team(team)?,
                account: self.account_of_change(at)?,
                role: after.clone(),
            },
            Action::CreateTeam { name, .. } => Recall::Team(name.clone()),
            Action::CreateUserGroup { name, .. } => Recall::UserGroup(by, name.clone()),
            Action::DeleteUserGroup { user_group } => {
                Recall::NoUserGroup(by, user_group.id.clone())
            }
            action => {
                let expected = expected(action);
                if expected.is_empty() {
                    return None;
                }
                Recall::Changed {
                    account: self.account_of_change(at)?,
                    expected,
                    sessions: self.sessions_after(change),
                }
            }
        })
    }

    /// Refuses what cannot be done with the tokens at hand, before anything is sent.
    pub(super) async fn refuse(&mut self, refusals: Vec<(usize, Refusal)>) -> Result<(), Lost> {
        for (at, refusal) in refusals {
            let is_open = self
                .tracks
                .get(at)
                .is_some_and(|track| track.standing == Standing::Open);
            if is_open {
                let failure = Failure::new(FailureKind::NeedsAdmin, refusal.why, refusal.remedy);
                self.failed(at, failure).await?;
            }
        }
        Ok(())
    }
}

/// The places of changes whose calls were never settled.
fn intended(statuses: &[JournalStatus]) -> BTreeSet<usize> {
    let all = statuses.iter().enumerate();
    let open = all.filter(|(_, status)| matches!(status, JournalStatus::Intended { .. }));
    open.map(|(at, _)| at).collect()
}

/// Whether asking again is of no use: Miro answers, and what it answers is that it does not say.
fn cannot_be_told(error: &MiroError) -> bool {
    let failure = classify(error);
    failure.kind != FailureKind::Transient
        && failure.reach == Reach::This
        && *error.kind() != ErrorKind::Stopped
}

fn ended(_: Lost) -> EngineError {
    EngineError::Bug("the journal ended".to_owned())
}

/// How a group's members are sent.
pub(super) fn carriage(means: Means) -> Option<Carriage> {
    match means {
        Means::ScimGroup => Some(Carriage::Scim),
        Means::RestUserGroup => Some(Carriage::Rest),
        Means::Here | Means::ScimUser | Means::RestTeam => None,
    }
}
