//! `usher schedules set`.

use usher_engine::jobs::{Schedule, ScheduleError, set_schedule};

use super::SetArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;
use crate::output::{humanize, note};
use crate::provisioning::{acting, actor};

/// How it can be said when.
const WAYS: &str = "say --every 40m, --daily 02:30 or --cron '0 6 * * 1-5'";

/// Runs `usher schedules set`.
pub async fn run(arguments: &SetArguments, context: &Context) -> Result<Exit, Failure> {
    let schedule = schedule(arguments)?;
    let store = open_existing(context).await?;
    let task = arguments.task.task(&store).await?;
    let actor = actor(context);
    let acting = acting(&store, &actor, context);
    let set = set_schedule(acting, &task, &schedule, &context.operator).await?;
    if context.output.is_json() {
        context.output.json(&set)?;
        return Ok(Exit::Success);
    }
    let next = set.due_at.map_or_else(
        || "never".to_owned(),
        |at| humanize::relative(at, context.now()),
    );
    context
        .output
        .line(format!("{task}: {}, next {next}", set.timing))?;
    context.output.flush()?;
    note("a running `usher serve` on this database does it");
    Ok(Exit::Success)
}

/// What the flags say, in the text form that is stored.
fn schedule(arguments: &SetArguments) -> Result<Schedule, Failure> {
    let zone = arguments.zone.as_deref().unwrap_or("UTC");
    let read = match (&arguments.every, &arguments.daily, &arguments.cron) {
        (Some(every), _, _) => format!("every {every}").parse(),
        (_, Some(at), _) => format!("daily {at} {zone}").parse(),
        (_, _, Some(pattern)) => Schedule::cron(pattern, zone),
        (None, None, None) => {
            return Err(Failure::usage("it is not said when").hint(WAYS));
        }
    };
    read.map_err(|error: ScheduleError| {
        let hint = match &error {
            ScheduleError::Zone(_) => "zones are named by continent and city, such as Europe/Vienna",
            ScheduleError::Pattern { .. } => {
                "the fields are minute, hour, day of the month, month, day of the week: 0 6 * * 1-5 is Monday to Friday at six"
            }
            _ => WAYS,
        };
        Failure::usage(error.to_string()).hint(hint)
    })
}
