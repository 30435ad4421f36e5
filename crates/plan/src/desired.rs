//! What should be: people, groups, and who should hold what.

use serde::{Deserialize, Serialize};
use usher_model::{Assignment, Group, GroupLink, Hold, Link, Person, ProvisionedGrant, SourceName};

/// People, groups, and who should hold what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Desired {
    /// Everybody in the directory, and everybody who was and still has a link; sorted by id.
    pub people: Vec<Person>,
    /// All groups of the directory, sorted by id.
    pub groups: Vec<Group>,
    /// All assignments, also those that do not hold now.
    pub assignments: Vec<Assignment>,
    /// All holds, also those that do not hold now.
    pub holds: Vec<Hold>,
    /// The ties between people and accounts.
    pub links: Vec<Link>,
    /// The ties between groups and teams or user groups.
    pub group_links: Vec<GroupLink>,
    /// What Usher gave to accounts and may take away again.
    pub provisioned: Vec<ProvisionedGrant>,
    /// What was removed lately.
    pub recent: RecentRemovals,
    /// Whether a cycle was ever applied.
    pub first_cycle: FirstCycle,
    /// Sources whose last reading is not believed; what they said before still holds, and nobody leaves because of them.
    pub suspect_sources: Vec<SourceName>,
}

/// What was removed within the last 24 hours, for the guards that look back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentRemovals {
    /// Accounts disabled or deleted, and access taken away.
    pub disables_and_revokes: u32,
    /// Changes that cannot be undone.
    pub irreversible: u32,
}

/// Whether a cycle was ever applied to the organization: the first always needs approval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstCycle {
    /// None was.
    #[default]
    Pending,
    /// One was.
    Done,
}
