//! The inventory in files.

use usher_baton::c1z::C1zFile;
use usher_engine::export::{ExportRequest, Format, export};

use crate::support::{Tokens, World};

#[tokio::test]
async fn a_c1z_file_holds_what_the_inventory_holds() {
    let world = World::new().await;
    world.sync(Tokens::Both).await;
    let organization = world.organization().await;
    let path = world.path("sync.c1z");
    let request = ExportRequest {
        organization: &organization,
        as_of: None,
        format: Format::of_path(&path).unwrap(),
        path: &path,
        clock: &world.clock,
    };
    let exported = export(&world.store, &request).await.unwrap();
    assert_eq!(exported.accounts, 300);
    assert_eq!(exported.grants, world.grants().await.len() as u64);
    let file = C1zFile::open(&path).await.unwrap();
    assert_eq!(file.syncs().await.unwrap().len(), 1);
}

#[tokio::test]
async fn csv_and_json_lines_hold_a_line_for_each_thing() {
    let world = World::new().await;
    world.sync(Tokens::Both).await;
    let organization = world.organization().await;
    for (name, format) in [("tables", Format::Csv), ("all.jsonl", Format::JsonLines)] {
        let path = world.path(name);
        let request = ExportRequest {
            organization: &organization,
            as_of: None,
            format,
            path: &path,
            clock: &world.clock,
        };
        let exported = export(&world.store, &request).await.unwrap();
        assert_eq!((exported.accounts, exported.teams), (300, 12));
    }
    let accounts = std::fs::read_to_string(world.path("tables").join("accounts.csv")).unwrap();
    assert_eq!(accounts.lines().count(), 301);
    let lines = std::fs::read_to_string(world.path("all.jsonl")).unwrap();
    assert_eq!(
        lines
            .lines()
            .filter(|line| line.starts_with("{\"type\":\"account\""))
            .count(),
        300
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_named() {
    let world = World::new().await;
    world.sync(Tokens::Rest).await;
    let organization = world.organization().await;
    let path = world.path("no/such/folder/sync.c1z");
    let request = ExportRequest {
        organization: &organization,
        as_of: None,
        format: Format::C1z,
        path: &path,
        clock: &world.clock,
    };
    let error = export(&world.store, &request).await.unwrap_err();
    assert!(error.to_string().contains("sync.c1z"), "{error}");
}
