//! Usher's vocabulary: what is known of a Miro organization, in plain types.
//!
//! An *organization* has *accounts*, *teams* and *user groups*. An *entitlement* is one thing that an
//! account can hold ([`Entitlement`]); a [`Grant`] says that an account holds it. A synchronization ends
//! in a snapshot, and its [`Completeness`] says whether the snapshot can be believed. What Usher could
//! not see is [`Known::Unknown`], never empty. What happened is an [`Event`] in a hash chain.
//!
//! Nothing here reads a clock, a file or a network: time is a value, or comes from a [`Clock`].

mod account;
mod clock;
mod completeness;
mod entitlement;
mod event;
mod ids;
mod known;
mod organization;

pub use account::{
    Account, AccountStatus, AdminRole, AdminRoleKind, Email, EnterpriseAttributes, License,
    Manager, OrganizationRole,
};
pub use clock::{Clock, FixedClock, SystemClock};
pub use completeness::{Completeness, Coverage, Distrust, Seen, Sources};
pub use entitlement::{Entitlement, EntitlementKind, Grant, ParseEntitlementError, TeamRole};
pub use event::{
    Actor, BrokenChain, ChainHash, ChainedEvent, Event, EventKind, Origin, verify_chain,
};
pub use ids::{AccountId, EventId, OrganizationId, SyncId, TeamId, UserGroupId};
pub use known::Known;
pub use organization::{Organization, Team, UserGroup};

/// A point in time, in UTC.
pub use jiff::Timestamp;
