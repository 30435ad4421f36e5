//! What identity providers push: resources as they came, the memberships of groups row by row, and the tokens by which
//! a provider proves who it is.
//!
//! ```text
//!   a push ──begin_push──▶ scim_resources, scim_emails, scim_members ──┐ one transaction
//!                          source_entries ──(merged with those who may ├──▶ people, groups, events
//!                                            be the same person)───────┘
//! ```
//!
//! A push changes few rows however large the directory is. Whoever drives it ([`Pushing`]) says at its end whether the
//! directory follows from it already; else the next merge sees to that.

mod condition;
mod finding;
mod members;
mod neighbours;
mod pushing;
mod resource;
mod tokens;
mod values;

pub(crate) use members::forget_source as forget_members;
pub(crate) use resource::forget_source as forget_resources;
pub(crate) use tokens::forget_source as forget_tokens;
pub(crate) use values::save as save_match_values;

pub use condition::{PushedColumn, PushedComparison, PushedCondition};
pub use finding::{PushedOrder, PushedQuery};
pub use members::{PushedGroupName, PushedMember};
pub use neighbours::NeighbourEntry;
pub use pushing::Pushing;
pub use resource::{PushedIndex, PushedResource};
pub use tokens::{NewSourceToken, SourceToken, SourceTokenState};
pub use values::MatchValue;
