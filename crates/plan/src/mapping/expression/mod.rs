//! The expression language of mappings.

mod value;

use smol_str::SmolStr;
use usher_model::Group;

use crate::mapping::PersonView;

pub(crate) use value::Value;

/// What an expression is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Person,
    Group,
}

/// What an expression can see.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Seen<'a> {
    Person(PersonView<'a>),
    Group(&'a Group),
}

#[derive(Clone, Debug)]
pub(crate) struct Expression {}

impl Expression {
    pub(crate) fn compile(_source: &str, _subject: Subject) -> Result<Self, String> {
        Ok(Self {})
    }

    pub(crate) fn evaluate(&self, seen: &Seen<'_>) -> Result<Value, String> {
        Ok(match seen {
            Seen::Person(view) => Value::text(view.person.label()),
            Seen::Group(group) => Value::text(&group.name),
        })
    }

    pub(crate) fn inputs(&self) -> Vec<SmolStr> {
        Vec::new()
    }
}
