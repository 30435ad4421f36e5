//! How many rows a sync has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::schema::Table;

/// How many rows a sync has; as JSON, the `stats` column of newer files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunStats {
    /// Resource types.
    pub resource_types: u64,
    /// Resources.
    pub resources: u64,
    /// Entitlements.
    pub entitlements: u64,
    /// Grants.
    pub grants: u64,
    /// Resources by their type.
    pub resources_by_resource_type: BTreeMap<String, u64>,
    /// Entitlements by the type of their resource.
    pub entitlements_by_resource_type: BTreeMap<String, u64>,
    /// Grants by the type of the resource that their entitlement is about.
    pub grants_by_resource_type: BTreeMap<String, u64>,
}

impl RunStats {
    /// Counts the rows of a sync, or all rows. `is_there` says which tables can be asked.
    pub(crate) async fn count(
        connection: &mut SqliteConnection,
        sync_id: Option<&str>,
        is_there: impl Fn(Table) -> bool,
    ) -> Result<Self, sqlx::Error> {
        let mut stats = Self::default();
        if is_there(Table::ResourceTypes) {
            let types = count(connection, Table::ResourceTypes, "''", sync_id).await?;
            stats.resource_types = types.values().sum();
        }
        for table in [Table::Resources, Table::Entitlements, Table::Grants] {
            if !is_there(table) {
                continue;
            }
            let counts = count(connection, table, "resource_type_id", sync_id).await?;
            let total = counts.values().sum();
            match table {
                Table::Resources => {
                    (stats.resources, stats.resources_by_resource_type) = (total, counts);
                }
                Table::Entitlements => {
                    (stats.entitlements, stats.entitlements_by_resource_type) = (total, counts);
                }
                _ => (stats.grants, stats.grants_by_resource_type) = (total, counts),
            }
        }
        Ok(stats)
    }
}

async fn count(
    connection: &mut SqliteConnection,
    table: Table,
    group: &'static str,
    sync_id: Option<&str>,
) -> Result<BTreeMap<String, u64>, sqlx::Error> {
    let sql = format!(
        "select cast({group} as text), count(*) from {} where ?1 is null or sync_id = ?1 group by 1",
        table.name()
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(sync_id)
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            let number: i64 = row.try_get(1)?;
            Ok((row.try_get(0)?, u64::try_from(number).unwrap_or_default()))
        })
        .collect()
}
