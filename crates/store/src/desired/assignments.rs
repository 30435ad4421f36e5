//! Assignments. One that was taken back stays in the table with the time of it.

use usher_boxed::boxed;
use usher_model::{Assignment, AssignmentId, Event, OrganizationId, Subject, Timestamp};

use crate::database::{Durability, Insert, Tx};
use crate::row::{first_json, read_all};
use crate::statement::{LIST, Statement, Value, json, sql};
use crate::{Store, StoreError, events, organizations};

impl Store {
    /// Makes an assignment, or makes it anew.
    #[boxed]
    pub async fn save_assignment(
        &self,
        organization: &OrganizationId,
        assignment: &Assignment,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let one = std::slice::from_ref(assignment);
        self.write_assignments(organization, one, &[], events)
            .await?;
        Ok(())
    }

    /// Makes some assignments and takes others back, in one transaction. Returns how many were taken back.
    #[boxed]
    pub async fn write_assignments(
        &self,
        organization: &OrganizationId,
        saved: &[Assignment],
        removed: &[AssignmentId],
        events: &[Event],
    ) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        let number = organizations::ensure(&mut tx, organization).await?;
        let rows = saved.iter().map(|one| values(number, one, now)).collect();
        tx.insert(&ASSIGNMENTS, rows).await?;
        let taken_back = remove(&mut tx, number, removed, now).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(taken_back)
    }

    /// The assignments of an organization that were not taken back, by id; also those that do not hold now.
    #[boxed]
    pub async fn assignments(
        &self,
        organization: &OrganizationId,
    ) -> Result<Vec<Assignment>, StoreError> {
        self.find_assignments(organization, |statement| {
            statement.push(" AND removed_at IS NULL");
        })
        .await
    }

    /// One person's or group's own assignments.
    #[boxed]
    pub async fn assignments_of(
        &self,
        organization: &OrganizationId,
        subject: &Subject,
    ) -> Result<Vec<Assignment>, StoreError> {
        let (kind, id) = subject_parts(subject);
        self.find_assignments(organization, |statement| {
            statement.push(" AND removed_at IS NULL AND subject_kind = ");
            statement
                .push_bind(kind)
                .push(" AND subject = ")
                .push_bind(id);
        })
        .await
    }

    /// Some of the assignments that were not taken back, by id: of one person or group, or of all; at most `limit` of those
    /// behind `after`.
    #[boxed]
    pub async fn assignments_after(
        &self,
        organization: &OrganizationId,
        subject: Option<&Subject>,
        (after, limit): (Option<&AssignmentId>, u64),
    ) -> Result<Vec<Assignment>, StoreError> {
        let mut statement = of_organization(organization);
        statement.push(" AND removed_at IS NULL");
        let parts = subject.map(subject_parts);
        statement.push_wanted([
            (
                " AND subject_kind = ",
                parts.map(|(kind, _)| kind.to_owned()),
            ),
            (" AND subject = ", parts.map(|(_, id)| id.to_owned())),
            (" AND id > ", after.map(ToString::to_string)),
        ]);
        statement.push(" ORDER BY id").push_limit(Some(limit));
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, first_json)
    }

    /// One assignment, if it was not taken back.
    #[boxed]
    pub async fn assignment(
        &self,
        organization: &OrganizationId,
        id: &AssignmentId,
    ) -> Result<Option<Assignment>, StoreError> {
        let found = self.find_assignments(organization, |statement| {
            statement
                .push(" AND removed_at IS NULL AND id = ")
                .push_bind(id.as_str());
        });
        Ok(found.await?.into_iter().next())
    }

    /// The assignments that were made, made anew or taken back at this time or later.
    #[boxed]
    pub async fn assignments_changed_since(
        &self,
        organization: &OrganizationId,
        since: Timestamp,
    ) -> Result<Vec<Assignment>, StoreError> {
        self.find_assignments(organization, |statement| {
            statement.push(" AND (saved_at >= ").push_bind(since);
            statement
                .push(" OR removed_at >= ")
                .push_bind(since)
                .push(")");
        })
        .await
    }

    /// Takes an assignment back. Returns whether there was one.
    #[boxed]
    pub async fn remove_assignment(
        &self,
        organization: &OrganizationId,
        id: &AssignmentId,
        events: &[Event],
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        let number = organizations::ensure(&mut tx, organization).await?;
        if remove(&mut tx, number, std::slice::from_ref(id), now).await? == 0 {
            return Ok(false);
        }
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn find_assignments(
        &self,
        organization: &OrganizationId,
        push_conditions: impl FnOnce(&mut Statement),
    ) -> Result<Vec<Assignment>, StoreError> {
        let mut statement = of_organization(organization);
        push_conditions(&mut statement);
        statement.push(" ORDER BY id");
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, first_json)
    }
}

fn of_organization(organization: &OrganizationId) -> Statement {
    let mut statement = sql("SELECT document FROM assignments
         WHERE organization = (SELECT number FROM organizations WHERE id = ");
    statement.push_bind(organization.as_str()).push(")");
    statement
}

const ASSIGNMENTS: Insert = Insert {
    before: "INSERT INTO assignments (organization, id, subject_kind, subject, document, saved_at) VALUES",
    after: "ON CONFLICT (organization, id) DO UPDATE SET subject_kind = excluded.subject_kind,
            subject = excluded.subject, document = excluded.document, saved_at = excluded.saved_at, removed_at = NULL",
};

fn subject_parts(subject: &Subject) -> (&'static str, &str) {
    match subject {
        Subject::Person(person) => ("person", person.as_str()),
        Subject::Group(group) => ("group", group.as_str()),
    }
}

fn values(organization: i64, assignment: &Assignment, now: Timestamp) -> Vec<Value> {
    let (kind, subject) = subject_parts(&assignment.subject);
    vec![
        organization.into(),
        assignment.id.as_str().into(),
        kind.into(),
        subject.into(),
        json(assignment).into(),
        now.into(),
    ]
}

async fn remove(
    tx: &mut Tx,
    organization: i64,
    ids: &[AssignmentId],
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut removed = 0;
    for chunk in ids.chunks(LIST) {
        let mut statement = sql("UPDATE assignments SET removed_at = $2
             WHERE organization = $1 AND removed_at IS NULL AND id IN ")
        .bind(organization)
        .bind(now);
        statement.push_list(chunk.iter().map(AssignmentId::as_str));
        removed += tx.execute(statement).await?;
    }
    Ok(removed)
}
