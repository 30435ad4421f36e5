//! `usher sync`: read the organization into the inventory.

mod accept;
pub mod outcome;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use usher_engine::EngineError;
use usher_engine::sync::{
    Ending, Observer, OptionalRead, Resume, ShrinkLimit, SyncOptions, SyncReport, run_sync,
};
use usher_miro::MiroClient;
use usher_model::{Actor, OrganizationId, Origin};
use usher_store::Store;

use crate::cli::MiroFlags;
use crate::config::Layers;
use crate::config::value::{Optional, Period};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory;
use crate::output::note;
use crate::progress::{HumanSyncView, JsonSyncView};
use crate::signals;

/// Arguments of `usher sync`.
#[derive(Args, Debug)]
#[command(
    after_help = "A sync that is interrupted goes on where it stopped when it is run again within 15 minutes. A snapshot \
that is incomplete, or that shrank by more than --max-shrink, is stored as suspect and not believed: the \
inventory stays as it was until somebody accepts the snapshot.

Examples:
  USHER_ACCESS_TOKEN=… usher sync
  USHER_ACCESS_TOKEN=… USHER_SCIM_TOKEN=… usher sync    with names and enterprise attributes
  usher sync -f sync.c1z                                also write a Baton file
  usher sync --watch 40m                                again and again
  usher sync --accept                                   believe the suspect snapshot"
)]
pub struct Arguments {
    /// Also write what was synced to this file, in .c1z format
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Make a suspect snapshot the inventory: the newest, or the one with this id. Nothing is read then
    #[arg(long, value_name = "SYNC", num_args = 0..=1, require_equals = true, default_missing_value = "newest")]
    pub accept: Option<String>,
    /// Repeat, waiting this long between the beginnings of two syncs
    #[arg(long, value_name = "EVERY", value_parser = crate::cli::period, conflicts_with = "accept")]
    pub watch: Option<Period>,
    /// Read everything anew, even if an interrupted sync could go on
    #[arg(long)]
    pub fresh: bool,
    /// Share in per cent that may vanish before a snapshot is suspect [default: 20]
    #[arg(long, value_name = "PERCENT")]
    pub max_shrink: Option<String>,
    /// How old an interrupted sync may be to go on [default: 15m]
    #[arg(long, value_name = "TIME", conflicts_with = "fresh")]
    pub resume_within: Option<String>,
    /// Read Miro's audit log, to tell who changed what: auto or off [default: auto]
    #[arg(long, value_name = "WHEN")]
    pub audit_log: Option<String>,
    /// The organization that the tokens must belong to
    #[arg(long, value_name = "ID")]
    pub organization: Option<String>,
    /// How to reach Miro.
    #[command(flatten)]
    pub miro: MiroFlags,
}

impl Arguments {
    /// Lays the flags that were given over `layers`.
    pub fn layer(&self, layers: &mut Layers) {
        self.miro.layer(layers);
        let file = self.file.as_deref().map(|file| file.display().to_string());
        layers.set_flag("sync.file", file);
        layers.set_flag("sync.max_shrink_percent", self.max_shrink.as_ref());
        layers.set_flag("sync.resume_within", self.resume_within.as_ref());
        layers.set_flag("sync.audit_log", self.audit_log.as_ref());
    }
}

/// Runs `usher sync`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let options = options(arguments, context)?;
    if let Some(which) = &arguments.accept {
        let store = inventory::open_existing(context).await?;
        return accept::waiting(which, &store, &options, context).await;
    }
    match arguments.watch {
        Some(every) => watch(every.0, &options, context).await,
        None => once(&options, context).await,
    }
}

/// Syncs again and again until somebody says stop, which is no failure here.
async fn watch(every: Duration, options: &SyncOptions, context: &Context) -> Result<Exit, Failure> {
    tokio::select! {
        ended = again_and_again(every, options, context) => ended,
        () = signals::stop() => Ok(Exit::Success),
    }
}

