//! Waiting for events as they come.

use std::time::Duration;

use usher_store::{Direction, EventFilter, Store};

use super::{Arguments, filter, view};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::collect;
use crate::signals;

/// How often the log is looked at: numbers have no gap, so nothing is missed in between.
const PAUSE: Duration = Duration::from_millis(500);

/// Shows the newest events, then each that comes, until somebody says stop: which is no failure here.
pub async fn run(arguments: &Arguments, store: &Store, context: &Context) -> Result<Exit, Failure> {
    let mut filter = filter::filter(arguments, store, context).await?;
    let asked_for_the_past =
        arguments.after.is_some() || arguments.last.is_some() || arguments.since.is_some();
    if !asked_for_the_past {
        filter.direction = Direction::Descending;
        filter.limit = Some(10);
    }
    tokio::select! {
        ended = forever(filter, arguments, store, context) => ended,
        () = signals::stop() => Ok(Exit::Success),
    }
}

async fn forever(
    first: EventFilter,
    arguments: &Arguments,
    store: &Store,
    context: &Context,
) -> Result<Exit, Failure> {
    let seen = store.last_event().await?;
    let is_backwards = first.direction == Direction::Descending;
    let mut rows = collect(store.find_events(&first)).await?;
    if is_backwards {
        rows.reverse();
    }
    let mut filter = EventFilter {
        after: Some(seen),
        direction: Direction::Ascending,
        limit: None,
        ..first
    };
    let mut beat = tokio::time::interval(PAUSE);
    loop {
        for row in &rows {
            if context.output.is_json() || arguments.json_lines {
                context.output.json_line(&view::object(row))?;
            } else {
                context.output.line(view::line(row))?;
            }
        }
        context.output.flush()?;
        if let Some(last) = rows.last() {
            filter.after = filter.after.max(Some(last.sequence));
        }
        beat.tick().await;
        rows = collect(store.find_events(&filter)).await?;
    }
}
