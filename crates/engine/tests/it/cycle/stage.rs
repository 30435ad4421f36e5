//! A company in the sandbox, a file of its people, and cycles between the two.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures::TryStreamExt;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use usher_directory::OpenSource;
use usher_directory::SourceSettings;
use usher_directory::csv::CsvSettings;
use usher_engine::apply::{ApplyContext, ApplyOptions, SilentApply};
use usher_engine::connector::{activate, set_provisioning};
use usher_engine::cycle::{
    CycleContext, CycleKind, CycleOptions, CycleReport, ReadySource, SilentCycle, run_cycle,
};
use usher_engine::notify::Notifier;
use usher_engine::people::{RefreshOptions, refresh};
use usher_engine::provisioning::{
    Care, InQuarantine, MadePlan, PlanOrder, Verdict, decide, make_plan,
};
use usher_engine::{Acting, EngineError};
use usher_miro::{LimitProfile, MiroClient, MiroSettings};
use usher_model::{
    Actor, ChainedEvent, Clock, EventKind, OrganizationId, Origin, PlanId, SourceName, SystemClock,
    Timestamp,
};
use usher_sandbox::world::World as MiroWorld;
use usher_sandbox::{
    ExtraToken, LimitSettings, OrganizationSource, RunningSandbox, Sandbox, SandboxSettings,
};
use usher_store::{ConnectorRecord, EventFilter, ProvisioningStatus, SourceDefinition, Store};

/// The machine's clock, ahead by as much as a test says.
#[derive(Debug, Default)]
pub struct MovedClock(AtomicI64);

impl MovedClock {
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        let ahead = self.0.load(Ordering::Relaxed);
        SystemClock
            .now()
            .saturating_add(jiff::SignedDuration::from_millis(ahead))
            .unwrap()
    }
}

/// A company of three; only the boss and Ada are in the file of people.
pub const ACME: &str = "
organization: { name: Acme, seats: 50, allowed_domains: [acme.com], claimed_domains: [acme.com] }
users:
  - { email: boss@acme.com, name: The Boss, role: admin, registration: complete }
  - { email: ada@acme.com, name: Ada Lovelace, registration: complete }
  - { email: guestlike@acme.com, name: Nobody Knows, registration: complete }
teams:
  - { name: Everyone, admins: [boss@acme.com], members: [ada@acme.com, guestlike@acme.com] }
  - { name: Design, admins: [boss@acme.com], members: [ada@acme.com] }
";

/// A token that is as good as the sandbox's own.
pub const SECOND_TOKEN: &str = "a-second-access-token";

pub struct Stage {
    pub sandbox: RunningSandbox,
    pub store: Store,
    pub clock: Arc<MovedClock>,
    pub organization: OrganizationId,
    pub sources: Vec<ReadySource>,
    pub notifier: Notifier,
    pub folder: tempfile::TempDir,
    pub actor: Actor,
}

