//! Searching the log.

use futures::StreamExt;
use usher_boxed::boxed;
use usher_model::{
    AccountId, Actor, AdministratorId, ChainedEvent, EventKind, Origin, PersonId, PlanId, Timestamp,
};

use super::{COLUMNS, HEAD, chained, head};
use crate::statement::{Statement, containing, json, sql, word};
use crate::{Direction, Rows, Store, StoreError};

/// Which events to look at. The default: all, in the order in which they happened.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Those behind the one with this number.
    pub after: Option<u64>,
    /// Those in front of the one with this number.
    pub before: Option<u64>,
    /// Those of these kinds; empty: of any.
    pub kinds: Vec<EventKind>,
    /// Those with this subject, such as `plan:ID`.
    pub subject: Option<String>,
    /// Those by this actor; without a token or an address: with whatever token, from wherever.
    pub actor: Option<Actor>,
    /// Those by this administrator or service account, from wherever and with whatever token.
    pub administrator: Option<AdministratorId>,
    /// Those that came in this way.
    pub origin: Option<Origin>,
    /// Those at this time or later.
    pub since: Option<Timestamp>,
    /// Those before this time.
    pub until: Option<Timestamp>,
    /// Those about this person.
    pub person: Option<PersonId>,
    /// Those about this account.
    pub account: Option<AccountId>,
    /// Those about this plan.
    pub plan: Option<PlanId>,
    /// Oldest first, or newest first.
    pub direction: Direction,
    /// At most so many.
    pub limit: Option<u64>,
}

impl Store {
    /// The events that match. To follow the log, ask again with `after` the last number seen: numbers have no gap and
    /// appear in order.
    pub fn find_events(&self, filter: &EventFilter) -> Rows<ChainedEvent> {
        let name = self.db.name.clone();
        self.db
            .rows(list(filter))
            .map(move |row| chained(&mut row?.columns(&name)))
            .boxed()
    }

    /// The number of the newest event; 0 when there is none.
    #[boxed]
    pub async fn last_event(&self) -> Result<u64, StoreError> {
        let row = self.db.one(sql(HEAD)).await?;
        Ok(head(&mut row.columns(&self.db.name))?.0)
    }
}

fn list(filter: &EventFilter) -> Statement {
    let mut statement = sql(COLUMNS);
    statement
        .push(" WHERE sequence > ")
        .push_bind(filter.after.unwrap_or(0));
    if let Some(before) = filter.before {
        statement.push(" AND sequence < ").push_bind(before);
    }
    if !filter.kinds.is_empty() {
        statement.push(" AND kind IN ");
        statement.push_list(filter.kinds.iter().map(|kind| kind.as_str()));
    }
    statement.push_wanted([
        (" AND subject = ", filter.subject.clone()),
        (" AND origin = ", filter.origin.as_ref().map(word)),
        (
            " AND person = ",
            filter.person.as_ref().map(ToString::to_string),
        ),
        (
            " AND account = ",
            filter.account.as_ref().map(ToString::to_string),
        ),
        (
            " AND plan = ",
            filter.plan.as_ref().map(ToString::to_string),
        ),
    ]);
    if let Some(actor) = &filter.actor {
        // What is not said stands at the end of it.
        let text = json(actor);
        let beginning = text.strip_suffix('}').unwrap_or(&text);
        statement.push(" AND SUBSTR(actor, 1, CAST(");
        statement.push_bind(beginning.chars().count() as u64);
        statement.push(" AS INTEGER)) = ").push_bind(beginning);
    }
    if let Some(id) = &filter.administrator {
        let pattern = containing(&format!("\"id\":\"{id}\""));
        statement.push(" AND actor LIKE ").push_bind(pattern);
        statement.push(" ESCAPE '\\'");
    }
    if let Some(since) = filter.since {
        statement.push(" AND at >= ").push_bind(since);
    }
    if let Some(until) = filter.until {
        statement.push(" AND at < ").push_bind(until);
    }
    statement
        .push(" ORDER BY sequence")
        .push(filter.direction.word());
    statement.push_limit(filter.limit);
    statement
}
