//! From bytes to text.

use encoding_rs::Encoding;

use crate::DirectoryError;
use crate::settings::refuse;

/// The encoding of a label.
pub(crate) fn encoding(label: &str) -> Result<&'static Encoding, DirectoryError> {
    Encoding::for_label(label.trim().as_bytes()).ok_or_else(|| {
        refuse(
            "encoding",
            format!("`{label}` is no encoding; try `utf-8` or `windows-1252`"),
        )
    })
}
