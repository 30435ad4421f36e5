//! The directory under concurrency, crashes and the passing of days.

use std::time::Duration;

use usher_engine::cycle::{CycleKind, CycleReport};
use usher_engine::people::{RefreshOptions, RefreshOutcome, merge_directory, refresh};
use usher_model::{
    AssignmentOrigin, EventKind, Hold, HoldId, HoldKind, HoldSubject, PersonStatus, SourceName,
};
use usher_store::{
    DirectoryWrite, EntryKind, PersonFilter, ReadingKind, ReadingRecord, ReadingState, Replace,
    SourceEntry, SourceWrite,
};

use futures::TryStreamExt;

use super::stage::{STAFF, Stage};

const HOUR: Duration = Duration::from_secs(3600);

/// With a SCIM token alone there is no feed of changes, so that each cycle reads all of Miro.
async fn cycle_without_feed(stage: &Stage) -> CycleReport {
    let scim_only = stage.client_with(None, Some(stage.sandbox.scim_token.clone()));
    let options = stage.options(CycleKind::Auto);
    stage.cycle_with(&scim_only, &options).await.unwrap()
}

fn was_read_to_its_end(report: &CycleReport) -> bool {
    matches!(report.sources[0].outcome, RefreshOutcome::Written { .. })
}

#[tokio::test]
async fn a_source_is_read_to_its_end_once_a_day_however_often_miro_is() {
    let stage = Stage::in_line().await;
    let mut to_the_end = Vec::new();
    for _ in 0..5 {
        stage.clock.advance(9 * HOUR);
        to_the_end.push(was_read_to_its_end(&cycle_without_feed(&stage).await));
    }
    assert_eq!(to_the_end, [false, false, true, false, false]);
}

#[tokio::test]
async fn a_reading_that_is_not_believed_does_not_count_as_the_daily_one() {
    let stage = Stage::in_line().await;
    stage.clock.advance(25 * HOUR);
    stage.write_people(&[]);
    let report = stage.cycle().await.unwrap();
    assert!(report.sources[0].outcome.is_doubtful(), "{report:#?}");
    stage.write_people(STAFF);
    stage.clock.advance(HOUR);
    let report = stage.cycle().await.unwrap();
    assert!(was_read_to_its_end(&report), "{:?}", report.sources);
}

/// Writes what a source says without making people of it: what a process that died in between leaves behind.
async fn write_without_merging(stage: &Stage, entries: Vec<SourceEntry>) {
    let name = SourceName::new("hr");
    let record = stage.store.source(&name).await.unwrap().unwrap();
    let write = SourceWrite {
        upserts: entries,
        removed: Vec::new(),
        replace: Replace::Listed,
        reading: ReadingRecord {
            at: stage.acting().now(),
            kind: ReadingKind::Delta,
            state: ReadingState::Believed,
            watermark: record.watermark,
            people: 1,
            groups: 0,
            details: serde_json::json!({}),
        },
    };
    let no_events = |_: &usher_store::Delta| Vec::new();
    stage
        .store
        .write_source(&name, &write, no_events)
        .await
        .unwrap();
}

/// An entry as the source said it, with another name and key.
async fn entry_like_adas(stage: &Stage, email: &str, name: &str) -> SourceEntry {
    let source = SourceName::new("hr");
    let entries: Vec<SourceEntry> = stage
        .store
        .source_entries(&source)
        .try_collect()
        .await
        .unwrap();
    let ada = entries
        .into_iter()
        .find(|entry| entry.kind == EntryKind::Person && entry.document.contains("Ada Lovelace"))
        .unwrap();
    SourceEntry {
        kind: EntryKind::Person,
        key: ada.key.replace("ada@acme.com", email),
        document: ada
            .document
            .replace("ada@acme.com", email)
            .replace("Ada Lovelace", name),
    }
}

#[tokio::test]
async fn what_a_source_said_before_a_crash_reaches_the_directory_although_the_source_is_as_it_was()
{
    let stage = Stage::in_line().await;
    let renamed = entry_like_adas(&stage, "ada@acme.com", "Ada King").await;
    write_without_merging(&stage, vec![renamed]).await;

    let ready = &stage.sources[0];
    let name = &ready.record.definition.name;
    let record = stage.store.source(name).await.unwrap().unwrap();
    let source = ready.source.as_ref().unwrap();
    refresh(stage.acting(), &record, source, RefreshOptions::default())
        .await
        .unwrap();
    let ada = stage.store.find_people("ada@acme.com").await.unwrap();
    let shown = ada[0].attributes.text("displayName");
    assert_eq!(shown, Some("Ada King"));
}

