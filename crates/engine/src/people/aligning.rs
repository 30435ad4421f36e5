//! Keeping the assignments that sources made in step with the sources.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::json;
use usher_boxed::boxed;
use usher_directory::{EntryKey, MergedKeys, SourceEntries, resolve_assignments};
use usher_model::{
    AppRole, Assignment, AssignmentId, AssignmentOrigin, AssignmentTarget, Event, EventKind,
    OrganizationId, SourceName, Subject,
};
use usher_store::{Delta, EntryKind, Store};

use crate::people::directory_settings;
use crate::people::entries::Said;
use crate::people::merging::everything_said;
use crate::{Acting, EngineError};

/// What aligning changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Aligned {
    /// Assignments that were made (`added`) and taken back (`removed`).
    pub changed: Delta,
}

/// What a source assigns: whom, with which role.
type Wanted = BTreeSet<(SourceName, Subject, String)>;

/// Makes the assignments of every organization that come from directory sources what the sources say. What people
/// entered by hand, or anything else made, stays.
#[boxed]
pub async fn align_assignments(acting: Acting<'_>) -> Result<Aligned, EngineError> {
    let (sources, said) = everything_said(acting.store).await?;
    align(acting, &sources, &said).await
}

/// [`align_assignments`] with what the sources said at hand.
pub(super) async fn align(
    acting: Acting<'_>,
    sources: &[SourceEntries],
    said: &[Said],
) -> Result<Aligned, EngineError> {
    let store = acting.store;
    let organizations = store.organizations().await?.into_iter();
    let organizations: Vec<OrganizationId> = organizations.map(|one| one.id).collect();
    let (_, settings) = directory_settings(store).await?;
    let keys = stored_keys(store).await?;
    let mut aligned = Aligned::default();
    for organization in &organizations {
        let mut wanted = Wanted::new();
        for (entries, said) in sources.iter().zip(said) {
            if settings.assigns_to(&entries.source, organization, &organizations) {
                for (subject, role) in resolve_assignments(entries, &said.assignments(), &keys) {
                    let role = role.as_str().to_owned();
                    wanted.insert((entries.source.clone(), subject, role));
                }
            }
        }
        align_one(acting, organization, wanted, &mut aligned).await?;
    }
    Ok(aligned)
}

async fn stored_keys(store: &Store) -> Result<MergedKeys, EngineError> {
    let mut keys = MergedKeys::default();
    for row in store.person_keys().await? {
        let entry = (row.source, EntryKey::new(&row.key));
        match row.kind {
            EntryKind::Person => {
                keys.people.insert(entry, row.id.into());
            }
            EntryKind::Group => {
                keys.groups.insert(entry, row.id.into());
            }
        }
    }
    Ok(keys)
}

async fn align_one(
    acting: Acting<'_>,
    organization: &OrganizationId,
    mut wanted: Wanted,
    aligned: &mut Aligned,
) -> Result<(), EngineError> {
    let mut removed = Vec::new();
    for assignment in acting.store.assignments(organization).await? {
        let Some(key) = of_a_source(&assignment) else {
            continue;
        };
        if !wanted.remove(&key) {
            removed.push(assignment);
        }
    }
    let made: Vec<Assignment> = wanted
        .into_iter()
        .map(|wanted| assignment(acting.store.new_assignment_id(), wanted))
        .collect();
    if made.is_empty() && removed.is_empty() {
        return Ok(());
    }
    let events = events(acting, organization, &made, &removed);
    let ids: Vec<AssignmentId> = removed.iter().map(|gone| gone.id.clone()).collect();
    let store = acting.store;
    store
        .write_assignments(organization, &made, &ids, &events)
        .await?;
    aligned.changed.added += made.len() as u64;
    aligned.changed.removed += removed.len() as u64;
    Ok(())
}

/// The source, subject and role of an assignment to the application that a source made.
fn of_a_source(assignment: &Assignment) -> Option<(SourceName, Subject, String)> {
    match (&assignment.origin, &assignment.target) {
        (AssignmentOrigin::Directory { source }, AssignmentTarget::Application { role }) => Some((
            source.clone(),
            assignment.subject.clone(),
            role.as_str().to_owned(),
        )),
        _ => None,
    }
}

fn assignment(id: AssignmentId, wanted: (SourceName, Subject, String)) -> Assignment {
    let (source, subject, role) = wanted;
    Assignment {
        id,
        subject,
        target: AssignmentTarget::Application {
            role: AppRole::new(role),
        },
        origin: AssignmentOrigin::Directory { source },
        starts_at: None,
        expires_at: None,
        note: None,
    }
}

/// One event each, or, when there are very many, one for all.
fn events(
    acting: Acting<'_>,
    organization: &OrganizationId,
    made: &[Assignment],
    removed: &[Assignment],
) -> Vec<Event> {
    const EACH: usize = 1000;
    let (made_kind, removed_kind) = (EventKind::AssignmentCreated, EventKind::AssignmentRemoved);
    let mut events = Vec::new();
    for (kind, assignments) in [(made_kind, made), (removed_kind, removed)] {
        if assignments.len() > EACH {
            let data = json!({"organization": organization, "assignments": assignments.len()});
            let subject = format!("organization:{organization}");
            events.push(acting.event(kind, subject, data));
            continue;
        }
        events.extend(assignments.iter().map(|one| {
            let mut data = json!({"organization": organization, "assignment": one});
            if let (Subject::Person(person), Some(object)) = (&one.subject, data.as_object_mut()) {
                object.insert("person".to_owned(), person.to_string().into());
            }
            acting.event(kind, format!("assignment:{}", one.id), data)
        }));
    }
    events
}
