//! Runs that end early, and the runs after them.

use std::time::Duration;

use usher_engine::EngineError;
use usher_engine::sync::{Resume, SyncOptions};
use usher_miro::{MiroClient, MiroSettings};

use crate::support::{Tokens, World, settings};

/// A rule that breaks the connection at the third page of members.
fn broken_at_the_third_page() -> usher_sandbox::FaultRule {
    "GET /v2/orgs/*/members nth=3 reset=before".parse().unwrap()
}

fn impatient(world: &World) -> MiroClient {
    MiroClient::new(MiroSettings {
        rest_url: world.sandbox.rest_url(),
        scim_url: world.sandbox.scim_url(),
        access_token: Some(world.sandbox.access_token.clone()),
        time_scale: 100.0,
        max_retries: 0,
        retry_pause: Duration::from_millis(1),
        ..MiroSettings::default()
    })
    .unwrap()
}

#[tokio::test]
async fn a_run_that_lost_its_connection_goes_on_behind_its_last_page() {
    let world = World::with(settings()).await;
    world.sandbox.state().faults.add(broken_at_the_third_page());
    let error = world
        .try_sync(&impatient(&world), &SyncOptions::default())
        .await
        .unwrap_err();
    assert!(matches!(error, EngineError::Miro { .. }), "{error:?}");
    world.sandbox.state().faults.clear();

    let report = world.sync(Tokens::Rest).await;
    assert!(report.pages_kept > 0, "{report:?}");
    assert_eq!(report.counts.accounts, 300);
    let again = report.requests.by_route["GET /v2/orgs/{org_id}/members"];
    assert_eq!(again, 1, "two of three pages were kept");
    assert_eq!(world.accounts().await.len(), 300);
}

#[tokio::test]
async fn a_run_that_is_told_to_stop_leaves_its_lease_to_the_next() {
    let world = World::with(settings()).await;
    let options = SyncOptions::default();
    options.stop.cancel();
    let error = world
        .try_sync(&world.client(Tokens::Rest), &options)
        .await
        .unwrap_err();
    assert!(matches!(error, EngineError::Stopped { .. }), "{error:?}");
    assert_eq!(world.sync(Tokens::Rest).await.counts.accounts, 300);
}

#[tokio::test]
async fn a_run_that_may_not_resume_reads_everything_anew() {
    let world = World::with(settings()).await;
    world.sandbox.state().faults.add(broken_at_the_third_page());
    world
        .try_sync(&impatient(&world), &SyncOptions::default())
        .await
        .unwrap_err();
    world.sandbox.state().faults.clear();

    let options = SyncOptions {
        resume: Resume::Never,
        ..SyncOptions::default()
    };
    let report = world
        .try_sync(&world.client(Tokens::Rest), &options)
        .await
        .unwrap();
    assert_eq!(report.pages_kept, 0);
    assert_eq!(report.counts.accounts, 300);
}

#[tokio::test]
async fn a_wrong_token_changes_nothing() {
    let world = World::new().await;
    world.sync(Tokens::Both).await;
    let before = world.grants().await;
    let client = world.client_with(Some("wrong".into()), None);
    let error = world
        .try_sync(&client, &SyncOptions::default())
        .await
        .unwrap_err();
    assert!(matches!(error, EngineError::Miro { .. }), "{error:?}");
    assert_eq!(world.grants().await, before);
}