/// A row of the file of people.
#[derive(Clone, Copy)]
pub struct Row(pub &'static str, pub &'static str, pub &'static str);

/// Who works at the company at first: `(e-mail, name, role)`.
pub const STAFF: &[Row] = &[
    Row("boss@acme.com", "The Boss", "User"),
    Row("ada@acme.com", "Ada Lovelace", "User"),
    Row("grace@acme.com", "Grace Hopper", "User"),
    Row("alan@acme.com", "Alan Turing", "User"),
    Row("edsger@acme.com", "Edsger Dijkstra", "Default Access"),
];

impl Stage {
    /// On a file of its own.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("usher.db").display());
        Self::on(&url, folder).await
    }

    /// On a database of a PostgreSQL server.
    pub async fn on_postgres() -> Self {
        let url = usher_store::postgres_for_tests::new_database_url()
            .await
            .unwrap();
        Self::on(&url, tempfile::tempdir().unwrap()).await
    }

    async fn on(url: &str, folder: tempfile::TempDir) -> Self {
        Self::with(url, folder, OrganizationSource::Text(ACME.to_owned())).await
    }

    pub async fn with(
        url: &str,
        folder: tempfile::TempDir,
        organization: OrganizationSource,
    ) -> Self {
        let clock = Arc::new(MovedClock::default());
        let store = Store::open(&url.parse().unwrap(), clock.clone())
            .await
            .unwrap();
        let sandbox = Sandbox::start(SandboxSettings {
            organization,
            extra_tokens: vec![ExtraToken {
                token: SecretString::from(SECOND_TOKEN),
                user: None,
                scopes: usher_sandbox::Scope::ALL.iter().copied().collect(),
                expires_in: None,
            }],
            limits: LimitSettings {
                enforced: true,
                time_scale: 100.0,
            },
            ..SandboxSettings::default()
        })
        .await
        .unwrap();
        let mut stage = Self {
            sandbox,
            store,
            clock,
            organization: OrganizationId::new("none yet"),
            sources: Vec::new(),
            notifier: Notifier::off(),
            folder,
            actor: Actor::Operator { name: "tim".into() },
        };
        stage.write_people(STAFF);
        stage.sources = vec![stage.csv_source().await];
        stage
    }

    /// With an active connector that is switched on.
    pub async fn active() -> Self {
        let mut stage = Self::new().await;
        stage.activate().await;
        stage
    }

    pub async fn activate(&mut self) {
        let activated = activate(self.acting(), &self.client(), None).await.unwrap();
        self.organization = activated.proof.organization;
        set_provisioning(self.acting(), &self.organization, ProvisioningStatus::On)
            .await
            .unwrap();
    }

    /// With a first cycle that was approved and applied.
    pub async fn in_line() -> Self {
        let stage = Self::active().await;
        stage.settle().await;
        stage
    }

    pub async fn settle(&self) {
        let report = self.cycle().await.unwrap();
        let plan = report.plan.unwrap().plan;
        self.approve(&plan).await.unwrap();
        let report = self.cycle().await.unwrap();
        assert_eq!(report.remaining, Some(0), "{report:#?}");
    }

    pub fn acting(&self) -> Acting<'_> {
        Acting {
            store: &self.store,
            clock: &*self.clock,
            actor: &self.actor,
            origin: Origin::CommandLine,
        }
    }

    pub fn csv(&self) -> PathBuf {
        self.folder.path().join("people.csv")
    }

    pub fn write_people(&self, rows: &[Row]) {
        let mut text = "email,display name,app role\n".to_owned();
        for Row(email, name, role) in rows {
            writeln!(text, "{email},{name},{role}").unwrap();
        }
        std::fs::write(self.csv(), text).unwrap();
    }

    async fn csv_source(&self) -> ReadySource {
        let settings = SourceSettings::Csv(CsvSettings {
            path: self.csv(),
            app_role: Some("app role".to_owned()),
            ..CsvSettings::default()
        });
        let definition = SourceDefinition {
            name: SourceName::new("hr"),
            place: 0,
            settings: serde_json::to_value(&settings).unwrap(),
        };
        self.store.save_source(&definition, &[]).await.unwrap();
        ReadySource {
            record: self.store.source(&definition.name).await.unwrap().unwrap(),
            source: OpenSource::open(&settings, None).map(Option::unwrap),
        }
    }

    pub fn client(&self) -> MiroClient {
        self.client_with(
            Some(self.sandbox.access_token.clone()),
            Some(self.sandbox.scim_token.clone()),
        )
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
            retry_pause: Duration::from_millis(2),
            ..MiroSettings::default()
        })
        .unwrap()
    }

    pub async fn cycle(&self) -> Result<CycleReport, EngineError> {
        self.cycle_with(&self.client(), &self.options(CycleKind::Auto))
            .await
    }

    #[expect(clippy::unused_self, reason = "reads better beside the others")]
    pub fn options(&self, kind: CycleKind) -> CycleOptions {
        CycleOptions {
            kind,
            retry_pause: Duration::from_millis(5),
            ..CycleOptions::default()
        }
    }

    pub async fn cycle_with(
        &self,
        client: &MiroClient,
        options: &CycleOptions,
    ) -> Result<CycleReport, EngineError> {
        run_cycle(&self.context(client), options).await
    }

    pub fn context<'a>(&'a self, client: &'a MiroClient) -> CycleContext<'a> {
        CycleContext {
            acting: self.acting(),
            client,
            organization: &self.organization,
            sources: &self.sources,
            notifier: &self.notifier,
            observer: &SilentCycle,
            stop: CancellationToken::new(),
        }
    }

    pub fn apply_context<'a>(&'a self, client: &'a MiroClient) -> ApplyContext<'a> {
        ApplyContext {
            acting: self.acting(),
            client,
            observer: &SilentApply,
            stop: CancellationToken::new(),
        }
    }

    /// Reads the file of people.
    pub async fn refresh(&self) {
        for ready in &self.sources {
            let name = &ready.record.definition.name;
            let record = self.store.source(name).await.unwrap().unwrap();
            let source = ready.source.as_ref().unwrap();
            let options = RefreshOptions::default();
            refresh(self.acting(), &record, source, options)
                .await
                .unwrap();
        }
    }

    /// Reads the file of people and makes a plan for those with these addresses; for everybody without any.
    pub async fn plan(&self, only: &[&str]) -> MadePlan {
        self.refresh().await;
        self.plan_as_it_is(only).await
    }

    /// Makes a plan from what the database has.
    pub async fn plan_as_it_is(&self, only: &[&str]) -> MadePlan {
        let mut order = PlanOrder::default();
        for address in only {
            let person = self.store.find_people(address).await.unwrap().remove(0);
            order.only.push(person.id);
        }
        make_plan(self.acting(), &self.organization, &order, None)
            .await
            .unwrap()
    }

    pub async fn apply(&self, plan: &PlanId) -> Result<(), EngineError> {
        self.apply_with(&self.client(), plan).await
    }

    pub async fn apply_with(&self, client: &MiroClient, plan: &PlanId) -> Result<(), EngineError> {
        self.apply_in(client, plan, InQuarantine::Refuse).await
    }

    pub async fn apply_in(
        &self,
        client: &MiroClient,
        plan: &PlanId,
        in_quarantine: InQuarantine,
    ) -> Result<(), EngineError> {
        let context = self.apply_context(client);
        let care = self.care(in_quarantine);
        usher_engine::provisioning::carry_out(&context, plan, &ApplyOptions::default(), care)
            .await
            .map(drop)
    }

    pub fn care(&self, in_quarantine: InQuarantine) -> Care<'_> {
        Care {
            notifier: &self.notifier,
            in_quarantine,
        }
    }

    pub async fn approve(&self, plan: &PlanId) -> Result<(), EngineError> {
        decide(
            self.acting(),
            plan,
            Verdict::Approve,
            "tim",
            Some("looks right"),
        )
        .await
        .map(drop)
    }

    pub async fn reject(&self, plan: &PlanId) -> Result<(), EngineError> {
        decide(self.acting(), plan, Verdict::Reject, "tim", Some("not now"))
            .await
            .map(drop)
    }

    pub fn miro<T>(&self, look: impl FnOnce(&MiroWorld) -> T) -> T {
        look(&self.sandbox.state().world.read())
    }

    pub fn change_miro<T>(&self, change: impl FnOnce(&mut MiroWorld) -> T) -> T {
        change(&mut self.sandbox.state().world.write())
    }

    /// Changes Miro without a word in its audit log.
    pub async fn edit_unrecorded(&self, edit: serde_json::Value) {
        let url = self.sandbox.control_url().join("/_sandbox/edit").unwrap();
        let client =
            usher_miro::outbound_client(&usher_miro::OutboundSettings::default(), &url, "url")
                .unwrap();
        let reply = client.post(url).json(&edit).send().await.unwrap();
        assert!(reply.status().is_success(), "{:?}", reply.text().await);
    }

    /// Whether the account is active; `None` if there is none.
    pub fn is_active(&self, email: &str) -> Option<bool> {
        self.miro(|miro| {
            miro.find_user_by_email(email)
                .map(|key| miro.user(key).active)
        })
    }

    pub async fn connector(&self) -> ConnectorRecord {
        self.store
            .connector(&self.organization)
            .await
            .unwrap()
            .unwrap()
    }

    pub async fn events(&self, kind: EventKind) -> Vec<ChainedEvent> {
        let filter = EventFilter {
            kinds: vec![kind],
            ..EventFilter::default()
        };
        self.store.find_events(&filter).try_collect().await.unwrap()
    }
}
