//! What follows when a change is not carried out.

use std::cmp::Reverse;

use serde_json::json;
use tokio::time::Instant;
use usher_model::{Event, EventKind};
use usher_store::{FailureClass, Outcome, Settled};

use super::classify::{Again, Failure, FailureKind, Reach};
use super::graph::Ended;
use super::observer::{ApplyEvent, ChangeEnd};
use super::report::{ApplyEnding, FailedChange};
use super::run::{Intent, Lost, Run, Standing, Tally};
use super::verify::Mismatch;

impl Run<'_> {
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
            .is_some_and(|track| track.intent == Intent::Written);
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
        let Tally { done, failed } = self.tally;
        let attempted = failed.saturating_add(done);
        if self.options.mass_failure.is_reached(failed, attempted) {
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

    pub(super) fn mismatch_settled(
        &self,
        at: usize,
        mismatch: &Mismatch,
    ) -> (Option<Settled>, Option<Event>) {
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
                detail: json!(mismatch),
            },
        };
        (Some(settled), Some(event))
    }

    /// A change that needs one that was not carried out.
    pub(super) async fn skip(&mut self, at: usize, because: usize) -> Result<(), Lost> {
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
        let account = self.account_of_change(at);
        let more = json!({"why": why, "because_of": cause.number});
        let event = self.event(EventKind::ChangeSkipped, change, account.as_ref(), more);
        self.settle_alone(settled, vec![event]).await?;
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
}

/// What it means that what was sent is not what is shown.
pub(super) fn difference_failure(mismatch: &Mismatch) -> Failure {
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
