//! What jobs do in this program: with what is configured here, and what the database says.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use usher_engine::budget::Keeper;
use usher_engine::cycle::{
    CycleEnding, CycleKind, CycleObserver, CycleReport, Means as _, SilentCycle, run_cycle,
};
use usher_engine::jobs::{JobEnding, Perform, Performing};
use usher_engine::people::{RefreshOptions, RefreshOutcome, Refreshed, refresh};
use usher_engine::sync::{Ending, Silent, SyncOptions, run_sync};
use usher_engine::{Acting, EngineError};
use usher_miro::{ClientMeter, MiroClient};
use usher_model::{Actor, OrganizationId, Origin, SourceName};
use usher_server::{LaneUse, MiroUse};
use usher_store::{JobRecord, JobTask, Store, StoreError};

use crate::commands::apply::running;
use crate::commands::cycle::setting_up::{Ground, SetUp};
use crate::commands::people::reading;
use crate::commands::sync;
use crate::context::Context;
use crate::failure::Failure;

/// Does jobs with what is configured.
pub struct Hands<'a> {
    store: Store,
    context: &'a Context,
    /// One for all jobs: two would each spend the whole of Miro's limits.
    client: Arc<Mutex<Option<MiroClient>>>,
    /// Told when there is a client.
    is_there: Notify,
}

impl<'a> Hands<'a> {
    /// On this database.
    pub fn new(store: Store, context: &'a Context) -> Self {
        Self {
            store,
            context,
            client: Arc::default(),
            is_there: Notify::new(),
        }
    }

    /// Keeps within what other processes leave of Miro's limits, without an end.
    pub async fn share_limits(&self) {
        self.is_there.notified().await;
        let client = self.client.lock().clone();
        if let Some(client) = client {
            let timeout = self.context.configuration.miro.timeout.0;
            Keeper::new(&self.store, client, timeout).keep().await;
        }
        std::future::pending::<()>().await;
    }

    /// Tells what it has asked Miro for so far.
    pub fn miro_use(&self) -> impl Fn() -> Option<MiroUse> + Send + Sync + 'static {
        let client = Arc::clone(&self.client);
        move || {
            client
                .lock()
                .as_ref()
                .map(|client| miro_use(&client.meter()))
        }
    }

    /// The client, with the tokens as they are now.
    fn client(&self) -> Result<MiroClient, Failure> {
        let mut kept = self.client.lock();
        let client = match &*kept {
            None => {
                let client = running::client(self.context)?;
                // It sends nothing until the keeper has got it a share.
                for lane in client.lanes() {
                    client.set_share(lane.name, 0);
                }
                self.is_there.notify_one();
                client
            }
            Some(client) => running::renewed(client, self.context)?,
        };
        *kept = Some(client.clone());
        Ok(client)
    }

    fn acting(&self) -> Acting<'_> {
        Acting {
            store: &self.store,
            clock: &*self.context.clock,
            actor: &Actor::System,
            origin: Origin::Schedule,
        }
    }

    async fn cycle(
        &self,
        organization: &OrganizationId,
        stop: &CancellationToken,
    ) -> Result<JobEnding, Trouble> {
        let on = Ground {
            store: self.store.clone(),
            organization: organization.clone(),
            client: self.client()?,
            actor: Actor::System,
            origin: Origin::Schedule,
        };
        let listening = (&SilentCycle as &dyn CycleObserver, stop);
        let set_up = SetUp::upon(on, CycleKind::Auto, listening, self.context).await?;
        let cycle_context = set_up.context();
        let report = Box::pin(run_cycle(&cycle_context, &set_up.options)).await?;
        Ok(of_cycle(&report, stop))
    }

    async fn sync(
        &self,
        organization: &OrganizationId,
        stop: &CancellationToken,
    ) -> Result<JobEnding, Trouble> {
        let options = SyncOptions {
            organization: Some(organization.clone()),
            stop: stop.clone(),
            actor: Actor::System,
            origin: Origin::Schedule,
            ..sync::configured(self.context)?
        };
        let client = self.client()?;
        let clock = &*self.context.clock;
        let read = run_sync(&self.store, &client, &options, clock, &Silent);
        let report = Box::pin(read).await?;
        if matches!(report.ending, Ending::HeldAsSuspect) {
            return Ok(JobEnding::Failed {
                why: format!(
                    "the snapshot of sync {} is suspect and was not believed",
                    report.sync
                ),
            });
        }
        if let Some(file) = &self.context.configuration.sync.file {
            sync::write_file(&self.store, &report.organization, file, self.context).await?;
        }
        Ok(JobEnding::Done {
            outcome: format!("sync {} is the inventory", report.sync),
        })
    }

    /// A stop cuts a reading off: it is one transaction, or several that the next one makes up for.
    async fn read(
        &self,
        name: &SourceName,
        stop: &CancellationToken,
    ) -> Result<JobEnding, Trouble> {
        let record = self.store.source(name).await?;
        let record = record.ok_or_else(|| StoreError::NoSuchSource(name.clone()))?;
        let Some(source) = reading::open(&record)? else {
            return Ok(JobEnding::Refused {
                why: format!("source {name} is pushed, and not read"),
            });
        };
        let reading = refresh(self.acting(), &record, &source, RefreshOptions::default());
        tokio::select! {
            refreshed = Box::pin(reading) => Ok(of_reading(&refreshed?)),
            () = stop.cancelled() => Ok(JobEnding::Stopped),
        }
    }
}

