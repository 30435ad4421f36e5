//! Synchronizations that others take the place of.

use usher_model::Timestamp;

use crate::database::Tx;
use crate::statement::sql;
use crate::{StoreError, staging};

pub(super) async fn supersede_unfinished(
    tx: &mut Tx,
    organization: i64,
    except: Option<i64>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let statement = sql("UPDATE syncs SET state = 'superseded', finished_at = $3
         WHERE organization = $1 AND state = 'running' AND number <> $2 RETURNING number");
    let statement = statement
        .bind(organization)
        .bind(except.unwrap_or(0))
        .bind(now);
    for row in tx.all(statement).await? {
        let number = row.columns(&tx.db.name).int()?;
        staging::drop_staged(tx, number).await?;
        staging::drop_merged(tx, number).await?;
    }
    Ok(())
}

/// Suspects that are older than synchronization `than` can no longer be accepted.
pub(crate) async fn supersede_suspects(
    tx: &mut Tx,
    organization: i64,
    than: i64,
) -> Result<(), StoreError> {
    let statement = sql("UPDATE syncs SET state = 'superseded'
         WHERE organization = $1 AND state = 'suspect' AND number < $2 RETURNING number");
    for row in tx.all(statement.bind(organization).bind(than)).await? {
        let number = row.columns(&tx.db.name).int()?;
        staging::drop_merged(tx, number).await?;
    }
    Ok(())
}
