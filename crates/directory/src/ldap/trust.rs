//! Which server certificates are trusted.

use crate::DirectoryError;
use crate::settings::refuse;

/// A SHA-256 fingerprint from its text.
pub(crate) fn fingerprint(text: &str) -> Result<[u8; 32], DirectoryError> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !b": ".contains(byte))
        .map_while(|byte| {
            (byte as char)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        })
        .collect();
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |all, d| all << 4 | d))
        .collect();
    match <[u8; 32]>::try_from(bytes) {
        Ok(fingerprint) if digits.len() == 64 => Ok(fingerprint),
        _ => Err(refuse(
            "certificate_sha256",
            format!("`{text}` is no SHA-256 fingerprint: 64 hexadecimal digits, colons allowed"),
        )),
    }
}
