//! Snapshots that are not believed.

use usher_engine::sync::{Ending, ShrinkLimit, SyncOptions, accept_suspect};
use usher_model::{Completeness, Distrust};

use usher_sandbox::world::Change;

use crate::support::{Tokens, World};

/// Deletes 90 of the 300 people.
fn shrink(world: &World) {
    let mut miro = world.sandbox.state().world.write();
    let change = Change::by_scim(world.clock.now(), None);
    // The first one is the company admin for whom the token acts.
    let people: Vec<_> = miro.users_after(0).skip(1).collect();
    // Last admins cannot be deleted; there are enough others.
    let gone = people
        .into_iter()
        .filter(|person| miro.delete_user(&change, *person).is_ok())
        .take(90);
    assert_eq!(gone.count(), 90);
}

#[tokio::test]
async fn an_organization_that_shrank_beyond_the_limit_is_suspect_and_the_inventory_stays() {
    let world = World::new().await;
    world.sync(Tokens::Rest).await;
    shrink(&world);
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
    shrink(&world);
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
async fn the_limit_can_be_set() {
    let world = World::new().await;
    world.sync(Tokens::Rest).await;
    shrink(&world);
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
    let team = {
        let miro = world.sandbox.state().world.read();
        miro.team(miro.default_team()).id
    };
    let rule = format!("GET /v2/orgs/*/teams/{team}/members status=500");
    world.sandbox.state().faults.add(rule.parse().unwrap());
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
