//! Earlier syncs of a file that is written again.

use std::collections::HashSet;
use std::path::Path;

use sqlx::{AssertSqlSafe, Row, SqliteConnection};
use usher_model::Timestamp;

use super::schema::KEPT_TABLES;
use super::{C1zError, C1zFile, SyncRun, SyncType};

/// Carries the earlier syncs worth keeping from `file` into the new database, and returns them.
pub(crate) async fn carry_over(
    connection: &mut SqliteConnection,
    file: &C1zFile,
    started_at: Timestamp,
    keep: usize,
) -> Result<Vec<SyncRun>, C1zError> {
    let kept = worth_keeping(&file.syncs().await?, started_at, keep);
    if kept.is_empty() {
        return Ok(kept);
    }
    let failed = C1zError::reading_to("copy earlier syncs from", file.path());
    attach(connection, file.image()).await.map_err(&failed)?;
    for (table, columns) in KEPT_TABLES {
        copy_table(connection, table, columns, &kept)
            .await
            .map_err(&failed)?;
    }
    sqlx::query("detach database previous")
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(kept)
}

/// The newest `keep` finished syncs that are not partial, and the partial ones that ended after the
/// oldest of those began: the rule of the Go tools. Two kinds stay behind:
///
/// - an unfinished sync, which only its own writer could continue;
/// - one that ended after the new one begins, by its own clock. Old Go tools write local time, and
///   readers show the sync with the latest end: kept, it would hide the new one.
fn worth_keeping(runs: &[SyncRun], started_at: Timestamp, keep: usize) -> Vec<SyncRun> {
    let ended_before = |run: &&SyncRun| run.ended_at.is_some_and(|end| end < started_at);
    let is_partial = |run: &SyncRun| {
        matches!(
            run.sync_type,
            SyncType::Partial | SyncType::PartialUpserts | SyncType::PartialDeletions
        )
    };
    let mut whole: Vec<_> = runs
        .iter()
        .filter(ended_before)
        .filter(|run| !is_partial(run))
        .collect();
    whole.sort_by(|a, b| b.ended_text().cmp(a.ended_text()));
    whole.truncate(keep);
    let Some(oldest_start) = whole.iter().map(|run| run.started_at).min() else {
        return Vec::new();
    };
    let kept_ids: HashSet<_> = whole.iter().map(|run| &run.sync_id).collect();
    runs.iter()
        .filter(ended_before)
        .filter(|run| {
            kept_ids.contains(&run.sync_id) || (is_partial(run) && run.ended_at > oldest_start)
        })
        .cloned()
        .collect()
}

async fn attach(connection: &mut SqliteConnection, image: &Path) -> Result<(), sqlx::Error> {
    let image = image.to_str().ok_or_else(|| {
        sqlx::Error::Configuration("the path of the target is not valid Unicode".into())
    })?;
    sqlx::query("attach database ?1 as previous")
        .bind(image)
        .execute(connection)
        .await
        .map(|_| ())
}

/// Copies the rows of the kept syncs, as far as both sides have the columns: older files have fewer.
async fn copy_table(
    connection: &mut SqliteConnection,
    table: &str,
    columns: &[&str],
    kept: &[SyncRun],
) -> Result<(), sqlx::Error> {
    let there: HashSet<String> = sqlx::query("select name from pragma_table_info(?1, 'previous')")
        .bind(table)
        .fetch_all(&mut *connection)
        .await?
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, _>>()?;
    let columns: Vec<_> = columns
        .iter()
        .copied()
        .filter(|column| there.contains(*column))
        .collect();
    if columns.is_empty() {
        return Ok(());
    }
    let columns = columns.join(", ");
    let sql = format!(
        "insert or ignore into main.{table} ({columns}) \
         select {columns} from previous.{table} where sync_id = ?1 order by id"
    );
    for run in kept {
        sqlx::query(AssertSqlSafe(sql.as_str()))
            .bind(&run.sync_id)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: &str, sync_type: &str, started: &str, ended: Option<&str>) -> SyncRun {
        let day = |time: &str| format!("2026-11-20 {time}");
        SyncRun::from_texts(
            id.into(),
            sync_type,
            &day(started),
            ended.map(day),
            String::new(),
        )
    }

    fn kept(runs: &[SyncRun], keep: usize) -> Vec<String> {
        let now = "2026-11-20T20:00:00Z".parse().unwrap();
        worth_keeping(runs, now, keep)
            .into_iter()
            .map(|run| run.sync_id)
            .collect()
    }

    #[test]
    fn the_newest_finished_sync_and_what_builds_on_it_is_kept() {
        let runs = [
            run("oldest", "full", "01:00:00", Some("01:10:00")),
            run("old partial", "partial", "01:20:00", Some("01:21:00")),
            run("newest", "full", "02:00:00", Some("02:10:00")),
            run("partial", "partial", "02:20:00", Some("02:21:00")),
            run("unfinished", "full", "03:00:00", None),
        ];
        assert_eq!(kept(&runs, 1), ["newest", "partial"]);
        assert_eq!(
            kept(&runs, 2),
            ["oldest", "old partial", "newest", "partial"]
        );
        assert!(kept(&runs, 0).is_empty());
    }

    #[test]
    fn a_sync_that_would_hide_the_new_one_is_left_behind() {
        let runs = [
            run("real", "full", "19:00:00", Some("19:30:00")),
            run(
                "by a clock east of here",
                "full",
                "23:00:00",
                Some("23:30:00"),
            ),
        ];
        assert_eq!(kept(&runs, 1), ["real"]);
    }
}
