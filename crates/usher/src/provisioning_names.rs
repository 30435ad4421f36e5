//! Names of an organization's teams and user groups, and of the directory's groups.

use futures::TryStreamExt;
use usher_model::{Known, OrganizationId};
use usher_store::{Store, TeamFilter};

use crate::failure::Failure;
use crate::plan_view::Names;

/// The names that are known now.
pub async fn names(store: &Store, organization: &OrganizationId) -> Result<Names, Failure> {
    let teams = store
        .teams(&TeamFilter::of(organization.clone()))
        .map_ok(|row| (row.team.id, row.team.name))
        .try_collect()
        .await?;
    let user_groups = store
        .user_groups(organization, None)
        .map_ok(|row| (row.user_group.id, row.user_group.name))
        .try_collect()
        .await?;
    let groups = store.groups().await?;
    let organizations = store.organizations().await?;
    let known = organizations
        .into_iter()
        .find(|one| one.id == *organization);
    Ok(Names {
        organization: known.and_then(|one| match one.name {
            Known::Known(name) => Some(name),
            Known::Unknown => None,
        }),
        teams,
        user_groups,
        groups: groups.into_iter().map(|one| (one.id, one.name)).collect(),
    })
}
