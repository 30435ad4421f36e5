//! Keeping the directory: reading sources, and making people and groups of what they say.
//!
//! ```text
//! source ─▶ read ─▶ judge ─┬─ believed ─▶ write its entries ─▶ merge all sources ─▶ write people and groups
//!                          └─ suspect ──▶ note it; what the source said before still holds
//! ```
//!
//! Identity providers push single users and groups instead ([`push()`]).
//!
//! Only differences are written. A source that came back empty or shrunk beyond the limit changes nothing until
//! somebody accepts it ([`Suspects::Accept`]).

mod aligning;
mod directory_settings;
mod editing;
mod entries;
mod joining;
mod merging;
mod pushing;
mod refresh;
mod tokens;

pub use aligning::{Aligned, align_assignments};
pub use directory_settings::{DirectorySettings, directory_settings, save_directory_settings};
pub use editing::{BUILTIN, edit_builtin, import_builtin, push_entries};
pub use merging::{DirectoryChange, merge_directory, merge_if_behind};
pub use pushing::{
    Expected, MemberChange, Push, PushError, PushRefusal, Pushed, PushedGroup, PushedUser,
    SavedGroup, push,
};
pub use refresh::{
    ReadDepth, RefreshOptions, RefreshOutcome, Refreshed, Suspects, note_failure, refresh,
};
pub use tokens::{TokenLifetime, create_source_token, revoke_source_token, token_hash};
