//! What a synchronization is asked to do.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use usher_model::{Actor, OrganizationId, Origin};

use crate::sync::ShrinkLimit;

/// Whether pages of an interrupted run may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// Yes, when the run's last page is younger than this.
    Within(Duration),
    /// No: everything is read anew.
    Never,
}

impl Default for Resume {
    /// 15 minutes.
    fn default() -> Self {
        Self::Within(Duration::from_secs(15 * 60))
    }
}

/// Whether an optional read happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OptionalRead {
    /// When the token allows it.
    #[default]
    WhenAllowed,
    /// Not.
    Off,
}

/// What a synchronization is asked to do.
#[derive(Clone, Debug)]
pub struct SyncOptions {
    /// The organization that the inventory is of; needed with a SCIM token alone when the database holds
    /// several, because SCIM does not say which organization it answers for.
    pub organization: Option<OrganizationId>,
    /// Which pages of an interrupted run are kept.
    pub resume: Resume,
    /// How far the inventory may shrink.
    pub shrink_limit: ShrinkLimit,
    /// Read Miro's audit log since the last synchronization, to say who changed what.
    pub audit_log: OptionalRead,
    /// Read user groups through REST.
    pub user_groups: OptionalRead,
    /// How many team member lists are read side by side.
    pub concurrency: usize,
    /// Who asks.
    pub actor: Actor,
    /// By which way.
    pub origin: Origin,
    /// Cancelled when it is to come to a stop. What is read by then is stored, and the next run goes on behind it.
    pub stop: CancellationToken,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            organization: None,
            resume: Resume::default(),
            shrink_limit: ShrinkLimit::default(),
            audit_log: OptionalRead::default(),
            user_groups: OptionalRead::default(),
            concurrency: 16,
            actor: Actor::System,
            origin: Origin::CommandLine,
            stop: CancellationToken::new(),
        }
    }
}
