//! What cycles run with.

use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;
use usher_directory::{DirectoryError, ErrorKind, OpenSource, SourceSettings};
use usher_engine::Acting;
use usher_engine::cycle::{
    CycleContext, CycleKind, CycleObserver, CycleOptions, Means, ReadySource, Trouble,
};
use usher_engine::notify::Notifier;
use usher_engine::sync::ShrinkLimit;
use usher_miro::MiroClient;
use usher_model::{Actor, OrganizationId, Origin};
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
pub struct SetUp<'a> {
    store: Store,
    organization: OrganizationId,
    client: MiroClient,
    sources: Vec<ReadySource>,
    /// The secrets that the sources were opened with, one for each.
    secrets: Vec<Option<SecretString>>,
    notifier: Notifier,
    actor: Actor,
    origin: Origin,
    observer: &'a dyn CycleObserver,
    stop: CancellationToken,
    context: &'a Context,
    /// How they run.
    pub options: CycleOptions,
}

/// What has to be there before cycles are set up.
pub struct Ground {
    /// The database.
    pub store: Store,
    /// The organization.
    pub organization: OrganizationId,
    /// The client.
    pub client: MiroClient,
    /// Who acts.
    pub actor: Actor,
    /// By which way.
    pub origin: Origin,
}

impl<'a> SetUp<'a> {
    /// From what is configured and stored.
    pub async fn new(
        arguments: &Arguments,
        observer: &'a dyn CycleObserver,
        stop: &CancellationToken,
        context: &'a Context,
    ) -> Result<Self, Failure> {
        let client = running::client(context)?;
        let store = inventory::open_existing(context).await?;
        let named = arguments.organization.organization.as_deref();
        let organization = inventory::choose(&store, named).await?.id;
        let kind = match (arguments.initial, arguments.incremental) {
            (true, _) => CycleKind::Initial,
            (_, true) => CycleKind::Incremental,
            _ => CycleKind::Auto,
        };
        let on = Ground {
            store,
            organization,
            client,
            actor: actor(context),
            origin: Origin::CommandLine,
        };
        Self::upon(on, kind, (observer, stop), context).await
    }

    /// From what is there already.
    pub async fn upon(
        on: Ground,
        kind: CycleKind,
        (observer, stop): (&'a dyn CycleObserver, &CancellationToken),
        context: &'a Context,
    ) -> Result<Self, Failure> {
        let mut set_up = Self {
            sources: Vec::new(),
            secrets: Vec::new(),
            store: on.store,
            organization: on.organization,
            client: on.client,
            notifier: notifier(context)?,
            actor: on.actor,
            origin: on.origin,
            observer,
            stop: stop.clone(),
            context,
            options: options(kind, context)?,
        };
        set_up.reopen_sources().await?;
        Ok(set_up)
    }

    /// The sources that are read. One that cannot be opened is told of in the cycle, and what it said before still holds;
    /// one whose settings and secret are as they were stays open.
    async fn reopen_sources(&mut self) -> Result<(), Failure> {
        let records = self.store.sources().await?;
        let before = std::mem::take(&mut self.sources).into_iter();
        let mut before: Vec<_> = before.zip(std::mem::take(&mut self.secrets)).collect();
        for record in records {
            let (ready, secret) = match (settings_and_secret(&record), taken(&mut before, &record))
            {
                (Err(error), _) => (Some(Err(error)), None),
                (Ok((_, secret)), Some((source, same)))
                    if is_same(secret.as_ref(), same.as_ref()) =>
                {
                    (Some(Ok(source)), secret)
                }
                (Ok((settings, secret)), _) => {
                    let opened = OpenSource::open(&settings, secret.as_ref());
                    (opened.transpose(), secret)
                }
            };
            if let Some(source) = ready {
                self.sources.push(ReadySource { record, source });
                self.secrets.push(secret);
            }
        }
        Ok(())
    }
}

impl Means for SetUp<'_> {
    async fn renew(&mut self) -> Result<(), Trouble> {
        let renewed = match running::renewed(&self.client, self.context) {
            Ok(client) => {
                self.client = client;
                self.reopen_sources().await
            }
            Err(failed) => Err(failed),
        };
        renewed.map_err(|failure| Trouble {
            why: failure.to_string(),
            hint: failure.hints().first().map(ToString::to_string),
        })
    }

    fn context(&self) -> CycleContext<'_> {
        CycleContext {
            acting: Acting {
                origin: self.origin,
                ..acting(&self.store, &self.actor, self.context)
            },
            client: &self.client,
            organization: &self.organization,
            sources: &self.sources,
            notifier: &self.notifier,
            observer: self.observer,
            stop: self.stop.clone(),
        }
    }
}

/// A source that is open with the settings that the record has, and the secret it was opened with.
fn taken(
    before: &mut Vec<(ReadySource, Option<SecretString>)>,
    record: &SourceRecord,
) -> Option<(OpenSource, Option<SecretString>)> {
    let now = &record.definition;
    let at = before.iter().position(|(ready, _)| {
        let then = &ready.record.definition;
        then.name == now.name && then.settings == now.settings && ready.source.is_ok()
    })?;
    let (ready, secret) = before.swap_remove(at);
    Some((ready.source.ok()?, secret))
}

fn is_same(one: Option<&SecretString>, other: Option<&SecretString>) -> bool {
    one.map(ExposeSecret::expose_secret) == other.map(ExposeSecret::expose_secret)
}

fn settings_and_secret(
    record: &SourceRecord,
) -> Result<(SourceSettings, Option<SecretString>), DirectoryError> {
    let settings = reading::settings(record).map_err(as_directory_error)?;
    let secret = settings.secret().map(reading::secret).transpose();
    let secret = secret.map_err(as_directory_error)?;
    Ok((settings, secret))
}

fn options(kind: CycleKind, context: &Context) -> Result<CycleOptions, Failure> {
    let configured = &context.configuration.provisioning;
    let shrink_limit = ShrinkLimit::from_percent(context.configuration.sync.max_shrink_percent)
        .ok_or_else(|| Failure::usage("sync.max_shrink_percent is not a percentage"))?;
    Ok(CycleOptions {
        kind,
        full_pass_every: configured.full_pass_every.0,
        mass_failure: running::mass_failure(context),
        shrink_limit,
        ..CycleOptions::default()
    })
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn as_directory_error(failure: Failure) -> DirectoryError {
    let error = DirectoryError::new(ErrorKind::Settings, failure.to_string());
    match failure.hints().first() {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}
