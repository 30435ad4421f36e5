//! Looking at pushed resources.

use usher_boxed::boxed;
use usher_model::SourceName;

use super::PushedCondition;
use super::resource::{COLUMNS, PushedResource, read};
use crate::row::read_all;
use crate::statement::{LIST, Statement, sql};
use crate::{Direction, EntryKind, Store, StoreError};

/// What a list is ordered by, where an index knows. Ties are in the order in which resources were created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PushedOrder {
    /// The order in which they were created, which is that of their ids.
    #[default]
    Id,
    /// A user's `userName`, or a group's `displayName`.
    Name,
}

/// Which resources of a kind, and in which order.
#[derive(Clone, Debug)]
pub struct PushedQuery {
    /// A person or a group.
    pub kind: EntryKind,
    /// Which; none: all.
    pub condition: Option<PushedCondition>,
    /// What they are ordered by.
    pub order: PushedOrder,
    /// In which direction.
    pub direction: Direction,
}

impl PushedQuery {
    /// All resources of a kind, in the order in which they were created.
    pub fn all(kind: EntryKind) -> Self {
        Self {
            kind,
            condition: None,
            order: PushedOrder::Id,
            direction: Direction::Ascending,
        }
    }

    fn conditions(&self, source: &SourceName, select: &'static str) -> Statement {
        let mut statement = sql(select);
        statement
            .push(" WHERE r.source = ")
            .push_bind(source.as_str());
        statement
            .push(" AND r.kind = ")
            .push_bind(self.kind.as_str());
        if let Some(condition) = &self.condition {
            statement.push(" AND ");
            condition.push(&mut statement);
        }
        statement
    }

    fn list(&self, source: &SourceName) -> Statement {
        let mut statement = self.conditions(source, COLUMNS);
        statement.push(match (self.order, self.direction) {
            (PushedOrder::Id, Direction::Ascending) => " ORDER BY r.id",
            (PushedOrder::Id, Direction::Descending) => " ORDER BY r.id DESC",
            (PushedOrder::Name, Direction::Ascending) => " ORDER BY r.name_folded, r.id",
            (PushedOrder::Name, Direction::Descending) => " ORDER BY r.name_folded DESC, r.id DESC",
        });
        statement
    }
}

impl Store {
    /// One pushed resource.
    #[boxed]
    pub async fn pushed_resource(
        &self,
        source: &SourceName,
        kind: EntryKind,
        id: &str,
    ) -> Result<Option<PushedResource>, StoreError> {
        let row = self.db.optional(one(source, kind, id)).await?;
        row.map(|row| read(&mut row.columns(&self.db.name)))
            .transpose()
    }

    /// How many resources match.
    #[boxed]
    pub async fn pushed_count(
        &self,
        source: &SourceName,
        query: &PushedQuery,
    ) -> Result<u64, StoreError> {
        let statement = query.conditions(source, "SELECT COUNT(*) FROM scim_resources r");
        let row = self.db.one(statement).await?;
        row.columns(&self.db.name).count()
    }

    /// A page of the resources that match: at most `limit`, behind the first `offset`.
    #[boxed]
    pub async fn pushed_page(
        &self,
        source: &SourceName,
        query: &PushedQuery,
        (offset, limit): (u64, u64),
    ) -> Result<Vec<PushedResource>, StoreError> {
        let mut statement = query.list(source);
        statement.push(" LIMIT ").push_bind(limit);
        statement.push(" OFFSET ").push_bind(offset);
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, read)
    }

    /// Some of the resources that match, by id: those behind one, whatever the order of the query.
    #[boxed]
    pub async fn pushed_after(
        &self,
        source: &SourceName,
        query: &PushedQuery,
        (after, limit): (&str, u64),
    ) -> Result<Vec<PushedResource>, StoreError> {
        let mut statement = query.conditions(source, COLUMNS);
        statement.push(" AND r.id > ").push_bind(after);
        statement.push(" ORDER BY r.id LIMIT ").push_bind(limit);
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, read)
    }

    /// The resources of these ids that are there, by id.
    #[boxed]
    pub async fn pushed_with_ids(
        &self,
        source: &SourceName,
        kind: EntryKind,
        ids: &[String],
    ) -> Result<Vec<PushedResource>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(LIST) {
            let mut statement = sql(COLUMNS);
            statement
                .push(" WHERE r.source = ")
                .push_bind(source.as_str());
            statement.push(" AND r.kind = ").push_bind(kind.as_str());
            statement
                .push(" AND r.id IN ")
                .push_list(chunk.iter().map(String::as_str));
            let rows = self.db.all(statement).await?;
            found.extend(read_all(&rows, &self.db.name, read)?);
        }
        Ok(found)
    }
}

/// The statement that finds one resource.
pub(super) fn one(source: &SourceName, kind: EntryKind, id: &str) -> Statement {
    let mut statement = sql(COLUMNS);
    statement
        .push(" WHERE r.source = ")
        .push_bind(source.as_str());
    statement.push(" AND r.kind = ").push_bind(kind.as_str());
    statement.push(" AND r.id = ").push_bind(id);
    statement
}
