//! A plan in numbers.

use std::collections::BTreeMap;

use usher_model::License;
use usher_plan::{Action, ActionKind, Change, Consequence, Plan, Urgency};

use super::action::Sign;

/// A plan in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// Kind by kind.
    pub kinds: BTreeMap<ActionKind, u32>,
    /// How many people or accounts it touches.
    pub subjects: usize,
    /// How many changes jump the queue.
    pub urgent: usize,
    /// How many changes cannot be undone.
    pub irreversible: usize,
    /// Licences taken and freed, and the fewest seats left on the way.
    pub licenses: BTreeMap<License, Seats>,
}

/// What happens to the seats of a licence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seats {
    /// How many are taken.
    pub taken: u32,
    /// How many become free.
    pub freed: u32,
    /// The fewest that are left, if known.
    pub left: Option<i64>,
}

impl Overview {
    /// Counts a plan.
    pub fn of(plan: &Plan) -> Self {
        let mut overview = Self {
            kinds: plan.counts(),
            ..Self::default()
        };
        let mut subjects: Vec<&str> = plan.changes.iter().map(|c| c.label.as_str()).collect();
        subjects.sort_unstable();
        subjects.dedup();
        overview.subjects = subjects.len();
        for change in &plan.changes {
            overview.count(change);
        }
        overview
    }

    fn count(&mut self, change: &Change) {
        self.urgent += usize::from(change.urgency == Urgency::Urgent);
        let is_final = change.consequences.iter().any(Consequence::is_irreversible);
        self.irreversible += usize::from(is_final);
        for consequence in &change.consequences {
            match consequence {
                Consequence::LicenseTaken {
                    license,
                    seats_left,
                } => {
                    let seats = self.licenses.entry(license.clone()).or_default();
                    seats.taken += 1;
                    seats.left = [seats.left, *seats_left].into_iter().flatten().min();
                }
                Consequence::LicenseFreed { license } => {
                    self.licenses.entry(license.clone()).or_default().freed += 1;
                }
                _ => {}
            }
        }
    }
}

/// The sign under which a kind is counted.
pub fn sign(kind: ActionKind) -> Sign {
    match kind {
        ActionKind::Create
        | ActionKind::AddToTeam
        | ActionKind::AddToUserGroup
        | ActionKind::CreateTeam
        | ActionKind::CreateUserGroup => Sign::Add,
        ActionKind::Link => Sign::Record,
        kind if kind.is_removal() => Sign::Remove,
        _ => Sign::Change,
    }
}

/// The word that `--kind` takes for a kind.
pub fn kind_word(kind: ActionKind) -> String {
    serde_json::to_value(kind)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Every kind, in the order of plans.
pub const KINDS: [ActionKind; 20] = [
    ActionKind::Create,
    ActionKind::Link,
    ActionKind::Update,
    ActionKind::Rename,
    ActionKind::Enable,
    ActionKind::Disable,
    ActionKind::Delete,
    ActionKind::Role,
    ActionKind::AdminRole,
    ActionKind::License,
    ActionKind::AddToTeam,
    ActionKind::RemoveFromTeam,
    ActionKind::TeamRole,
    ActionKind::AddToUserGroup,
    ActionKind::RemoveFromUserGroup,
    ActionKind::CreateTeam,
    ActionKind::RenameTeam,
    ActionKind::CreateUserGroup,
    ActionKind::RenameUserGroup,
    ActionKind::DeleteUserGroup,
];

/// Whether the change only ties things together in Usher's own records.
pub fn is_record(action: &Action) -> bool {
    action.kind() == ActionKind::Link
}
