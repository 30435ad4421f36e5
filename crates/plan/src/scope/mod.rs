//! Which people are considered.
//!
//! A person on the exclude list is out, one on the include list is in; everybody else is in who passes one of the
//! filters, or if there are none. Within a filter all clauses must hold. In the mode *assigned* a person must also be
//! assigned, whatever the lists and filters say.

mod clause;
mod dates;
mod filter;
mod preview;
mod problem;
mod verdict;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use usher_model::{Email, Person, Timestamp};

pub use preview::{ScopeMove, ScopePreview, preview};
pub use problem::{ScopeProblem, ScopeProblems};
pub use verdict::{FailedFilter, InScope, OutOfScope, ScopeVerdict};

use crate::{GroupIndex, ScopeMode, ScopeSettings};
use filter::CompiledFilter;

/// Whether an assignment, of whatever kind, gives the person something now. The default-access role gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assigned {
    /// One does.
    Yes,
    /// None does.
    No,
}

/// A scope that is ready to judge people.
#[derive(Clone, Debug)]
pub struct CompiledScope {
    mode: ScopeMode,
    filters: Vec<CompiledFilter>,
    include: HashSet<String>,
    exclude: HashSet<String>,
}

impl CompiledScope {
    /// Reads the settings; the groups that clauses name are looked up in `groups`. Finds all problems at once.
    pub fn compile(settings: &ScopeSettings, groups: &GroupIndex) -> Result<Self, ScopeProblems> {
        let mut problems = Vec::new();
        let filters = settings
            .filters
            .iter()
            .zip(1..)
            .map(|(filter, number)| CompiledFilter::compile(filter, number, groups, &mut problems))
            .collect();
        if !problems.is_empty() {
            return Err(ScopeProblems(problems));
        }
        Ok(Self {
            mode: settings.mode,
            filters,
            include: folded(&settings.include),
            exclude: folded(&settings.exclude),
        })
    }

    /// Whether assignments decide, too.
    pub fn mode(&self) -> ScopeMode {
        self.mode
    }

    /// Whether lists and filters let the person in. Assignments are not looked at: see [`Self::judge`].
    pub fn verdict(&self, person: &Person, now: Timestamp) -> ScopeVerdict {
        if let Some(verdict) = self.listed(person) {
            return verdict;
        }
        if self.filters.is_empty() {
            return ScopeVerdict::In(InScope::NoFilters);
        }
        let mut failed = Vec::new();
        for filter in &self.filters {
            match filter.failure(person, now) {
                None => {
                    let filter = filter.name.clone();
                    return ScopeVerdict::In(InScope::PassedFilter { filter });
                }
                Some(failure) => failed.push(failure),
            }
        }
        ScopeVerdict::Out(OutOfScope::NoFilterPassed { failed })
    }

    /// Whether the person is in scope, assignments included.
    pub fn judge(&self, person: &Person, assigned: Assigned, now: Timestamp) -> ScopeVerdict {
        match (self.mode, assigned) {
            (ScopeMode::Assigned, Assigned::No) => ScopeVerdict::Out(OutOfScope::NotAssigned),
            _ => self.verdict(person, now),
        }
    }

    fn listed(&self, person: &Person) -> Option<ScopeVerdict> {
        if self.include.is_empty() && self.exclude.is_empty() {
            return None;
        }
        let address = person.email()?.folded();
        if self.exclude.contains(&address) {
            return Some(ScopeVerdict::Out(OutOfScope::Excluded));
        }
        let included = self.include.contains(&address);
        included.then_some(ScopeVerdict::In(InScope::Included))
    }
}

fn folded(addresses: &[Email]) -> HashSet<String> {
    addresses.iter().map(Email::folded).collect()
}
