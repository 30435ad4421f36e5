//! A file is in its place completely, or not at all.

use std::fs;

use usher_baton::c1z::{C1zError, C1zFile, Format, RunStats, SyncType, inspect};
use usher_baton::messages::{
    Any, Entitlement, Grant, GrantExpandable, GrantImmutable, Resource, ResourceId, annotation_of,
    pack,
};

use crate::support::{
    add, begin, clock, leftovers, now, query, read_shown, small_team, write_small,
};

#[tokio::test]
async fn a_new_file_says_when_and_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    let mut writer = begin(&path, &clock()).await.unwrap();
    add(&mut writer, &small_team("Design", 3)).await.unwrap();
    let written = writer.finish().await.unwrap();

    let file = C1zFile::open(&path).await.unwrap();
    assert_eq!(file.format(), Format::V1);
    assert_eq!(file.file_bytes(), written.file_bytes);
    assert_eq!(file.database_bytes(), written.database_bytes);
    let syncs = file.syncs().await.unwrap();
    assert_eq!(syncs.len(), 1);
    assert_eq!(syncs[0].sync_id, written.sync_id.to_string());
    assert_eq!(syncs[0].sync_type, SyncType::Full);
    assert!(syncs[0].is_finished);

    let rows = query(&path, "select * from v1_sync_runs").await;
    let value = |column: &str| rows[0][column].clone().unwrap();
    assert_eq!(value("started_at"), "2026-11-21 07:51:24.736036001");
    assert_eq!(value("ended_at"), "2026-11-21 07:51:24.736036001");
    assert_eq!(value("sync_token"), "");
    assert_eq!(value("supports_diff"), "1");
    assert_eq!(value("grants_backfilled"), "1");
    assert_eq!(value("ingest_invariant_mode"), "");
    let stats: RunStats = serde_json::from_str(&value("stats")).unwrap();
    assert_eq!(stats, written.stats);
    assert_eq!(
        (
            stats.resource_types,
            stats.resources,
            stats.entitlements,
            stats.grants
        ),
        (1, 1, 1, 3)
    );
    assert_eq!(stats.grants_by_resource_type["team"], 3);
}

#[tokio::test]
async fn a_file_has_every_index_under_the_name_that_readers_look_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    write_small(&path, &clock(), "Design").await;
    let rows = query(
        &path,
        "select m.name, m.tbl_name, m.sql like 'create unique%' as is_unique, \
         (select group_concat(i.name, ',') from pragma_index_info(m.name) i) as columns \
         from sqlite_master m where m.type = 'index' order by 1",
    )
    .await;
    let found: Vec<_> = rows
        .iter()
        .map(|row| {
            let value = |column: &str| row[column].clone().unwrap();
            let unique = if value("is_unique") == "1" {
                "unique "
            } else {
                ""
            };
            format!("{unique}{} {}", value("name"), value("columns"))
        })
        .collect();
    let expected = [
        "unique idx_assets_external_sync_v1 external_id,sync_id",
        "unique idx_entitlements_external_sync_v1 external_id,sync_id",
        "idx_entitlements_resource_id_v1 resource_type_id,resource_id",
        "idx_grants_entitlement_id_principal_id_v1 entitlement_id,principal_resource_type_id,principal_resource_id",
        "idx_grants_entitlement_sync_grant_v1 entitlement_id,sync_id,id",
        "unique idx_grants_external_sync_v1 external_id,sync_id",
        "idx_grants_principal_id_v1 principal_resource_type_id,principal_resource_id",
        "idx_grants_resource_type_id_resource_id_v1 resource_type_id,resource_id",
        "idx_grants_sync_expansion_v1 sync_id",
        "idx_grants_sync_needs_expansion_v1 sync_id",
        "unique idx_resource_types_external_sync_v1 external_id,sync_id",
        "idx_resources_external_sync_v1 parent_resource_type_id,parent_resource_id",
        "unique idx_resources_parent_resource_id_v1 external_id,sync_id",
        "idx_resources_resource_type_id_v1 resource_type_id",
        "unique idx_session_store_sync_key_v1 sync_id,key",
        "unique idx_sync_runs_sync_id_v1 sync_id",
    ];
    assert_eq!(found, expected);
    let verdict = query(&path, "pragma integrity_check").await;
    assert_eq!(verdict[0]["integrity_check"].as_deref(), Some("ok"));
}