/// A failure is reported and does not end it, unless trying again would not help.
async fn again_and_again(
    every: Duration,
    options: &SyncOptions,
    context: &Context,
) -> Result<Exit, Failure> {
    let mut beat = tokio::time::interval(every.max(Duration::from_secs(1)));
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        match once(options, context).await {
            Ok(_) => {}
            Err(failure) if matches!(failure.exit(), Exit::Usage | Exit::Credentials) => {
                return Err(failure);
            }
            Err(failure) => crate::report(&failure, context.output.format),
        }
        context.output.flush()?;
        context.close().await;
    }
}

async fn once(options: &SyncOptions, context: &Context) -> Result<Exit, Failure> {
    let client = client(context)?;
    let store = inventory::open(context).await?;
    let report = observed(&store, &client, options, context).await?;
    if let (Ending::Published { .. }, Some(file)) =
        (&report.ending, &context.configuration.sync.file)
    {
        write_file(&store, &report.organization, file, context).await?;
    }
    outcome::show(&report, context)
}

/// A client with the configured tokens; without any there is nothing to do.
pub fn client(context: &Context) -> Result<MiroClient, Failure> {
    let settings = context.miro_settings()?;
    if settings.access_token.is_none() && settings.scim_token.is_none() {
        return Err(Failure::new(Exit::Credentials, "no Miro token is set").hint(
            "set USHER_ACCESS_TOKEN (an app's OAuth access token) or USHER_SCIM_TOKEN, or both; to try Usher without a Miro, run `usher demo`",
        ));
    }
    Ok(MiroClient::new(settings)?)
}

/// Syncs, and shows how it goes.
pub async fn observed(
    store: &Store,
    client: &MiroClient,
    options: &SyncOptions,
    context: &Context,
) -> Result<SyncReport, Failure> {
    if context.output.is_json() {
        let view = JsonSyncView::new(&context.output);
        let report = run_observed(store, client, options, (context, &view)).await;
        view.outcome()?;
        report
    } else {
        let view = HumanSyncView::new(context);
        run_observed(store, client, options, (context, &view)).await
    }
}

async fn run_observed(
    store: &Store,
    client: &MiroClient,
    options: &SyncOptions,
    (context, view): (&Context, &dyn Observer),
) -> Result<SyncReport, Failure> {
    let report = run_sync(store, client, options, &*context.clock, view).await;
    report.map_err(|error| match &error {
        EngineError::Miro { source, .. } => {
            let address = context.address_hint(source);
            Failure::from(error).maybe_hint(address)
        }
        _ => error.into(),
    })
}

/// Writes the inventory to the file that every believed sync is also written to.
pub async fn write_file(
    store: &Store,
    organization: &OrganizationId,
    file: &Path,
    context: &Context,
) -> Result<(), Failure> {
    super::export::write_c1z(store, organization, file, context).await?;
    if !context.output.is_json() {
        note(format!("wrote {}", file.display()));
    }
    Ok(())
}

fn options(arguments: &Arguments, context: &Context) -> Result<SyncOptions, Failure> {
    let configured = configured(context)?;
    Ok(SyncOptions {
        organization: arguments.organization.as_deref().map(OrganizationId::new),
        resume: if arguments.fresh {
            Resume::Never
        } else {
            configured.resume
        },
        actor: actor(context),
        origin: Origin::CommandLine,
        ..configured
    })
}

/// How an organization is read, as configured.
pub fn configured(context: &Context) -> Result<SyncOptions, Failure> {
    let settings = &context.configuration.sync;
    let shrink_limit = ShrinkLimit::from_percent(settings.max_shrink_percent)
        .ok_or_else(|| Failure::usage("sync.max_shrink_percent is not a percentage"))?;
    Ok(SyncOptions {
        resume: match settings.resume_within.0 {
            Duration::ZERO => Resume::Never,
            within => Resume::Within(within),
        },
        shrink_limit,
        audit_log: match settings.audit_log {
            Optional::Auto => OptionalRead::WhenAllowed,
            Optional::Off => OptionalRead::Off,
        },
        ..SyncOptions::default()
    })
}

/// Who runs the program, for the event log.
pub fn actor(context: &Context) -> Actor {
    Actor::Operator {
        name: context.operator.clone(),
    }
}
