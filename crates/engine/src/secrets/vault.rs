//! Storing secrets and opening them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;
use serde::Serialize;
use usher_boxed::boxed;
use usher_model::{Event, OrganizationId, SecretId, Timestamp};
use usher_store::{Sealed, SecretKeyRecord, SecretLabel, Store, StoreError, StoredSecret};

use crate::EngineError;
use crate::secrets::{KeySource, Keys, SecretError, sealing};

/// Stores secrets and opens them. Clones share the keys they have read.
#[derive(Clone, Debug)]
pub struct Vault {
    pub(super) store: Store,
    source: Option<KeySource>,
    read: Arc<Mutex<Option<Arc<Keys>>>>,
}

/// A secret that is to be stored.
#[derive(Clone, Debug)]
pub struct NewSecret {
    /// The organization; `None`: the whole installation.
    pub organization: Option<OrganizationId>,
    /// What kind of secret it is.
    pub kind: String,
    /// Its name; one that is there under the same name is replaced.
    pub name: String,
    /// Whose it is.
    pub owner: Option<String>,
    /// The secret.
    pub text: SecretString,
}

/// A version of the key, and whether it is at hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyStatus {
    /// The version.
    pub version: u32,
    /// Whether new secrets are sealed with it.
    pub is_current: bool,
    /// How many secrets are sealed with it.
    pub secrets: u64,
    /// When it was taken into use.
    pub created_at: Timestamp,
    /// Since when nothing is sealed with it any more.
    pub retired_at: Option<Timestamp>,
    /// Why secrets under it cannot be opened, if they cannot.
    pub trouble: Option<String>,
}

impl Vault {
    /// On this database, with keys from there. Nothing is read yet.
    pub fn new(store: Store, source: Option<KeySource>) -> Self {
        Self {
            store,
            source,
            read: Arc::default(),
        }
    }

    /// Where the keys come from.
    pub fn source(&self) -> Result<&KeySource, SecretError> {
        self.source.as_ref().ok_or(SecretError::NotConfigured)
    }

    /// Stores a secret; `events` makes the log entries, which never have the secret itself. Returns its id.
    pub async fn put(
        &self,
        new: &NewSecret,
        events: impl Fn(&SecretLabel) -> Vec<Event>,
    ) -> Result<SecretId, EngineError> {
        let label = self.label(new).await?;
        let (labelled, events) = (&label, &events(&label)[..]);
        let save = |sealed| async move {
            let store = &self.store;
            store.save_secret(labelled, &sealed, events).await
        };
        self.seal_and_store(labelled, &new.text, save).await?;
        Ok(label.id)
    }

    /// Seals a text with the current key and has it stored; once more if the key is rotated between the two.
    pub(super) async fn seal_and_store<T, F: Future<Output = Result<T, StoreError>>>(
        &self,
        label: &SecretLabel,
        text: &SecretString,
        store: impl Fn(Sealed) -> F,
    ) -> Result<T, EngineError> {
        for _ in 0..TRIES {
            let version = self.current().await?.check.key_version;
            let keys = self.keys(version).await?;
            let sealed = sealing::seal(&keys, version, &bound_to(label), text)?;
            match store(sealed).await {
                Err(StoreError::SecretKeyMoved { .. }) => {}
                stored => return Ok(stored?),
            }
        }
        Err(EngineError::Bug(
            "the key for secrets moves all the time".to_owned(),
        ))
    }

    async fn label(&self, new: &NewSecret) -> Result<SecretLabel, EngineError> {
        let all = self.store.secrets().await?;
        let same = all.into_iter().map(|secret| secret.label).find(|label| {
            label.kind == new.kind
                && label.name == new.name
                && label.organization == new.organization
        });
        Ok(SecretLabel {
            id: same.map_or_else(|| self.store.new_secret_id(), |same| same.id),
            organization: new.organization.clone(),
            kind: new.kind.clone(),
            name: new.name.clone(),
            owner: new.owner.clone(),
        })
    }

