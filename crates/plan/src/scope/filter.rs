//! One filter, ready to judge people.

use usher_model::{Person, Timestamp};

use crate::scope::clause::CompiledClause;
use crate::scope::{FailedFilter, ScopeProblem};
use crate::{GroupIndex, ScopeFilter};

#[derive(Clone, Debug)]
pub(super) struct CompiledFilter {
    pub(super) name: String,
    clauses: Vec<CompiledClause>,
}

impl CompiledFilter {
    pub(super) fn compile(
        filter: &ScopeFilter,
        number: u32,
        groups: &GroupIndex,
        problems: &mut Vec<ScopeProblem>,
    ) -> Self {
        let name = match filter.name.trim() {
            "" => format!("filter {number}"),
            name => name.to_owned(),
        };
        let mut problem = |clause, what| {
            problems.push(ScopeProblem {
                filter: name.clone(),
                clause,
                what,
            });
        };
        if filter.clauses.is_empty() {
            let what =
                "it has no clauses, so it would let everybody in; add one or remove the filter";
            problem(None, what.to_owned());
        }
        let mut clauses = Vec::with_capacity(filter.clauses.len());
        for (clause, number) in filter.clauses.iter().zip(1..) {
            match CompiledClause::compile(clause, groups) {
                Ok(clause) => clauses.push(clause),
                Err(what) => problem(Some(number), what),
            }
        }
        Self { name, clauses }
    }

    /// The first clause that does not hold.
    pub(super) fn failure(&self, person: &Person, now: Timestamp) -> Option<FailedFilter> {
        let clause = self
            .clauses
            .iter()
            .find(|clause| !clause.holds(person, now))?;
        Some(FailedFilter {
            filter: self.name.clone(),
            clause: clause.words.to_string(),
            found: clause.found(person),
        })
    }
}
