//! Whether a person is in scope, and why.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether a person is in scope, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "scope", content = "why", rename_all = "snake_case")]
pub enum ScopeVerdict {
    /// The person is.
    In(InScope),
    /// The person is not.
    Out(OutOfScope),
}

/// Why a person is in scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InScope {
    /// There are no filters.
    NoFilters,
    /// The person's e-mail address is on the include list.
    Included,
    /// The person passes this filter, the first that lets it in.
    PassedFilter {
        /// Its name.
        filter: String,
    },
}

/// Why a person is not in scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutOfScope {
    /// Nothing is assigned to the person.
    NotAssigned,
    /// The person's e-mail address is on the exclude list.
    Excluded,
    /// The person passes no filter.
    NoFilterPassed {
        /// For each filter the first clause that does not hold.
        failed: Vec<FailedFilter>,
    },
}

/// A filter that did not let a person in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedFilter {
    /// The filter's name.
    pub filter: String,
    /// The first clause that does not hold, in words.
    pub clause: String,
    /// What the person has instead, in words; absent for the member-of operators, where the clause says all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

impl ScopeVerdict {
    /// Whether the person is in scope.
    pub fn is_in(&self) -> bool {
        matches!(self, Self::In(_))
    }
}

impl fmt::Display for ScopeVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::In(why) => write!(f, "in scope: {why}"),
            Self::Out(why) => write!(f, "out of scope: {why}"),
        }
    }
}

impl fmt::Display for InScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFilters => f.write_str("there are no filters"),
            Self::Included => f.write_str("on the include list"),
            Self::PassedFilter { filter } => write!(f, "passes the filter `{filter}`"),
        }
    }
}

impl fmt::Display for OutOfScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAssigned => f.write_str("not assigned"),
            Self::Excluded => f.write_str("on the exclude list"),
            Self::NoFilterPassed { failed } => {
                f.write_str("passes no filter (")?;
                for (failure, at) in failed.iter().zip(0..) {
                    f.write_str(if at == 0 { "" } else { "; " })?;
                    write!(f, "{failure}")?;
                }
                f.write_str(")")
            }
        }
    }
}

impl fmt::Display for FailedFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` asks for {}", self.filter, self.clause)?;
        match &self.found {
            Some(found) => write!(f, ", found {found}"),
            None => Ok(()),
        }
    }
}
