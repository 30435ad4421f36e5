//! Against what the Go connector for Miro writes.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use prost::Message;
use serde_json::Value;
use usher_baton::c1z::{C1zFile, SyncType};
use usher_baton::emit::{self, Detail};
use usher_baton::messages::{
    Entitlement, Grant, Resource, ResourceType, UserTrait, annotation_of, pack,
};
use usher_model::{
    AccountStatus, Entitlement as Held, Known, License, OrganizationRole, Team, TeamId, TeamRole,
};

use crate::export::{Inventory, account, export, grant};
use crate::support::{Contents, TextRow, now, query, read, read_shown};

/// The folder of files from the Go connector. They are not part of this project.
fn sample() -> Option<PathBuf> {
    let folder = std::env::var_os("USHER_BATON_SAMPLE").map(PathBuf::from);
    if folder.is_none() {
        // Written past the test's captured output, so that it is seen.
        let mut notes = std::io::stderr();
        let _ = writeln!(
            notes,
            "left out: USHER_BATON_SAMPLE names no folder with files of the Go connector"
        );
    }
    folder
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().filter(|c| !c.is_whitespace()).collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

#[test]
fn the_resource_types_have_the_published_bytes() {
    // Field 1 id, 2 name, 3 traits (packed), 5 description.
    let user = "0A 04 75736572  12 04 55736572  1A 01 01
                2A 19 55736572206F66204D69726F206F7267616E697A6174696F6E";
    assert_eq!(emit::user_type().encode_to_vec(), bytes(user));
    let role = "0A 04 726F6C65  12 04 526F6C65  1A 01 03
                2A 19 526F6C65206F66204D69726F206F7267616E697A6174696F6E";
    assert_eq!(emit::role_type().encode_to_vec(), bytes(role));
}

#[test]
fn a_grant_has_the_published_bytes() {
    let held = Held::Role(OrganizationRole::Other("r".into()));
    let message = Grant {
        entitlement: Some(emit::held_entitlement(&held, None)),
        principal: Some(emit::principal(&"1".into())),
        id: "role:r:assigned:user:1".into(),
        ..Grant::default()
    };
    let expected = "0A 1E  0A 0B 0A 09 0A 04 726F6C65 12 01 72
                           12 0F 726F6C653A723A61737369676E6564
                    12 0B  0A 09 0A 04 75736572 12 01 31
                    1A 16  726F6C653A723A61737369676E65643A757365723A31";
    assert_eq!(message.encode_to_vec(), bytes(expected));
}

/// A message of the sample survives decoding and encoding: nothing is lost, at most the order of map
/// members differs.
fn check_blob<M: Message + Default + PartialEq + std::fmt::Debug>(blob: &[u8]) {
    let message = M::decode(blob).unwrap();
    let encoded = message.encode_to_vec();
    assert_eq!(M::decode(encoded.as_slice()).unwrap(), message);
    assert_eq!(encoded, blob, "annotations are kept as they came");
}

#[test]
fn every_message_of_the_go_connector_survives_decoding_and_encoding() {
    let Some(folder) = sample() else { return };
    let blobs = fs::read_to_string(folder.join("blobs.txt")).unwrap();
    let mut count = 0;
    for line in blobs.lines().filter(|line| !line.is_empty()) {
        let (kind, rest) = line.split_once('|').unwrap();
        let blob = bytes(rest.rsplit_once('|').unwrap().1);
        match kind {
            "RT" => check_blob::<ResourceType>(&blob),
            "R" => {
                check_blob::<Resource>(&blob);
                check_traits(&Resource::decode(blob.as_slice()).unwrap());
            }
            "E" => check_blob::<Entitlement>(&blob),
            "G" => check_blob::<Grant>(&blob),
            other => panic!("{other} is no kind of message"),
        }
        count += 1;
    }
    assert_eq!(count, 37);
}

/// Within a trait only the order of the profile's members may change, so neither length nor set of bytes.
fn check_traits(resource: &Resource) {
    let annotation = &resource.annotations[0];
    let again = match annotation.type_url.rsplit('.').next().unwrap() {
        "UserTrait" => pack(&resource.annotation::<UserTrait>().unwrap().unwrap()),
        "GroupTrait" => pack(
            &resource
                .annotation::<usher_baton::messages::GroupTrait>()
                .unwrap()
                .unwrap(),
        ),
        "RoleTrait" => pack(
            &resource
                .annotation::<usher_baton::messages::RoleTrait>()
                .unwrap()
                .unwrap(),
        ),
        other => panic!("{other} is no trait of Miro's resources"),
    };
    let sorted = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        bytes.sort_unstable();
        bytes
    };
    assert_eq!(again.type_url, annotation.type_url);
    assert_eq!(sorted(&again.value), sorted(&annotation.value));
}

