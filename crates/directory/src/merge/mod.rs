//! How the views that several sources have of people become one directory.
//!
//! Entries of different sources are one person when they have the same value of one stated attribute, by
//! default the e-mail address, or were one person before: what was joined stays joined, so that a name change
//! that reaches one source before the other does not split anybody. Where a value is ambiguous, nothing is
//! joined by it, and that is reported.

mod assemble;
mod groups;
mod index;
mod matching;
mod new_id;
mod types;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use assemble::{merge, resolve_assignments};
pub use index::value_of as match_value;
pub use types::{
    Existence, KnownIds, MergeProblem, MergeSettings, Merged, MergedKeys, Provenance,
    SourceEntries, SourceKey, Unresolved,
};
