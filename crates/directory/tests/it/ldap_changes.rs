//! Reading only what changed.

use serde_json::json;
use usher_directory::{EntryKey, Reading, ReadingKind, Removals, Source};

use crate::slapd::{BASE, Slapd, person, source};

const DELTA: ReadingKind = ReadingKind::Delta(Removals::NeedFullReading);

fn names(reading: &Reading) -> Vec<&str> {
    let mut names: Vec<&str> = reading
        .people
        .iter()
        .filter_map(|person| person.attributes.text("userName"))
        .collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn after_the_first_reading_only_what_changed_is_read() {
    let group =
        format!("dn: cn=g,{BASE}\nobjectClass: groupOfNames\ncn: g\nmember: uid=ada,{BASE}\n\n");
    let server = Slapd::start(&[person("ada", ""), person("bob", ""), group].concat());
    let source = source(server.settings("openldap", &json!({})));
    let first = source.read(None).await.unwrap();
    assert_eq!((first.people.len(), first.groups.len()), (2, 1));
    let quiet = source.read(first.watermark.as_ref()).await.unwrap();
    assert_eq!(quiet.kind, DELTA);
    assert!(quiet.is_unchanged(), "{quiet:?}");
    // Within the same second or not: what changed is read, and read once.
    server.modify(&format!(
        "dn: uid=bob,{BASE}\nchangetype: modify\nreplace: title\ntitle: Poet\n"
    ));
    let second = source.read(quiet.watermark.as_ref()).await.unwrap();
    assert_eq!(names(&second), ["bob"]);
    assert_eq!(second.people[0].attributes.text("title"), Some("Poet"));
    assert!(
        source
            .read(second.watermark.as_ref())
            .await
            .unwrap()
            .is_unchanged()
    );
    server.modify(&format!(
        "dn: cn=g,{BASE}\nchangetype: modify\nadd: member\nmember: uid=bob,{BASE}\n"
    ));
    let third = source.read(second.watermark.as_ref()).await.unwrap();
    assert_eq!(third.groups[0].members.len(), 2);
}

#[tokio::test]
async fn whoever_was_deleted_shows_only_in_a_full_reading() {
    let server = Slapd::start(&[person("ada", ""), person("bob", "")].concat());
    let source = source(server.settings("openldap", &json!({})));
    let first = source.read(None).await.unwrap();
    let known: Vec<EntryKey> = first
        .people
        .iter()
        .map(|person| person.key.clone())
        .collect();
    server.modify(&format!("dn: uid=bob,{BASE}\nchangetype: delete\n"));
    let delta = source.read(first.watermark.as_ref()).await.unwrap();
    assert_eq!(delta.kind, DELTA);
    assert!(delta.leavers(&known).is_empty());
    let full = source.read(None).await.unwrap();
    assert_eq!(full.leavers(&known).len(), 1);
}

#[tokio::test]
async fn other_settings_and_strange_watermarks_read_everything() {
    let server = Slapd::start(&person("ada", ""));
    let first = source(server.settings("openldap", &json!({})))
        .read(None)
        .await
        .unwrap();
    let other = source(server.settings("openldap", &json!({"filter": "(uid=*)"})));
    let reading = other.read(first.watermark.as_ref()).await.unwrap();
    assert_eq!(reading.kind, ReadingKind::Full);
    let strange = usher_directory::Watermark::new("strange");
    assert_eq!(
        other.read(Some(&strange)).await.unwrap().kind,
        ReadingKind::Full
    );
    let off = source(server.settings("openldap", &json!({"incremental": "off"})));
    assert_eq!(off.read(None).await.unwrap().watermark, None);
}
