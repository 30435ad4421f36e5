//! A database that was read with SCIM alone gets an access token later.

use futures::TryStreamExt;
use usher_engine::EngineError;
use usher_engine::sync::{Ending, SyncOptions};
use usher_model::{ChainedEvent, EventKind, OrganizationId};
use usher_sandbox::{GenerateSettings, OrganizationSource};

use crate::support::{Tokens, World, settings};

async fn scim_first_both_later(world: World) {
    world.sync(Tokens::Scim).await;
    assert_eq!(world.organization().await, OrganizationId::new("scim"));
    let internal = world.accounts().await.len() as u64;
    let report = world.sync(Tokens::Both).await;
    let Ending::Published { outcome } = report.ending else {
        panic!("{report:?}");
    };
    // The same accounts, with more known of them, and the guests besides.
    assert_eq!(outcome.accounts.removed, 0);
    assert_eq!(outcome.accounts.added, 300 - internal);
    let organizations = world.store.organizations().await.unwrap();
    let ids: Vec<_> = organizations.iter().map(|known| &known.id).collect();
    assert_eq!(ids, [&report.organization]);
    assert_ne!(report.organization, OrganizationId::new("scim"));
    assert_eq!(
        world.store.syncs(&report.organization).await.unwrap().len(),
        2
    );
    let events: Vec<ChainedEvent> = world.store.events(0, None).try_collect().await.unwrap();
    let said = |event: &&ChainedEvent| event.event.kind == EventKind::OrganizationIdentified;
    assert_eq!(events.iter().filter(said).count(), 1);
    world.store.verify_events().await.unwrap();
    // And SCIM alone goes on with the organization that is known by now.
    let report = world.sync(Tokens::Scim).await;
    assert_eq!(report.organization, organizations[0].id);
}

#[tokio::test]
async fn scim_first_both_later_is_one_organization_on_sqlite() {
    scim_first_both_later(World::new().await).await;
}

#[tokio::test]
async fn scim_first_both_later_is_one_organization_on_postgresql() {
    scim_first_both_later(World::on_postgres().await).await;
}

#[tokio::test]
async fn a_token_whose_organization_has_other_people_is_refused_and_nothing_is_renamed() {
    let world = World::new().await;
    world.sync(Tokens::Scim).await;
    let mut other = settings();
    other.organization = OrganizationSource::Generated(GenerateSettings {
        users: 50,
        teams: 3,
        seed: 7,
        ..GenerateSettings::default()
    });
    let mut elsewhere = World::with(other).await;
    elsewhere.store = world.store.clone();
    let client = elsewhere.client(Tokens::Both);
    let error = elsewhere
        .try_sync(&client, &SyncOptions::default())
        .await
        .unwrap_err();
    assert!(
        matches!(error, EngineError::OtherOrganization { .. }),
        "{error:?}"
    );
    assert_eq!(world.organization().await, OrganizationId::new("scim"));
}
