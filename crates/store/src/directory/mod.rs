//! The directory: sources and what they said, and the people and groups that come of it.
//!
//! ```text
//!   source ──(read, judged)──write_source──▶ source_entries ──(merged)──write_directory──▶ people, groups, keys
//! ```
//!
//! It is one directory for all organizations. Whoever no source knows any more keeps their row, with the status
//! *gone*; a row is touched only when something about it is another one, so that [`PersonFilter::changed_since`]
//! tells what to look at again.

mod entries;
mod generation;
mod groups;
mod joins;
mod keys;
mod people;
mod sources;
mod writing;

pub(crate) use entries::{read as read_entry, remove_one as remove_entry, save_one as save_entry};
pub(crate) use generation::{
    advance as advance_directory, hold_and_look as hold_directory, note_merged_at,
};
pub(crate) use keys::{read as read_key, save as save_directory_keys};
pub(crate) use people::read as read_person;
pub(crate) use sources::all_in as sources_in;
pub(crate) use writing::{
    group_names, remove_groups as remove_directory_groups, save_group as save_directory_group,
    write_people as write_directory_people,
};

pub use entries::{EntryKey, EntryKind, Replace, SourceCounts, SourceEntry, SourceWrite};
pub use groups::GroupSummary;
pub use keys::DirectoryKey;
pub use people::{PersonDetails, PersonFilter};
pub use sources::{ReadingKind, ReadingRecord, ReadingState, SourceDefinition, SourceRecord};
pub use writing::{DirectoryOutcome, DirectoryWrite};
