//! How a Miro organization looks to Baton.
//!
//! For users, teams and organization roles the ids, names, descriptions, profiles and entitlements are
//! those of the Go connector for Miro, so that a reader sees no difference:
//!
//! | resource | entitlements |
//! |---|---|
//! | `user:ID` | – |
//! | `team:ID` | `team:ID:non_team`, `…:member`, `…:admin`, `…:team_guest` |
//! | `role:ROLE`, four of them | `role:ROLE:assigned` |
//!
//! A role that Miro never published is a resource or an entitlement of the same form, made when somebody
//! has it; the Go connector loses such grants. Usher adds, each as a resource type of its own so that no
//! id can collide with one of the above:
//!
//! | resource | entitlement |
//! |---|---|
//! | `license:LICENSE`, with seats | `license:LICENSE:assigned` |
//! | `admin_role:NAME` | `admin_role:NAME:assigned` |
//! | `user_group:ID` | `user_group:ID:member` |
//!
//! Accounts also carry what newer readers look for (addresses, employee numbers, and status and profile
//! on the resource itself); older ones ignore it.

mod account;
mod admin_role;
mod export;
mod grant;
mod license;
mod resource_type;
mod role;
mod team;
mod text;
mod user_group;

pub use account::account;
pub use admin_role::{admin_role, admin_role_entitlement};
pub use export::{Detail, InventoryExport};
pub use grant::{held_entitlement, held_entitlement_id, principal};
pub use license::{Seats, license, license_entitlement};
pub use resource_type::{
    additional_types, admin_role_type, connector_types, license_type, role_type, team_type,
    user_group_type, user_type,
};
pub use role::{role, role_entitlement};
pub use team::{team, team_entitlement, team_entitlements};
pub use user_group::{user_group, user_group_entitlement};