    /// Opens a secret; `None` when there is none of this id.
    #[boxed]
    pub async fn reveal(&self, id: &SecretId) -> Result<Option<SecretString>, EngineError> {
        match self.store.secret(id).await? {
            Some(stored) => Ok(Some(self.open(&stored).await?)),
            None => Ok(None),
        }
    }

    /// Opens a stored secret.
    pub(super) async fn open(&self, stored: &StoredSecret) -> Result<SecretString, EngineError> {
        let keys = self.keys(stored.sealed.key_version).await?;
        let opened = sealing::open(&keys, &bound_to(&stored.label), &stored.sealed)?;
        opened.ok_or_else(|| {
            let id = stored.label.id.to_string();
            SecretError::Damaged { id }.into()
        })
    }

    /// The versions of the key, oldest first, and whether each is at hand.
    #[boxed]
    pub async fn status(&self) -> Result<Vec<KeyStatus>, EngineError> {
        let keys = match self.source() {
            Ok(source) => source.read().await,
            Err(error) => Err(error),
        };
        let records = self.store.secret_keys().await?;
        Ok(records.iter().map(|record| status(record, &keys)).collect())
    }

    /// Whether looking at the key runs a program.
    pub fn runs_a_program(&self) -> bool {
        self.source.as_ref().is_some_and(KeySource::runs_a_program)
    }

    /// Why secrets cannot be stored or opened now, if they cannot. No trouble where secrets are not used at all.
    #[boxed]
    pub async fn trouble(&self) -> Result<Option<String>, EngineError> {
        let status = self.status().await?;
        let mut needed = status
            .into_iter()
            .filter(|key| key.is_current || key.secrets > 0);
        Ok(needed.find_map(|key| key.trouble))
    }

    /// The version that new secrets are sealed with.
    pub(super) async fn current(&self) -> Result<SecretKeyRecord, EngineError> {
        let records = self.store.secret_keys().await?;
        let current = records.into_iter().find(|record| record.is_current);
        Ok(current.ok_or(SecretError::NotBegun)?)
    }

    /// The keys, which have this version. They are read again where those read before do not, and compared with what the
    /// database knows of it: another key under the same version must not seal anything.
    pub(super) async fn keys(&self, version: u32) -> Result<Arc<Keys>, EngineError> {
        let records = self.store.secret_keys().await?;
        let record = records
            .iter()
            .find(|record| record.check.key_version == version);
        let check = |keys: &Keys| match record {
            Some(record) => sealing::check(keys, &record.check),
            None => keys.get(version).map(|_| ()),
        };
        let known = self.known().clone();
        if let Some(keys) = known.filter(|keys| check(keys).is_ok()) {
            return Ok(keys);
        }
        let keys = Arc::new(self.source()?.read().await?);
        check(&keys)?;
        *self.known() = Some(Arc::clone(&keys));
        Ok(keys)
    }

    fn known(&self) -> MutexGuard<'_, Option<Arc<Keys>>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often a secret is sealed anew when the key is rotated between the look and the writing: more than once is beyond
/// belief.
const TRIES: usize = 3;

/// What a secret is bound to: it opens nowhere else.
pub(super) fn bound_to(label: &SecretLabel) -> String {
    format!("{}/{}", label.kind, label.id)
}

fn status(record: &SecretKeyRecord, keys: &Result<Keys, SecretError>) -> KeyStatus {
    let said = |error: &SecretError| format!("{error}; {}", error.hint());
    let trouble = match keys {
        Ok(keys) => sealing::check(keys, &record.check).err().as_ref().map(said),
        Err(error) => Some(said(error)),
    };
    KeyStatus {
        version: record.check.key_version,
        is_current: record.is_current,
        secrets: record.secrets,
        created_at: record.created_at,
        retired_at: record.retired_at,
        trouble,
    }
}
