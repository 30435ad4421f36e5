//! Cycle after cycle, until somebody says stop.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use usher_engine::cycle::{CycleObserver, run_every};

use super::Arguments;
use super::setting_up::SetUp;
use crate::commands::apply::running::stoppable;
use crate::config::value::{Period, SettingValue};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{humanize, note};
use crate::progress::{HumanCycleView, JsonCycleView};

/// What `--every` means without a time of its own.
const CONFIGURED: &str = "configured";

/// Runs cycles at every interval; being told to stop is no failure here.
pub async fn run(arguments: &Arguments, every: &str, context: &Context) -> Result<Exit, Failure> {
    let every = interval(every, context)?;
    let went_well = if context.output.is_json() {
        let view = JsonCycleView::new(&context.output);
        let count = Box::pin(many(arguments, every, &view, context)).await;
        view.outcome()?;
        count?
    } else {
        let view = HumanCycleView::new(context);
        Box::pin(many(arguments, every, &view, context)).await?
    };
    let count = humanize::counted(went_well, "cycle");
    note(format!("{count} ended as they should"));
    Ok(Exit::Success)
}

fn interval(every: &str, context: &Context) -> Result<Duration, Failure> {
    if every == CONFIGURED {
        return Ok(context.configuration.provisioning.cycle_every.0);
    }
    <Period as SettingValue>::parse(every)
        .map(|period| period.0)
        .ok()
        .filter(|length| *length >= Duration::from_secs(1))
        .ok_or_else(|| {
            Failure::usage(format!("--every cannot be `{every}`"))
                .hint("write a length of time such as 40m, of at least a second")
        })
}

async fn many(
    arguments: &Arguments,
    every: Duration,
    observer: &dyn CycleObserver,
    context: &Context,
) -> Result<u64, Failure> {
    let stop = CancellationToken::new();
    let mut set_up = SetUp::new(arguments, observer, &stop, context).await?;
    let options = set_up.options;
    let work = run_every(&mut set_up, &options, every);
    stoppable(work, &stop).await
}
