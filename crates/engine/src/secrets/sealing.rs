//! AES-256-GCM, with a nonce of its own for each text, bound to what the text belongs to.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use data_encoding::HEXLOWER;
use secrecy::{ExposeSecret, SecretString};
use usher_store::Sealed;

use crate::secrets::SecretError;
use crate::secrets::keys::{Key, Keys};

/// What the text that shows whether a key is the right one is bound to.
const CHECK: &str = "check/key";

/// The text itself.
const CHECK_TEXT: &str = "usher";

/// Seals `text` with a version of the key. It opens only with the same version and `bound_to`.
pub(super) fn seal(
    keys: &Keys,
    version: u32,
    bound_to: &str,
    text: &SecretString,
) -> Result<Sealed, SecretError> {
    let key = cipher(keys.get(version)?)?;
    let mut nonce = [0; NONCE_LEN];
    aws_lc_rs::rand::fill(&mut nonce).map_err(|_| SecretError::NoRandomness)?;
    let mut bytes = text.expose_secret().as_bytes().to_vec();
    let aad = Aad::from(bound_to.as_bytes());
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut bytes)
        .map_err(|_| SecretError::Keys("encryption failed".to_owned()))?;
    Ok(Sealed {
        key_version: version,
        nonce: HEXLOWER.encode(&nonce),
        ciphertext: HEXLOWER.encode(&bytes),
    })
}

/// Opens what was sealed; `None` when it was sealed with another key, bound to something else, or changed.
pub(super) fn open(
    keys: &Keys,
    bound_to: &str,
    sealed: &Sealed,
) -> Result<Option<SecretString>, SecretError> {
    let key = cipher(keys.get(sealed.key_version)?)?;
    Ok(opened(&key, bound_to, sealed))
}

fn opened(key: &LessSafeKey, bound_to: &str, sealed: &Sealed) -> Option<SecretString> {
    let nonce: [u8; NONCE_LEN] = from_hex(&sealed.nonce)?.try_into().ok()?;
    let mut bytes = from_hex(&sealed.ciphertext)?;
    let aad = Aad::from(bound_to.as_bytes());
    let plain = key
        .open_in_place(Nonce::assume_unique_for_key(nonce), aad, &mut bytes)
        .ok()?;
    let text = std::str::from_utf8(plain).ok()?;
    Some(SecretString::from(text))
}

/// What shows later whether a key is the one that was taken into use.
pub(super) fn check_of(keys: &Keys, version: u32) -> Result<Sealed, SecretError> {
    seal(keys, version, CHECK, &SecretString::from(CHECK_TEXT))
}

/// Whether the keys have the version that the check was made with, and it is the same key.
pub(super) fn check(keys: &Keys, check: &Sealed) -> Result<(), SecretError> {
    let text = open(keys, CHECK, check)?;
    match text {
        Some(text) if text.expose_secret() == CHECK_TEXT => Ok(()),
        _ => Err(SecretError::Wrong {
            version: check.key_version,
        }),
    }
}

fn cipher(key: &Key) -> Result<LessSafeKey, SecretError> {
    let key = UnboundKey::new(&AES_256_GCM, key.expose_secret());
    key.map(LessSafeKey::new)
        .map_err(|_| SecretError::Keys("a key is not 32 bytes".to_owned()))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    HEXLOWER.decode(text.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::secrets::keys::new_entry;

    fn keys(versions: &[u32]) -> Keys {
        let entries: String = versions
            .iter()
            .map(|version| new_entry(*version).unwrap().expose_secret().to_owned())
            .collect();
        Keys::parse(&SecretString::from(entries)).unwrap()
    }

    fn text(sealed: &Sealed, keys: &Keys, bound_to: &str) -> Option<String> {
        let opened = open(keys, bound_to, sealed).unwrap();
        opened.map(|text| text.expose_secret().to_owned())
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_is_not_in_what_is_stored(secret in "[a-z0-9é]{4,60}") {
            let keys = keys(&[1, 2]);
            let sealed = seal(&keys, 2, "token/7", &SecretString::from(secret.as_str())).unwrap();
            let opened = text(&sealed, &keys, "token/7");
            prop_assert_eq!(opened.as_ref(), Some(&secret));
            let stored = from_hex(&sealed.ciphertext).unwrap();
            prop_assert!(!stored.windows(secret.len()).any(|window| window == secret.as_bytes()));
            let shown = format!("{sealed:?}");
            prop_assert!(!shown.contains(&sealed.ciphertext));
        }
    }

    #[test]
    fn a_secret_in_the_place_of_another_or_changed_does_not_open() {
        let keys = keys(&[1]);
        let sealed = seal(&keys, 1, "token/7", &SecretString::from("hush")).unwrap();
        assert_eq!(text(&sealed, &keys, "token/8"), None);
        assert_eq!(text(&sealed, &keys, "password/7"), None);
        let mut changed = sealed.clone();
        let last = if changed.ciphertext.ends_with('0') {
            "1"
        } else {
            "0"
        };
        changed.ciphertext.pop();
        changed.ciphertext.push_str(last);
        assert_eq!(text(&changed, &keys, "token/7"), None);
        changed.ciphertext = "é".into();
        assert_eq!(text(&changed, &keys, "token/7"), None);
    }

    #[test]
    fn the_same_secret_is_sealed_differently_each_time() {
        let keys = keys(&[1]);
        let seal = || seal(&keys, 1, "token/7", &SecretString::from("hush")).unwrap();
        let (one, other) = (seal(), seal());
        assert_ne!(one.nonce, other.nonce);
        assert_ne!(one.ciphertext, other.ciphertext);
    }

    #[test]
    fn another_key_under_the_same_version_is_noticed_and_a_missing_one_is_named() {
        let (ours, others) = (keys(&[1]), keys(&[1]));
        let checked = check_of(&ours, 1).unwrap();
        check(&ours, &checked).unwrap();
        assert!(matches!(
            check(&others, &checked),
            Err(SecretError::Wrong { version: 1 })
        ));
        assert!(matches!(
            check(&keys(&[2]), &checked),
            Err(SecretError::Missing { version: 1 })
        ));
    }
}
