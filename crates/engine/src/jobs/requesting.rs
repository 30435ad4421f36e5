//! Setting schedules, and asking for jobs.

use serde_json::json;
use usher_boxed::boxed;
use usher_model::{EventKind, JobId};
use usher_store::{JobTask, NewSchedule, ScheduleRecord};

use crate::jobs::Schedule;
use crate::{Acting, EngineError};

/// Has a task done again and again, in place of the schedule it had. Returns what it is now.
#[boxed]
pub async fn set_schedule(
    acting: Acting<'_>,
    task: &JobTask,
    schedule: &Schedule,
    by: &str,
) -> Result<ScheduleRecord, EngineError> {
    let now = acting.now();
    let before = find(acting, task).await?;
    let new = NewSchedule {
        task: task.clone(),
        timing: schedule.to_string(),
        set_by: Some(by.to_owned()),
        due_at: schedule.next_run(now, now),
    };
    let data = json!({
        "organization": task.organization(), "task": task,
        "before": before.map(|before| before.timing), "after": new.timing,
    });
    let event = acting.event(EventKind::ScheduleSet, subject(task), data);
    acting.store.set_schedule(&new, &[event]).await?;
    Ok(ScheduleRecord {
        task: new.task,
        timing: new.timing,
        set_at: now,
        set_by: new.set_by,
        due_at: new.due_at,
    })
}

/// Has a task done no longer by itself; says whether it was.
#[boxed]
pub async fn remove_schedule(acting: Acting<'_>, task: &JobTask) -> Result<bool, EngineError> {
    let before = find(acting, task).await?;
    let data = json!({
        "organization": task.organization(), "task": task, "before": before.map(|before| before.timing),
    });
    let event = acting.event(EventKind::ScheduleRemoved, subject(task), data);
    Ok(acting.store.remove_schedule(task, &[event]).await?)
}

/// Has a task done now, by whichever worker comes first. One that waits already is the same job.
#[boxed]
pub async fn request_job(acting: Acting<'_>, task: &JobTask) -> Result<JobId, EngineError> {
    let event = |id: &JobId| {
        let data = json!({"organization": task.organization(), "task": task});
        acting.event(EventKind::JobRequested, format!("job:{id}"), data)
    };
    Ok(acting.store.request_job(task, event).await?)
}

async fn find(acting: Acting<'_>, task: &JobTask) -> Result<Option<ScheduleRecord>, EngineError> {
    let schedules = acting.store.schedules().await?;
    Ok(schedules.into_iter().find(|known| known.task == *task))
}

fn subject(task: &JobTask) -> String {
    match (task.organization(), task.source()) {
        (Some(organization), _) => format!("organization:{organization}"),
        (None, Some(source)) => format!("source:{source}"),
        (None, None) => task.kind().to_string(),
    }
}
