//! Two clients with the same tokens, each with a keeper of its own, and what Miro counts of both.

use std::time::{Duration, Instant};

use usher_engine::budget::Keeper;
use usher_miro::MiroClient;
use usher_store::Store;

use crate::cycle::stage::Stage;

/// Calls of each client; each costs a fifth of the limit.
const CALLS: usize = 25;

async fn spend(client: &MiroClient) {
    let scim = client.scim().unwrap();
    let calls = (0..CALLS).map(|_| scim.count_groups());
    for called in futures::future::join_all(calls).await {
        called.unwrap();
    }
}

/// Spends under a keeper.
async fn kept(store: &Store, client: &MiroClient) {
    let mut keeper = Keeper::new(store, client.clone(), Duration::from_secs(1));
    tokio::select! {
        () = spend(client) => {}
        () = keeper.keep() => unreachable!("it keeps at it"),
    }
}

fn refusals(stage: &Stage) -> u64 {
    let report = stage.sandbox.state().log.report();
    report.by_status.get(&429).copied().unwrap_or(0)
}

async fn never_more_together_than_is_allowed(stage: Stage) {
    let (one, other) = (stage.client(), stage.client());
    stage.sandbox.state().log.reset();
    let began = Instant::now();
    tokio::join!(kept(&stage.store, &one), kept(&stage.store, &other));
    assert_eq!(refusals(&stage), 0);
    let report = stage.sandbox.state().log.report();
    assert_eq!(report.total, 2 * CALLS as u64);
    assert!(
        report.max_in_window.values().all(|most| *most <= 10_000),
        "{report:?}"
    );
    // Five calls in a window of 300 ms, and a window each to give up and take over shares.
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn two_clients_never_send_more_together_than_is_allowed_on_sqlite() {
    never_more_together_than_is_allowed(Stage::new().await).await;
}

#[tokio::test]
async fn two_clients_never_send_more_together_than_is_allowed_on_postgres() {
    never_more_together_than_is_allowed(Stage::on_postgres().await).await;
}

/// What the keepers are there for: without them, two clients that know nothing of each other come over the limit.
#[tokio::test]
async fn two_clients_that_know_nothing_of_each_other_come_over_the_limit() {
    let stage = Stage::new().await;
    let (one, other) = (stage.client(), stage.client());
    tokio::join!(spend(&one), spend(&other));
    assert!(refusals(&stage) > 0);
}
