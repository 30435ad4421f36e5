//! Where a mapped value comes from, compiled.

use std::sync::Arc;

use smol_str::SmolStr;
use usher_model::{Group, Person};

use crate::mapping::PersonView;
use crate::mapping::expression::{Expression, Seen, Subject, Value};
use crate::{MappingSource, person_attribute};

/// Where a mapped value comes from.
#[derive(Clone, Debug)]
pub(crate) enum CompiledSource {
    Attribute(SmolStr),
    ManagerAccount,
    ManagerName,
    GroupName,
    GroupDescription,
    Constant(Value),
    Expression(Arc<Expression>),
}

/// What a source gave.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Read {
    /// A value, which may be blank.
    Value(Value),
    /// Nothing can be said: the person has a manager, but nobody knows the manager's account yet.
    Unknown,
}

impl CompiledSource {
    /// Reads a source of the user mapping; none for the kind that touches nothing. An error says what is wrong.
    pub(crate) fn of_person(source: &MappingSource) -> Result<Option<Self>, String> {
        Ok(Some(match source {
            MappingSource::Direct(name) => match name.as_str().trim() {
                "" => return Err("it names no attribute; give one".to_owned()),
                name if is_one_of(name, &["manager", "manager.id"]) => Self::ManagerAccount,
                name if is_one_of(name, &["manager.displayName"]) => Self::ManagerName,
                name => Self::Attribute(SmolStr::new(name)),
            },
            MappingSource::Constant(text) => Self::Constant(Value::text(text)),
            MappingSource::Expression(text) => Self::expression(text, Subject::Person)?,
            MappingSource::None => return Ok(None),
        }))
    }

    /// Reads the source of a group's name.
    pub(crate) fn of_group(source: &MappingSource) -> Result<Option<Self>, String> {
        Ok(Some(match source {
            MappingSource::Direct(name) => match name.as_str().trim() {
                name if is_one_of(name, &["displayName", "name"]) => Self::GroupName,
                name if is_one_of(name, &["description"]) => Self::GroupDescription,
                name => {
                    return Err(format!(
                        "a group has no attribute `{name}`; use `displayName` or `description`"
                    ));
                }
            },
            MappingSource::Constant(text) => Self::Constant(Value::text(text)),
            MappingSource::Expression(text) => Self::expression(text, Subject::Group)?,
            MappingSource::None => return Ok(None),
        }))
    }

    fn expression(text: &str, subject: Subject) -> Result<Self, String> {
        let expression =
            Expression::compile(text, subject).map_err(|problem| problem.to_string())?;
        Ok(Self::Expression(Arc::new(expression)))
    }

    /// The value for a person. An error says what went wrong in an expression.
    pub(crate) fn read_person(&self, view: &PersonView<'_>) -> Result<Read, String> {
        Ok(Read::Value(match self {
            Self::Attribute(name) => read_attribute(view.person, name),
            Self::ManagerAccount => return Ok(manager_account(view)),
            Self::ManagerName => {
                let name = view.manager.and_then(|manager| manager.name());
                name.map_or(Value::Empty, Value::text)
            }
            Self::Constant(value) => value.clone(),
            Self::Expression(expression) => expression.evaluate(&Seen::Person(*view))?,
            Self::GroupName | Self::GroupDescription => Value::Empty,
        }))
    }

    /// The value for a group. An error says what went wrong in an expression.
    pub(crate) fn read_group(&self, group: &Group) -> Result<Value, String> {
        Ok(match self {
            Self::GroupName => Value::text(&group.name),
            Self::GroupDescription => group.description.as_ref().map_or(Value::Empty, Value::text),
            Self::Constant(value) => value.clone(),
            Self::Expression(expression) => expression.evaluate(&Seen::Group(group))?,
            Self::Attribute(_) | Self::ManagerAccount | Self::ManagerName => Value::Empty,
        })
    }

    /// The names of the person's attributes that it looks at.
    pub(crate) fn inputs(&self) -> Vec<SmolStr> {
        match self {
            Self::Attribute(name) => vec![name.clone()],
            Self::ManagerAccount => vec![SmolStr::new_static("manager")],
            Self::ManagerName => vec![SmolStr::new_static("manager.displayName")],
            Self::Expression(expression) => expression.inputs(),
            Self::GroupName | Self::GroupDescription | Self::Constant(_) => Vec::new(),
        }
    }
}

fn is_one_of(name: &str, known: &[&str]) -> bool {
    known.iter().any(|known| known.eq_ignore_ascii_case(name))
}

pub(crate) fn read_attribute(person: &Person, name: &str) -> Value {
    person_attribute::read(person, name).map_or(Value::Empty, Value::from)
}

fn manager_account(view: &PersonView<'_>) -> Read {
    match (view.manager, view.person.manager.is_some()) {
        (Some(manager), _) => manager
            .account
            .map_or(Read::Unknown, |account| Read::Value(Value::text(account))),
        (None, true) => Read::Unknown,
        (None, false) => Read::Value(Value::Empty),
    }
}

/// A source in words for people: `direct department`, `constant Full`, the expression.
pub(crate) fn words(source: &MappingSource) -> String {
    match source {
        MappingSource::Direct(name) => format!("direct {name}"),
        MappingSource::Constant(text) => format!("constant {text}"),
        MappingSource::Expression(text) => text.clone(),
        MappingSource::None => "none".to_owned(),
    }
}
