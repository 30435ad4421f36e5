//! Waiting for room under a limit that the server enforces.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use serde_json::json;
use tokio::task::JoinSet;
use usher_miro::{LimitProfile, MiroClient, MiroSettings, TeamMemberQuery};
use usher_model::{OrganizationId, TeamId};

use crate::fake::{Answer, Fake};

const WINDOW: Duration = Duration::from_millis(200);

#[derive(Clone, Copy, Debug)]
enum Windows {
    Fixed,
    Sliding,
}

/// A server with a limit of calls in windows, which answers 429 above it.
async fn strict(windows: Windows, calls: usize, retry_after: Option<&'static str>) -> Fake {
    let start = Instant::now();
    let counted = Mutex::new(VecDeque::new());
    let number = move |moment: Instant| (moment - start).as_nanos() / WINDOW.as_nanos();
    Fake::start(move |_| {
        let now = Instant::now();
        let mut counted = counted.lock().unwrap();
        counted.retain(|moment: &Instant| match windows {
            Windows::Fixed => number(*moment) == number(now),
            Windows::Sliding => now - *moment < WINDOW,
        });
        if counted.len() < calls {
            counted.push_back(now);
            return Answer::json(json!({"data": []}));
        }
        let headers = retry_after
            .iter()
            .map(|value| ("retry-after", (*value).to_owned()));
        Answer::With(
            429,
            headers.collect(),
            r#"{"status":429,"code":"tooManyRequests"}"#.into(),
        )
    })
    .await
}

fn limited(fake: &Fake, calls: u64) -> MiroClient {
    let limits = LimitProfile {
        rest_credits: calls * 100,
        rest_window: WINDOW * 10,
        ..LimitProfile::default()
    };
    let settings = MiroSettings {
        limits,
        time_scale: 10.0,
        ..fake.settings()
    };
    MiroClient::new(settings).unwrap()
}

async fn read_teams(client: &MiroClient, teams: u32) {
    let mut tasks = JoinSet::new();
    for team in 0..teams {
        let rest = client.rest().unwrap().clone();
        tasks.spawn(async move {
            let team = TeamId::new(team.to_string());
            let query = TeamMemberQuery::default();
            let pages = rest.team_members(&OrganizationId::new("1"), &team, query);
            pages.try_collect::<Vec<_>>().await.unwrap()
        });
    }
    tasks.join_all().await;
}

#[tokio::test]
async fn many_calls_side_by_side_never_see_a_429_and_use_the_limit_up() {
    for windows in [Windows::Fixed, Windows::Sliding] {
        let fake = strict(windows, 20, None).await;
        let client = limited(&fake, 20);
        let start = Instant::now();
        read_teams(&client, 100).await;
        let meter = client.meter();
        assert_eq!((meter.rate_limited, meter.retries), (0, 0), "{windows:?}");
        assert_eq!(fake.asked().len(), 100);
        assert!(
            start.elapsed() >= WINDOW * 4,
            "100 calls at 20 a window take four waits"
        );
        assert!(meter.lane_wait > WINDOW);
        assert_eq!(meter.lanes[0].name, "rest");
    }
}

#[tokio::test]
async fn a_429_pauses_the_whole_lane_and_everything_gets_through_in_the_end() {
    for retry_after in [None, Some("0.05")] {
        let fake = strict(Windows::Fixed, 20, retry_after).await;
        let client = limited(&fake, 30);
        read_teams(&client, 60).await;
        let meter = client.meter();
        assert!(
            meter.rate_limited > 0,
            "the profile is too generous on purpose"
        );
        assert_eq!(meter.retries, meter.rate_limited);
    }
}

#[tokio::test]
async fn after_a_429_every_call_of_the_lane_waits_as_long_as_miro_asks() {
    let refusal = Answer::With(429, vec![("retry-after", "0.3".to_owned())], String::new());
    let fake = Fake::answering([refusal, Answer::json(json!({"data": []}))]).await;
    let client = fake.client();
    let mut first = Box::pin(read_teams(&client, 1));
    let start = Instant::now();
    while client.meter().rate_limited == 0 {
        assert!(futures::poll!(&mut first).is_pending());
        tokio::task::yield_now().await;
    }
    read_teams(&client, 1).await;
    assert!(
        start.elapsed() >= Duration::from_millis(300),
        "an unrelated call waited too"
    );
    first.await;
    assert_eq!(fake.asked().len(), 3);
}

#[tokio::test]
async fn the_meter_shows_who_waits_and_for_how_long() {
    let fake = strict(Windows::Fixed, 1, None).await;
    let limits = LimitProfile {
        rest_credits: 100,
        ..LimitProfile::default()
    };
    let client = MiroClient::new(MiroSettings {
        limits,
        time_scale: 1.0,
        ..fake.settings()
    })
    .unwrap();
    read_teams(&client, 1).await;
    assert_eq!(client.meter().current_wait(), None);
    let mut second = Box::pin(read_teams(&client, 1));
    while client.meter().current_wait().unwrap_or_default().is_zero() {
        assert!(futures::poll!(&mut second).is_pending());
        tokio::task::yield_now().await;
    }
    let wait = client.meter().current_wait().unwrap();
    assert!(
        wait > Duration::from_secs(50) && wait <= Duration::from_secs(60),
        "{wait:?}"
    );
    assert_eq!(client.meter().lanes[0].waiting, 1);
}

#[tokio::test]
async fn a_client_that_is_stopped_lets_waiting_calls_go_unsent_and_sent_calls_end() {
    let fake = strict(Windows::Sliding, 1, None).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let client = limited(&fake, 1).stopping_with(&stop);
    let rest = client.rest().unwrap();
    let organization = OrganizationId::new("1");
    let team = TeamId::new("1");
    rest.team_members(&organization, &team, TeamMemberQuery::default())
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    let waiting = rest
        .team_members(&organization, &team, TeamMemberQuery::default())
        .try_collect::<Vec<_>>();
    stop.cancel();
    let error = waiting.await.unwrap_err();
    assert_eq!(error.kind(), &usher_miro::ErrorKind::Stopped);
    assert_eq!(
        client.meter().total_requests(),
        1,
        "the second was never sent"
    );
}
