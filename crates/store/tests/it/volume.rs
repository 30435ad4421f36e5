//! How long it takes at a hundred thousand accounts. Run in release mode:
//! `cargo test --release -p usher-store -- --ignored --nocapture volume`.

#![allow(clippy::print_stdout, reason = "the measurements are what it is for")]

use std::time::{Duration, Instant};

use usher_model::*;
use usher_store::*;

use crate::support::*;

const ACCOUNTS: usize = 100_000;
const TEAMS: usize = 5_000;
const PER_PAGE: usize = 100;

fn account(n: usize) -> Account {
    let day = i64::try_from(n % 300).unwrap() * 86_400;
    Account {
        last_activity_at: Known::Known(Timestamp::from_second(1_750_000_000 + day).ok()),
        ..member(
            &(3_074_457_345_700_000_000 + n).to_string(),
            &format!("person.{n}@example{}.org", n % 7),
        )
    }
}

fn team(n: usize) -> String {
    (3_458_764_500_000_000_000 + n).to_string()
}

/// Three teams each.
fn teams_of(n: usize) -> [usize; 3] {
    [n % TEAMS, (n * 7 + 1) % TEAMS, (n * 13 + 2) % TEAMS]
}

async fn stage(fixture: &Fixture, sync: &RunningSync) {
    let mut members: Vec<Vec<StagedMember>> = vec![Vec::new(); TEAMS];
    for first in (0..ACCOUNTS).step_by(PER_PAGE) {
        let mut views = Vec::new();
        for n in first..first + PER_PAGE {
            let account = account(n);
            for team_number in teams_of(n) {
                members[team_number].push(StagedMember {
                    group: MemberGroup::Team(team(team_number).into()),
                    account: account.id.clone(),
                    role: TeamRole::Member,
                });
            }
            views.push(StagedView {
                data: serde_json::to_string(&account).unwrap(),
                account: account.id,
                email: account.email,
            });
        }
        stage_page(
            fixture,
            sync,
            PartKey::Members,
            StagedRows {
                views,
                ..StagedRows::default()
            },
        )
        .await;
    }
    for (number, members) in members.into_iter().enumerate() {
        let part = PartKey::TeamMembers(team(number).into());
        stage_page(
            fixture,
            sync,
            part,
            StagedRows {
                members,
                ..StagedRows::default()
            },
        )
        .await;
    }
}

async fn stage_page(fixture: &Fixture, sync: &RunningSync, part: PartKey, rows: StagedRows) {
    let page = StagedPage {
        part,
        cursor_after: None,
        done: true,
        total_results: None,
        items: PER_PAGE as u64,
        rows,
    };
    let outcome = fixture.store.stage_page(sync, &page).await.unwrap();
    assert!(outcome.repeated.is_empty());
}

async fn merge(fixture: &Fixture, sync: &RunningSync) {
    fixture.store.begin_merge(sync).await.unwrap();
    let teams = (0..TEAMS).map(|n| Team {
        id: team(n).into(),
        name: format!("Team {n}"),
    });
    let teams = Merged {
        teams: teams.collect(),
        ..Merged::default()
    };
    fixture.store.merge(sync, &teams).await.unwrap();
    for first in (0..ACCOUNTS).step_by(2_000) {
        let mut piece = Merged::default();
        for n in first..first + 2_000 {
            let account = account(n);
            let mut grant = |entitlement| {
                piece.grants.push(Grant {
                    account: account.id.clone(),
                    entitlement,
                });
            };
            grant(Entitlement::Role(OrganizationRole::InternalUser));
            grant(Entitlement::License(License::Full));
            for number in teams_of(n) {
                let team = team(number).into();
                grant(Entitlement::Team {
                    team,
                    role: TeamRole::Member,
                });
            }
            piece.accounts.push(account);
        }
        fixture.store.merge(sync, &piece).await.unwrap();
    }
}

/// Prints how long it took, and how much of that this process used the processors: on a machine that
/// does other work too, the second is what can be compared.
pub async fn timed<T>(what: &str, work: impl Future<Output = T>) -> (Duration, T) {
    let (start, used) = (Instant::now(), processor_seconds());
    let result = work.await;
    let took = start.elapsed();
    let used = processor_seconds() - used;
    println!(
        "{what:<40} {:>7.3} s, {used:>6.2} s of processor time",
        took.as_secs_f64()
    );
    (took, result)
}

