//! The life of a connector: activate, update, re-authorize, deactivate.
//!
//! ```text
//! inactive ──activate (tokens proved)──▶ active ──reauthorize (new token proved first)──▶ active
//!     ▲                                    │
//!     └───────────── deactivate ───────────┘   nothing changes in Miro
//! ```
//!
//! Tokens come from configuration and are never stored. Whether cycles run is switched apart from that
//! ([`set_provisioning`]), so that an active connector can be looked at, planned and tried on single people first.

mod lifecycle;
mod proof;
mod switches;

pub use lifecycle::{Activated, Deactivated, activate, deactivate, reauthorize};
pub use proof::{Ability, Proof, prove};
pub use switches::{Switched, set_provisioning, update_settings};
