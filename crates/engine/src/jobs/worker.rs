//! The worker: makes jobs of schedules that are due, claims jobs, and sees them through.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::future::{Either, LocalBoxFuture, select};
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;
use usher_boxed::boxed;
use usher_model::{Actor, Clock, EventKind, Origin, Timestamp};
use usher_store::{
    JobEnd, JobRecord, JobState, Lease, RunningJob, ScheduleRecord, Store, StoreError,
};

use crate::Acting;
use crate::jobs::{JobEnding, Pulse, Schedule};
use crate::sync::lease::{keep, this_process};

/// A job that has begun this often without coming to an end is given up: it kills whoever does it.
const MOST_ATTEMPTS: u32 = 10;

/// How a worker works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerSettings {
    /// How many jobs it does side by side.
    pub at_once: usize,
    /// How long a job is its own without a sign of life.
    pub lease: Duration,
    /// How often it looks for what other processes asked for.
    pub poll: Duration,
    /// How long a job may take to come to a stop.
    pub stop_patience: Duration,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            at_once: 4,
            lease: Duration::from_secs(60),
            poll: Duration::from_secs(5),
            stop_patience: Duration::from_secs(20),
        }
    }
}

/// A job under way.
pub type Performing<'a> = LocalBoxFuture<'a, JobEnding>;

/// What does a job, with nothing but its task and what the database says. It may be done twice, and must then come to the
/// same.
pub trait Perform {
    /// Does it; comes to a stop soon when `stop` is cancelled.
    fn perform<'a>(&'a self, job: &'a JobRecord, stop: CancellationToken) -> Performing<'a>;
}

/// Something that a worker did.
#[derive(Clone, Debug)]
pub enum JobEvent<'a> {
    /// A job began, or was taken over.
    Started(&'a JobRecord),
    /// A job ended, or was given back.
    Ended {
        /// The job.
        job: &'a JobRecord,
        /// How.
        ending: &'a JobEnding,
        /// How long it took.
        took: Duration,
    },
}

/// Who listens to a worker.
pub trait JobObserver: Send + Sync + fmt::Debug {
    /// Called in order.
    fn event(&self, event: &JobEvent<'_>);
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct SilentJobs;

impl JobObserver for SilentJobs {
    fn event(&self, _: &JobEvent<'_>) {}
}

/// Does jobs, several side by side.
pub struct Worker<'a> {
    /// The database.
    pub store: &'a Store,
    /// The time.
    pub clock: &'a dyn Clock,
    /// What does a job.
    pub perform: &'a dyn Perform,
    /// Who listens.
    pub observer: &'a dyn JobObserver,
    /// Where it shows that it lives.
    pub pulse: &'a Pulse,
    /// How it works.
    pub settings: WorkerSettings,
}

impl fmt::Debug for Worker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Worker({:?}, {:?})", self.store, self.settings)
    }
}

/// Does `work` while the jobs go on: one of them may hold what it waits for, such as SQLite's only writer.
async fn meanwhile<T>(
    running: &mut FuturesUnordered<impl Future<Output = ()>>,
    work: impl Future<Output = T>,
) -> T {
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            Some(()) = running.next(), if !running.is_empty() => {}
        }
    }
}

