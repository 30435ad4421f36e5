//! One cycle.

use tokio_util::sync::CancellationToken;
use usher_engine::EngineError;
use usher_engine::cycle::{CycleObserver, CycleReport, Means as _, run_cycle};

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
    let report = if context.output.is_json() {
        let view = JsonCycleView::new(&context.output);
        let report = one(arguments, &view, context).await;
        view.outcome()?;
        report?
    } else {
        let view = HumanCycleView::new(context);
        one(arguments, &view, context).await?
    };
    summary::show(&report, context)
}

async fn one(
    arguments: &Arguments,
    observer: &dyn CycleObserver,
    context: &Context,
) -> Result<CycleReport, Failure> {
    let stop = CancellationToken::new();
    let set_up = SetUp::new(arguments, observer, &stop, context).await?;
    let cycle_context = set_up.context();
    let work = run_cycle(&cycle_context, &set_up.options);
    stoppable(work, &stop).await?.map_err(|error| match &error {
        EngineError::Miro { source, .. } => {
            let address = context.address_hint(source);
            Failure::from(error).maybe_hint(address)
        }
        _ => error.into(),
    })
}
