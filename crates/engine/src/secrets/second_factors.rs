//! The seeds of administrators' second factors: whoever reads the database or a backup of it makes no codes with them.

use secrecy::SecretString;
use usher_boxed::boxed;
use usher_model::{AdministratorId, Event};
use usher_store::{KeptSeed, SealedSeed, SecretLabel};

use crate::EngineError;
use crate::secrets::{SecretError, Vault};

/// What kind of secret a seed is.
const KIND: &str = "second_factor";

impl Vault {
    /// Remembers the seed of a second factor that is being added. Returns whether it could be: not while another one is in
    /// use.
    #[boxed]
    pub async fn begin_second_factor(
        &self,
        of: &AdministratorId,
        seed: &SecretString,
        events: &[Event],
    ) -> Result<bool, EngineError> {
        let label = &self.seed_label(of);
        let begin = |sealed| async move {
            let sealed = &sealed;
            let stored = SealedSeed { label, sealed };
            self.store.begin_second_factor(of, stored, events).await
        };
        self.seal_and_store(label, seed, begin).await
    }

    /// The seed of a second factor, in base 32.
    #[boxed]
    pub async fn second_factor(&self, kept: &KeptSeed) -> Result<SecretString, EngineError> {
        match kept {
            KeptSeed::Unsealed(seed) => Ok(SecretString::from(seed.as_str())),
            KeptSeed::Sealed(id) => {
                let damaged = || SecretError::Damaged { id: id.to_string() };
                let revealed = self.reveal(id).await?;
                Ok(revealed.ok_or_else(damaged)?)
            }
        }
    }

    /// Seals the seeds that were stored as they are, before seeds were sealed. Returns how many there were. Without a key
    /// in use they stay as they are.
    #[boxed]
    pub async fn seal_second_factors(&self) -> Result<u64, EngineError> {
        let mut done = 0;
        for (of, unsealed) in self.store.unsealed_seeds().await? {
            done += u64::from(self.seal_one(&of, unsealed.as_str()).await?);
        }
        Ok(done)
    }

    async fn seal_one(&self, of: &AdministratorId, unsealed: &str) -> Result<bool, EngineError> {
        let label = &self.seed_label(of);
        let replace = |sealed| async move {
            let sealed = &sealed;
            let stored = SealedSeed { label, sealed };
            self.store.seal_seed(of, unsealed, stored).await
        };
        let text = SecretString::from(unsealed);
        match self.seal_and_store(label, &text, replace).await {
            Err(EngineError::Secret(SecretError::NotConfigured | SecretError::NotBegun)) => {
                Ok(false)
            }
            sealed => sealed,
        }
    }

    fn seed_label(&self, of: &AdministratorId) -> SecretLabel {
        SecretLabel {
            id: self.store.new_secret_id(),
            organization: None,
            kind: KIND.to_owned(),
            name: of.to_string(),
            owner: Some(of.to_string()),
        }
    }
}
