//! One pushed resource, and how it is written.

use usher_model::{SourceName, Timestamp};

use crate::EntryKind;
use crate::StoreError;
use crate::database::{Insert, Tx};
use crate::row::Columns;
use crate::statement::{Value, sql};

/// A resource that an identity provider pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedResource {
    /// A person or a group.
    pub kind: EntryKind,
    /// Its id, which the provider was told.
    pub id: String,
    /// Its JSON, without id, meta and the members of a group.
    pub document: String,
    /// Counts up with every change of the resource, from 1.
    pub version: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it changed last.
    pub changed_at: Timestamp,
}

/// What a resource is found by. Text is folded as filters compare it, but for the external id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushedIndex {
    /// A user's `userName`, or a group's `displayName`.
    pub name: String,
    /// A user's `displayName`.
    pub display: Option<String>,
    /// `externalId`, as it came.
    pub external_id: Option<String>,
    /// A user's e-mail addresses.
    pub emails: Vec<String>,
}

/// Columns in the order in which [`read`] takes them.
pub(super) const COLUMNS: &str =
    "SELECT r.kind, r.id, r.document, r.version, r.created_at, r.changed_at FROM scim_resources r";

pub(super) fn read(columns: &mut Columns<'_>) -> Result<PushedResource, StoreError> {
    Ok(PushedResource {
        kind: columns.word()?,
        id: columns.text()?,
        document: columns.text()?,
        version: columns.count()?,
        created_at: columns.time()?,
        changed_at: columns.time()?,
    })
}

const SAVE: &str = "INSERT INTO scim_resources
     (source, kind, id, name_folded, display_folded, external_id, document, version, created_at, changed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (source, kind, id) DO UPDATE SET name_folded = excluded.name_folded,
         display_folded = excluded.display_folded, external_id = excluded.external_id, document = excluded.document,
         version = excluded.version, changed_at = excluded.changed_at";

/// Writes a resource and what it is found by.
pub(super) async fn save(
    tx: &mut Tx,
    source: &SourceName,
    resource: &PushedResource,
    index: &PushedIndex,
) -> Result<(), StoreError> {
    let statement = sql(SAVE)
        .bind(source.as_str())
        .bind(resource.kind.as_str())
        .bind(resource.id.as_str())
        .bind(index.name.as_str())
        .bind(index.display.as_deref())
        .bind(index.external_id.as_deref())
        .bind(resource.document.as_str())
        .bind(resource.version)
        .bind(resource.created_at)
        .bind(resource.changed_at);
    tx.execute(statement).await?;
    let is_new = resource.version == 1;
    save_emails(tx, source, (&resource.id, is_new), &index.emails).await
}

async fn save_emails(
    tx: &mut Tx,
    source: &SourceName,
    (id, is_new): (&str, bool),
    emails: &[String],
) -> Result<(), StoreError> {
    if !is_new {
        forget_emails(tx, source, id).await?;
    }
    let insert = Insert {
        before: "INSERT INTO scim_emails (source, email_folded, id) VALUES",
        after: "ON CONFLICT DO NOTHING",
    };
    let row = |email: &String| -> Vec<Value> {
        vec![source.as_str().into(), email.as_str().into(), id.into()]
    };
    tx.insert(&insert, emails.iter().map(row).collect()).await?;
    Ok(())
}

async fn forget_emails(tx: &mut Tx, source: &SourceName, id: &str) -> Result<(), StoreError> {
    let statement = sql("DELETE FROM scim_emails WHERE source = $1 AND id = $2");
    tx.execute(statement.bind(source.as_str()).bind(id)).await?;
    Ok(())
}

/// Takes a resource away, with what it was found by.
pub(super) async fn remove(
    tx: &mut Tx,
    source: &SourceName,
    kind: EntryKind,
    id: &str,
) -> Result<(), StoreError> {
    forget_emails(tx, source, id).await?;
    let statement = sql("DELETE FROM scim_resources WHERE source = $1 AND kind = $2 AND id = $3");
    let statement = statement.bind(source.as_str()).bind(kind.as_str()).bind(id);
    tx.execute(statement).await?;
    Ok(())
}

/// Counts a resource's version up, because its members are others.
pub(super) async fn touch(
    tx: &mut Tx,
    source: &SourceName,
    resource: &PushedResource,
) -> Result<(), StoreError> {
    let statement = sql("UPDATE scim_resources SET version = $4, changed_at = $5
         WHERE source = $1 AND kind = $2 AND id = $3");
    let statement = statement
        .bind(source.as_str())
        .bind(resource.kind.as_str())
        .bind(resource.id.as_str())
        .bind(resource.version)
        .bind(resource.changed_at);
    tx.execute(statement).await?;
    Ok(())
}

/// Takes away everything that a source pushed.
pub(crate) async fn forget_source(tx: &mut Tx, source: &SourceName) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM scim_emails WHERE source = $1",
        "DELETE FROM scim_resources WHERE source = $1",
    ] {
        tx.execute(sql(statement).bind(source.as_str())).await?;
    }
    Ok(())
}
