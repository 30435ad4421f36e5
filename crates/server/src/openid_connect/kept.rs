//! What is kept of a provider's ID token: it is needed to sign out there, and lies in the database encrypted under the
//! token that only the browser has.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use crate::administrators::random;
use crate::problem::Problem;

/// What a text is bound to.
const BOUND_TO: &[u8] = b"usher id token";

/// Encrypts a text under a browser's token.
pub fn seal(token: &SecretString, text: &SecretString) -> Result<String, Problem> {
    let nonce: [u8; NONCE_LEN] = random()?;
    let mut bytes = text.expose_secret().as_bytes().to_vec();
    let (unique, aad) = (Nonce::assume_unique_for_key(nonce), Aad::from(BOUND_TO));
    let sealed = cipher(token).and_then(|key| {
        key.seal_in_place_append_tag(unique, aad, &mut bytes)
            .map_err(Problem::bug_of)
    });
    sealed?;
    Ok(format!(
        "{}.{}",
        BASE64URL_NOPAD.encode(&nonce),
        BASE64URL_NOPAD.encode(&bytes)
    ))
}

/// Decrypts it; `None` with another token, or when it was changed.
pub fn open(token: &SecretString, sealed: &str) -> Option<SecretString> {
    let (nonce, bytes) = sealed.split_once('.')?;
    let nonce = BASE64URL_NOPAD.decode(nonce.as_bytes()).ok()?;
    let nonce: [u8; NONCE_LEN] = nonce.try_into().ok()?;
    let mut bytes = BASE64URL_NOPAD.decode(bytes.as_bytes()).ok()?;
    let (unique, aad) = (Nonce::assume_unique_for_key(nonce), Aad::from(BOUND_TO));
    let plain = cipher(token)
        .ok()?
        .open_in_place(unique, aad, &mut bytes)
        .ok()?;
    Some(std::str::from_utf8(plain).ok()?.into())
}

/// A token has 256 random bits, so that its hash is as good a key as any; the one it is found by is another hash.
fn cipher(token: &SecretString) -> Result<LessSafeKey, Problem> {
    let mut hash = Sha256::new();
    hash.update(b"key ");
    hash.update(token.expose_secret().as_bytes());
    let key = UnboundKey::new(&AES_256_GCM, &hash.finalize());
    key.map(LessSafeKey::new).map_err(Problem::bug_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_with_the_token_it_was_sealed_under_and_no_other() {
        let (ours, theirs) = (SecretString::from("ours"), SecretString::from("theirs"));
        let sealed = seal(&ours, &"an ID token".into()).unwrap();
        assert!(!sealed.contains("token"), "{sealed}");
        assert_eq!(open(&ours, &sealed).unwrap().expose_secret(), "an ID token");
        assert!(open(&theirs, &sealed).is_none());
        assert!(open(&ours, &sealed.replace('.', ".A")).is_none());
        assert!(open(&ours, "").is_none());
        assert_ne!(sealed, seal(&ours, &"an ID token".into()).unwrap());
    }
}
