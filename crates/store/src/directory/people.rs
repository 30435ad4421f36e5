//! Looking at people.

use futures::StreamExt;
use serde::Serialize;
use serde_json::Value;
use usher_boxed::boxed;
use usher_model::{Attributes, GroupId, Person, PersonId, PersonStatus, Timestamp};

use super::DirectoryKey;
use crate::row::Columns;
use crate::statement::{Statement, containing, sql};
use crate::{Rows, Store, StoreError};

/// Which people to look at. The default: all, those who are gone too.
#[derive(Clone, Debug, Default)]
pub struct PersonFilter {
    /// One status.
    pub status: Option<PersonStatus>,
    /// Text that the e-mail address, user name or display name contains, whatever its letter case.
    pub search: Option<String>,
    /// Those of whom something was changed at this time or later.
    pub changed_since: Option<Timestamp>,
    /// Those behind this one, for page after page.
    pub after: Option<PersonId>,
    /// At most so many.
    pub limit: Option<u64>,
}

/// A person, and what goes with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PersonDetails {
    /// The person.
    #[serde(flatten)]
    pub person: Person,
    /// Which source each attribute comes from, as the directory's layer wrote it.
    pub provenance: Option<Value>,
    /// When the person was seen first.
    pub created_at: Timestamp,
    /// When something about the person was changed last.
    pub changed_at: Timestamp,
    /// The entries of sources that are this person.
    pub keys: Vec<DirectoryKey>,
    /// The groups that the person is in directly.
    pub groups: Vec<GroupId>,
}

const PERSON: &str = "SELECT id, status, manager, attributes FROM people";

impl Store {
    /// The people that match, by id.
    pub fn people(&self, filter: &PersonFilter) -> Rows<Person> {
        let name = self.db.name.clone();
        self.db
            .rows(list(filter))
            .map(move |row| read(&mut row?.columns(&name)))
            .boxed()
    }

    /// The people that match, all at once: the fastest way to read a whole directory.
    #[boxed]
    pub async fn load_people(&self, filter: &PersonFilter) -> Result<Vec<Person>, StoreError> {
        self.db.snapshot().await?.all(list(filter), read).await
    }

    /// One person.
    #[boxed]
    pub async fn person(&self, id: &PersonId) -> Result<Option<Person>, StoreError> {
        let mut statement = sql(PERSON);
        statement.push(" WHERE id = ").push_bind(id.as_str());
        let row = self.db.optional(statement).await?;
        row.map(|row| read(&mut row.columns(&self.db.name)))
            .transpose()
    }

    /// One person with everything that goes with it.
    #[boxed]
    pub async fn person_details(&self, id: &PersonId) -> Result<Option<PersonDetails>, StoreError> {
        let Some(person) = self.person(id).await? else {
            return Ok(None);
        };
        let statement = sql("SELECT provenance, created_at, changed_at FROM people WHERE id = $1");
        let row = self.db.one(statement.bind(id.as_str())).await?;
        let mut columns = row.columns(&self.db.name);
        Ok(Some(PersonDetails {
            person,
            provenance: columns.optional_json()?,
            created_at: columns.time()?,
            changed_at: columns.time()?,
            keys: self.keys_of(id.as_str()).await?,
            groups: self.groups_of(id).await?,
        }))
    }

    /// The people that somebody may mean by `text`: those with exactly this id, e-mail address or user name; if there
    /// are none, those whose e-mail address, user name or display name contains it, at most 50.
    #[boxed]
    pub async fn find_people(&self, text: &str) -> Result<Vec<Person>, StoreError> {
        let mut exact = sql(PERSON);
        let folded = text.to_lowercase();
        exact.push(" WHERE id = ").push_bind(text);
        exact
            .push(" OR email_folded = ")
            .push_bind(folded.as_str())
            .push(" OR user_name_folded = ")
            .push_bind(folded.as_str())
            .push(" ORDER BY id");
        let found = self.db.snapshot().await?.all(exact, read).await?;
        if !found.is_empty() {
            return Ok(found);
        }
        let containing = PersonFilter {
            search: Some(text.to_owned()),
            limit: Some(50),
            ..PersonFilter::default()
        };
        self.load_people(&containing).await
    }

    /// How many people match, whatever the limit.
    #[boxed]
    pub async fn people_count(&self, filter: &PersonFilter) -> Result<u64, StoreError> {
        let mut statement = sql("SELECT COUNT(*) FROM people");
        push_conditions(&mut statement, filter);
        let row = self.db.one(statement).await?;
        row.columns(&self.db.name).count()
    }
}

fn list(filter: &PersonFilter) -> Statement {
    let mut statement = sql(PERSON);
    push_conditions(&mut statement, filter);
    statement.push(" ORDER BY id");
    statement.push_limit(filter.limit);
    statement
}

fn push_conditions(statement: &mut Statement, filter: &PersonFilter) {
    statement.push(" WHERE 1 = 1");
    if let Some(status) = filter.status {
        statement.push(" AND status = ").push_bind(status.as_str());
    }
    if let Some(since) = filter.changed_since {
        statement.push(" AND changed_at >= ").push_bind(since);
    }
    if let Some(after) = &filter.after {
        statement.push(" AND id > ").push_bind(after.as_str());
    }
    if let Some(text) = &filter.search {
        let pattern = containing(text);
        statement.push(" AND (");
        for (or, column) in [
            ("", "email_folded"),
            (" OR ", "user_name_folded"),
            (" OR ", "name_folded"),
        ] {
            statement.push(or).push(column).push(" LIKE ");
            statement.push_bind(pattern.as_str()).push(" ESCAPE '\\'");
        }
        statement.push(")");
    }
}

/// Reads id, status, manager and attributes.
pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Person, StoreError> {
    let id = PersonId::new(columns.borrowed_text()?);
    let status = match columns.borrowed_text()? {
        "active" => PersonStatus::Active,
        "disabled" => PersonStatus::Disabled,
        "gone" => PersonStatus::Gone,
        _ => return Err(columns.unreadable("it is no status of a person")),
    };
    let manager = columns.optional_text()?.map(PersonId::from);
    let text = columns.borrowed_text()?;
    let attributes: Result<Attributes, _> = serde_json::from_str(text);
    Ok(Person {
        id,
        status,
        manager,
        attributes: attributes.map_err(|error| columns.unreadable(&error.to_string()))?,
    })
}
