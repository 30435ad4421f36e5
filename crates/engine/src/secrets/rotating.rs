//! Taking a key into use, and another one after it.

use serde_json::json;
use usher_boxed::boxed;
use usher_model::EventKind;
use usher_store::StoredSecret;

use crate::secrets::vault::bound_to;
use crate::secrets::{SecretError, Vault, sealing};
use crate::{Acting, EngineError};

/// How many secrets are looked at in one go.
const BATCH: u64 = 100;

/// What a rotation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The version that new secrets are sealed with.
    pub version: u32,
    /// Whether it was taken into use just now; else a rotation that had been interrupted went on.
    pub is_new: bool,
    /// How many secrets were sealed anew.
    pub resealed: u64,
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
        Ok(version)
    }

    /// Takes a newer key into use and seals with it what is sealed with others. Where keys are kept in a file, it is made
    /// if the file has none; where they come from elsewhere, whoever keeps them has to add it first. One that was
    /// interrupted goes on. Nobody has to stop working meanwhile.
    #[boxed]
    pub async fn rotate(&self, acting: Acting<'_>) -> Result<Rotated, EngineError> {
        let current = self.current().await?.check.key_version;
        let unfinished = self.store.secrets_under_other_keys(current, 1).await?;
        if !unfinished.is_empty() {
            return self.finish(current, false).await;
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
        self.finish(newest, true).await
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

    /// Seals with the version what is not yet.
    async fn finish(&self, version: u32, is_new: bool) -> Result<Rotated, EngineError> {
        let mut resealed = 0;
        loop {
            let batch = self.store.secrets_under_other_keys(version, BATCH).await?;
            if batch.is_empty() {
                break;
            }
            for stored in &batch {
                resealed += u64::from(self.reseal(stored, version).await?);
            }
        }
        self.store.retire_secret_keys().await?;
        Ok(Rotated {
            version,
            is_new,
            resealed,
        })
    }

    async fn reseal(&self, stored: &StoredSecret, version: u32) -> Result<bool, EngineError> {
        let text = self.open(stored).await?;
        let keys = self.keys(version).await?;
        let sealed = sealing::seal(&keys, version, &bound_to(&stored.label), &text)?;
        Ok(self.store.reseal_secret(stored, &sealed).await?)
    }
}
