//! The worker: does what is due, side by side, and stops when it is told.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use usher_engine::Acting;
use usher_engine::jobs::{
    JobEnding, Perform, Performing, Pulse, Schedule, SilentJobs, Worker, WorkerSettings,
    request_job, set_schedule, tidy,
};
use usher_model::{Actor, Clock, Origin};
use usher_store::{JobFilter, JobRecord, JobState, JobTask, Store};

use crate::cycle::stage::MovedClock;

/// Hands whose jobs take until they are told to end.
#[derive(Default)]
struct Hands {
    begun: AtomicUsize,
    at_once: AtomicUsize,
    most: AtomicUsize,
    /// Lets jobs end.
    go: CancellationToken,
    /// Whether jobs come to a stop when they are told.
    is_deaf: bool,
}

impl Perform for Hands {
    fn perform<'a>(&'a self, _: &'a JobRecord, stop: CancellationToken) -> Performing<'a> {
        Box::pin(async move {
            self.begun.fetch_add(1, Ordering::SeqCst);
            let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            let ending = tokio::select! {
                () = self.go.cancelled() => JobEnding::Done { outcome: "done".into() },
                () = stop.cancelled(), if !self.is_deaf => JobEnding::Stopped,
            };
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            ending
        })
    }
}

struct Desk {
    store: Store,
    clock: Arc<MovedClock>,
    _folder: tempfile::TempDir,
}

impl Desk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(MovedClock::default());
        Self {
            store: open(folder.path(), &clock).await,
            clock,
            _folder: folder,
        }
    }

    fn acting<'a>(&'a self, actor: &'a Actor) -> Acting<'a> {
        Acting {
            store: &self.store,
            clock: &*self.clock,
            actor,
            origin: Origin::CommandLine,
        }
    }

    async fn request(&self, source: &str) {
        let acting = self.acting(&Actor::System);
        request_job(acting, &reading(source)).await.unwrap();
    }

    async fn states(&self) -> Vec<JobState> {
        let jobs = self.store.jobs(JobFilter::default()).await.unwrap();
        jobs.into_iter().map(|job| job.state).collect()
    }

    /// Works until a condition holds, and is told to stop then.
    async fn work(
        &self,
        hands: &dyn Perform,
        settings: WorkerSettings,
        until: impl AsyncFn() -> bool,
    ) {
        let stop = CancellationToken::new();
        let pulse = Pulse::new(settings.poll);
        let worker = Worker {
            store: &self.store,
            clock: &*self.clock,
            perform: hands,
            observer: &SilentJobs,
            pulse: &pulse,
            settings,
        };
        let watching = async {
            while !until().await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            stop.cancel();
        };
        let both = async { tokio::join!(worker.work(&stop), watching) };
        tokio::time::timeout(Duration::from_secs(60), both)
            .await
            .unwrap();
        assert_eq!(pulse.trouble(self.clock.now()), None);
    }
}

async fn open(folder: &Path, clock: &Arc<MovedClock>) -> Store {
    let url = format!("sqlite://{}", folder.join("usher.db").display());
    let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
    Store::open(&url.parse().unwrap(), clock).await.unwrap()
}

fn reading(source: &str) -> JobTask {
    JobTask::SourceRead {
        source: source.into(),
    }
}

fn settings() -> WorkerSettings {
    WorkerSettings {
        poll: Duration::from_millis(50),
        stop_patience: Duration::from_millis(100),
        ..WorkerSettings::default()
    }
}

