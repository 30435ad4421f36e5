//! The changes of plans, one row each.

use futures::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use usher_model::{AccountId, PersonId, PlanId};

use crate::database::{Insert, Tx};
use crate::row::Columns;
use crate::statement::{Value, json, sql};
use crate::{Rows, Store, StoreError};

/// One change of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedChange {
    /// Its number in the plan, from 1.
    pub number: u32,
    /// Names the change whatever plan it is in.
    pub key: String,
    /// What kind of action it is, as one word.
    pub kind: String,
    /// Whose account it is about.
    pub person: Option<PersonId>,
    /// The account it is about, if it is there.
    pub account: Option<AccountId>,
    /// How its subject is named to people.
    pub label: String,
    /// Whether it takes something away from somebody.
    pub removes: Removes,
    /// Whether it can be undone.
    pub undo: Undo,
    /// The change itself.
    pub document: Json,
}

/// Whether a change takes something away from somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Removes {
    /// It does not.
    #[default]
    Nothing,
    /// It disables or deletes an account, or takes access away.
    Access,
}

/// Whether a change can be undone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// It can.
    #[default]
    Possible,
    /// It cannot.
    Impossible,
}

/// Which changes of a plan to look at. The default: all.
#[derive(Clone, Debug, Default)]
pub struct ChangeFilter {
    /// Those of these kinds; empty: of any.
    pub kinds: Vec<String>,
    /// Those about one person.
    pub person: Option<PersonId>,
    /// Those behind this number, for page after page.
    pub after: u32,
    /// At most so many.
    pub limit: Option<u64>,
}

impl Store {
    /// The changes of a plan that match, by number.
    pub fn plan_changes(&self, plan: &PlanId, filter: &ChangeFilter) -> Rows<PlannedChange> {
        let mut statement = sql("SELECT ");
        statement
            .push(CHANGE)
            .push(" FROM plan_changes c WHERE c.plan = (SELECT number FROM plans WHERE id = ");
        statement.push_bind(plan.as_str());
        statement.push(") AND c.number > ").push_bind(filter.after);
        if !filter.kinds.is_empty() {
            statement.push(" AND c.kind IN ");
            statement.push_list(filter.kinds.iter().map(String::as_str));
        }
        if let Some(person) = &filter.person {
            statement
                .push(" AND c.person = ")
                .push_bind(person.as_str());
        }
        statement.push(" ORDER BY c.number");
        statement.push_limit(filter.limit);
        let name = self.db.name.clone();
        self.db
            .rows(statement)
            .map(move |row| read_change(&mut row?.columns(&name)))
            .boxed()
    }
}

/// The columns of a change, in the order in which [`read_change`] reads them.
pub(crate) const CHANGE: &str = "c.number, c.key, c.kind, c.person, c.account_id, c.label, c.removes, c.irreversible, c.document";

const CHANGES: Insert = Insert {
    before: "INSERT INTO plan_changes (plan, number, key, kind, person, account_id, label, removes, irreversible, document) VALUES",
    after: "",
};

pub(super) async fn insert(
    tx: &mut Tx,
    plan: i64,
    changes: &[PlannedChange],
) -> Result<(), StoreError> {
    for chunk in changes.chunks(4_000) {
        let rows = chunk.iter().map(|change| values(plan, change)).collect();
        tx.insert(&CHANGES, rows).await?;
    }
    Ok(())
}

fn values(plan: i64, change: &PlannedChange) -> Vec<Value> {
    vec![
        plan.into(),
        change.number.into(),
        change.key.as_str().into(),
        change.kind.as_str().into(),
        change.person.as_ref().map(PersonId::as_str).into(),
        change.account.as_ref().map(AccountId::as_str).into(),
        change.label.as_str().into(),
        (change.removes == Removes::Access).into(),
        (change.undo == Undo::Impossible).into(),
        json(&change.document).into(),
    ]
}

/// Reads the columns of [`CHANGE`].
pub(crate) fn read_change(columns: &mut Columns<'_>) -> Result<PlannedChange, StoreError> {
    Ok(PlannedChange {
        number: columns.small()?,
        key: columns.text()?,
        kind: columns.text()?,
        person: columns.optional_text()?.map(PersonId::from),
        account: columns.optional_text()?.map(AccountId::from),
        label: columns.text()?,
        removes: if columns.flag()? {
            Removes::Access
        } else {
            Removes::Nothing
        },
        undo: if columns.flag()? {
            Undo::Impossible
        } else {
            Undo::Possible
        },
        document: columns.json()?,
    })
}
