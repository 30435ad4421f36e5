//! Reading Microsoft Graph.

use serde_json::json;
use usher_directory::graph::GraphSource;
use usher_directory::{
    Assignments, EntryKey, ErrorKind, MemberKey, Reading, ReadingKind, Reference, Removals, Source,
    SourceAssignment,
};
use usher_model::{AppRole, PersonStatus};

use crate::fake_graph::{FakeGraph, Tenant};

fn company(tenant: &mut Tenant) {
    for id in ["ada", "bob", "eve", "kim", "lee", "max", "zoe"] {
        tenant.user(id, json!({}));
    }
    tenant.manager("ada", "bob");
    tenant.change_user(
        "eve",
        json!({"accountEnabled": false, "jobTitle": "Engineer", "employeeId": "7"}),
    );
    tenant.group("design", &["ada", "bob", "eve", "kim", "lee"]);
    tenant.group("all", &["design", "zoe", "device1"]);
}

fn keys(reading: &Reading) -> Vec<&str> {
    reading
        .people
        .iter()
        .map(|person| person.key.as_str())
        .collect()
}

fn members<'r>(reading: &'r Reading, group: &str) -> &'r [MemberKey] {
    &reading
        .groups
        .iter()
        .find(|found| found.key.as_str() == group)
        .unwrap()
        .members
}

#[tokio::test]
async fn everybody_is_read_over_all_pages() {
    let fake = FakeGraph::start(company).await;
    let reading = fake.source().read(None).await.unwrap();
    assert_eq!(reading.kind, ReadingKind::Full);
    assert_eq!(
        keys(&reading),
        ["ada", "bob", "eve", "kim", "lee", "max", "zoe"]
    );
    assert_eq!(reading.people[0].manager, Some(Reference::key("bob")));
    assert_eq!(reading.people[2].status, PersonStatus::Disabled);
    assert_eq!(
        reading.people[2].attributes.text("employeeNumber"),
        Some("7")
    );
    assert_eq!(members(&reading, "design").len(), 5);
    assert_eq!(
        members(&reading, "all"),
        [
            MemberKey::person(Reference::key("zoe")),
            MemberKey::group(Reference::key("design"))
        ]
    );
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    assert_eq!(fake.tenant.lock().asked_for("oauth2"), 1);
}

#[tokio::test]
async fn a_delta_brings_whole_people_whole_groups_and_tombstones() {
    let fake = FakeGraph::start(company).await;
    let source = fake.source();
    let first = source.read(None).await.unwrap();
    let quiet = source.read(first.watermark.as_ref()).await.unwrap();
    assert!(quiet.is_unchanged());
    {
        let mut tenant = fake.tenant.lock();
        tenant.change_user("ada", json!({"jobTitle": "Countess"}));
        tenant.remove_user("max");
        tenant.group("design", &["ada", "zoe"]);
        tenant.remove_group("all");
    }
    let delta = source.read(quiet.watermark.as_ref()).await.unwrap();
    assert_eq!(delta.kind, ReadingKind::Delta(Removals::Included));
    assert_eq!(keys(&delta), ["ada"]);
    let ada = &delta.people[0];
    assert_eq!(ada.attributes.text("title"), Some("Countess"));
    // What did not change is there too.
    assert_eq!(ada.attributes.text("email"), Some("ada@example.com"));
    assert_eq!(ada.manager, Some(Reference::key("bob")));
    assert_eq!(members(&delta, "design").len(), 2);
    assert_eq!(delta.removed, ["max", "all"].map(EntryKey::new));
    assert!(
        source
            .read(delta.watermark.as_ref())
            .await
            .unwrap()
            .is_unchanged()
    );
}

#[tokio::test]
async fn somebody_who_is_gone_before_they_can_be_asked_for_is_removed() {
    let fake = FakeGraph::start(company).await;
    let source = fake.source();
    let first = source.read(None).await.unwrap();
    {
        let mut tenant = fake.tenant.lock();
        tenant.remove_user("max");
        tenant.user("max", json!({}));
        tenant.change_user("max", json!({}));
    }
    let delta = source.read(first.watermark.as_ref()).await.unwrap();
    assert_eq!(keys(&delta), ["max"]);
    assert!(delta.removed.is_empty());
}

#[tokio::test]
async fn a_forgotten_delta_is_followed_by_a_full_reading() {
    let fake = FakeGraph::start(company).await;
    let source = fake.source();
    let first = source.read(None).await.unwrap();
    {
        let mut tenant = fake.tenant.lock();
        tenant.remove_user("max");
        tenant.forgotten = 1000;
    }
    let reading = source.read(first.watermark.as_ref()).await.unwrap();
    assert_eq!(reading.kind, ReadingKind::Full);
    let known: Vec<EntryKey> = first
        .people
        .iter()
        .map(|person| person.key.clone())
        .collect();
    assert_eq!(reading.leavers(&known), [EntryKey::new("max")]);
}

#[tokio::test]
async fn throttling_is_waited_out_as_long_as_it_says() {
    let fake = FakeGraph::start(company).await;
    fake.tenant.lock().trouble = vec![(503, None), (429, Some("1")), (429, Some("0")), (504, None)];
    let started = std::time::Instant::now();
    let reading = fake.source().read(None).await.unwrap();
    assert_eq!(reading.people.len(), 7);
    assert!(started.elapsed().as_millis() >= 1000);
}

