//! A directory that looks like Active Directory: Microsoft's attributes on a real LDAP server.

use serde_json::json;
use usher_directory::{MemberKey, Reading, ReadingKind, Reference, Removals, Source};
use usher_model::PersonStatus;

use crate::slapd::{BASE, Slapd, source};

/// What every entry of Microsoft's classes needs.
fn entry(cn: &str, class: &str, guid: &str, usn: u32, more: &str) -> String {
    format!(
        "dn: CN={cn},{BASE}\nobjectClass: {class}\ncn: {cn}\ninstanceType: 4\nnTSecurityDescriptor: x\n\
         objectCategory: CN={class},{BASE}\nobjectGUID:: {guid}\nuSNChanged: {usn}\n{more}\n"
    )
}

fn user(cn: &str, guid: &str, usn: u32, more: &str) -> String {
    entry(
        cn,
        "user",
        guid,
        usn,
        &format!(
            "sn: {cn}\nuserPrincipalName: {cn}@corp.example.com\nmail: {cn}@example.com\n{more}"
        ),
    )
}

fn root(server: &str, usn: u32) -> String {
    format!("dsServiceName: CN=NTDS Settings,CN={server}\nhighestCommittedUSN: {usn}\n")
}

// Sixteen bytes that are no text, as real ones are.
const ADA: &str = "/wABAgMEBQYHCAkKCwwNDg==";
const BOB: &str = "/wABAgMEBQYHCAkKCwwNDw==";
const SALES: &str = "/wABAgMEBQYHCAkKCwwNEA==";
const ALL: &str = "/wABAgMEBQYHCAkKCwwNEQ==";

fn company() -> String {
    [
        user("ada", ADA, 10, &format!("userAccountControl: 512\nmanager: CN=bob,{BASE}\naccountExpires: 9223372036854775807\n")),
        user("bob", BOB, 11, "userAccountControl: 514\naccountExpires: 134168256000000000\nemployeeNumber: 7\n"),
        entry("pc", "computer", "/wABAgMEBQYHCAkKCwwNEg==", 12, "sn: pc\n"),
        entry("sales", "group", SALES, 13, &format!("groupType: 1\nmember: CN=ada,{BASE}\n")),
        entry("all", "group", ALL, 14, &format!("groupType: 1\nmember: CN=sales,{BASE}\nmember: CN=bob,{BASE}\n")),
    ]
    .concat()
}

fn names(reading: &Reading) -> Vec<&str> {
    reading
        .people
        .iter()
        .filter_map(|person| person.attributes.text("displayName"))
        .collect()
}

#[tokio::test]
async fn people_and_groups_are_read_by_the_preset() {
    let server = Slapd::active_directory(&company(), &root("dc1", 20));
    let reading = source(server.settings("active_directory", &json!({})))
        .read(None)
        .await
        .unwrap();
    assert_eq!(names(&reading), ["ada", "bob"]);
    let [ada, bob] = &reading.people[..] else {
        panic!()
    };
    assert_eq!(ada.key.as_str(), "020100ff-0403-0605-0708-090a0b0c0d0e");
    assert_eq!(
        ada.attributes.text("userName"),
        Some("ada@corp.example.com")
    );
    assert_eq!(ada.status, PersonStatus::Active);
    assert_eq!(
        ada.manager,
        Some(Reference::alias("cn=bob,dc=example,dc=com"))
    );
    assert_eq!(ada.attributes.text("endDate"), None);
    assert_eq!(bob.status, PersonStatus::Disabled);
    assert_eq!(bob.attributes.text("endDate"), Some("2026-03-01T08:00:00Z"));
    let all = reading
        .groups
        .iter()
        .find(|group| group.name == "all")
        .unwrap();
    assert_eq!(
        all.members,
        [
            MemberKey::either(Reference::alias("cn=bob,dc=example,dc=com")),
            MemberKey::either(Reference::alias("cn=sales,dc=example,dc=com")),
        ]
    );
}

#[tokio::test]
async fn changes_are_followed_by_number_on_one_domain_controller() {
    let server = Slapd::active_directory(&company(), &root("dc1", 20));
    let source = source(server.settings("active_directory", &json!({})));
    let first = source.read(None).await.unwrap();
    let quiet = source.read(first.watermark.as_ref()).await.unwrap();
    assert!(quiet.is_unchanged());
    server.modify(&format!(
        "dn: CN=ada,{BASE}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n-\nreplace: uSNChanged\nuSNChanged: 21\n"
    ));
    server.restart(&root("dc1", 21));
    let second = source.read(quiet.watermark.as_ref()).await.unwrap();
    assert_eq!(second.kind, ReadingKind::Delta(Removals::NeedFullReading));
    assert_eq!(names(&second), ["ada"]);
    assert_eq!(second.people[0].status, PersonStatus::Disabled);
    assert!(
        source
            .read(second.watermark.as_ref())
            .await
            .unwrap()
            .is_unchanged()
    );
    // Another controller counts otherwise.
    server.restart(&root("dc2", 500));
    let elsewhere = source.read(second.watermark.as_ref()).await.unwrap();
    assert_eq!(elsewhere.kind, ReadingKind::Full);
    assert_eq!(elsewhere.people.len(), 2);
}
