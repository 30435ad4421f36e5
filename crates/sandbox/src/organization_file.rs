//! Organizations described by hand in YAML: small ones, for tests and for reproducing what somebody saw.
//!
//! ```yaml
//! organization: { name: Acme, seats: 10, allowed_domains: [acme.com] }
//! switches: { group_model: user_group }
//! users:
//!   - { email: jane@acme.com, name: Jane Doe, role: admin }
//!   - { email: bob@acme.com, name: Bob Roe, license: Free Restricted, idle_days: 120 }
//! teams:
//!   - { name: Everyone, admins: [jane@acme.com] }
//!   - { name: Design, admins: [jane@acme.com], members: [bob@acme.com], boards: { bob@acme.com: 2 } }
//! groups:
//!   - { name: Auditors, members: [bob@acme.com], teams: [Design] }
//! ```
//!
//! Everything but the users' e-mail addresses has a default. The first team is the default team, in which every
//! member is, listed or not. What cannot be is refused with its place.

mod assemble;
mod format;
mod write;

use jiff::Timestamp;
use thiserror::Error;

use crate::switches::Switches;
use crate::world::World;

/// Reads an organization as it is at `now`. `switches` hold where the file says nothing.
///
/// # Errors
/// When the text is no YAML of this form, or describes what cannot be; the message says where.
pub fn read(
    text: &str,
    switches: &Switches,
    now: Timestamp,
) -> Result<World, OrganizationFileError> {
    let file: format::File = serde_saphyr::from_str(text)
        .map_err(|error| OrganizationFileError::Form(error.to_string()))?;
    assemble::world(&file, switches, now)
}

/// Writes an organization so that reading gives the same one, but for its audit log.
///
/// # Errors
/// When it cannot be written as YAML.
pub fn write(world: &World, now: Timestamp) -> Result<String, OrganizationFileError> {
    serde_saphyr::to_string(&write::file(world, now))
        .map_err(|error| OrganizationFileError::Form(error.to_string()))
}

/// Why an organization file is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OrganizationFileError {
    /// It is not YAML of the expected form.
    #[error("{0}")]
    Form(String),
    /// It describes what cannot be.
    #[error("{place}: {reason}")]
    Content {
        /// Where, such as `teams[2].members[0]`.
        place: String,
        /// What is wrong there.
        reason: String,
    },
}

#[cfg(test)]
mod tests;
