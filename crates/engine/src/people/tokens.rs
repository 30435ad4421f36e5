//! The tokens by which identity providers prove who they are.

use data_encoding::HEXLOWER;
use rand::RngExt as _;
use secrecy::SecretString;
use serde_json::json;
use sha2::{Digest, Sha256};
use usher_boxed::boxed;
use usher_directory::SourceKind;
use usher_model::{EventKind, SourceName, Timestamp};
use usher_store::{NewSourceToken, SourceToken, StoreError};

use crate::{Acting, EngineError, Refused};

/// What every token begins with, so that one that leaked is recognized.
const PREFIX: &str = "usher_scim_";

/// How long a token opens anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenLifetime {
    /// Until it is revoked.
    UntilRevoked,
    /// Until a time.
    Until(Timestamp),
}

/// Makes a token for a source whose people are pushed. It is told once; what is stored is its hash.
#[boxed]
pub async fn create_source_token(
    acting: Acting<'_>,
    source: &SourceName,
    lifetime: TokenLifetime,
) -> Result<(SecretString, SourceToken), EngineError> {
    let record = acting.store.source(source).await?;
    let record = record.ok_or_else(|| StoreError::NoSuchSource(source.clone()))?;
    let kind = record.definition.settings.get("kind");
    if kind != Some(&json!(SourceKind::Scim.as_str())) {
        return Err(Refused::NotPushed(source.clone()).into());
    }
    let secret = new_secret();
    let new = NewSourceToken {
        source: source.clone(),
        hash: token_hash(&secret),
        expires_at: match lifetime {
            TokenLifetime::UntilRevoked => None,
            TokenLifetime::Until(end) => Some(end),
        },
    };
    let event = |id: &str| {
        let data = json!({"token": id, "expires_at": new.expires_at});
        acting.event(
            EventKind::SourceTokenCreated,
            format!("source:{source}"),
            data,
        )
    };
    let token = acting.store.create_source_token(&new, event).await?;
    Ok((SecretString::from(secret), token))
}

/// Makes a token open nothing any more. Returns whether the source has one of this id that did.
#[boxed]
pub async fn revoke_source_token(
    acting: Acting<'_>,
    source: &SourceName,
    id: &str,
) -> Result<bool, EngineError> {
    let event = acting.event(
        EventKind::SourceTokenRevoked,
        format!("source:{source}"),
        json!({"token": id}),
    );
    let store = acting.store;
    Ok(store.revoke_source_token(source, id, &event).await?)
}

/// What is kept of a token: 256 random bits need no salt, and no slow hash.
pub fn token_hash(token: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(token))
}

fn new_secret() -> String {
    let random: [u8; 32] = rand::rng().random();
    format!("{PREFIX}{}", HEXLOWER.encode(&random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_recognized_by_its_beginning_and_never_the_same_again() {
        let (one, other) = (new_secret(), new_secret());
        assert!(one.starts_with(PREFIX));
        assert_eq!(one.len(), PREFIX.len() + 64);
        assert_ne!(one, other);
    }

    #[test]
    fn the_hash_is_sha_256() {
        assert_eq!(
            token_hash("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
