//! What a run before this one left behind.

use futures::{StreamExt, TryStreamExt};
use serde_json::Value;
use usher_plan::Action;
use usher_store::JournalStatus;

use super::classify::{Failure, FailureKind};
use super::graph::Ended;
use super::groups::Carriage;
use super::job::{By, Came};
use super::means::Means;
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
    came: Option<Came>,
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

    /// Finds out what became of calls that were never settled.
    pub(super) async fn look_up(&mut self, statuses: &[JournalStatus]) -> Result<(), EngineError> {
        let open: Vec<usize> = statuses
            .iter()
            .enumerate()
            .filter(|(_, status)| matches!(status, JournalStatus::Intended { .. }))
            .map(|(at, _)| at)
            .collect();
        let questions = self.questions(&open);
        let hands = self.hands.clone();
        let found: Vec<Found> = futures::stream::iter(questions)
            .map(|(changes, what)| {
                let hands = hands.clone();
                async move {
                    let came = hands.recall(what).await?;
                    Ok::<_, usher_miro::MiroError>(Found { changes, came })
                }
            })
            .buffer_unordered(LOOKING)
            .try_collect()
            .await
            .map_err(EngineError::miro(
                "finding out what became of calls that were interrupted",
            ))?;
        for found in found {
            self.found(found)
                .await
                .map_err(|_| EngineError::Bug("the journal ended".to_owned()))?;
        }
        Ok(())
    }

    async fn found(&mut self, found: Found) -> Result<(), Lost> {
        match found.came {
            None => Ok(()),
            Some(Came::Members { ends, .. }) => {
                let done: Vec<usize> = ends.into_iter().map(|(at, _)| at).collect();
                for at in &done {
                    self.groups.give_up(*at);
                }
                self.members_done(&done).await
            }
            Some(came) => {
                for at in found.changes {
                    self.groups.give_up(at);
                    self.done(at, &came).await?;
                }
                Ok(())
            }
        }
    }

    /// What to look for, by the changes that it is about.
    fn questions(&self, open: &[usize]) -> Vec<(Vec<usize>, Recall)> {
        let mut questions = Vec::new();
        let mut by_group: std::collections::BTreeMap<_, Vec<usize>> =
            std::collections::BTreeMap::new();
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
                }
            }
        })
    }

    /// Refuses what cannot be done with the tokens at hand, before anything is sent.
    pub(super) async fn refuse(
        &mut self,
        refusals: Vec<(usize, super::means::Refusal)>,
    ) -> Result<(), Lost> {
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

/// How a group's members are sent.
pub(super) fn carriage(means: Means) -> Option<Carriage> {
    match means {
        Means::ScimGroup => Some(Carriage::Scim),
        Means::RestUserGroup => Some(Carriage::Rest),
        Means::Here | Means::ScimUser | Means::RestTeam => None,
    }
}
