//! One cycle.

use tokio_util::sync::CancellationToken;
use usher_engine::EngineError;
use usher_engine::cycle::{CycleReport, run_cycle};

use super::Arguments;
use super::setting_up::SetUp;
use super::summary;
use crate::commands::apply::running::stoppable;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::{HumanCycleView, JsonCycleView};

/// Runs one cycle, and says how it went.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let set_up = SetUp::new(arguments, context).await?;
    let stop = CancellationToken::new();
    let report = if context.output.is_json() {
        let view = JsonCycleView::new(&context.output);
        let report = one(&set_up, &view, &stop, context).await;
        view.outcome()?;
        report?
    } else {
        let view = HumanCycleView::new(context);
        one(&set_up, &view, &stop, context).await?
    };
    summary::show(&report, context)
}

async fn one(
    set_up: &SetUp,
    observer: &dyn usher_engine::cycle::CycleObserver,
    stop: &CancellationToken,
    context: &Context,
) -> Result<CycleReport, Failure> {
    let cycle_context = set_up.context(observer, stop, context);
    let work = run_cycle(&cycle_context, &set_up.options);
    stoppable(work, stop).await?.map_err(|error| match &error {
        EngineError::Miro { source, .. } => {
            let address = context.address_hint(source);
            Failure::from(error).maybe_hint(address)
        }
        _ => error.into(),
    })
}
