//! Short texts that stand for bytes.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// Bytes in hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// Sixteen hexadecimal digits that stand for a value.
pub(crate) fn short_hash(value: &impl Serialize) -> String {
    let digest = Sha256::digest(serde_json::to_vec(value).unwrap_or_default());
    hexadecimal(digest.get(..8).unwrap_or(&digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_with_two_digits_each() {
        assert_eq!(hexadecimal(&[0, 9, 0xAB, 0xFF]), "0009abff");
        assert_eq!(short_hash(&"a").len(), 16);
        assert_ne!(short_hash(&"a"), short_hash(&"b"));
    }
}