/// User and system time of this process, from Linux' `/proc/self/stat` in hundredths of a second.
pub fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap_or("").split(' ').collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|field| field.parse().ok())
            .unwrap_or(0.0)
    };
    (ticks(12) + ticks(13)) / 100.0
}

async fn measure(fixture: Fixture) -> (Duration, Duration, Duration) {
    let sync = fixture.begin("1").await;
    let (staged, ()) = timed(
        "stage 100k accounts, 300k memberships",
        stage(&fixture, &sync),
    )
    .await;
    let (_, views) = timed(
        "read staged people",
        all(fixture.store.staged_views(&sync, View::Rest)),
    )
    .await;
    let (_, members) = timed(
        "read staged memberships",
        all(fixture.store.staged_members(&sync)),
    )
    .await;
    assert_eq!((views.len(), members.len()), (ACCOUNTS, 3 * ACCOUNTS));
    let (merged, ()) = timed("merge", merge(&fixture, &sync)).await;
    let finished = finish(fixture.clock.now(), everything());
    let first = fixture.store.publish(&sync, &finished, |_| Vec::new());
    let (published, outcome) = timed("publish", first).await;
    assert_eq!(outcome.unwrap().grants.added, 5 * ACCOUNTS as u64);

    fixture.clock.advance(Duration::from_hours(1));
    let sync = fixture.begin("1").await;
    timed("merge again", merge(&fixture, &sync)).await;
    let finished = finish(fixture.clock.now(), everything());
    let second = fixture.store.publish(&sync, &finished, |_| Vec::new());
    let (unchanged, outcome) = timed("publish, unchanged", second).await;
    assert_eq!(outcome.unwrap().rows_written, 0);

    let slowest = look(&fixture).await;
    (staged + merged + published, unchanged, slowest)
}

/// Returns how long the slowest page of accounts took.
async fn look(fixture: &Fixture) -> Duration {
    let store = &fixture.store;
    let everybody = AccountFilter::of("1".into());
    let mut slowest = Duration::ZERO;
    for order in [
        AccountOrder::Email,
        AccountOrder::Id,
        AccountOrder::Name,
        AccountOrder::LastActivity,
    ] {
        let page = AccountFilter {
            order,
            limit: Some(50),
            ..everybody.clone()
        };
        let (took, rows) = timed(
            &format!("a page of accounts by {order:?}"),
            all(store.accounts(&page)),
        )
        .await;
        assert_eq!(rows.len(), 50);
        // A page of the least used of everybody looks at everybody.
        if order != AccountOrder::LastActivity {
            slowest = slowest.max(took);
        }
    }
    let idle = AccountFilter {
        inactive_before: Some(at("2025-07-15T00:00:00Z")),
        order: AccountOrder::LastActivity,
        limit: Some(50),
        ..everybody.clone()
    };
    let (took, _) = timed("a page of idle accounts", all(store.accounts(&idle))).await;
    slowest = slowest.max(took);
    timed("all accounts", all(store.accounts(&everybody))).await;
    let count = store.count_accounts(&everybody);
    timed("count accounts", count).await.1.unwrap();
    let everything = GrantFilter::of("1".into());
    timed("all grants", all(store.grants(&everything))).await;
    let every_team = TeamFilter::of("1".into());
    timed("all teams", all(store.teams(&every_team))).await;
    let organization = OrganizationId::new("1");
    timed("entitlements", all(store.entitlements(&organization, None))).await;
    let now = fixture.clock.now();
    timed("summary", store.summary(&organization, now))
        .await
        .1
        .unwrap();
    timed("counts", store.current_counts(&organization))
        .await
        .1
        .unwrap();
    let (from, to) = (outcome_time(fixture).await, now);
    timed(
        "difference, empty",
        all(store.diff(&organization, from, to)),
    )
    .await;
    println!("{:?}", store.check().await.unwrap());
    slowest
}

async fn outcome_time(fixture: &Fixture) -> Timestamp {
    let syncs = fixture.store.syncs(&"1".into()).await.unwrap();
    syncs.last().unwrap().effective_at.unwrap()
}

#[tokio::test]
#[ignore = "measures; run in release mode"]
async fn volume_on_sqlite() {
    let (whole, unchanged, page) = measure(Fixture::sqlite().await).await;
    assert!(whole < Duration::from_secs(15), "{whole:?}");
    assert!(unchanged < Duration::from_secs(3), "{unchanged:?}");
    assert!(page < Duration::from_millis(50), "{page:?}");
}

#[tokio::test]
#[ignore = "measures; run in release mode"]
async fn volume_on_postgres() {
    measure(Fixture::postgres().await).await;
}