#[tokio::test]
async fn a_writer_that_is_dropped_leaves_the_target_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    let clock = clock();
    write_small(&path, &clock, "Design").await;
    let before = fs::read(&path).unwrap();

    let mut writer = begin(&path, &clock).await.unwrap();
    add(&mut writer, &small_team("Other", 500)).await.unwrap();
    assert_eq!(
        leftovers(&path).len(),
        1,
        "work in progress lies next to it"
    );
    drop(writer);
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(leftovers(&path), Vec::<String>::new());
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nowhere").join("sync.c1z");
    let error = begin(&path, &clock()).await.unwrap_err();
    assert!(matches!(error, C1zError::Io { .. }), "{error:?}");
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[tokio::test]
async fn a_target_that_is_a_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = begin(folder.path(), &clock()).await.unwrap_err();
    assert!(matches!(error, C1zError::NotAFile { .. }), "{error:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_stays_a_link_and_what_it_names_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (
        folder.path().join("real.c1z"),
        folder.path().join("link.c1z"),
    );
    let clock = clock();
    write_small(&file, &clock, "Design").await;
    std::os::unix::fs::symlink(&file, &link).unwrap();
    write_small(&link, &clock, "Renamed").await;
    assert!(link.is_symlink());
    let contents = read_shown(&file).await.unwrap();
    assert_eq!(contents.resources[0].display_name, "Renamed");
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_private_and_an_old_one_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    let clock = clock();
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    write_small(&path, &clock, "Design").await;
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    write_small(&path, &clock, "Design").await;
    assert_eq!(mode(), 0o640);
}

#[tokio::test]
async fn a_second_message_with_an_id_replaces_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    let mut writer = begin(&path, &clock()).await.unwrap();
    add(&mut writer, &small_team("Before", 250)).await.unwrap();
    add(&mut writer, &small_team("After", 250)).await.unwrap();
    let written = writer.finish().await.unwrap();
    assert_eq!(written.stats.grants, 250);
    assert_eq!(read_shown(&path).await.unwrap(), small_team("After", 250));
}

#[tokio::test]
async fn an_expansion_has_its_own_column_in_the_file_and_comes_back_as_an_annotation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    let mut contents = small_team("Design", 2);
    let expandable = GrantExpandable {
        entitlement_ids: vec!["team:2:member".into()],
        ..GrantExpandable::default()
    };
    let immutable = pack(&GrantImmutable::default());
    contents.grants[0].annotations = vec![immutable.clone(), pack(&expandable)];
    let mut writer = begin(&path, &clock()).await.unwrap();
    add(&mut writer, &contents).await.unwrap();
    writer.finish().await.unwrap();

    let rows = query(
        &path,
        "select needs_expansion, expansion is null as none, instr(data, 'GrantExpandable') as inside \
         from v1_grants order by id",
    )
    .await;
    let texts: Vec<_> = rows
        .iter()
        .map(|row| row.values().flatten().cloned().collect::<Vec<_>>())
        .collect();
    let expected: [Vec<String>; 2] = [
        ["0", "1", "0"].map(String::from).to_vec(),
        ["0", "0", "1"].map(String::from).to_vec(),
    ];
    assert_eq!(texts, expected);
    let grants = read_shown(&path).await.unwrap().grants;
    assert_eq!(grants, contents.grants);
    let found: Option<GrantExpandable> = annotation_of(&grants[0].annotations).unwrap();
    assert_eq!(found, Some(expandable));
}

#[tokio::test]
async fn a_message_without_a_usable_id_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = begin(&folder.path().join("sync.c1z"), &clock())
        .await
        .unwrap();
    let long = Resource::reference(ResourceId::new("user", "x".repeat(1025)));
    for resource in [Resource::default(), long] {
        let error = writer.resource(&resource).await.unwrap_err();
        assert!(matches!(error, C1zError::InvalidId { .. }), "{error:?}");
    }
    let error = writer
        .entitlement(&Entitlement::default())
        .await
        .unwrap_err();
    assert!(matches!(error, C1zError::InvalidId { .. }), "{error:?}");
    let mut grant = small_team("Design", 1).grants.remove(0);
    grant.principal = None;
    for grant in [Grant::default(), grant] {
        let error = writer.grant(&grant).await.unwrap_err();
        assert!(matches!(error, C1zError::InvalidId { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn inspection_names_syncs_counts_and_first_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    let clock = clock();
    write_small(&path, &clock, "Design").await;
    write_small(&path, &clock, "Design").await;
    let seen = inspect(&path, &usher_baton::c1z::ReadOptions::default(), now(), 2)
        .await
        .unwrap();
    assert_eq!(seen.runs.len(), 2);
    assert_eq!(seen.shown.as_ref(), Some(&seen.runs[1].run.sync_id));
    assert_eq!(seen.stats, seen.runs[1].stats);
    assert_eq!(seen.stats.grants, 3);
    assert_eq!(seen.samples.grants.len(), 2);
    assert_eq!(seen.samples.grants[0].principal, "user:0");
    assert_eq!(seen.samples.resources[0].display_name, "Design");
    let json = serde_json::to_value(&seen).unwrap();
    assert_eq!(json["format"], "v1");
    assert_eq!(json["runs"][0]["sync_type"], "full");
}

#[test]
fn an_annotation_is_found_by_its_type() {
    let other = Any {
        type_url: "type.googleapis.com/c1.connector.v2.Other".into(),
        value: vec![255],
    };
    assert_eq!(annotation_of::<GrantImmutable>(&[other]), Ok(None));
    let broken = Any {
        type_url: "type.googleapis.com/c1.connector.v2.GrantImmutable".into(),
        value: vec![255],
    };
    assert!(annotation_of::<GrantImmutable>(&[broken]).is_err());
}
