//! A `.c1z` file, as the Go connector for Miro would write it, and more.

use std::path::Path;

use futures::TryStreamExt;
use rand::RngExt;
use usher_baton::c1z::{C1zError, C1zWriter, Ksuid, WriteOptions};
use usher_baton::emit::{Detail, InventoryExport};
use usher_store::Store;

use super::{ExportRequest, Exported, inventory};
use crate::EngineError;

pub async fn write(store: &Store, request: &ExportRequest<'_>) -> Result<Exported, EngineError> {
    let id = Ksuid::new(request.clock.now(), rand::rng().random());
    let options = WriteOptions::default();
    let writer = C1zWriter::create(request.path, id, request.clock.clone(), options).await;
    let mut file = InventoryExport::begin(writer.map_err(at(request.path))?, Detail::Everything)
        .await
        .map_err(at(request.path))?;
    if let Some(organization) = store.organization(request.organization).await? {
        file.organization(&organization);
    }
    let mut exported = Exported::default();
    write_resources(store, request, &mut file, &mut exported).await?;
    let mut grants = inventory::grants(store, request);
    while let Some(row) = grants.try_next().await? {
        file.grant(&row.grant).await.map_err(at(request.path))?;
        exported.grants += 1;
    }
    exported.entitlements = file
        .finish()
        .await
        .map_err(at(request.path))?
        .stats
        .entitlements;
    Ok(exported)
}

async fn write_resources(
    store: &Store,
    request: &ExportRequest<'_>,
    file: &mut InventoryExport,
    exported: &mut Exported,
) -> Result<(), EngineError> {
    let mut teams = inventory::teams(store, request);
    while let Some(row) = teams.try_next().await? {
        file.team(&row.team).await.map_err(at(request.path))?;
        exported.teams += 1;
    }
    let mut groups = inventory::user_groups(store, request);
    while let Some(row) = groups.try_next().await? {
        file.user_group(&row.user_group)
            .await
            .map_err(at(request.path))?;
        exported.user_groups += 1;
    }
    let mut accounts = inventory::accounts(store, request);
    while let Some(row) = accounts.try_next().await? {
        file.account(&row.account).await.map_err(at(request.path))?;
        exported.accounts += 1;
    }
    Ok(())
}

fn at(path: &Path) -> impl FnOnce(C1zError) -> EngineError {
    super::write_error(path)
}
