//! The plain wire types of Miro's REST API, shared by its client and its simulator.
//!
//! Nothing here knows a rule of Miro: these are the shapes of bodies as Miro's published `OpenAPI` description
//! gives them, read leniently and written exactly. *Leniently* means: an identifier may come as a JSON
//! string or number, a field that the description calls required may be missing or `null` (only an identifier
//! may not), an enumeration is a `String` (Miro adds values without notice), and a field nobody knows is
//! ignored. Dates stay the text that Miro sent; [`parse_time`] reads it.
//!
//! ```
//! let member: usher_miro_wire::Member = serde_json::from_str(
//!     r#"{"id": 3074457365265951581, "email": "ada@example.com", "active": true, "license": "full",
//!         "role": "organization_internal_admin", "lastActivityAt": ""}"#,
//! )?;
//! assert_eq!(member.id, "3074457365265951581");
//! assert_eq!(member.last_activity_at.as_deref().and_then(usher_miro_wire::parse_time), None);
//! # Ok::<(), serde_json::Error>(())
//! ```

mod audit;
mod error;
mod group;
mod lenient;
mod member;
mod oauth;
mod organization;
mod page;
mod settings;
mod team;
mod time;
mod token;

pub use audit::{AuditActor, AuditContext, AuditEvent, AuditObject};
pub use error::RestError;
pub use group::{
    BulkEdit, BulkResult, TeamUserGroup, TeamUserGroupAdd, UserGroup, UserGroupCreate,
    UserGroupMember, UserGroupMemberAdd, UserGroupTeam, UserGroupUpdate,
};
pub use member::{AdminRole, Member};
pub use oauth::{OAuthToken, TokenRevocation};
pub use organization::Organization;
pub use page::CursorPage;
pub use settings::{
    TeamAccountDiscoverySettings, TeamCollaborationSettings, TeamCopyAccessLevelSettings,
    TeamInvitationSettings, TeamSettings, TeamSharingPolicySettings,
};
pub use team::{
    Team, TeamCreate, TeamInvite, TeamMember, TeamMemberUpdate, TeamPicture, TeamUpdate,
};
pub use time::parse_time;
pub use token::{Reference, TokenContext};

#[cfg(test)]
mod tests;
