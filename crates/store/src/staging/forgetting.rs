//! Forgetting what was staged.

use crate::database::Tx;
use crate::statement::sql;
use crate::{Engine, StoreError};

/// Forgets the pages of a synchronization.
pub(crate) async fn drop_staged(tx: &mut Tx, sync: i64) -> Result<(), StoreError> {
    drop_rows(tx, sync, &STAGED).await
}

/// Forgets the snapshot of a synchronization.
pub(crate) async fn drop_merged(tx: &mut Tx, sync: i64) -> Result<(), StoreError> {
    drop_rows(tx, sync, &MERGED).await
}

/// How to forget: whether others are stored as well, the rows of one synchronization, all rows.
type Forget = (&'static str, &'static str, &'static str);

macro_rules! forget {
    ($table:literal) => {
        (
            concat!(
                "SELECT CASE WHEN MIN(sync) = $1 AND MAX(sync) = $1 THEN 0 ELSE 1 END FROM ",
                $table
            ),
            concat!("DELETE FROM ", $table, " WHERE sync = $1"),
            concat!("DELETE FROM ", $table),
        )
    };
}

const STAGED: [Forget; 5] = [
    forget!("sync_parts"),
    forget!("staged_views"),
    forget!("staged_teams"),
    forget!("staged_user_groups"),
    forget!("staged_members"),
];

const MERGED: [Forget; 4] = [
    forget!("merged_accounts"),
    forget!("merged_teams"),
    forget!("merged_user_groups"),
    forget!("merged_grants"),
];

async fn drop_rows(tx: &mut Tx, sync: i64, tables: &[Forget]) -> Result<(), StoreError> {
    for (others, of_sync, everything) in tables {
        // SQLite empties a whole table without looking at its rows.
        let alone = tx.engine() == Engine::Sqlite && {
            let row = tx.one(sql(others).bind(sync)).await?;
            !row.columns(&tx.db.name).flag()?
        };
        if alone {
            tx.execute(sql(everything)).await?;
        } else {
            tx.execute(sql(of_sync).bind(sync)).await?;
        }
    }
    Ok(())
}