#[tokio::test]
async fn a_file_of_the_go_connector_is_read() {
    let Some(folder) = sample() else { return };
    let path = folder.join("miro-4users.c1z");
    let file = C1zFile::open(&path).await.unwrap();
    let syncs = file.syncs().await.unwrap();
    assert_eq!(syncs.len(), 1);
    assert_eq!(syncs[0].sync_type, SyncType::Full);
    let listed: Value = json(&folder.join("syncs.json"));
    assert_eq!(listed["syncs"][0]["id"], syncs[0].sync_id);
    let ended = syncs[0].ended_at.unwrap().to_string();
    assert_eq!(listed["syncs"][0]["endedAt"], ended);
    let run = file.select(None, now()).await.unwrap();
    let stats = file.stats(&run).await.unwrap();
    assert_eq!((stats.resource_types, stats.resources), (3, 10));
    assert_eq!((stats.entitlements, stats.grants), (12, 12));
    assert_eq!(stats.resources_by_resource_type["user"], 4);
    assert_eq!(read(&file, &run).await.unwrap().grants.len(), 12);
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The organization that the Go connector saw.
fn inventory(folder: &Path) -> Inventory {
    let resources = json(&folder.join("resources.json"));
    let mut inventory = Inventory::default();
    for entry in resources["resources"].as_array().unwrap() {
        let resource = &entry["resource"];
        let id = resource["id"]["resource"].as_str().unwrap();
        let traits = &resource["annotations"][0];
        match resource["id"]["resourceType"].as_str().unwrap() {
            "team" => inventory.teams.push(Team {
                id: TeamId::new(id),
                name: traits["profile"]["name"].as_str().unwrap().into(),
            }),
            "user" => {
                let mut user = account(id, traits["profile"]["email"].as_str().unwrap());
                user.status =
                    AccountStatus::from_active_flag(traits["status"]["status"] == "STATUS_ENABLED");
                let license = traits["profile"]["license"].as_str().unwrap();
                user.license = Known::Known(License::from(license));
                let last = traits["lastLogin"].as_str().unwrap();
                user.last_activity_at = Known::Known(Some(last.parse().unwrap()));
                inventory.accounts.push(user);
            }
            _ => {}
        }
    }
    let roles = [
        OrganizationRole::InternalAdmin,
        OrganizationRole::ExternalUser,
        OrganizationRole::TeamGuestUser,
        OrganizationRole::InternalUser,
    ];
    inventory.accounts.sort_by(|a, b| a.id.cmp(&b.id));
    for (at, (user, role)) in inventory.accounts.iter().zip(roles).enumerate() {
        let id = user.id.as_str();
        inventory.grants.push(grant(id, Held::Role(role)));
        for team in &inventory.teams {
            let role = if at == 0 {
                TeamRole::Admin
            } else {
                TeamRole::Member
            };
            let team = team.id.clone();
            inventory.grants.push(grant(id, Held::Team { team, role }));
        }
    }
    inventory
}

/// A resource as the Go connector knows it: without what newer readers look for, and without the empty
/// mark that old Go tools leave on resources inside grants. Profiles get sorted members.
fn plain(resource: &mut Resource) {
    resource.profile = None;
    resource.status = None;
    resource
        .annotations
        .retain(|a| !a.type_url.ends_with(".ETag"));
    if let Some(mut user) = annotation_of::<UserTrait>(&resource.annotations).unwrap() {
        user.emails.clear();
        resource.annotations = vec![pack(&user)];
    }
    if let Some(team) = resource
        .annotation::<usher_baton::messages::GroupTrait>()
        .unwrap()
    {
        resource.annotations = vec![pack(&team)];
    }
    if let Some(role) = resource
        .annotation::<usher_baton::messages::RoleTrait>()
        .unwrap()
    {
        resource.annotations = vec![pack(&role)];
    }
}

fn by_id<M>(messages: Vec<M>, id: impl Fn(&M) -> String) -> BTreeMap<String, M> {
    messages
        .into_iter()
        .map(|message| (id(&message), message))
        .collect()
}

fn comparable(mut contents: Contents) -> Contents {
    contents.resources.iter_mut().for_each(plain);
    let held = contents
        .grants
        .iter_mut()
        .filter_map(|grant| grant.entitlement.as_mut());
    contents
        .entitlements
        .iter_mut()
        .chain(held)
        .filter_map(|entitlement| entitlement.resource.as_mut())
        .for_each(plain);
    contents
}

#[tokio::test]
async fn the_same_organization_gives_the_same_rows_as_the_go_connector() {
    let Some(folder) = sample() else { return };
    let temporary = tempfile::tempdir().unwrap();
    let ours = temporary.path().join("sync.c1z");
    let theirs = folder.join("miro-4users.c1z");
    export(&ours, &inventory(&folder), Detail::LikeGoConnector).await;

    let a = comparable(read_shown(&ours).await.unwrap());
    let b = comparable(read_shown(&theirs).await.unwrap());
    let id = |resource: &Resource| resource.external_id_text();
    assert_eq!(
        by_id(a.types, |t| t.id.clone()),
        by_id(b.types, |t| t.id.clone())
    );
    assert_eq!(by_id(a.resources, id), by_id(b.resources, id));
    let id = |entitlement: &Entitlement| entitlement.id.clone();
    assert_eq!(by_id(a.entitlements, id), by_id(b.entitlements, id));
    assert_eq!(
        by_id(a.grants, |g| g.id.clone()),
        by_id(b.grants, |g| g.id.clone())
    );

    for (table, columns) in [
        ("v1_resource_types", "external_id"),
        (
            "v1_resources",
            "external_id, resource_type_id, parent_resource_type_id, parent_resource_id",
        ),
        (
            "v1_entitlements",
            "external_id, resource_type_id, resource_id",
        ),
        (
            "v1_grants",
            "external_id, resource_type_id, resource_id, entitlement_id, principal_resource_type_id, principal_resource_id",
        ),
    ] {
        let sql = format!("select {columns} from {table} order by external_id");
        let rows: [Vec<TextRow>; 2] = [query(&ours, &sql).await, query(&theirs, &sql).await];
        assert_eq!(rows[0], rows[1], "{table}");
    }
}
