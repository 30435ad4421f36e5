//! A plan: changes, and what holds them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use usher_model::{OrganizationId, PlanId, SyncId, Timestamp};

use crate::{ActionKind, Change};

/// The smallest list of changes that brings an organization in line with the directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The plan's id.
    pub id: PlanId,
    /// The organization it is for.
    pub organization: OrganizationId,
    /// When it was made.
    pub created_at: Timestamp,
    /// What it was made from.
    pub basis: Basis,
    /// The changes, each after those it needs.
    pub changes: Vec<Change>,
    /// What was weighed, held or not.
    pub guards: Vec<GuardVerdict>,
}

/// What a plan was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// The snapshot of the inventory, if the organization was ever read.
    pub snapshot: Option<SyncId>,
    /// The plan it replaces.
    pub parent: Option<PlanId>,
    /// The hash of everything the planner was given for the subjects of its changes: when the same hash comes
    /// out again, the world has not moved in a way that touches the plan.
    pub hash: PlanHash,
    /// Whether the plan was restricted to some people.
    pub only: Vec<usher_model::PersonId>,
}

/// A SHA-256 hash in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanHash(pub String);

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a guard watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// Disables and revokes in this plan.
    MassRemoval,
    /// Disables and revokes in this plan and the last 24 hours.
    RollingRemoval,
    /// Changes that cannot be undone, in this plan and the last 24 hours.
    Irreversible,
    /// Any deletion of an account.
    Deletion,
    /// Any grant of company admin or of an admin role.
    AdminGrant,
    /// A licence upgrade that no assignment asked for.
    LicenseUpgrade,
    /// A group that would lose more than the allowed share of its members.
    GroupShrink,
    /// The first plan of an organization.
    FirstCycle,
}

impl Guard {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::MassRemoval,
        Self::RollingRemoval,
        Self::Irreversible,
        Self::Deletion,
        Self::AdminGrant,
        Self::LicenseUpgrade,
        Self::GroupShrink,
        Self::FirstCycle,
    ];

    /// The guard as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MassRemoval => "mass_removal",
            Self::RollingRemoval => "rolling_removal",
            Self::Irreversible => "irreversible",
            Self::Deletion => "deletion",
            Self::AdminGrant => "admin_grant",
            Self::LicenseUpgrade => "license_upgrade",
            Self::GroupShrink => "group_shrink",
            Self::FirstCycle => "first_cycle",
        }
    }
}

/// What a guard found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardVerdict {
    /// Which guard.
    pub guard: Guard,
    /// Whether it holds the plan.
    pub tripped: bool,
    /// How many it counted.
    pub counted: u32,
    /// How many it allows.
    pub allowed: u32,
    /// The numbers of the changes it counted, if it holds the plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<u32>,
    /// What it found, in words.
    pub words: String,
}

/// How many changes of each kind.
pub type PlanCounts = BTreeMap<ActionKind, u32>;

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether a guard holds it.
    pub fn is_held(&self) -> bool {
        self.guards.iter().any(|verdict| verdict.tripped)
    }

    /// How many changes of each kind.
    pub fn counts(&self) -> PlanCounts {
        let mut counts = PlanCounts::new();
        for change in &self.changes {
            *counts.entry(change.action.kind()).or_default() += 1;
        }
        counts
    }

    /// The change with this number.
    pub fn change(&self, number: u32) -> Option<&Change> {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        self.changes
            .get(at)
            .filter(|change| change.number == number)
    }
}
