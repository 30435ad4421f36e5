//! Whether a plan waits for somebody's yes. Pure.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use usher_plan::{Approval, ChangeKey, Guard, Plan};

/// Why a plan waits for somebody's yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum WhyHeld {
    /// A guard tripped.
    Guard {
        /// Which.
        guard: Guard,
        /// What it found, in words.
        words: String,
    },
    /// The settings ask for approval always.
    ApprovalAlways,
    /// Somebody rejected some of its changes before.
    RejectedBefore {
        /// How many.
        changes: u32,
    },
}

impl fmt::Display for WhyHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guard { words, .. } => f.write_str(words),
            Self::ApprovalAlways => f.write_str("the settings ask for approval of every plan"),
            Self::RejectedBefore { changes } => {
                write!(f, "{changes} of its changes were rejected before")
            }
        }
    }
}

/// All reasons for which a plan waits; empty if it need not. `rejected` are the changes that somebody rejected.
///
/// With `approval = never` nothing holds a plan but what nobody can wave through beforehand: the first cycle, and a
/// change that somebody rejected.
pub fn why_held(plan: &Plan, approval: Approval, rejected: &BTreeSet<ChangeKey>) -> Vec<WhyHeld> {
    if plan.is_empty() {
        return Vec::new();
    }
    let counts = |guard| approval != Approval::Never || guard == Guard::FirstCycle;
    let tripped = plan
        .guards
        .iter()
        .filter(|verdict| verdict.tripped && counts(verdict.guard));
    let mut why: Vec<_> = tripped
        .map(|verdict| WhyHeld::Guard {
            guard: verdict.guard,
            words: verdict.words.clone(),
        })
        .collect();
    if approval == Approval::Always {
        why.push(WhyHeld::ApprovalAlways);
    }
    let again = plan
        .changes
        .iter()
        .filter(|change| rejected.contains(&change.key))
        .count();
    if again > 0 {
        why.push(WhyHeld::RejectedBefore {
            changes: u32::try_from(again).unwrap_or(u32::MAX),
        });
    }
    why
}

/// All reasons in one line.
pub(super) fn in_words(why: &[WhyHeld]) -> String {
    let words: Vec<_> = why.iter().map(ToString::to_string).collect();
    words.join("; ")
}

#[cfg(test)]
mod tests {
    use usher_model::{AccountId, OrganizationId, PlanId, Timestamp};
    use usher_plan::{Action, Basis, Change, GuardVerdict, PlanHash, Urgency};

    use super::*;

    fn plan(tripped: &[Guard]) -> Plan {
        let verdict = |guard: &Guard| GuardVerdict {
            guard: *guard,
            tripped: true,
            counted: 9,
            allowed: 5,
            changes: vec![1],
            words: guard.as_str().to_owned(),
        };
        Plan {
            id: PlanId::new("p"),
            organization: OrganizationId::new("o"),
            created_at: Timestamp::UNIX_EPOCH,
            basis: Basis {
                snapshot: None,
                parent: None,
                hash: PlanHash(String::new()),
                only: Vec::new(),
            },
            changes: vec![Change {
                number: 1,
                key: ChangeKey("k".into()),
                person: None,
                label: "ada@example.org".into(),
                action: Action::Disable {
                    account: AccountId::new("1"),
                },
                reasons: Vec::new(),
                consequences: Vec::new(),
                after: Vec::new(),
                urgency: Urgency::Urgent,
            }],
            guards: tripped.iter().map(verdict).collect(),
        }
    }

    fn held(plan: &Plan, approval: Approval) -> bool {
        !why_held(plan, approval, &BTreeSet::new()).is_empty()
    }

    #[test]
    fn a_guard_holds_a_plan_unless_nobody_has_to_approve() {
        let over = plan(&[Guard::MassRemoval]);
        assert!(held(&over, Approval::OverGuard));
        assert!(held(&over, Approval::Always));
        assert!(!held(&over, Approval::Never));
    }

    #[test]
    fn e10_the_first_cycle_waits_for_approval_whatever_the_setting() {
        let first = plan(&[Guard::FirstCycle]);
        for approval in [Approval::Always, Approval::OverGuard, Approval::Never] {
            assert!(held(&first, approval), "{approval:?}");
        }
    }

    #[test]
    fn what_no_guard_holds_waits_only_if_the_settings_say_so() {
        let fine = plan(&[]);
        assert!(!held(&fine, Approval::OverGuard));
        assert!(held(&fine, Approval::Always));
    }

    #[test]
    fn a_change_that_somebody_rejected_waits_whatever_the_setting() {
        let rejected = BTreeSet::from([ChangeKey("k".into())]);
        let why = why_held(&plan(&[]), Approval::Never, &rejected);
        assert_eq!(why, [WhyHeld::RejectedBefore { changes: 1 }]);
    }

    #[test]
    fn an_empty_plan_waits_for_nobody() {
        let mut empty = plan(&[Guard::FirstCycle]);
        empty.changes.clear();
        assert!(!held(&empty, Approval::Always));
    }
}
