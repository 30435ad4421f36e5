//! Random tokens: made once, shown once, stored as a hash.

use std::fmt;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use rand::TryRng as _;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use crate::problem::Problem;

/// What a token is for. It begins with a word that says so, so that scanners for leaked secrets find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A one-time link.
    Invitation,
    /// A session of a browser.
    Session,
    /// An API token.
    ApiToken,
    /// What a browser holds while its sign-in at an identity provider is under way.
    SignIn,
    /// What leads an identity provider's answer back to the sign-in that asked.
    State,
}

impl Purpose {
    /// How tokens for it begin.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Invitation => "usher_once_",
            Self::Session => "usher_session_",
            Self::ApiToken => "usher_",
            Self::SignIn => "usher_sign_in_",
            Self::State => "usher_state_",
        }
    }
}

/// A token that was just made: 256 random bits.
#[derive(Clone)]
pub struct Secret {
    /// The token, for whoever is to have it.
    pub token: SecretString,
    /// Its hash, for the database.
    pub hash: String,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// A new token.
    pub fn new(purpose: Purpose) -> Result<Self, Problem> {
        let random: [u8; 32] = random()?;
        let token = format!("{}{}", purpose.prefix(), BASE64URL_NOPAD.encode(&random));
        Ok(Self {
            hash: fingerprint(&token),
            token: token.into(),
        })
    }

    /// The token as text, for the one answer that holds it.
    pub fn reveal(&self) -> &str {
        self.token.expose_secret()
    }
}

/// The hash under which a token is stored and found: SHA-256, in hexadecimal digits. A token is as random as its hash, so
/// that a slow hash would protect nothing.
pub fn fingerprint(token: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(token.as_bytes()))
}

/// Random bytes of the operating system's.
pub fn random<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    rand::rngs::SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| {
            tracing::error!(%error, "the operating system gives no random numbers");
            Problem::bug()
        })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_what_it_is_for_and_no_two_are_the_same() {
        let [one, other] =
            [Purpose::ApiToken, Purpose::ApiToken].map(|purpose| Secret::new(purpose).unwrap());
        assert!(one.reveal().starts_with("usher_"));
        assert_eq!(one.reveal().len(), "usher_".len() + 43);
        assert_ne!(one.reveal(), other.reveal());
        assert_eq!(one.hash, fingerprint(one.reveal()));
    }

    #[test]
    fn a_secret_shows_nothing_of_itself() {
        let secret = Secret::new(Purpose::Session).unwrap();
        assert!(!format!("{secret:?}").contains(secret.reveal()));
    }
}