impl Worker<'_> {
    /// Works until `stop`; then takes no more, and ends when what it does has ended or was given back. A database that
    /// fails is logged, and asked again at the next look.
    #[boxed(local)]
    pub async fn work(&self, stop: &CancellationToken) {
        let mut running = FuturesUnordered::new();
        while !stop.is_cancelled() {
            let free = self.settings.at_once.saturating_sub(running.len());
            let looked = meanwhile(&mut running, self.look(free)).await;
            let claimed = looked.unwrap_or_else(|error| {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "no jobs can be taken"
                );
                Vec::new()
            });
            running.extend(claimed.into_iter().map(|job| self.see_through(job, stop)));
            let wait = meanwhile(&mut running, self.until_next()).await;
            tokio::select! {
                Some(()) = running.next(), if !running.is_empty() => {}
                () = self.store.job_asked_for() => {}
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => {}
            }
        }
        while running.next().await.is_some() {}
    }

    /// Makes the jobs that are due by schedule, and takes as many as there is room for.
    async fn look(&self, room: usize) -> Result<Vec<RunningJob>, StoreError> {
        self.pulse.beat(self.clock.now());
        for schedule in self.store.due_schedules().await? {
            self.make_due(&schedule).await?;
        }
        let mut claimed = Vec::new();
        while claimed.len() < room {
            match self.claim().await? {
                Some(job) => claimed.push(job),
                None => break,
            }
        }
        Ok(claimed)
    }

    async fn make_due(&self, schedule: &ScheduleRecord) -> Result<(), StoreError> {
        let next = match schedule.timing.parse::<Schedule>() {
            Ok(timing) => timing.next_run(self.clock.now(), schedule.set_at),
            Err(error) => {
                tracing::error!(error = %error, task = %schedule.task, "a schedule cannot be read, and is not followed");
                None
            }
        };
        self.store.make_due_job(schedule, next).await?;
        Ok(())
    }

    async fn claim(&self) -> Result<Option<RunningJob>, StoreError> {
        let lease = Lease {
            owner: this_process(),
            duration: self.settings.lease,
        };
        let events = |job: &JobRecord| {
            let kind = if job.attempts > 1 {
                EventKind::JobTakenOver
            } else {
                EventKind::JobStarted
            };
            vec![self.event(
                kind,
                job,
                json!({"cause": job.cause, "attempts": job.attempts}),
            )]
        };
        self.store.claim_job(&lease, events).await
    }

    /// How long until something is due, at most as long as a look may wait.
    async fn until_next(&self) -> Duration {
        let now = self.clock.now();
        let next = self.store.next_job_at(now).await.ok().flatten();
        let wait = next.map_or(self.settings.poll, |next| {
            next.duration_since(now).unsigned_abs()
        });
        wait.min(self.settings.poll)
    }

    async fn see_through(&self, job: RunningJob, stop: &CancellationToken) {
        self.observer.event(&JobEvent::Started(&job.record));
        let began = tokio::time::Instant::now();
        let span = tracing::info_span!(
            "job", otel.name = format!("job {}", job.record.task.kind()), job.id = %job.record.id,
            job.task = %job.record.task, job.attempts = job.record.attempts,
        );
        let performed = select(
            Box::pin(self.perform_until_stopped(&job, stop).instrument(span)),
            Box::pin(self.keep_lease(&job)),
        );
        let Either::Left((ending, _)) = performed.await else {
            tracing::warn!(job = %job.record.id, "a job was taken over by another process");
            return;
        };
        let event = JobEvent::Ended {
            job: &job.record,
            ending: &ending,
            took: began.elapsed(),
        };
        self.observer.event(&event);
        if let Err(error) = self.record(&job, &ending).await {
            tracing::warn!(error = &error as &dyn std::error::Error, job = %job.record.id, "the end of a job could not be recorded");
        }
    }

    /// What does not come to a stop in time is cut off: it goes on from its journal, here or elsewhere.
    async fn perform_until_stopped(&self, job: &RunningJob, stop: &CancellationToken) -> JobEnding {
        if job.record.attempts > MOST_ATTEMPTS {
            return JobEnding::Failed {
                why: format!(
                    "it began {MOST_ATTEMPTS} times, and whoever did it died over it each time"
                ),
            };
        }
        let patience = async {
            stop.cancelled().await;
            tokio::time::sleep(self.settings.stop_patience).await;
        };
        // What a job left half-done is in the database, where the next one looks first; nothing else outlives it.
        let performing =
            AssertUnwindSafe(async { self.perform.perform(&job.record, stop.clone()).await });
        tokio::select! {
            ending = performing.catch_unwind() => ending.unwrap_or_else(|panic| {
                let ending = JobEnding::of_panic(&*panic);
                tracing::error!(job = %job.record.id, ?ending, "a job panicked");
                ending
            }),
            () = patience => JobEnding::Stopped,
        }
    }

    /// Renews the lease until it is lost.
    async fn keep_lease(&self, job: &RunningJob) {
        keep(self.settings.lease / 4, || self.store.renew_job(job)).await;
    }

    async fn record(&self, job: &RunningJob, ending: &JobEnding) -> Result<(), StoreError> {
        let now = self.clock.now();
        let (state, kind, outcome) = match ending {
            JobEnding::Done { outcome } => (JobState::Done, EventKind::JobFinished, outcome),
            JobEnding::Failed { why } => (JobState::Failed, EventKind::JobFailed, why),
            JobEnding::Refused { why } => (JobState::Refused, EventKind::JobFailed, why),
            JobEnding::Busy { until } => {
                let due = (*until).max(now.saturating_add(self.settings.poll).unwrap_or(now));
                return self.hand_back(job, due, "others are at work").await;
            }
            JobEnding::Stopped => return self.hand_back(job, now, "its process is stopping").await,
        };
        let event = self.event(kind, &job.record, json!({"outcome": outcome}));
        let end = JobEnd {
            state,
            outcome: outcome.clone(),
        };
        self.store.end_job(job, &end, &[event]).await
    }

    async fn hand_back(
        &self,
        job: &RunningJob,
        due: Timestamp,
        why: &str,
    ) -> Result<(), StoreError> {
        let data = json!({"why": why, "due_at": due});
        let event = self.event(EventKind::JobHandedBack, &job.record, data);
        self.store.hand_back_job(job, due, &[event]).await
    }

    fn event(
        &self,
        kind: EventKind,
        job: &JobRecord,
        mut data: serde_json::Value,
    ) -> usher_model::Event {
        let acting = Acting {
            store: self.store,
            clock: self.clock,
            actor: &Actor::System,
            origin: Origin::Schedule,
        };
        if let Some(data) = data.as_object_mut() {
            data.insert("organization".to_owned(), json!(job.task.organization()));
            data.insert("task".to_owned(), json!(job.task));
        }
        acting.event(kind, format!("job:{}", job.id), data)
    }
}
