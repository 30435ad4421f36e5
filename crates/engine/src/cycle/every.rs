//! Cycle after cycle.

use std::time::Duration;

use usher_model::Timestamp;

use crate::EngineError;
use crate::cycle::schedule::next_start;
use crate::cycle::{CycleContext, CycleEvent, CycleKind, CycleOptions, run_cycle};

/// What cycles run with, put in order before each of them: somebody may have corrected a source, a secret or a token.
pub trait Means {
    /// Makes anew what is other than before.
    fn renew(&mut self) -> impl Future<Output = Result<(), Trouble>>;

    /// With what the next cycle runs.
    fn context(&self) -> CycleContext<'_>;
}

/// Why a cycle could not begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Why.
    pub why: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Runs a cycle now and then at every interval, until it is told to stop. The first one is of the kind that was asked for,
/// the others are incremental. One that fails or is refused is told to the observer, and the next one is tried as planned.
///
/// Returns how many cycles ended as they should.
pub async fn run_every(means: &mut impl Means, options: &CycleOptions, interval: Duration) -> u64 {
    let first = means.context().acting.now();
    let mut options = *options;
    let mut went_well = 0;
    loop {
        let renewed = means.renew().await;
        let context = means.context();
        if context.stop.is_cancelled() {
            break;
        }
        let ended = match renewed {
            Ok(()) => run_cycle(&context, &options)
                .await
                .map_err(|error| trouble(&error)),
            Err(trouble) => Err(trouble),
        };
        match ended {
            Ok(_) => went_well += 1,
            Err(Trouble { why, hint }) => {
                context.observer.event(CycleEvent::Failed { why, hint });
            }
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

fn trouble(error: &EngineError) -> Trouble {
    Trouble {
        why: super::telling::in_full(error),
        hint: error.hint(),
    }
}
