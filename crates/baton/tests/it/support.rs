//! What several tests need.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Row};
use usher_baton::c1z::{C1zError, C1zFile, C1zWriter, Ksuid, RunSelection, WriteOptions};
use usher_baton::messages::{
    Entitlement, Grant, GroupTrait, Resource, ResourceId, ResourceType, Trait, pack, string_struct,
};
use usher_model::{Clock, FixedClock, Timestamp};

pub const NOW: &str = "2026-11-21T07:51:23.736036001Z";

pub fn now() -> Timestamp {
    NOW.parse().unwrap()
}

pub fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::new(now()))
}

/// Begins a sync a second after the last one.
pub async fn begin(path: &Path, clock: &Arc<FixedClock>) -> Result<C1zWriter, C1zError> {
    begin_with(path, clock, WriteOptions::default()).await
}

pub async fn begin_with(
    path: &Path,
    clock: &Arc<FixedClock>,
    options: WriteOptions,
) -> Result<C1zWriter, C1zError> {
    clock.advance(Duration::from_secs(1));
    let id = Ksuid::new(clock.now(), [9; 16]);
    C1zWriter::create(path, id, Arc::clone(clock) as Arc<dyn Clock>, options).await
}

/// Everything that a sync holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    pub types: Vec<ResourceType>,
    pub resources: Vec<Resource>,
    pub entitlements: Vec<Entitlement>,
    pub grants: Vec<Grant>,
}

pub async fn read(file: &C1zFile, run: &RunSelection) -> Result<Contents, C1zError> {
    Ok(Contents {
        types: file.resource_types(run).try_collect().await?,
        resources: file.resources(run).try_collect().await?,
        entitlements: file.entitlements(run).try_collect().await?,
        grants: file.grants(run).try_collect().await?,
    })
}

/// What a reader shows of a file.
pub async fn read_shown(path: &Path) -> Result<Contents, C1zError> {
    let file = C1zFile::open(path).await?;
    let run = file.select(None, now()).await?;
    read(&file, &run).await
}

pub async fn add(writer: &mut C1zWriter, contents: &Contents) -> Result<(), C1zError> {
    writer.resource_types(&contents.types).await?;
    for resource in &contents.resources {
        writer.resource(resource).await?;
    }
    for entitlement in &contents.entitlements {
        writer.entitlement(entitlement).await?;
    }
    for grant in &contents.grants {
        writer.grant(grant).await?;
    }
    Ok(())
}

/// A team of that name with as many members.
pub fn small_team(name: &str, members: usize) -> Contents {
    let id = ResourceId::new("team", "1");
    let traits = GroupTrait {
        profile: Some(string_struct([("name", name)])),
        ..GroupTrait::default()
    };
    let team = Resource {
        id: Some(id),
        display_name: name.to_owned(),
        annotations: vec![pack(&traits)],
        ..Resource::default()
    };
    let entitlement = Entitlement {
        resource: Some(team.clone()),
        id: "team:1:member".to_owned(),
        slug: "member".to_owned(),
        ..Entitlement::default()
    };
    let grant = |member: usize| Grant {
        entitlement: Some(entitlement.clone()),
        principal: Some(Resource::reference(ResourceId::new(
            "user",
            member.to_string(),
        ))),
        id: format!("team:1:member:user:{member}"),
        ..Grant::default()
    };
    Contents {
        types: vec![ResourceType {
            id: "team".to_owned(),
            traits: vec![Trait::Group as i32],
            ..ResourceType::default()
        }],
        resources: vec![team],
        grants: (0..members).map(grant).collect(),
        entitlements: vec![entitlement],
    }
}

pub async fn write_small(path: &Path, clock: &Arc<FixedClock>, name: &str) {
    let mut writer = begin(path, clock).await.unwrap();
    add(&mut writer, &small_team(name, 3)).await.unwrap();
    writer.finish().await.unwrap();
}

/// The database in a file, unpacked by nothing of ours.
pub fn image(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    assert_eq!(&bytes[..5], b"C1ZF\0");
    zstd::decode_all(&bytes[5..]).unwrap()
}

pub fn packed(image: &[u8]) -> Vec<u8> {
    let mut bytes = b"C1ZF\0".to_vec();
    bytes.extend(zstd::encode_all(image, 3).unwrap());
    bytes
}

pub type TextRow = BTreeMap<String, Option<String>>;

/// What a query says of the database in a file, every value as text.
pub async fn query(path: &Path, sql: &str) -> Vec<TextRow> {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("image.db");
    fs::write(&database, image(path)).unwrap();
    let mut connection = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&database)
        .connect()
        .await
        .unwrap();
    let rows = sqlx::query(AssertSqlSafe(sql))
        .fetch_all(&mut connection)
        .await
        .unwrap();
    rows.iter()
        .map(|row| {
            row.columns()
                .iter()
                .map(|column| {
                    let text = row.try_get_unchecked::<Option<String>, _>(column.ordinal());
                    (column.name().to_owned(), text.unwrap())
                })
                .collect()
        })
        .collect()
}

/// Files in the target's folder other than the target.
pub fn leftovers(path: &Path) -> Vec<String> {
    fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| Some(name.as_ref()) != path.file_name())
        .collect()
}
