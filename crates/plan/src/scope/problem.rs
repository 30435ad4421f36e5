//! What is wrong with a scope.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something wrong with one clause, or with a whole filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeProblem {
    /// The filter's name; `filter 2` for one without.
    pub filter: String,
    /// The clause's number in the filter, from 1, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<u32>,
    /// What is wrong, and what to do about it.
    pub what: String,
}

impl fmt::Display for ScopeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "filter `{}`", self.filter)?;
        if let Some(clause) = self.clause {
            write!(f, ", clause {clause}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// Everything that is wrong with a scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ScopeProblems(pub Vec<ScopeProblem>);

impl fmt::Display for ScopeProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (problem, at) in self.0.iter().zip(0..) {
            f.write_str(if at == 0 { "" } else { "\n" })?;
            write!(f, "scope: {problem}")?;
        }
        Ok(())
    }
}
