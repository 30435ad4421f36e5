//! Taking a key into use, and another one after it.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;
use usher_boxed::boxed;
use usher_model::{EventKind, SecretId};
use usher_store::{SecretLabel, StoreError, StoredSecret};

use crate::secrets::vault::bound_to;
use crate::secrets::{SecretError, Vault, sealing};
use crate::{Acting, EngineError};

/// How many secrets are looked at in one go.
const BATCH: u64 = 100;

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The version that new secrets are sealed with.
    pub version: u32,
    /// Whether it was taken into use just now; else a rotation that had been interrupted went on.
    pub is_new: bool,
    /// How many secrets were sealed anew.
    pub resealed: u64,
    /// Those that could not be: they are as they were.
    pub left: Vec<NotResealed>,
}

/// A secret that could not be sealed anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotResealed {
    /// Which.
    #[serde(flatten)]
    pub secret: SecretLabel,
    /// Why.
    pub why: String,
    /// What to do about it.
    pub hint: String,
}

/// What one look at every secret did.
#[derive(Debug, Default)]
struct Pass {
    resealed: u64,
    left: Vec<NotResealed>,
    /// Versions of the key that nothing opens with, why, and what to do: the source is asked for each once.
    unusable: BTreeMap<u32, (String, String)>,
}

impl Vault {
    /// Takes the first key into use; where keys are kept in a file that is not there, it is made. Doing so again checks
    /// that the key is the one in use. Returns the version.
    #[boxed]
    pub async fn begin(&self, acting: Acting<'_>) -> Result<u32, EngineError> {
        match self.current().await {
            Ok(current) => {
                let version = current.check.key_version;
                self.keys(version).await?;
                self.seal_second_factors().await?;
                return Ok(version);
            }
            Err(EngineError::Secret(SecretError::NotBegun)) => {}
            Err(error) => return Err(error),
        }
        let source = self.source()?;
        let keys = match source.read().await {
            Ok(keys) => keys,
            Err(error @ SecretError::File { .. }) => {
                if !source.is_absent() || !source.make(1)? {
                    return Err(error.into());
                }
                source.read().await?
            }
            Err(error) => return Err(error.into()),
        };
        let version = keys.newest();
        self.take_into_use(acting, version, None).await?;
        self.seal_second_factors().await?;
        Ok(version)
    }

    /// Takes a newer key into use and seals with it what is sealed with others. Where keys are kept in a file, it is made
    /// if the file has none; where they come from elsewhere, whoever keeps them has to add it first. One that was
    /// interrupted goes on. Nobody has to stop working meanwhile. A secret that cannot be opened stays as it is, and the
    /// others do not wait for it.
    #[boxed]
    pub async fn rotate(&self, acting: Acting<'_>) -> Result<Rotated, EngineError> {
        let current = self.current().await?.check.key_version;
        self.seal_second_factors().await?;
        let unfinished = self.reseal_all(current).await?;
        if unfinished.resealed > 0 {
            return self.rotated(current, false, unfinished).await;
        }
        let source = self.source()?;
        let mut newest = source.read().await?.newest();
        if newest <= current {
            let next = current.saturating_add(1);
            if !source.make(next)? {
                return Err(SecretError::NothingNewer { current }.into());
            }
            newest = next;
        }
        self.keys(current).await?;
        self.take_into_use(acting, newest, Some(current)).await?;
        let pass = self.reseal_all(newest).await?;
        self.rotated(newest, true, pass).await
    }

    async fn take_into_use(
        &self,
        acting: Acting<'_>,
        version: u32,
        before: Option<u32>,
    ) -> Result<(), EngineError> {
        let keys = self.keys(version).await?;
        let check = sealing::check_of(&keys, version)?;
        let data = json!({"before": before, "after": version});
        let event = acting.event(EventKind::SecretKeyRotated, "secrets", data);
        self.store.use_secret_key(&check, &[event]).await?;
        Ok(())
    }

    async fn rotated(
        &self,
        version: u32,
        is_new: bool,
        pass: Pass,
    ) -> Result<Rotated, EngineError> {
        self.store.retire_secret_keys().await?;
        Ok(Rotated {
            version,
            is_new,
            resealed: pass.resealed,
            left: pass.left,
        })
    }

    /// Seals with the version what is not yet, each secret once: whoever stores one meanwhile seals it with the current key.
    async fn reseal_all(&self, version: u32) -> Result<Pass, EngineError> {
        let (mut pass, mut after) = (Pass::default(), None::<SecretId>);
        loop {
            let store = &self.store;
            let batch = store.secrets_under_other_keys(version, after.as_ref(), BATCH);
            let batch = batch.await?;
            let Some(last) = batch.last() else {
                return Ok(pass);
            };
            after = Some(last.label.id.clone());
            for stored in &batch {
                self.reseal(stored, version, &mut pass).await?;
            }
        }
    }

    async fn reseal(
        &self,
        stored: &StoredSecret,
        version: u32,
        pass: &mut Pass,
    ) -> Result<(), EngineError> {
        let Some(text) = self.open_or_note(stored, pass).await? else {
            return Ok(());
        };
        let keys = self.keys(version).await?;
        let sealed = sealing::seal(&keys, version, &bound_to(&stored.label), &text)?;
        let done = match self.store.reseal_secret(stored, &sealed).await {
            Err(StoreError::SecretKeyMoved { .. }) => {
                return Err(SecretError::Overtaken { version }.into());
            }
            done => done?,
        };
        pass.resealed += u64::from(done);
        Ok(())
    }

    /// Opens a secret, or notes why it does not open.
    async fn open_or_note(
        &self,
        stored: &StoredSecret,
        pass: &mut Pass,
    ) -> Result<Option<SecretString>, EngineError> {
        let under = stored.sealed.key_version;
        let (why, hint) = match pass.unusable.get(&under) {
            Some(known) => known.clone(),
            None => match self.open(stored).await {
                Ok(text) => return Ok(Some(text)),
                Err(EngineError::Secret(error)) if is_of_one(&error) => {
                    let said = (error.to_string(), error.hint());
                    if !matches!(error, SecretError::Damaged { .. }) {
                        pass.unusable.insert(under, said.clone());
                    }
                    said
                }
                Err(error) => return Err(error),
            },
        };
        let secret = stored.label.clone();
        pass.left.push(NotResealed { secret, why, hint });
        Ok(None)
    }
}

/// Whether an error is about this secret, or the key that it is under, and not about where keys come from.
fn is_of_one(error: &SecretError) -> bool {
    matches!(
        error,
        SecretError::Damaged { .. } | SecretError::Missing { .. } | SecretError::Wrong { .. }
    )
}
