//! Where people come from, and how the views that several sources have of a person become one.
//!
//! A *source* is read at the edge ([`csv`], [`ldap`], [`graph`]) or filled from outside ([`scim`],
//! [`builtin`]). Each reading is a plain value, a [`Reading`]; [`judge`] says whether it can be believed, and
//! [`merge`] makes the people and groups of the directory from what all sources have said:
//!
//! ```text
//!   csv ─┐
//!  ldap ─┼─ read ─▶ Reading ─ judge ─▶ entries of that source ─┐
//! graph ─┘                                                     ├─ merge ─▶ people, groups
//!  scim, builtin ─────────── pushed ─▶ entries of that source ─┘
//! ```
//!
//! Judging and merging are pure. Sources never guess: what cannot be read is a [`RowProblem`], and nobody
//! whose row could not be read is taken for somebody who left.

mod entry;
mod error;
mod hash;
mod judge;
mod merge;
mod reading;
mod settings;
mod source;

pub mod builtin;
pub mod csv;
pub mod graph;
pub mod ldap;
pub mod scim;

pub use entry::{EntryKey, MemberKey, MemberKind, Reference, SourceGroup, SourcePerson};
pub use error::{DirectoryError, ErrorKind};
pub use judge::{Before, Counted, ReadingLimits, ReadingVerdict, Suspicion, judge};
pub use merge::{
    Existence, KnownIds, MergeProblem, MergeSettings, Merged, MergedKeys, Provenance,
    SourceEntries, SourceKey, Unresolved, match_value, merge, resolve_assignments,
};
pub use reading::{
    Assignments, Reading, ReadingKind, Removals, RowProblem, SourceAssignment, Unreadable,
    Watermark,
};
pub use settings::{SecretReference, SourceKind, SourceSettings};
pub use source::{OpenSource, Source};
