//! Two known people who turned out to be one: what hangs on the first moves to the second.

use serde_json::json;
use usher_model::{
    Assignment, EventKind, Hold, HoldSubject, Link, OrganizationId, PersonId, Subject,
};

use crate::{Acting, EngineError};

const WHY: &str = "two people of the directory turned out to be one";

/// Moves assignments, holds and links from the first person of each pair that waits for it to the second, in every
/// organization. Moving again what has moved changes nothing.
pub(super) async fn join(acting: Acting<'_>) -> Result<(), EngineError> {
    let pending = acting.store.pending_joins().await?;
    if pending.is_empty() {
        return Ok(());
    }
    let organizations = acting.store.organizations().await?;
    for pair in &pending {
        let (from, to) = pair;
        for organization in &organizations {
            move_assignments(acting, &organization.id, from, to).await?;
            move_holds(acting, &organization.id, from, to).await?;
            move_link(acting, &organization.id, from, to).await?;
        }
        acting.store.end_join(pair).await?;
    }
    Ok(())
}

async fn move_assignments(
    acting: Acting<'_>,
    organization: &OrganizationId,
    from: &PersonId,
    to: &PersonId,
) -> Result<(), EngineError> {
    let subject = Subject::Person(from.clone());
    let found = acting.store.assignments_of(organization, &subject).await?;
    let moved: Vec<_> = found
        .into_iter()
        .map(|assignment| Assignment {
            subject: Subject::Person(to.clone()),
            ..assignment
        })
        .collect();
    if moved.is_empty() {
        return Ok(());
    }
    let event = |one: &Assignment| {
        let data = json!({
            "organization": organization, "person": to, "moved_from": from, "why": WHY, "assignment": one,
        });
        acting.event(
            EventKind::AssignmentCreated,
            format!("assignment:{}", one.id),
            data,
        )
    };
    let events: Vec<_> = moved.iter().map(event).collect();
    let written = acting
        .store
        .write_assignments(organization, &moved, &[], &events);
    written.await?;
    Ok(())
}

async fn move_holds(
    acting: Acting<'_>,
    organization: &OrganizationId,
    from: &PersonId,
    to: &PersonId,
) -> Result<(), EngineError> {
    let theirs = HoldSubject::Person(from.clone());
    for hold in acting.store.holds(organization).await? {
        if hold.subject == theirs {
            let moved = Hold {
                subject: HoldSubject::Person(to.clone()),
                ..hold
            };
            let data = json!({
                "organization": organization, "person": to, "moved_from": from, "why": WHY, "after": moved,
            });
            let event = acting.event(EventKind::HoldPlaced, format!("hold:{}", moved.id), data);
            acting
                .store
                .save_hold(organization, &moved, &[event])
                .await?;
        }
    }
    Ok(())
}

/// A second person who has an account keeps it; the first one's account then belongs to nobody, and is reported.
async fn move_link(
    acting: Acting<'_>,
    organization: &OrganizationId,
    from: &PersonId,
    to: &PersonId,
) -> Result<(), EngineError> {
    let store = acting.store;
    let Some(link) = store.link_of_person(organization, from).await? else {
        return Ok(());
    };
    let data = json!({
        "organization": organization, "person": from, "account": link.account,
        "why": WHY, "replaced_by": to,
    });
    let event = acting.event(EventKind::LinkRemoved, format!("person:{from}"), data);
    store.remove_link(organization, from, &[event]).await?;
    if store.link_of_person(organization, to).await?.is_some() {
        return Ok(());
    }
    let data = json!({"organization": organization, "person": to, "account": link.account, "how": link.how});
    let event = acting.event(EventKind::LinkCreated, format!("person:{to}"), data);
    let link = Link {
        person: to.clone(),
        ..link
    };
    store.save_links(organization, &[link], &[event]).await?;
    Ok(())
}
