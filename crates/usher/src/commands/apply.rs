//! `usher apply`: carry a plan out.

mod asking;
pub mod running;
pub mod summary;

use clap::Args;

use crate::cli::MiroFlags;
use crate::config::Layers;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::note;
use crate::provisioning::{OrganizationArguments, Provisioning};
use crate::stored_plan::{find, find_begun};

/// Arguments of `usher apply`.
#[derive(Args, Debug)]
#[command(
    after_help = "Exactly what the plan shows is done, within Miro's limits, and each change is read back. Ctrl-C stops after \
the calls that are under way; --resume goes on from there. A plan that the world has moved away from is refused, and so \
is what is left of one: plan again.

Examples:
  usher apply                       the newest plan, after asking
  usher apply 0199f0c2 --yes        without asking, as in a script
  usher apply --resume              go on where it stopped
  usher apply --yes --json          a line of JSON per event"
)]
pub struct Arguments {
    /// The plan: an id, the beginning of one, or `latest`; without one, the latest, or with --resume the one that stopped
    pub plan: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Go on with a plan whose application stopped
    #[arg(long)]
    pub resume: bool,
    /// Write to Miro although the connector is in quarantine
    #[arg(long)]
    pub despite_quarantine: bool,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
    /// How to reach Miro.
    #[command(flatten)]
    pub miro: MiroFlags,
}

impl Arguments {
    /// Lays the flags that were given over `layers`.
    pub fn layer(&self, layers: &mut Layers) {
        self.miro.layer(layers);
    }
}

/// Runs `usher apply`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let (store, id) = (&provisioning.store, provisioning.id());
    let plan = match &arguments.plan {
        Some(text) => find(store, id, text).await?,
        None if arguments.resume => find_begun(store, id).await?,
        None => find(store, id, "latest").await?,
    };
    asking::check_state(&plan, arguments.resume)?;
    let in_quarantine = running::in_quarantine(arguments.despite_quarantine);
    running::may_be_applied(&plan.record.id, &provisioning, in_quarantine, context).await?;
    if plan.plan.is_empty() {
        return asking::nothing_to_do(&plan, context);
    }
    if !arguments.yes && !arguments.resume {
        asking::ask(&plan, &provisioning, context).await?;
    }
    let work = running::carry_out(&plan.record.id, &provisioning, in_quarantine, context);
    let carried = Box::pin(work).await?;
    if let Some(why) = &carried.quarantined {
        note(format!("the connector is in quarantine now: {why}"));
    }
    summary::show(&carried.report, context)
}
