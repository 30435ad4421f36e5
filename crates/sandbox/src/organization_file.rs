//! Organizations described by hand in YAML.

use jiff::Timestamp;

use crate::switches::Switches;
use crate::world::World;

/// Reads an organization. `switches` are what the file's own switches are laid over.
pub fn read(
    _text: &str,
    _switches: &Switches,
    _now: Timestamp,
) -> Result<World, OrganizationFileError> {
    Err(OrganizationFileError)
}

/// Why an organization file is refused.
#[derive(Debug, thiserror::Error)]
#[error("not yet")]
pub struct OrganizationFileError;
