//! Schedules and jobs: one of each at a time, whoever comes first, and none is lost.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use usher_model::*;
use usher_store::*;

use crate::support::*;

fn cycle() -> JobTask {
    JobTask::Cycle {
        organization: "1".into(),
    }
}

fn reading(source: &str) -> JobTask {
    JobTask::SourceRead {
        source: source.into(),
    }
}

/// Asks for a job, as somebody at the command line does.
async fn request(fixture: &Fixture, task: &JobTask) -> JobId {
    let event = |id: &JobId| fixture.event(EventKind::JobRequested, &format!("job:{id}"));
    fixture.store.request_job(task, event).await.unwrap()
}

async fn claim(store: &Store, owner: &str) -> Option<RunningJob> {
    let claimed = store.claim_job(&lease(owner), |_| Vec::new()).await;
    claimed.unwrap()
}

async fn end(store: &Store, job: &RunningJob) -> Result<(), StoreError> {
    let end = JobEnd {
        state: JobState::Done,
        outcome: "as it should".into(),
    };
    store.end_job(job, &end, &[]).await
}

async fn states(store: &Store) -> Vec<JobState> {
    let jobs = store.jobs(JobFilter::default()).await.unwrap();
    jobs.into_iter().map(|job| job.state).collect()
}

async fn set(fixture: &Fixture, task: JobTask, due_at: Timestamp) {
    let new = NewSchedule {
        task,
        timing: "every 40m".into(),
        set_by: Some("tim".into()),
        due_at: Some(due_at),
    };
    let event = fixture.event(EventKind::ScheduleSet, "organization:1");
    fixture.store.set_schedule(&new, &[event]).await.unwrap();
}

/// Somebody approves a plan of the organization.
async fn approve(fixture: &Fixture) -> EventId {
    let event = Event {
        data: json!({"organization": "1"}),
        ..fixture.event(EventKind::PlanApproved, "plan:1")
    };
    let id = event.id.clone();
    fixture.store.append_events(&[event]).await.unwrap();
    id
}

