//! The states of a plan, and the steps between them. Pure.

use std::fmt;

use serde::{Deserialize, Serialize};
use usher_model::PlanId;

use crate::StoreError;

/// Where a plan stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// A guard or a setting holds it until somebody approves it.
    Held,
    /// It may be applied without further asking.
    Ready,
    /// Somebody approved it.
    Approved,
    /// Somebody rejected it.
    Rejected,
    /// It is being applied, or whoever applied it was killed and nobody has noticed yet.
    Applying,
    /// It was applied: each of its changes has an outcome.
    Applied,
    /// Its application stopped and can go on.
    Interrupted,
    /// Another plan took its place.
    Superseded,
}

/// A step from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlanStep {
    /// Somebody says yes.
    Approve,
    /// Somebody says no.
    Reject,
    /// Its application begins.
    Begin,
    /// Its application goes on, after it was interrupted or its process was killed.
    Resume,
    /// Each change has an outcome.
    Finish,
    /// Its application stops and can go on.
    Interrupt,
    /// Another plan takes its place.
    Supersede,
}

impl PlanState {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Held,
        Self::Ready,
        Self::Approved,
        Self::Rejected,
        Self::Applying,
        Self::Applied,
        Self::Interrupted,
        Self::Superseded,
    ];

    /// The state as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Ready => "ready",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::Interrupted => "interrupted",
            Self::Superseded => "superseded",
        }
    }

    /// Whether nothing can become of it any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Rejected | Self::Applied | Self::Superseded)
    }

    /// The state after a step; `None` when this state does not allow it.
    ///
    /// ```text
    ///   held ──approve──▶ approved ──begin──▶ applying ──finish──▶ applied
    ///   ready ──approve─▶ approved
    ///   ready ──begin──────────────────────▶ applying ──interrupt──▶ interrupted ──resume──▶ applying
    /// ```
    ///
    /// Whatever is not being applied and not final can be rejected or superseded. What became of calls that were under
    /// way is found out all the same: [`crate::Store::begin_settling`].
    pub fn after(self, step: PlanStep) -> Option<Self> {
        use PlanStep as Step;
        match (self, step) {
            (Self::Held | Self::Ready, Step::Approve) => Some(Self::Approved),
            (Self::Held | Self::Ready | Self::Approved | Self::Interrupted, Step::Reject) => {
                Some(Self::Rejected)
            }
            (Self::Held | Self::Ready | Self::Approved | Self::Interrupted, Step::Supersede) => {
                Some(Self::Superseded)
            }
            (Self::Ready | Self::Approved, Step::Begin)
            | (Self::Applying | Self::Interrupted, Step::Resume) => Some(Self::Applying),
            (Self::Applying, Step::Finish) => Some(Self::Applied),
            (Self::Applying, Step::Interrupt) => Some(Self::Interrupted),
            _ => None,
        }
    }

    /// The refusal of a step that this state does not allow.
    pub(crate) fn refusal(self, plan: &PlanId, step: PlanStep) -> StoreError {
        StoreError::WrongPlanState {
            plan: plan.clone(),
            state: self,
            operation: step.done(),
        }
    }
}

impl PlanStep {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Approve,
        Self::Reject,
        Self::Begin,
        Self::Resume,
        Self::Finish,
        Self::Interrupt,
        Self::Supersede,
    ];

    fn done(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Reject => "rejected",
            Self::Begin => "applied",
            Self::Resume => "resumed",
            Self::Finish => "finished",
            Self::Interrupt => "interrupted",
            Self::Supersede => "superseded",
        }
    }
}

impl fmt::Display for PlanState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the states allow, written apart from [`PlanState::after`]: from, step, to.
    const ALLOWED: &[(PlanState, PlanStep, PlanState)] = &[
        (PlanState::Held, PlanStep::Approve, PlanState::Approved),
        (PlanState::Held, PlanStep::Reject, PlanState::Rejected),
        (PlanState::Held, PlanStep::Supersede, PlanState::Superseded),
        (PlanState::Ready, PlanStep::Approve, PlanState::Approved),
        (PlanState::Ready, PlanStep::Reject, PlanState::Rejected),
        (PlanState::Ready, PlanStep::Begin, PlanState::Applying),
        (PlanState::Ready, PlanStep::Supersede, PlanState::Superseded),
        (PlanState::Approved, PlanStep::Reject, PlanState::Rejected),
        (PlanState::Approved, PlanStep::Begin, PlanState::Applying),
        (
            PlanState::Approved,
            PlanStep::Supersede,
            PlanState::Superseded,
        ),
        (PlanState::Applying, PlanStep::Resume, PlanState::Applying),
        (PlanState::Applying, PlanStep::Finish, PlanState::Applied),
        (
            PlanState::Applying,
            PlanStep::Interrupt,
            PlanState::Interrupted,
        ),
        (
            PlanState::Interrupted,
            PlanStep::Reject,
            PlanState::Rejected,
        ),
        (
            PlanState::Interrupted,
            PlanStep::Resume,
            PlanState::Applying,
        ),
        (
            PlanState::Interrupted,
            PlanStep::Supersede,
            PlanState::Superseded,
        ),
    ];

    fn step() -> impl Strategy<Value = PlanStep> {
        prop::sample::select(PlanStep::ALL.to_vec())
    }

    #[test]
    fn exactly_the_steps_of_the_table_are_allowed() {
        for state in PlanState::ALL {
            for step in PlanStep::ALL {
                let allowed = ALLOWED
                    .iter()
                    .find(|(from, by, _)| (*from, *by) == (state, step))
                    .map(|(.., to)| *to);
                assert_eq!(state.after(step), allowed, "{state} {step:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_held_plan_is_never_applied_before_somebody_approved_it(
            steps in prop::collection::vec(step(), 0..40)
        ) {
            let mut state = PlanState::Held;
            let mut approved = false;
            for step in steps {
                let Some(next) = state.after(step) else { continue };
                prop_assert!(!state.is_final(), "{} is final", state);
                approved |= step == PlanStep::Approve;
                prop_assert!(next != PlanState::Applying || approved);
                state = next;
            }
        }

        #[test]
        fn a_plan_ends_in_one_final_state_and_stays_there(
            start in prop::sample::select(PlanState::ALL.to_vec()),
            steps in prop::collection::vec(step(), 0..40),
        ) {
            let mut state = start;
            let mut ended = None;
            for step in steps {
                state = state.after(step).unwrap_or(state);
                if state.is_final() {
                    prop_assert_eq!(*ended.get_or_insert(state), state);
                }
            }
        }
    }
}