#[tokio::test]
async fn throttling_without_end_is_an_error_that_says_when_to_come_back() {
    let fake = FakeGraph::start(company).await;
    let source = fake.source();
    source.read(None).await.unwrap();
    fake.tenant.lock().trouble = vec![(429, Some("3600"))];
    let error = source.read(None).await.unwrap_err();
    let after = std::time::Duration::from_secs(3600);
    assert_eq!(
        error.kind(),
        ErrorKind::Throttled {
            retry_after: Some(after)
        }
    );
    fake.tenant.lock().trouble = vec![(503, None); 20];
    let error = fake
        .source_with(json!({"max_retries": 2}))
        .read(None)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(fake.tenant.lock().trouble.len(), 17);
}

#[tokio::test]
async fn a_token_that_was_withdrawn_or_ran_out_is_renewed() {
    let fake = FakeGraph::start(company).await;
    let source = fake.source();
    let first = source.read(None).await.unwrap();
    fake.tenant.lock().withdraw_tokens();
    assert!(
        source
            .read(first.watermark.as_ref())
            .await
            .unwrap()
            .is_unchanged()
    );
    assert_eq!(fake.tenant.lock().asked_for("oauth2"), 2);
    let fake = FakeGraph::start(|tenant| tenant.expires_in = 0).await;
    let _ = fake.source().read(None).await.unwrap();
    assert_eq!(
        fake.tenant.lock().asked_for("oauth2"),
        2,
        "one for each request"
    );
}

#[tokio::test]
async fn a_wrong_secret_is_told_and_never_shown() {
    let fake = FakeGraph::start(company).await;
    let settings = fake.settings(json!({}));
    let source = GraphSource::new(settings, Some("wrong canary".into())).unwrap();
    assert!(!format!("{source:?}").contains("canary"));
    let error = source.read(None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadCredentials);
    assert_eq!(
        error.to_string(),
        "signing in to tenant example.com: status 401, invalid_client: AADSTS7000215: Invalid client secret provided."
    );
    assert!(error.hint().unwrap().contains("not its id"));
}

#[tokio::test]
async fn who_is_assigned_to_the_application_is_read_each_time() {
    let fake = FakeGraph::start(|tenant| {
        company(tenant);
        tenant.application(&json!([{"id": "r1", "displayName": "User", "isEnabled": true}]));
        tenant.assign("ada", "User", "r1");
        tenant.assign("design", "Group", "r1");
        tenant.assign("bob", "User", "00000000-0000-0000-0000-000000000000");
        tenant.assign("robot", "ServicePrincipal", "r1");
        for id in ["kim", "lee"] {
            tenant.assign(id, "User", "r1");
        }
    })
    .await;
    let source = fake.source_with(json!({"service_principal": "sp"}));
    let first = source.read(None).await.unwrap();
    let Assignments::All(all) = &first.assignments else {
        panic!()
    };
    assert_eq!(all.len(), 5);
    let assigned = |member: MemberKey, role: &str| {
        let role = AppRole::new(role);
        all.contains(&SourceAssignment {
            principal: member,
            role,
        })
    };
    assert!(assigned(MemberKey::person(Reference::key("ada")), "User"));
    assert!(assigned(MemberKey::group(Reference::key("design")), "User"));
    assert!(assigned(
        MemberKey::person(Reference::key("bob")),
        AppRole::DEFAULT_ACCESS
    ));
    let second = source.read(first.watermark.as_ref()).await.unwrap();
    assert_eq!(second.assignments, first.assignments);
    let error = fake
        .source_with(json!({"service_principal": "other"}))
        .read(None)
        .await
        .unwrap_err();
    assert!(
        error
            .hint()
            .unwrap()
            .contains("object id of the enterprise application"),
        "{error}"
    );
}

#[tokio::test]
async fn whoever_cannot_be_read_stays_as_they_were() {
    let fake = FakeGraph::start(|tenant| {
        company(tenant);
        tenant.change_user("bob", json!({"accountEnabled": null}));
    })
    .await;
    let reading = fake.source().read(None).await.unwrap();
    assert_eq!(reading.people.len(), 6);
    assert_eq!(reading.unreadable.keys, [EntryKey::new("bob")]);
    assert!(reading.leavers(&[EntryKey::new("bob")]).is_empty());
}

#[tokio::test]
async fn the_token_is_sent_to_nobody_else() {
    let fake = FakeGraph::start(company).await;
    let stranger = FakeGraph::start(company).await;
    let source = fake.source();
    let first = source.read(None).await.unwrap();
    let text = first
        .watermark
        .unwrap()
        .as_str()
        .replace(&fake.url, &stranger.url);
    let error = source
        .read(Some(&usher_directory::Watermark::new(text)))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("leads elsewhere"), "{error}");
    assert!(stranger.tenant.lock().asked.is_empty());
}

#[tokio::test]
async fn without_groups_none_are_asked_for() {
    let fake = FakeGraph::start(company).await;
    let source = fake.source_with(json!({"groups": "none"}));
    let first = source.read(None).await.unwrap();
    assert!(first.groups.is_empty());
    assert!(
        source
            .read(first.watermark.as_ref())
            .await
            .unwrap()
            .is_unchanged()
    );
    assert_eq!(fake.tenant.lock().asked_for("groups"), 0);
}
