//! What cycles run with.

use tokio_util::sync::CancellationToken;
use usher_directory::{DirectoryError, ErrorKind, OpenSource};
use usher_engine::cycle::{
    CycleContext, CycleKind, CycleObserver, CycleOptions, QuarantineLimits, ReadySource,
};
use usher_engine::notify::Notifier;
use usher_engine::sync::ShrinkLimit;
use usher_miro::MiroClient;
use usher_model::{Actor, OrganizationId};
use usher_store::{SourceRecord, Store};

use super::Arguments;
use crate::commands::apply::running;
use crate::commands::people::reading;
use crate::context::Context;
use crate::failure::Failure;
use crate::inventory;
use crate::notifying::notifier;
use crate::provisioning::{acting, actor};

/// What cycles run with.
pub struct SetUp {
    store: Store,
    organization: OrganizationId,
    client: MiroClient,
    sources: Vec<ReadySource>,
    notifier: Notifier,
    actor: Actor,
    /// How they run.
    pub options: CycleOptions,
}

impl SetUp {
    /// From what is configured and stored.
    pub async fn new(arguments: &Arguments, context: &Context) -> Result<Self, Failure> {
        let client = running::client(context)?;
        let notifier = notifier(context)?;
        let store = inventory::open_existing(context).await?;
        let named = arguments.organization.organization.as_deref();
        let organization = inventory::choose(&store, named).await?.id;
        Ok(Self {
            sources: sources(&store).await?,
            store,
            organization,
            client,
            notifier,
            actor: actor(context),
            options: options(arguments, context)?,
        })
    }

    /// For the engine.
    pub fn context<'a>(
        &'a self,
        observer: &'a dyn CycleObserver,
        stop: &CancellationToken,
        context: &'a Context,
    ) -> CycleContext<'a> {
        CycleContext {
            acting: acting(&self.store, &self.actor, context),
            client: &self.client,
            organization: &self.organization,
            sources: &self.sources,
            notifier: &self.notifier,
            observer,
            stop: stop.clone(),
        }
    }
}

fn options(arguments: &Arguments, context: &Context) -> Result<CycleOptions, Failure> {
    let configured = &context.configuration.provisioning;
    let shrink_limit = ShrinkLimit::from_percent(context.configuration.sync.max_shrink_percent)
        .ok_or_else(|| Failure::usage("sync.max_shrink_percent is not a percentage"))?;
    Ok(CycleOptions {
        kind: match (arguments.initial, arguments.incremental) {
            (true, _) => CycleKind::Initial,
            (_, true) => CycleKind::Incremental,
            _ => CycleKind::Auto,
        },
        full_pass_every: configured.full_pass_every.0,
        quarantine: QuarantineLimits {
            at_least: configured.quarantine_failures.into(),
            over_percent: configured.quarantine_percent,
        },
        shrink_limit,
        ..CycleOptions::default()
    })
}

/// The sources that are read. One that cannot be opened is told of in the cycle, and what it said before still holds.
async fn sources(store: &Store) -> Result<Vec<ReadySource>, Failure> {
    let mut ready = Vec::new();
    for record in store.sources().await? {
        if let Some(source) = open(&record).transpose() {
            ready.push(ReadySource { record, source });
        }
    }
    Ok(ready)
}

fn open(record: &SourceRecord) -> Result<Option<OpenSource>, DirectoryError> {
    let settings = reading::settings(record).map_err(as_directory_error)?;
    let secret = settings.secret().map(reading::secret).transpose();
    let secret = secret.map_err(as_directory_error)?;
    OpenSource::open(&settings, secret.as_ref())
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn as_directory_error(failure: Failure) -> DirectoryError {
    let error = DirectoryError::new(ErrorKind::Settings, failure.to_string());
    match failure.hints().first() {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}
