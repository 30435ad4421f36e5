//! Usher's vocabulary: what is known of a Miro organization, in plain types.
//!
//! An *organization* has *accounts*, *teams* and *user groups*. An *entitlement* is one thing that an
//! account can hold ([`Entitlement`]); a [`Grant`] says that an account holds it. A synchronization ends
//! in a snapshot, and its [`Completeness`] says whether the snapshot can be believed. What Usher could
//! not see is [`Known::Unknown`], never empty. What happened is an [`Event`] in a hash chain.
//!
//! Nothing here reads a clock, a file or a network: time is a value, or comes from a [`Clock`].

mod account;
mod administrator;
mod assignment;
mod clock;
mod completeness;
mod entitlement;
mod event;
mod group;
mod hold;
mod ids;
mod known;
mod link;
mod loopback;
mod organization;
mod person;
mod person_serde;

pub use account::{
    Account, AccountStatus, AdminRole, AdminRoleKind, Email, EnterpriseAttributes, License,
    Manager, OrganizationRole,
};
pub use administrator::{Right, Role, UnknownWord};
pub use assignment::{
    AppRole, Assignment, AssignmentOrigin, AssignmentTarget, Subject, TeamTarget, UserGroupTarget,
};
pub use clock::{Clock, FixedClock, SystemClock};
pub use completeness::{Completeness, Coverage, Distrust, Seen, Sources};
pub use entitlement::{Entitlement, EntitlementKind, Grant, ParseEntitlementError, TeamRole};
pub use event::{
    Actor, BrokenChain, ChainHash, ChainedEvent, Event, EventKind, Origin, UnknownEventKind,
    verify_chain,
};
pub use group::{Group, GroupMember, GroupModel};
pub use hold::{Hold, HoldKind, HoldSubject};
pub use ids::{
    AccountId, AdministratorId, AssignmentId, CycleId, EventId, GroupId, HoldId, JobId,
    OrganizationId, PersonId, PlanId, SecretId, SessionId, SourceName, SyncId, TeamId, TokenId,
    UserGroupId,
};
pub use known::Known;
pub use link::{GroupLink, GroupLinkTarget, Link, LinkOrigin, ProvisionedGrant};
pub use loopback::is_loopback;
pub use organization::{Organization, Team, UserGroup};
pub use person::{AttributeName, AttributeValue, Attributes, Person, PersonStatus};

/// A point in time, in UTC.
pub use jiff::Timestamp;
