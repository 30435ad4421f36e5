//! What a mapping made of a person.

use std::fmt;

use serde::{Deserialize, Serialize};
use usher_model::Email;

use crate::{TargetAttribute, TargetAttributes, TargetValue};

/// What a mapping made of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapped {
    /// What the account should look like: a value, or `None` to clear it. An attribute without entry stays as it is.
    pub attributes: TargetAttributes,
    /// Values that were cut because Miro takes only so many characters.
    pub cuts: Vec<CutValue>,
    /// Attributes that are left as they are because the value cannot be sent.
    pub problems: Vec<MappingProblem>,
}

impl Mapped {
    /// The account's address, if the mapping gives one.
    pub fn user_name(&self) -> Option<Email> {
        match self.attributes.get(&TargetAttribute::UserName) {
            Some(Some(TargetValue::Text(address))) => Some(Email::new(address.as_str())),
            _ => None,
        }
    }

    /// Whether the value of this attribute was cut.
    pub fn is_cut(&self, attribute: TargetAttribute) -> bool {
        self.cuts.iter().any(|cut| cut.attribute == attribute)
    }
}

/// A value that was cut because Miro takes only so many characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutValue {
    /// The attribute.
    pub attribute: TargetAttribute,
    /// The value before it was cut.
    pub full: String,
}

/// A value that cannot be sent, for one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingProblem {
    /// The attribute; it is left as it is.
    pub attribute: TargetAttribute,
    /// What is wrong with the value.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for MappingProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}; {}",
            self.attribute.label(),
            self.what,
            self.remedy
        )
    }
}