#[tokio::test]
async fn jobs_are_done_side_by_side_and_never_more_than_allowed() {
    let desk = Desk::new().await;
    for source in ["a", "b", "c", "d", "e", "f"] {
        desk.request(source).await;
    }
    let hands = Hands::default();
    let three = WorkerSettings {
        at_once: 3,
        ..settings()
    };
    desk.work(&hands, three, async || {
        if hands.begun.load(Ordering::SeqCst) >= 3 {
            hands.go.cancel();
        }
        desk.states()
            .await
            .iter()
            .all(|state| *state == JobState::Done)
    })
    .await;
    assert_eq!(hands.most.load(Ordering::SeqCst), 3);
    assert_eq!(hands.begun.load(Ordering::SeqCst), 6);
    desk.store.verify_events().await.unwrap();
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_hands_its_jobs_back() {
    let desk = Desk::new().await;
    for is_deaf in [false, true] {
        desk.request("a").await;
        let hands = Hands {
            is_deaf,
            ..Hands::default()
        };
        let begun = async || hands.begun.load(Ordering::SeqCst) > 0;
        desk.work(&hands, settings(), begun).await;
        assert_eq!(desk.states().await, [JobState::Waiting], "deaf: {is_deaf}");
    }
    // The next worker does it, and no attempt was counted.
    let hands = Hands::default();
    hands.go.cancel();
    desk.work(&hands, settings(), async || {
        desk.states().await == [JobState::Done]
    })
    .await;
    let job = desk
        .store
        .jobs(JobFilter::default())
        .await
        .unwrap()
        .remove(0);
    assert_eq!(job.attempts, 1);
}

#[tokio::test]
async fn what_a_schedule_says_is_done_again_and_again() {
    let desk = Desk::new().await;
    let schedule: Schedule = "every 1h".parse().unwrap();
    let actor = Actor::System;
    let task = reading("hr");
    let set = set_schedule(desk.acting(&actor), &task, &schedule, "tim");
    let due = set.await.unwrap().due_at.unwrap();
    assert!(due > desk.clock.now());
    let hands = Hands::default();
    hands.go.cancel();
    let done = AtomicUsize::new(0);
    desk.work(&hands, settings(), async || {
        let states = desk.states().await;
        let ended = states
            .iter()
            .filter(|state| **state == JobState::Done)
            .count();
        if ended < 3 && ended == done.load(Ordering::SeqCst) {
            desk.clock.advance(Duration::from_secs(3600));
            done.fetch_add(1, Ordering::SeqCst);
        }
        ended >= 3
    })
    .await;
    let next = desk.store.schedules().await.unwrap()[0].due_at.unwrap();
    assert!(next > desk.clock.now());
}

#[tokio::test]
async fn a_schedule_that_nobody_can_read_any_more_keeps_no_other_from_being_followed() {
    let desk = Desk::new().await;
    let broken = usher_store::NewSchedule {
        task: reading("a"),
        timing: "whenever the moon is full".into(),
        set_by: None,
        due_at: Some(desk.clock.now()),
    };
    desk.store.set_schedule(&broken, &[]).await.unwrap();
    desk.request("b").await;
    let hands = Hands::default();
    hands.go.cancel();
    desk.work(&hands, settings(), async || {
        desk.states().await == [JobState::Done, JobState::Done]
    })
    .await;
    assert_eq!(desk.store.schedules().await.unwrap()[0].due_at, None);
}

#[tokio::test]
async fn a_job_that_kills_whoever_does_it_is_given_up() {
    for (deaths, ends) in [(9, JobState::Done), (10, JobState::Failed)] {
        let desk = Desk::new().await;
        desk.request("a").await;
        for _ in 0..deaths {
            // Whoever dies lets the lease end.
            let lease = usher_store::Lease {
                owner: usher_store::LeaseOwner::new("dies"),
                duration: Duration::ZERO,
            };
            let claimed = desk.store.claim_job(&lease, |_| Vec::new()).await;
            claimed.unwrap().unwrap();
        }
        let hands = Hands::default();
        hands.go.cancel();
        desk.work(&hands, settings(), async || desk.states().await == [ends])
            .await;
        let begun = usize::from(ends == JobState::Done);
        assert_eq!(hands.begun.load(Ordering::SeqCst), begun, "{deaths}");
    }
}

/// Hands that drop what they hold.
struct Clumsy;

impl Perform for Clumsy {
    fn perform<'a>(&'a self, job: &'a JobRecord, _: CancellationToken) -> Performing<'a> {
        Box::pin(async move {
            assert_ne!(job.task, reading("a"), "this one is too hot");
            JobEnding::Done {
                outcome: "done".into(),
            }
        })
    }
}

#[tokio::test]
async fn a_job_that_panics_fails_with_its_reason_and_ends_no_other() {
    let desk = Desk::new().await;
    desk.request("a").await;
    desk.request("b").await;
    desk.work(&Clumsy, settings(), async || {
        desk.states().await == [JobState::Done, JobState::Failed]
    })
    .await;
    let jobs = desk.store.jobs(JobFilter::default()).await.unwrap();
    let outcome = jobs[1].outcome.as_deref().unwrap();
    assert!(outcome.contains("this one is too hot"), "{outcome}");
}

#[tokio::test]
async fn what_is_over_is_taken_away_without_anybody_signing_in() {
    let desk = Desk::new().await;
    let attempts = [usher_store::Attempt {
        key: "nobody".into(),
        limit: usher_store::Limit {
            attempts: 1,
            within: Duration::from_hours(48),
        },
    }];
    let sessions = usher_store::SessionLimits {
        idle: Duration::from_mins(30),
        absolute: Duration::from_hours(12),
    };
    let count = async || desk.store.count_sign_in(&attempts).await.unwrap();
    assert_eq!(count().await, usher_store::Counted::Allowed);
    desk.clock.advance(Duration::from_hours(2));
    tidy(&desk.store, &*desk.clock, sessions).await.unwrap();
    assert_eq!(count().await, usher_store::Counted::Allowed);
}
