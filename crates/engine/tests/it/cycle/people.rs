//! Sources that are not believed, and edits by hand.

use usher_directory::builtin::{NewPerson, add_person, remove_person};
use usher_directory::{DirectoryError, OpenSource};
use usher_engine::cycle::CycleEnding;
use usher_engine::people::{
    RefreshOptions, RefreshOutcome, Refreshed, Suspects, edit_builtin, refresh,
};
use usher_model::{AssignmentOrigin, Attributes, EventKind, PersonStatus};
use usher_store::{PersonFilter, ReadingState};

use super::stage::{Row, STAFF, Stage};

async fn read(stage: &Stage, suspects: Suspects) -> Refreshed {
    let ready = &stage.sources[0];
    let name = &ready.record.definition.name;
    let record = stage.store.source(name).await.unwrap().unwrap();
    let source: &OpenSource = ready.source.as_ref().unwrap();
    let options = RefreshOptions {
        suspects,
        ..RefreshOptions::default()
    };
    refresh(stage.acting(), &record, source, options)
        .await
        .unwrap()
}

async fn active_people(stage: &Stage) -> usize {
    let filter = PersonFilter {
        status: Some(PersonStatus::Active),
        ..PersonFilter::default()
    };
    stage.store.load_people(&filter).await.unwrap().len()
}

#[tokio::test]
async fn an_empty_file_changes_nothing_in_the_directory_and_nothing_in_miro() {
    let stage = Stage::in_line().await;
    stage.write_people(&[]);
    let report = stage.cycle().await.unwrap();
    assert!(matches!(
        report.sources[0].outcome,
        RefreshOutcome::Suspect { .. }
    ));
    assert_eq!(report.ending, CycleEnding::InLine, "{report:#?}");
    assert_eq!(active_people(&stage).await, STAFF.len());
    assert_eq!(stage.is_active("grace@acme.com"), Some(true));
    assert_eq!(stage.events(EventKind::PersonSourceSuspect).await.len(), 1);
    let source = stage.store.sources().await.unwrap().remove(0);
    assert_eq!(source.reading.unwrap().state, ReadingState::Suspect);

    stage.write_people(STAFF);
    let report = stage.cycle().await.unwrap();
    assert!(!report.sources[0].outcome.is_doubtful(), "{report:#?}");
}

#[tokio::test]
async fn a_suspect_reading_counts_when_somebody_accepts_it() {
    let stage = Stage::in_line().await;
    stage.write_people(&[]);
    assert!(read(&stage, Suspects::Keep).await.outcome.is_doubtful());
    let accepted = read(&stage, Suspects::Accept).await;
    let RefreshOutcome::Written { directory, .. } = accepted.outcome else {
        panic!("{accepted:?}")
    };
    assert_eq!(directory.gone, STAFF.len() as u64);
    assert_eq!(active_people(&stage).await, 0);
}

#[tokio::test]
async fn a_file_that_is_missing_changes_nothing_and_the_cycle_goes_on() {
    let stage = Stage::in_line().await;
    std::fs::remove_file(stage.csv()).unwrap();
    let report = stage.cycle().await.unwrap();
    assert!(matches!(
        report.sources[0].outcome,
        RefreshOutcome::Failed { .. }
    ));
    assert_eq!(report.ending, CycleEnding::InLine);
    assert_eq!(active_people(&stage).await, STAFF.len());
}

#[tokio::test]
async fn a_source_whose_secret_is_missing_is_noted_and_the_cycle_goes_on() {
    let mut stage = Stage::in_line().await;
    let error = DirectoryError::new(usher_directory::ErrorKind::Settings, "no password is set");
    stage.sources[0].source = Err(error);
    let report = stage.cycle().await.unwrap();
    assert!(matches!(
        report.sources[0].outcome,
        RefreshOutcome::Failed { .. }
    ));
}

#[tokio::test]
async fn reading_the_same_file_again_writes_nothing() {
    let stage = Stage::in_line().await;
    let people = stage
        .store
        .load_people(&PersonFilter::default())
        .await
        .unwrap();
    let before = stage.store.last_event().await.unwrap();
    let again = read(&stage, Suspects::Keep).await;
    assert!(matches!(again.outcome, RefreshOutcome::Unchanged));
    assert_eq!(stage.store.last_event().await.unwrap(), before);
    assert_eq!(
        stage
            .store
            .load_people(&PersonFilter::default())
            .await
            .unwrap(),
        people
    );
}

#[tokio::test]
async fn only_differences_of_a_source_reach_the_directory() {
    let stage = Stage::in_line().await;
    let mut rows = STAFF.to_vec();
    rows[1] = Row("ada@acme.com", "Ada King", "User");
    rows.push(Row("kurt@acme.com", "Kurt Godel", "User"));
    stage.write_people(&rows);
    let read = read(&stage, Suspects::Keep).await;
    let RefreshOutcome::Written { entries, directory } = read.outcome else {
        panic!("{read:?}")
    };
    assert_eq!((entries.added, entries.changed, entries.removed), (1, 1, 0));
    assert_eq!((directory.people.added, directory.people.changed), (1, 1));
    assert_eq!(directory.assignments.added, 1);
}

#[tokio::test]
async fn assignments_of_a_source_follow_it_and_those_made_by_hand_stay() {
    let stage = Stage::in_line().await;
    let people = stage.store.find_people("edsger@acme.com").await.unwrap();
    let by_hand = usher_model::Assignment {
        id: stage.store.new_assignment_id(),
        subject: usher_model::Subject::Person(people[0].id.clone()),
        target: usher_model::AssignmentTarget::Application {
            role: usher_model::AppRole::new("User"),
        },
        origin: AssignmentOrigin::Manual { by: "tim".into() },
        starts_at: None,
        expires_at: None,
        note: None,
    };
    let organization = &stage.organization;
    stage
        .store
        .save_assignment(organization, &by_hand, &[])
        .await
        .unwrap();
    let rows: Vec<_> = STAFF.iter().map(|Row(a, b, _)| Row(a, b, "User")).collect();
    stage.write_people(&rows);
    let read = read(&stage, Suspects::Keep).await;
    let RefreshOutcome::Written { directory, .. } = read.outcome else {
        panic!("{read:?}")
    };
    assert_eq!(directory.assignments.added, 1, "Edsger's new role");
    assert_eq!(directory.assignments.removed, 1, "Edsger's default access");
    let assignments = stage.store.assignments(organization).await.unwrap();
    assert_eq!(assignments.len(), STAFF.len() + 1);
    assert!(assignments.contains(&by_hand));
}

#[tokio::test]
async fn somebody_entered_by_hand_is_in_the_directory_at_once() {
    let stage = Stage::in_line().await;
    let mut attributes = Attributes::default();
    attributes.set_text("email", "hedy@acme.com");
    attributes.set_text("displayName", "Hedy Lamarr");
    let new = NewPerson {
        attributes,
        ..NewPerson::default()
    };
    let key = usher_directory::EntryKey::new("hedy");
    let change = edit_builtin(stage.acting(), |entries| add_person(entries, key, &new))
        .await
        .unwrap();
    assert_eq!(change.people.added, 1);
    assert_eq!(active_people(&stage).await, STAFF.len() + 1);
    let change = edit_builtin(stage.acting(), |entries| {
        remove_person(entries, "hedy@acme.com")
    })
    .await
    .unwrap();
    assert_eq!(change.gone, 1);
    assert_eq!(active_people(&stage).await, STAFF.len());
    stage.store.verify_events().await.unwrap();
}
