//! How a directory group is named in Miro.

use serde::{Deserialize, Serialize};
use usher_model::Group;

use crate::mapping::expression::Value;
use crate::mapping::rules::{NAME_LIMIT, Refused, cut};
use crate::mapping::source::{self, CompiledSource};
use crate::mapping::{MappingProblems, SettingsProblem};
use crate::{GroupMapping, Switch};

/// A group mapping that is ready to be applied.
#[derive(Clone, Debug)]
pub struct CompiledGroupMapping {
    push: Switch,
    words: String,
    name: Option<CompiledSource>,
}

/// The name of a team or user group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupName {
    /// The name, at most 60 characters.
    pub name: String,
    /// The name before it was cut, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full: Option<String>,
}

/// Why a group has no name in Miro.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{what}; {remedy}")]
pub struct GroupNameProblem {
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl From<Refused> for GroupNameProblem {
    fn from(refused: Refused) -> Self {
        let Refused { what, remedy } = refused;
        Self { what, remedy }
    }
}

impl CompiledGroupMapping {
    /// Reads a group mapping.
    pub fn compile(mapping: &GroupMapping) -> Result<Self, MappingProblems> {
        let problem = |what| {
            MappingProblems(vec![SettingsProblem::new(
                "group_mapping displayName",
                what,
            )])
        };
        let name = CompiledSource::of_group(&mapping.name).map_err(problem)?;
        if name.is_none() && mapping.push.is_on() {
            let what = "pushed groups need a name; map `displayName`, or turn `push` off";
            return Err(problem(what.to_owned()));
        }
        Ok(Self {
            push: mapping.push,
            words: source::words(&mapping.name),
            name,
        })
    }

    /// Whether assigned groups are pushed at all.
    pub fn pushes(&self) -> bool {
        self.push.is_on()
    }

    /// Where the name comes from, in words.
    pub fn source_words(&self) -> &str {
        &self.words
    }

    /// What the team or user group is called, cut at 60 characters as Miro cuts it.
    pub fn name(&self, group: &Group) -> Result<GroupName, GroupNameProblem> {
        let source = self.name.as_ref();
        let value = match source.map(|source| source.read_group(group)) {
            None => Value::Empty,
            Some(Ok(value)) => value,
            Some(Err(what)) => {
                return Err(
                    Refused::new(what, "correct the expression of the group mapping").into(),
                );
            }
        };
        let full = match value.as_text() {
            Some(text) if !text.trim().is_empty() => text.into_owned(),
            Some(_) => {
                let remedy = "give the group a name in the directory, or correct the group mapping";
                return Err(Refused::new("the name is empty", remedy).into());
            }
            None => {
                let remedy = "join the values, as in `join(\" \", …)`";
                return Err(Refused::new("the name is a list", remedy).into());
            }
        };
        let name = cut(&full, NAME_LIMIT).to_owned();
        let full = (name.len() < full.len()).then_some(full);
        Ok(GroupName { name, full })
    }
}
