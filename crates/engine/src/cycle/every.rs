//! Cycle after cycle.

use std::time::Duration;

use usher_model::Timestamp;

use crate::EngineError;
use crate::cycle::schedule::next_start;
use crate::cycle::{CycleContext, CycleEvent, CycleKind, CycleOptions, run_cycle};

/// Runs a cycle now and then at every interval, until it is told to stop. The first one is of the kind that was asked for,
/// the others are incremental. One that fails or is refused is told to the observer, and the next one is tried as planned.
///
/// Returns how many cycles ended as they should.
pub async fn run_every(
    context: &CycleContext<'_>,
    options: &CycleOptions,
    interval: Duration,
) -> u64 {
    let first = context.acting.now();
    let mut options = *options;
    let mut went_well = 0;
    while !context.stop.is_cancelled() {
        match run_cycle(context, &options).await {
            Ok(_) => went_well += 1,
            Err(error) => tell(context, &error),
        }
        options.kind = CycleKind::Auto;
        let until = next_start(first, interval, context.acting.now());
        if context.stop.is_cancelled() {
            break;
        }
        context.observer.event(CycleEvent::Waiting { until });
        tokio::select! {
            () = context.stop.cancelled() => {}
            () = tokio::time::sleep(span(context.acting.now(), until)) => {}
        }
    }
    went_well
}

fn span(now: Timestamp, until: Timestamp) -> Duration {
    let millis = until.as_millisecond().saturating_sub(now.as_millisecond());
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

fn tell(context: &CycleContext<'_>, error: &EngineError) {
    context.observer.event(CycleEvent::Failed {
        why: super::telling::in_full(error),
        hint: error.hint(),
    });
}