#[tokio::test]
async fn a_cycle_merges_what_a_crash_left_unmerged_even_when_no_source_can_be_read() {
    let mut stage = Stage::in_line().await;
    let renamed = entry_like_adas(&stage, "ada@acme.com", "Ada King").await;
    write_without_merging(&stage, vec![renamed]).await;
    stage.sources.clear();
    stage.cycle().await.unwrap();
    let ada = stage.store.find_people("ada@acme.com").await.unwrap();
    assert_eq!(ada[0].attributes.text("displayName"), Some("Ada King"));
}

async fn two_who_merge_at_once_take_somebody_new_for_one_person(stage: Stage) {
    let grace = entry_like_adas(&stage, "emmy@acme.com", "Emmy Noether").await;
    write_without_merging(&stage, vec![grace]).await;
    let (one, other) = tokio::join!(
        merge_directory(stage.acting()),
        merge_directory(stage.acting())
    );
    one.unwrap();
    other.unwrap();
    let everybody = stage
        .store
        .load_people(&PersonFilter::default())
        .await
        .unwrap();
    let emmys = everybody
        .iter()
        .filter(|person| person.attributes.text("displayName") == Some("Emmy Noether"));
    let states: Vec<PersonStatus> = emmys.map(|person| person.status).collect();
    assert_eq!(states, [PersonStatus::Active]);
}

#[tokio::test]
async fn two_who_merge_at_once_take_somebody_new_for_one_person_on_sqlite() {
    let stage = Stage::in_line().await;
    two_who_merge_at_once_take_somebody_new_for_one_person(stage).await;
}

#[tokio::test]
async fn two_who_merge_at_once_take_somebody_new_for_one_person_on_postgres() {
    let mut stage = Stage::on_postgres().await;
    stage.activate().await;
    stage.settle().await;
    two_who_merge_at_once_take_somebody_new_for_one_person(stage).await;
}

#[tokio::test]
async fn what_hangs_on_somebody_who_turned_out_to_be_another_moves_although_a_crash_came_between() {
    let stage = Stage::in_line().await;
    let find = async |email: &str| stage.store.find_people(email).await.unwrap().remove(0);
    let (grace, alan) = (find("grace@acme.com").await, find("alan@acme.com").await);
    let organization = &stage.organization;
    let graces = stage.store.link_of_person(organization, &grace.id).await;
    let graces = graces.unwrap().unwrap();
    let alans = stage.store.link_of_person(organization, &alan.id).await;
    stage
        .store
        .remove_link(organization, &alans.unwrap().unwrap().person, &[])
        .await
        .unwrap();
    let hold = Hold {
        id: HoldId::new("hold-1"),
        subject: HoldSubject::Person(grace.id.clone()),
        kind: HoldKind::LeaveAlone,
        origin: AssignmentOrigin::Manual { by: "ada".into() },
        reason: "a case is open".into(),
        created_at: stage.acting().now(),
        expires_at: None,
    };
    let saved = stage.store.save_hold(organization, &hold, &[]).await;
    saved.unwrap();
    // Whoever merged wrote that Grace is Alan, and died before anything moved.
    let write = DirectoryWrite {
        joined: vec![(grace.id.clone(), alan.id.clone())],
        ..DirectoryWrite::default()
    };
    stage
        .store
        .write_directory(&write, |_| Vec::new())
        .await
        .unwrap();

    merge_directory(stage.acting()).await.unwrap();
    let moved = stage.store.link_of_person(organization, &alan.id).await;
    assert_eq!(moved.unwrap().unwrap().account, graces.account);
    assert_eq!(stage.store.pending_joins().await.unwrap(), []);
    for kind in [EventKind::HoldPlaced, EventKind::AssignmentCreated] {
        let events = stage.events(kind).await;
        let mut moved = events.iter().map(|one| &one.event.data);
        let is_told = moved.any(|data| {
            data["moved_from"] == grace.id.as_str() && data["person"] == alan.id.as_str()
        });
        assert!(is_told, "{kind}: {events:#?}");
    }
}