impl Perform for Hands<'_> {
    fn perform<'a>(&'a self, job: &'a JobRecord, stop: CancellationToken) -> Performing<'a> {
        Box::pin(async move {
            let done = match &job.task {
                JobTask::Cycle { organization } => self.cycle(organization, &stop).await,
                JobTask::Sync { organization } => self.sync(organization, &stop).await,
                JobTask::SourceRead { source } => self.read(source, &stop).await,
            };
            done.unwrap_or_else(|trouble| trouble.ending(self.context))
        })
    }
}

/// Why a job came to no end of its own.
enum Trouble {
    Engine(EngineError),
    Here(Failure),
}

impl Trouble {
    fn ending(self, context: &Context) -> JobEnding {
        match self {
            Self::Engine(error) => JobEnding::of_error(&error, context.now()),
            Self::Here(failure) => JobEnding::Failed {
                why: std::iter::once(failure.to_string())
                    .chain(failure.hints().iter().cloned())
                    .collect::<Vec<_>>()
                    .join("; "),
            },
        }
    }
}

impl From<EngineError> for Trouble {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Engine(error.into())
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Here(failure)
    }
}

fn miro_use(meter: &ClientMeter) -> MiroUse {
    let lanes = meter.lanes.iter().map(|lane| LaneUse {
        name: lane.name.to_owned(),
        credits: meter.credits.get(lane.name).copied().unwrap_or(0),
        used: lane.used,
        limit: lane.limit,
        waiting: lane.waiting as u64,
    });
    let requests = meter.requests.iter();
    MiroUse {
        requests: requests
            .map(|(route, count)| ((*route).to_owned(), *count))
            .collect(),
        rate_limited: meter.rate_limited,
        lanes: lanes.collect(),
    }
}

fn of_cycle(report: &CycleReport, stop: &CancellationToken) -> JobEnding {
    let cycle = &report.cycle;
    let outcome = match &report.ending {
        CycleEnding::InLine => "nothing was to be done".to_owned(),
        CycleEnding::Applied => {
            let sum = |what: fn(&usher_engine::apply::ApplyReport) -> u64| {
                report.applied.iter().map(what).sum::<u64>()
            };
            let (done, failed) = (sum(|one| one.done), sum(|one| one.failed + one.skipped));
            format!("{done} changes made, {failed} not")
        }
        CycleEnding::AwaitingApproval => "the plan waits for approval".to_owned(),
        CycleEnding::Rejected => "the plan was rejected, and nothing else is to be done".to_owned(),
        CycleEnding::Stopped if stop.is_cancelled() => return JobEnding::Stopped,
        CycleEnding::Stopped => {
            return JobEnding::Refused {
                why: format!("cycle {cycle} was told to stop"),
            };
        }
        CycleEnding::Quarantined { why } => {
            return JobEnding::Failed {
                why: format!("the connector is in quarantine: {why}"),
            };
        }
    };
    JobEnding::Done {
        outcome: format!("cycle {cycle}: {outcome}"),
    }
}

fn of_reading(refreshed: &Refreshed) -> JobEnding {
    let (people, groups) = (refreshed.people, refreshed.groups);
    match &refreshed.outcome {
        RefreshOutcome::Unchanged => JobEnding::Done {
            outcome: format!("{people} people and {groups} groups, as they were"),
        },
        RefreshOutcome::Written { .. } => JobEnding::Done {
            outcome: format!("{people} people and {groups} groups were read"),
        },
        RefreshOutcome::Suspect { reasons } => {
            let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
            JobEnding::Failed {
                why: format!("the reading is not believed: {}", reasons.join("; ")),
            }
        }
        RefreshOutcome::Failed { why, hint } => JobEnding::Failed {
            why: match hint {
                Some(hint) => format!("{why}; {hint}"),
                None => why.clone(),
            },
        },
    }
}
