//! Earlier syncs of a file.

use std::fs;
use std::num::NonZeroUsize;
use std::time::Duration;

use usher_baton::c1z::{C1zError, C1zFile, RunSelection, WriteOptions};
use usher_model::Clock;

use crate::support::{
    add, begin, begin_with, clock, image, leftovers, packed, query, read, read_shown, small_team,
    write_small,
};

#[tokio::test]
async fn a_file_keeps_the_newest_earlier_sync_next_to_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    let clock = clock();
    for name in ["first", "second", "third"] {
        write_small(&path, &clock, name).await;
    }
    let file = C1zFile::open(&path).await.unwrap();
    let syncs = file.syncs().await.unwrap();
    let mut names = Vec::new();
    for run in &syncs {
        let contents = read(&file, &RunSelection::Run(run.clone())).await.unwrap();
        names.push(contents.resources[0].display_name.clone());
        assert_eq!(contents.grants.len(), 3);
    }
    assert_eq!(names, ["second", "third"]);
    let shown = read_shown(&path).await.unwrap();
    assert_eq!(shown, small_team("third", 3));
    let stats = file.stats(&RunSelection::Everything).await.unwrap();
    assert_eq!((stats.resources, stats.grants), (2, 6));
    assert_eq!(leftovers(&path), Vec::<String>::new());
}

#[tokio::test]
async fn with_one_sync_to_keep_the_new_one_replaces_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    let clock = clock();
    write_small(&path, &clock, "first").await;
    let options = WriteOptions {
        keep_runs: NonZeroUsize::MIN,
        ..WriteOptions::default()
    };
    let mut writer = begin_with(&path, &clock, options).await.unwrap();
    add(&mut writer, &small_team("second", 3)).await.unwrap();
    assert!(writer.finish().await.unwrap().kept.is_empty());
    let file = C1zFile::open(&path).await.unwrap();
    assert_eq!(file.syncs().await.unwrap().len(), 1);
    assert_eq!(
        file.stats(&RunSelection::Everything).await.unwrap().grants,
        3
    );
}

#[tokio::test]
async fn files_in_which_no_sync_was_written_yet_are_continued() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("empty.c1z", &b""[..]), ("header.c1z", b"C1ZF\0")] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        write_small(&path, &clock(), "Design").await;
        assert_eq!(read_shown(&path).await.unwrap(), small_team("Design", 3));
    }
}

#[tokio::test]
async fn a_target_that_cannot_be_read_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    let clock = clock();
    write_small(&path, &clock, "Design").await;
    let good = fs::read(&path).unwrap();
    let cut = good[..good.len() / 2].to_vec();
    let mut image = image(&path);
    for byte in &mut image[4096..] {
        *byte = 0xAA;
    }
    let garbled = packed(&image);
    let cases = [
        cut,
        garbled,
        b"C1Z3\0\0\0\0\x01".to_vec(),
        b"a letter to my aunt".to_vec(),
    ];
    for bytes in cases {
        fs::write(&path, &bytes).unwrap();
        let error = begin(&path, &clock).await.unwrap_err();
        assert!(matches!(error, C1zError::Target { .. }), "{error:?}");
        assert!(
            error.to_string().contains("write to another file"),
            "{error}"
        );
        assert_eq!(fs::read(&path).unwrap(), bytes);
        assert_eq!(leftovers(&path), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_sync_with_a_later_end_than_the_new_ones_beginning_does_not_hide_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    let ahead = clock();
    ahead.advance(Duration::from_hours(9));
    write_small(&path, &ahead, "written by local time").await;
    let clock = clock();
    write_small(&path, &clock, "new").await;
    assert!(ahead.now() > clock.now());
    assert_eq!(read_shown(&path).await.unwrap(), small_team("new", 3));
}

#[tokio::test]
async fn a_kept_sync_of_an_old_tool_stays_one_that_newer_readers_look_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    let clock = clock();
    write_small(&path, &clock, "old").await;
    without_new_columns(&path).await;
    write_small(&path, &clock, "new").await;
    let rows = query(
        &path,
        "select supports_diff || grants_backfilled as flags from v1_sync_runs order by id",
    )
    .await;
    let flags: Vec<_> = rows
        .iter()
        .map(|row| row["flags"].clone().unwrap())
        .collect();
    assert_eq!(flags, ["00", "11"]);
}

/// Turns a file into what the oldest tools write.
async fn without_new_columns(path: &std::path::Path) {
    use sqlx::ConnectOptions;
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("image.db");
    fs::write(&database, image(path)).unwrap();
    let mut connection = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&database)
        .connect()
        .await
        .unwrap();
    sqlx::raw_sql(
        "drop index idx_grants_sync_expansion_v1; drop index idx_grants_sync_needs_expansion_v1;
         alter table v1_grants drop column expansion; alter table v1_grants drop column needs_expansion;
         alter table v1_sync_runs drop column supports_diff;
         alter table v1_sync_runs drop column grants_backfilled;
         alter table v1_sync_runs drop column stats;
         alter table v1_sync_runs drop column linked_sync_id;
         drop table v1_connector_sessions; drop table v1_assets;",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    fs::write(path, packed(&fs::read(&database).unwrap())).unwrap();
}
