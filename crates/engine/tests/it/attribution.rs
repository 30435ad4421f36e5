//! Who made a change.

use futures::TryStreamExt;
use usher_engine::attribution::AuditIndex;
use usher_miro::wire::TeamMember;
use usher_model::{AccountId, TeamId, TeamRole};
use usher_store::{AccessChange, Change};

use crate::support::{Tokens, World};

#[tokio::test]
async fn a_change_made_in_miro_is_attributed_to_who_made_it() {
    let world = World::new().await;
    world.sync(Tokens::Both).await;
    let organization = world.organization().await;
    let grant = world
        .grants()
        .await
        .into_iter()
        .find(|row| row.grant.entitlement.to_string().ends_with(":member"))
        .unwrap();
    let team = TeamId::new(grant.grant.entitlement.resource());
    let account: AccountId = grant.grant.account.clone();
    let client = world.client(Tokens::Rest);
    let role = TeamRole::Admin;
    let changed: TeamMember = client
        .rest()
        .unwrap()
        .update_team_member(&organization, &team, &account, &role)
        .await
        .unwrap();
    assert_eq!(changed.role, role.as_str());
    world.sync(Tokens::Both).await;

    let syncs = world.store.syncs(&organization).await.unwrap();
    let (to, from) = (
        syncs[0].effective_at.unwrap(),
        syncs[1].effective_at.unwrap(),
    );
    let changes: Vec<AccessChange> = world
        .store
        .diff(&organization, from, to)
        .try_collect()
        .await
        .unwrap();
    let index = AuditIndex::load(&world.store, &organization, from, to)
        .await
        .unwrap();
    let raised = changes
        .iter()
        .find(|change| matches!(change.change, Change::GrantAdded { .. }))
        .unwrap();
    let who = index
        .who(raised)
        .expect("the sandbox's audit log has the change");
    assert_eq!(who.actor_type.as_deref(), Some("user"));
}