on_both_engines! {
    async fn a_job_is_asked_for_claimed_and_ended(fixture: Fixture) {
        let store = &fixture.store;
        assert!(claim(store, "a").await.is_none());
        let id = request(&fixture, &cycle()).await;
        assert_eq!(request(&fixture, &cycle()).await, id, "one that waits is the one that is meant");
        let job = claim(store, "a").await.unwrap();
        assert_eq!((&job.record.id, &job.record.task), (&id, &cycle()));
        assert_eq!((job.record.attempts, job.record.state), (1, JobState::Running));
        assert!(claim(store, "b").await.is_none());
        fixture.clock.advance(Duration::from_secs(10));
        end(store, &job).await.unwrap();
        let ended = store.jobs(JobFilter::default()).await.unwrap().remove(0);
        assert_eq!(ended.state, JobState::Done);
        assert_eq!(ended.outcome.as_deref(), Some("as it should"));
        assert_eq!(ended.finished_at, Some(at("2026-03-01T08:00:10Z")));
        assert_eq!(ended.owner.as_deref(), Some("a"));
        store.verify_events().await.unwrap();
    }

    async fn many_who_claim_at_once_get_each_job_once(fixture: Fixture) {
        let other = fixture.second_process().await;
        for number in 0..20 {
            request(&fixture, &reading(&format!("source{number}"))).await;
        }
        let tries = (0..30).map(|number| {
            let store = if number % 2 == 0 { &fixture.store } else { &other };
            claim(store, "somebody")
        });
        let mut claimed = futures::future::join_all(tries).await;
        // Whoever was passed over because others were at it looks again.
        while let Some(job) = claim(&other, "somebody").await {
            claimed.push(Some(job));
        }
        let ids: Vec<JobId> = claimed.into_iter().flatten().map(|job| job.record.id).collect();
        assert_eq!(ids.len(), 20);
        assert_eq!(ids.into_iter().collect::<BTreeSet<_>>().len(), 20);
    }

    async fn of_a_task_one_runs_and_what_is_asked_for_meanwhile_comes_after_it(fixture: Fixture) {
        let store = &fixture.store;
        request(&fixture, &cycle()).await;
        let first = claim(store, "a").await.unwrap();
        let second = request(&fixture, &cycle()).await;
        assert_ne!(second, first.record.id);
        assert!(claim(store, "b").await.is_none(), "two cycles of a connector at once");
        request(&fixture, &reading("hr")).await;
        assert_eq!(claim(store, "b").await.unwrap().record.task, reading("hr"));
        end(store, &first).await.unwrap();
        assert_eq!(claim(store, "b").await.unwrap().record.id, second);
    }

    async fn whoever_lets_the_lease_end_loses_the_job_to_the_next(fixture: Fixture) {
        let store = &fixture.store;
        request(&fixture, &cycle()).await;
        let over = Lease { duration: Duration::ZERO, ..lease("a") };
        let mut lost = store.claim_job(&over, |_| Vec::new()).await.unwrap().unwrap();
        lost.lease = lease("a");
        store.renew_job(&lost).await.unwrap();
        assert!(claim(store, "b").await.is_none(), "it was renewed");
        lost.lease = over;
        store.renew_job(&lost).await.unwrap();
        let taken = claim(store, "b").await.unwrap();
        assert_eq!((&taken.record.id, taken.record.attempts), (&lost.record.id, 2));
        for refused in [
            store.renew_job(&lost).await,
            end(store, &lost).await,
            store.hand_back_job(&lost, fixture.clock.now(), &[]).await,
        ] {
            assert!(matches!(refused, Err(StoreError::WorkLost { .. })), "{refused:?}");
        }
        assert_eq!(states(store).await, [JobState::Running]);
        end(store, &taken).await.unwrap();
    }

    async fn a_process_whose_clock_is_ahead_takes_no_job_of_one_that_lives(fixture: Fixture) {
        let store = &fixture.store;
        request(&fixture, &cycle()).await;
        let job = claim(store, "a").await.unwrap();
        fixture.clock.advance(Duration::from_hours(1));
        assert!(claim(store, "b").await.is_none());
        end(store, &job).await.unwrap();
    }

    async fn of_each_task_the_newest_job_is_found(fixture: Fixture) {
        let store = &fixture.store;
        request(&fixture, &cycle()).await;
        end(store, &claim(store, "a").await.unwrap()).await.unwrap();
        let newest = request(&fixture, &cycle()).await;
        let other = request(&fixture, &reading("hr")).await;
        let found = store.newest_jobs().await.unwrap();
        let found: BTreeSet<JobId> = found.into_iter().map(|job| job.id).collect();
        assert_eq!(found, BTreeSet::from([newest, other]));
    }

    async fn a_job_that_is_handed_back_waits_until_it_is_due_and_no_attempt_was_made(fixture: Fixture) {
        let store = &fixture.store;
        request(&fixture, &cycle()).await;
        let job = claim(store, "a").await.unwrap();
        let due = at("2026-03-01T08:03:00Z");
        store.hand_back_job(&job, due, &[]).await.unwrap();
        assert!(claim(store, "b").await.is_none());
        assert_eq!(store.next_job_at(fixture.clock.now()).await.unwrap(), Some(due));
        fixture.clock.advance(Duration::from_mins(3));
        let again = claim(store, "b").await.unwrap();
        assert_eq!((&again.record.id, again.record.attempts), (&job.record.id, 1));
    }

    async fn a_job_that_is_handed_back_while_another_waits_leaves_it_to_that_one(fixture: Fixture) {
        let store = &fixture.store;
        request(&fixture, &cycle()).await;
        let job = claim(store, "a").await.unwrap();
        let waiting = request(&fixture, &cycle()).await;
        store.hand_back_job(&job, fixture.clock.now(), &[]).await.unwrap();
        assert_eq!(states(store).await, [JobState::Waiting, JobState::Done]);
        assert_eq!(claim(store, "b").await.unwrap().record.id, waiting);
    }

    async fn a_schedule_that_is_due_makes_one_job_however_many_look(fixture: Fixture) {
        let other = fixture.second_process().await;
        let due = at("2026-03-01T08:40:00Z");
        set(&fixture, cycle(), due).await;
        assert!(other.due_schedules().await.unwrap().is_empty());
        fixture.clock.advance(Duration::from_mins(41));
        let next = Some(at("2026-03-01T09:20:00Z"));
        let schedule = other.due_schedules().await.unwrap().remove(0);
        assert_eq!((schedule.timing.as_str(), schedule.due_at), ("every 40m", Some(due)));
        let made = futures::future::join_all([&fixture.store, &other].map(|store| {
            store.make_due_job(&schedule, next)
        }));
        let mut made: Vec<bool> = made.await.into_iter().map(Result::unwrap).collect();
        made.sort_unstable();
        assert_eq!(made, [false, true]);
        assert_eq!(states(&other).await, [JobState::Waiting]);
        assert_eq!(other.schedules().await.unwrap()[0].due_at, next);
        // One that was missed is made up for once.
        fixture.clock.advance(Duration::from_hours(5));
        let schedule = other.due_schedules().await.unwrap().remove(0);
        other.make_due_job(&schedule, None).await.unwrap();
        assert_eq!(states(&other).await, [JobState::Waiting]);
        assert!(other.due_schedules().await.unwrap().is_empty());
    }

    async fn a_schedule_is_set_anew_and_removed(fixture: Fixture) {
        let store = &fixture.store;
        set(&fixture, cycle(), at("2026-03-01T09:00:00Z")).await;
        set(&fixture, cycle(), at("2026-03-01T10:00:00Z")).await;
        set(&fixture, reading("hr"), at("2026-03-01T11:00:00Z")).await;
        let found = store.schedules().await.unwrap();
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0].due_at, Some(at("2026-03-01T10:00:00Z")));
        assert!(store.remove_schedule(&cycle(), &[]).await.unwrap());
        assert!(!store.remove_schedule(&cycle(), &[]).await.unwrap());
        assert_eq!(store.schedules().await.unwrap()[0].task, reading("hr"));
    }

    async fn a_decision_and_the_cycle_it_causes_are_one_transaction(fixture: Fixture) {
        let store = &fixture.store;
        fixture.publish(&small("1")).await;
        approve(&fixture).await;
        assert!(states(store).await.is_empty(), "cycles are not on a schedule");
        let due = at("2026-03-01T20:00:00Z");
        set(&fixture, cycle(), due).await;
        let decision = approve(&fixture).await;
        let job = store.jobs(JobFilter::default()).await.unwrap().remove(0);
        assert_eq!((job.id.as_str(), job.cause), (decision.as_str(), JobCause::Decision));
        assert_eq!(claim(store, "a").await.unwrap().record.task, cycle());
        // What is not recorded causes nothing: the event has an id that is taken.
        let event = Event {
            data: json!({"organization": "1"}),
            id: decision,
            ..fixture.event(EventKind::PlanApproved, "plan:2")
        };
        store.append_events(&[event]).await.unwrap_err();
        assert_eq!(states(store).await, [JobState::Running]);
    }

    async fn a_decision_that_comes_while_jobs_begin_and_end_waits_for_none_of_them(fixture: Fixture) {
        fixture.publish(&small("1")).await;
        set(&fixture, cycle(), at("2026-03-01T20:00:00Z")).await;
        let other = fixture.second_process().await;
        let (fixture, other) = (&fixture, &other);
        let deciding = async {
            for _ in 0..25 {
                approve(fixture).await;
            }
        };
        let doing = async {
            for _ in 0..50 {
                let event = |job: &JobRecord| vec![fixture.event(EventKind::JobStarted, &format!("job:{}", job.id))];
                let Some(job) = other.claim_job(&lease("a"), event).await.unwrap() else {
                    tokio::task::yield_now().await;
                    continue;
                };
                let event = fixture.event(EventKind::JobFinished, "job");
                let done = JobEnd { state: JobState::Done, outcome: String::new() };
                other.end_job(&job, &done, &[event]).await.unwrap();
            }
        };
        let both = Box::pin(async { tokio::join!(deciding, doing) });
        tokio::time::timeout(Duration::from_secs(60), both)
            .await
            .expect("they wait for each other");
        other.verify_events().await.unwrap();
    }

    async fn what_is_asked_for_wakes_whoever_waits_in_this_process(fixture: Fixture) {
        let woken = fixture.store.job_asked_for();
        let task = cycle();
        let asked = request(&fixture, &task);
        let both = async { tokio::join!(woken, asked) };
        tokio::time::timeout(Duration::from_secs(20), both).await.unwrap();
    }

    async fn jobs_of_long_ago_are_forgotten_and_open_ones_are_not(fixture: Fixture) {
        let store = &fixture.store;
        request(&fixture, &cycle()).await;
        let job = claim(store, "a").await.unwrap();
        end(store, &job).await.unwrap();
        request(&fixture, &reading("hr")).await;
        fixture.clock.advance(Duration::from_hours(24));
        assert_eq!(store.forget_jobs(fixture.clock.now()).await.unwrap(), 1);
        assert_eq!(states(store).await, [JobState::Waiting]);
        let open = JobFilter { open: true, ..JobFilter::default() };
        assert_eq!(store.jobs(open).await.unwrap().len(), 1);
    }
}
