//! A sandbox, a client for it and a database, for one test.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use futures::TryStreamExt;
use secrecy::SecretString;
use tempfile::TempDir;
use usher_engine::EngineError;
use usher_engine::sync::{Observer, SyncEvent, SyncOptions, SyncReport, run_sync};
use usher_miro::{LimitProfile, MiroClient, MiroSettings};
use usher_model::{Clock, OrganizationId, SystemClock};
use usher_sandbox::{
    ExtraToken, GenerateSettings, LimitSettings, OrganizationSource, RunningSandbox, Sandbox,
    SandboxSettings, Scope,
};
use usher_store::{AccountFilter, AccountRow, GrantFilter, GrantRow, Store, TeamFilter, TeamRow};

/// Which tokens the client has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokens {
    Rest,
    Scim,
    Both,
}

pub struct World {
    pub sandbox: RunningSandbox,
    pub store: Store,
    pub folder: TempDir,
    pub clock: Arc<dyn Clock>,
}

/// 300 people in 12 teams, a hundredfold of Miro's pace.
pub fn settings() -> SandboxSettings {
    SandboxSettings {
        organization: OrganizationSource::Generated(GenerateSettings {
            users: 300,
            teams: 12,
            seed: 42,
            ..GenerateSettings::default()
        }),
        limits: LimitSettings {
            enforced: true,
            time_scale: 100.0,
        },
        ..SandboxSettings::default()
    }
}

/// A token with these scopes only.
pub fn token_with(token: &str, scopes: &[Scope]) -> ExtraToken {
    ExtraToken {
        token: SecretString::from(token),
        user: None,
        scopes: scopes.iter().copied().collect(),
        expires_in: None,
    }
}

impl World {
    pub async fn new() -> Self {
        Self::with(settings()).await
    }

    pub async fn with(settings: SandboxSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("usher.db").display());
        Self::at(&url, folder, settings).await
    }

    pub async fn on_postgres() -> Self {
        let url = usher_store::postgres_for_tests::new_database_url()
            .await
            .unwrap();
        Self::at(&url, tempfile::tempdir().unwrap(), settings()).await
    }

    async fn at(url: &str, folder: TempDir, settings: SandboxSettings) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = Store::open(&url.parse().unwrap(), clock.clone())
            .await
            .unwrap();
        Self {
            sandbox: Sandbox::start(settings).await.unwrap(),
            store,
            folder,
            clock,
        }
    }

    pub fn client(&self, tokens: Tokens) -> MiroClient {
        let access = (tokens != Tokens::Scim).then(|| self.sandbox.access_token.clone());
        let scim = (tokens != Tokens::Rest).then(|| self.sandbox.scim_token.clone());
        self.client_with(access, scim)
    }

    pub fn client_with(
        &self,
        access_token: Option<SecretString>,
        scim_token: Option<SecretString>,
    ) -> MiroClient {
        MiroClient::new(MiroSettings {
            rest_url: self.sandbox.rest_url(),
            scim_url: self.sandbox.scim_url(),
            access_token,
            scim_token,
            limits: LimitProfile::default(),
            time_scale: 100.0,
            retry_pause: std::time::Duration::from_millis(2),
            ..MiroSettings::default()
        })
        .unwrap()
    }

    pub async fn sync(&self, tokens: Tokens) -> SyncReport {
        self.try_sync(&self.client(tokens), &SyncOptions::default())
            .await
            .unwrap()
    }

    pub async fn try_sync(
        &self,
        client: &MiroClient,
        options: &SyncOptions,
    ) -> Result<SyncReport, EngineError> {
        run_sync(
            &self.store,
            client,
            options,
            &*self.clock,
            &Recorder::default(),
        )
        .await
    }

    pub async fn organization(&self) -> OrganizationId {
        self.store.organizations().await.unwrap().remove(0).id
    }

    pub async fn accounts(&self) -> Vec<AccountRow> {
        let filter = AccountFilter::of(self.organization().await);
        self.store.accounts(&filter).try_collect().await.unwrap()
    }

    pub async fn teams(&self) -> Vec<TeamRow> {
        let filter = TeamFilter::of(self.organization().await);
        self.store.teams(&filter).try_collect().await.unwrap()
    }

    pub async fn grants(&self) -> Vec<GrantRow> {
        let filter = GrantFilter::of(self.organization().await);
        self.store.grants(&filter).try_collect().await.unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Remembers what a synchronization said.
#[derive(Debug, Default)]
pub struct Recorder(pub Mutex<Vec<String>>);

impl Observer for Recorder {
    fn event(&self, event: SyncEvent) {
        let json = serde_json::to_value(&event).unwrap();
        self.0
            .lock()
            .unwrap()
            .push(json["event"].as_str().unwrap_or_default().to_owned());
    }
}
