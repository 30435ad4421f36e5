//! LDAP filters.

use crate::DirectoryError;

pub(crate) fn check(_field: &str, _text: &str) -> Result<(), DirectoryError> {
    Ok(())
}
