//! Reading a real `OpenLDAP`.

use serde_json::json;
use usher_directory::{
    DirectoryError, ErrorKind, KnownIds, MergeSettings, Reading, ReadingKind, Source,
    SourceEntries, merge,
};
use usher_model::{GroupMember, PersonStatus, SourceName};

use crate::slapd::{BASE, LIMIT, LIMITED, Slapd, person, source};

/// More people than any search gives at once.
fn many() -> String {
    (0..LIMIT * 3 + 20)
        .map(|n| person(&format!("p{n}"), ""))
        .collect()
}

#[tokio::test]
async fn more_people_than_the_server_gives_at_once_are_read_by_pages() {
    let server = Slapd::start(&many());
    let reading = source(server.settings("openldap", &json!({})))
        .read(None)
        .await
        .unwrap();
    assert_eq!(reading.kind, ReadingKind::Full);
    assert_eq!(reading.people.len(), LIMIT * 3 + 20);
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    let one = reading
        .people
        .iter()
        .find(|person| person.attributes.text("userName") == Some("p7"))
        .unwrap();
    assert_eq!(one.attributes.text("email"), Some("p7@example.com"));
    assert_eq!(one.key.as_str().len(), 36);
}

#[tokio::test]
async fn a_list_that_is_cut_off_is_an_error_and_no_short_list() {
    let server = Slapd::start(&many());
    let settings = server.settings("openldap", &json!({"bind_dn": LIMITED}));
    let error = source(settings).read(None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooMuch, "{error}");
    assert!(
        error
            .to_string()
            .starts_with("reading people at dc=example,dc=com: the server gives no more entries"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("size limit"));
}

#[tokio::test]
async fn statuses_managers_and_groups_within_groups_are_understood() {
    let entries = [
        person("boss", ""),
        person(
            "ada",
            &format!("manager: UID=Boss, {BASE}\nemployeeNumber: 7\ndepartmentNumber: Engines\n"),
        ),
        person("bob", "pwdAccountLockedTime: 000001010000Z\n"),
        person("eve", "pwdAccountLockedTime: 20260301120000Z\n"),
        format!(
            "dn: cn=inner,{BASE}\nobjectClass: groupOfNames\ncn: inner\nmember: uid=ada,{BASE}\n\n"
        ),
        format!(
            "dn: cn=outer,{BASE}\nobjectClass: groupOfUniqueNames\ncn: outer\ndescription: Everybody\nuniqueMember: cn=inner,{BASE}\nuniqueMember: uid=bob,{BASE}\n\n"
        ),
        format!(
            "dn: cn=unix,{BASE}\nobjectClass: posixGroup\ncn: unix\ngidNumber: 5\nmemberUid: ada\nmemberUid: nobody\n\n"
        ),
    ];
    let server = Slapd::start(&entries.concat());
    let reading = source(server.settings("openldap", &json!({})))
        .read(None)
        .await
        .unwrap();
    let status = |name: &str| {
        reading
            .people
            .iter()
            .find(|person| person.attributes.text("userName") == Some(name))
            .unwrap()
            .status
    };
    assert_eq!(status("ada"), PersonStatus::Active);
    assert_eq!(status("bob"), PersonStatus::Disabled);
    assert_eq!(status("eve"), PersonStatus::Active);
    let entries = SourceEntries {
        source: SourceName::new("ldap"),
        people: reading.people,
        groups: reading.groups,
    };
    let now = "2026-03-01T12:00:00Z".parse().unwrap();
    let merged = merge(
        &[entries],
        &MergeSettings::default(),
        &KnownIds::default(),
        now,
    );
    let id = |name: &str| {
        let found = merged
            .people
            .iter()
            .find(|person| person.attributes.text("userName") == Some(name));
        found.unwrap().id.clone()
    };
    let ada = merged
        .people
        .iter()
        .find(|person| person.id == id("ada"))
        .unwrap();
    assert_eq!(ada.manager, Some(id("boss")));
    assert_eq!(ada.attributes.text("department"), Some("Engines"));
    let group = |name: &str| {
        merged
            .groups
            .iter()
            .find(|group| group.name == name)
            .unwrap()
    };
    assert_eq!(group("inner").members, [GroupMember::Person(id("ada"))]);
    assert_eq!(
        group("outer").members,
        [
            GroupMember::Person(id("bob")),
            GroupMember::Group(group("inner").id.clone())
        ]
    );
    assert_eq!(group("outer").description.as_deref(), Some("Everybody"));
    assert_eq!(group("unix").members, [GroupMember::Person(id("ada"))]);
    assert_eq!(merged.problems.len(), 1, "{:?}", merged.problems);
}

#[tokio::test]
async fn groups_can_be_taken_from_what_people_are_members_of() {
    let server = Slapd::start(&person("ada", ""));
    server.modify(&format!(
        "dn: cn=Design\\, London,{BASE}\nchangetype: add\nobjectClass: groupOfNames\ncn: Design, London\nmember: uid=ada,{BASE}\n"
    ));
    let settings = server.settings("openldap", &json!({"groups": {"by": "member_of"}}));
    let reading = source(settings).read(None).await.unwrap();
    assert_eq!(reading.groups.len(), 1);
    assert_eq!(reading.groups[0].name, "Design, London");
    assert_eq!(
        reading.people[0].groups[0].to_string(),
        reading.groups[0].key.as_str()
    );
    // Such memberships do not show in a change of the person, so that there is no place to go on from.
    assert_eq!(reading.watermark, None);
}

#[tokio::test]
async fn filters_attributes_keys_and_the_rule_for_disabled_can_be_set() {
    let entries = [
        person("ada", "title: left\nroomNumber: 7\nemployeeNumber: 1\n"),
        person("bob", "title: works\nemployeeNumber: 2\n"),
        person("svc", ""),
    ];
    let server = Slapd::start(&entries.concat());
    let settings = server.settings(
        "openldap",
        &json!({
            "filter": "(&(objectClass=inetOrgPerson)(!(uid=svc)))",
            "attributes": {"location": "roomNumber"},
            "key": "employeeNumber",
            "disabled": {"when": "equals", "attribute": "title", "values": ["LEFT"]},
            "groups": {"by": "none"},
        }),
    );
    let reading = source(settings).read(None).await.unwrap();
    let keys: Vec<&str> = reading
        .people
        .iter()
        .map(|person| person.key.as_str())
        .collect();
    assert_eq!(keys, ["1", "2"]);
    assert_eq!(reading.people[0].status, PersonStatus::Disabled);
    assert_eq!(reading.people[0].attributes.text("location"), Some("7"));
    assert_eq!(reading.people[1].status, PersonStatus::Active);
}

#[tokio::test]
async fn an_entry_without_its_key_means_that_nobody_is_taken_for_gone() {
    let server = Slapd::start(&[person("ada", "employeeNumber: 1\n"), person("bob", "")].concat());
    let settings = server.settings("openldap", &json!({"key": "employeeNumber"}));
    let reading = source(settings).read(None).await.unwrap();
    assert_eq!(reading.people.len(), 1);
    assert_eq!(reading.unreadable.anonymous, 1);
    assert!(
        reading.problems[0]
            .to_string()
            .starts_with("uid=bob,dc=example,dc=com: has no `employeeNumber`"),
        "{:?}",
        reading.problems
    );
}

#[tokio::test]
async fn of_two_entries_with_one_key_neither_is_used() {
    let entries = [
        person("ada", "employeeNumber: 1\n"),
        person("bob", "employeeNumber: 2\n"),
        person("eve", "employeeNumber: 1\n"),
    ];
    let server = Slapd::start(&entries.concat());
    let settings = server.settings("openldap", &json!({"key": "employeeNumber"}));
    let reading = source(settings).read(None).await.unwrap();
    assert_eq!(reading.people.len(), 1);
    assert_eq!(reading.people[0].key.as_str(), "2");
    assert_eq!(reading.unreadable.keys.len(), 1);
    assert_eq!(
        reading.problems[0].to_string(),
        "uid=eve,dc=example,dc=com: `1` is the key of several entries; none of them is used"
    );
}

#[tokio::test]
async fn references_to_other_servers_are_counted_and_not_followed() {
    let referral = format!(
        "dn: ou=far,{BASE}\nobjectClass: referral\nobjectClass: extensibleObject\nou: far\nref: ldap://elsewhere.example.com/ou=far\n\n"
    );
    let server = Slapd::start(&[person("ada", ""), referral].concat());
    let reading = source(server.settings("openldap", &json!({})))
        .read(None)
        .await
        .unwrap();
    assert_eq!(reading.people.len(), 1);
    let message = reading.problems[0].to_string();
    assert!(
        message.contains("2 references to other servers were not followed"),
        "{message}"
    );
}

async fn fails(server: &Slapd, more: serde_json::Value) -> DirectoryError {
    let settings = server.settings("openldap", &more);
    let result: Result<Reading, DirectoryError> = source(settings).read(None).await;
    result.unwrap_err()
}

#[tokio::test]
async fn what_is_wrong_is_told_with_what_to_do() {
    let server = Slapd::start(&person("ada", ""));
    let error = fails(&server, json!({"bind_dn": format!("cn=nobody,{BASE}")})).await;
    assert_eq!(error.kind(), ErrorKind::BadCredentials);
    assert_eq!(
        error.to_string(),
        "signing in as cn=nobody,dc=example,dc=com: the name or the password is wrong"
    );
    assert!(error.hint().unwrap().contains("bind_dn"));
    let error = fails(&server, json!({"base": format!("ou=nowhere,{BASE}")})).await;
    assert_eq!(error.kind(), ErrorKind::Settings, "{error}");
    assert!(
        error
            .to_string()
            .starts_with("reading people at ou=nowhere,dc=example,dc=com: there is no such entry"),
        "{error}"
    );
    assert!(
        error
            .hint()
            .unwrap()
            .contains("`dc=example,dc=com` is there"),
        "{error:?}"
    );
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let error = fails(&server, json!({"url": format!("ldap://{free}")})).await;
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.to_string().ends_with("cannot be reached"), "{error}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let server = Slapd::start("");
    let error = fails(
        &server,
        json!({"url": format!("ldap://{address}"), "answer_seconds": 1}),
    )
    .await;
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(
        error.to_string().contains("did not answer within 1 s"),
        "{error}"
    );
    let tls =
        json!({"url": format!("ldaps://{address}"), "connect_seconds": 1, "encryption": null});
    let error = fails(&server, tls).await;
    assert!(
        error.to_string().contains("did not answer within 1 s"),
        "{error}"
    );
}
