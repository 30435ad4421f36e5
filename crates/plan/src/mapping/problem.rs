//! What is wrong with mapping settings.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something wrong with the settings, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsProblem {
    /// Where: `user_mapping[3] displayName`.
    pub place: String,
    /// What is wrong, and what to do about it.
    pub what: String,
}

impl SettingsProblem {
    /// Says what is wrong where.
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
        }
    }
}

impl fmt::Display for SettingsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Everything that is wrong with a mapping.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct MappingProblems(pub Vec<SettingsProblem>);

impl fmt::Display for MappingProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (problem, at) in self.0.iter().zip(0..) {
            f.write_str(if at == 0 { "" } else { "\n" })?;
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}
