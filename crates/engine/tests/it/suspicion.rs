//! Snapshots that are not believed.

use usher_engine::sync::{Ending, ShrinkLimit, SuspectPolicy, SyncOptions, accept_suspect};
use usher_model::{Completeness, Distrust};

use crate::support::{Tokens, World};

/// Removes `share` in a hundred of the members behind Miro's back.
async fn shrink(world: &World, share: usize) {
    let accounts = world.accounts().await;
    let mut state = world.sandbox.state().world.write();
    for row in accounts.iter().take(accounts.len() * share / 100) {
        state.remove_user_behind_miros_back(row.account.id.as_str());
    }
}

#[tokio::test]
async fn an_organization_that_shrank_beyond_the_limit_is_suspect_and_the_inventory_stays() {
    let world = World::new().await;
    world.sync(Tokens::Rest).await;
    shrink(&world, 30).await;
    let report = world.sync(Tokens::Rest).await;
    let Completeness::Suspect { reasons } = &report.verdict else {
        panic!("{report:?}")
    };
    assert!(
        reasons
            .iter()
            .any(|reason| matches!(reason, Distrust::Shrunk { .. })),
        "{reasons:?}"
    );
    assert_eq!(report.ending, Ending::HeldAsSuspect);
    assert_eq!(world.accounts().await.len(), 300);
}

#[tokio::test]
async fn a_suspect_snapshot_becomes_the_inventory_when_somebody_accepts_it() {
    let world = World::new().await;
    world.sync(Tokens::Rest).await;
    shrink(&world, 30).await;
    world.sync(Tokens::Rest).await;
    let organization = world.organization().await;
    let accepted = accept_suspect(
        &world.store,
        &organization,
        None,
        &SyncOptions::default(),
        &*world.clock,
    )
    .await
    .unwrap();
    assert_eq!(accepted.outcome.accounts.removed, 90);
    assert_eq!(world.accounts().await.len(), 210);
    world.store.verify_events().await.unwrap();
}

#[tokio::test]
async fn what_is_accepted_from_the_start_is_published_at_once() {
    let world = World::new().await;
    world.sync(Tokens::Rest).await;
    shrink(&world, 30).await;
    let options = SyncOptions {
        suspects: SuspectPolicy::Accept,
        ..SyncOptions::default()
    };
    let report = world
        .try_sync(&world.client(Tokens::Rest), &options)
        .await
        .unwrap();
    assert!(!report.verdict.is_believed());
    assert!(matches!(report.ending, Ending::Published { .. }));
    assert_eq!(world.accounts().await.len(), 210);
}

#[tokio::test]
async fn the_limit_can_be_set() {
    let world = World::new().await;
    world.sync(Tokens::Rest).await;
    shrink(&world, 30).await;
    let shrink_limit = ShrinkLimit::from_percent(40).unwrap();
    let options = SyncOptions {
        shrink_limit,
        ..SyncOptions::default()
    };
    let report = world
        .try_sync(&world.client(Tokens::Rest), &options)
        .await
        .unwrap();
    assert!(
        matches!(report.ending, Ending::Published { .. }),
        "{report:?}"
    );
}

#[tokio::test]
async fn a_page_that_fails_for_good_makes_the_snapshot_suspect() {
    let world = World::new().await;
    let rule = "GET /v2/orgs/*/teams/*/members nth=4.. status=500"
        .parse()
        .unwrap();
    world.sandbox.state().faults.add(rule);
    let report = world.sync(Tokens::Rest).await;
    let Completeness::Suspect { reasons } = &report.verdict else {
        panic!("{report:?}")
    };
    assert!(
        reasons
            .iter()
            .any(|reason| matches!(reason, Distrust::Unread { .. })),
        "{reasons:?}"
    );
    assert_eq!(report.ending, Ending::HeldAsSuspect);
}
