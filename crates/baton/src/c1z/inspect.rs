//! What is in a file, for people.

use std::path::{Path, PathBuf};

use futures::{StreamExt, TryStreamExt};
use serde::Serialize;
use usher_boxed::boxed;
use usher_model::Timestamp;

use super::{C1zError, C1zFile, Format, ReadOptions, RunSelection, RunStats, SyncRun};
use crate::messages::{Entitlement, Grant, Resource};

/// What is in a file.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// The file.
    pub file: PathBuf,
    /// How it is built.
    pub format: Format,
    /// Its size in bytes.
    pub file_bytes: u64,
    /// The size of the database in it, in bytes.
    pub database_bytes: u64,
    /// Its syncs, in the order in which they were written.
    pub runs: Vec<InspectedRun>,
    /// Id of the sync that Baton readers show, and that `stats` and `samples` are of; `None`: all rows.
    pub shown: Option<String>,
    /// How many rows the shown sync has.
    pub stats: RunStats,
    /// Its first rows.
    pub samples: Samples,
}

/// A sync and its size.
#[derive(Clone, Debug, Serialize)]
pub struct InspectedRun {
    /// The sync.
    #[serde(flatten)]
    pub run: SyncRun,
    /// How many rows it has.
    pub stats: RunStats,
}

/// The first rows of a sync.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Samples {
    /// Resource types: id and name.
    pub resource_types: Vec<ResourceLine>,
    /// Resources.
    pub resources: Vec<ResourceLine>,
    /// Entitlements.
    pub entitlements: Vec<EntitlementLine>,
    /// Grants.
    pub grants: Vec<GrantLine>,
}

/// A resource in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResourceLine {
    /// `TYPE:ID`; of a resource type its id.
    pub id: String,
    /// Its name.
    pub display_name: String,
}

/// An entitlement in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntitlementLine {
    /// Its id.
    pub id: String,
    /// Its name.
    pub display_name: String,
}

/// A grant in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GrantLine {
    /// What is held.
    pub entitlement: String,
    /// Who holds it: `TYPE:ID`.
    pub principal: String,
}

/// Looks into a file: its syncs, their sizes, and up to `sample` rows of each kind of the sync that Baton
/// readers would show at the time `now`.
///
/// # Errors
///
/// When the file cannot be read; see [`C1zFile::open_with`].
#[boxed]
pub async fn inspect(
    path: &Path,
    options: &ReadOptions,
    now: Timestamp,
    sample: usize,
) -> Result<Inspection, C1zError> {
    let file = C1zFile::open_with(path, options).await?;
    let selection = file.select(None, now).await?;
    let mut runs = Vec::new();
    for run in file.syncs().await? {
        let stats = file.stats(&RunSelection::Run(run.clone())).await?;
        runs.push(InspectedRun { run, stats });
    }
    Ok(Inspection {
        file: path.to_owned(),
        format: file.format(),
        file_bytes: file.file_bytes(),
        database_bytes: file.database_bytes(),
        runs,
        shown: selection.sync_id().map(str::to_owned),
        stats: file.stats(&selection).await?,
        samples: samples(&file, &selection, sample).await?,
    })
}

async fn samples(file: &C1zFile, run: &RunSelection, sample: usize) -> Result<Samples, C1zError> {
    let types = file.resource_types(run).map_ok(|kind| ResourceLine {
        id: kind.id,
        display_name: kind.display_name,
    });
    Ok(Samples {
        resource_types: types.take(sample).try_collect().await?,
        resources: {
            let rows = file.resources(run).map_ok(resource_line);
            rows.take(sample).try_collect().await?
        },
        entitlements: {
            let rows = file.entitlements(run).map_ok(entitlement_line);
            rows.take(sample).try_collect().await?
        },
        grants: {
            let rows = file.grants(run).map_ok(grant_line);
            rows.take(sample).try_collect().await?
        },
    })
}

fn resource_line(resource: Resource) -> ResourceLine {
    ResourceLine {
        id: resource.external_id_text(),
        display_name: resource.display_name,
    }
}

fn entitlement_line(entitlement: Entitlement) -> EntitlementLine {
    EntitlementLine {
        id: entitlement.id,
        display_name: entitlement.display_name,
    }
}

fn grant_line(grant: Grant) -> GrantLine {
    let principal = grant.principal.unwrap_or_default();
    GrantLine {
        entitlement: grant.entitlement.unwrap_or_default().id,
        principal: principal.external_id_text(),
    }
}
