//! `usher plan`: make a plan, show it, store it.

use usher_engine::apply::Pace;
use usher_engine::provisioning::{BoardCounts, MadePlan, Novelty, PlanOrder, load_plan, make_plan};
use usher_miro::MiroClient;

use super::MakeArguments;
use super::show::{Presentation, present};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::note;
use crate::people::find_person;
use crate::plan_eta::eta;
use crate::provisioning::{Provisioning, acting, actor};

/// For how many accounts boards are counted, each at the price of a request.
const BOARDS: usize = 500;

/// Runs `usher plan`.
pub async fn run(arguments: &MakeArguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let made = make(arguments, &provisioning, context).await?;
    if made.novelty == Novelty::Kept {
        note("nothing is other than when this plan was made, so it stands");
    }
    let stored = load_plan(&provisioning.store, &made.plan.id).await?;
    let limits = context.miro_settings()?;
    let pace = Pace::new(limits.limits, limits.time_scale);
    let presentation = Presentation {
        kinds: Vec::new(),
        all: arguments.all,
        output: arguments.output.as_deref(),
        html: arguments.html.as_deref(),
    };
    let eta = Some(eta(&stored.plan, &pace)).filter(|_| !stored.plan.is_empty());
    present(&stored, eta, &presentation, (&provisioning, context)).await?;
    Ok(match (arguments.exit_code, stored.why_held.is_empty()) {
        (false, _) => Exit::Success,
        (true, _) if stored.plan.is_empty() => Exit::Success,
        (true, true) => Exit::Changes,
        (true, false) => Exit::Held,
    })
}

async fn make(
    arguments: &MakeArguments,
    provisioning: &Provisioning,
    context: &Context,
) -> Result<MadePlan, Failure> {
    let mut only = Vec::new();
    for text in &arguments.people {
        only.push(find_person(&provisioning.store, text).await?.id);
    }
    let boards = if arguments.count_boards {
        BoardCounts::UpTo(BOARDS)
    } else {
        BoardCounts::Skip
    };
    let client = match boards {
        BoardCounts::Skip => None,
        BoardCounts::UpTo(_) => Some(crate::commands::sync::client(context)?),
    };
    let actor = actor(context);
    let acting = acting(&provisioning.store, &actor, context);
    let order = PlanOrder { only, boards };
    let client: Option<&MiroClient> = client.as_ref();
    Ok(make_plan(acting, provisioning.id(), &order, client).await?)
}
