//! Who would enter and who would leave, before a scope is saved.

use serde::{Deserialize, Serialize};
use usher_model::{Person, PersonId, Timestamp};

use crate::scope::{Assigned, CompiledScope, ScopeVerdict};

/// Who enters and who leaves when one scope replaces another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopePreview {
    /// People who were out and would be in, in the order of the directory.
    pub enters: Vec<ScopeMove>,
    /// People who were in and would be out, in the order of the directory.
    pub leaves: Vec<ScopeMove>,
    /// How many are in scope now.
    pub before: u32,
    /// How many would be.
    pub after: u32,
}

/// A person who would enter or leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeMove {
    /// The person.
    pub person: PersonId,
    /// How the person is named to people.
    pub label: String,
    /// Why the person is in or out now.
    pub before: ScopeVerdict,
    /// Why the person would be in or out.
    pub after: ScopeVerdict,
}

/// Who enters and who leaves when `new` replaces `old`. `assigned` says of each person whether an assignment gives
/// it something; who is disabled or gone in the directory counts as anybody else, as the scope does not look at it.
pub fn preview<'a>(
    old: &CompiledScope,
    new: &CompiledScope,
    people: impl IntoIterator<Item = &'a Person>,
    assigned: impl Fn(&PersonId) -> Assigned,
    now: Timestamp,
) -> ScopePreview {
    let mut preview = ScopePreview::default();
    for person in people {
        let is_assigned = assigned(&person.id);
        let before = old.judge(person, is_assigned, now);
        let after = new.judge(person, is_assigned, now);
        preview.before += u32::from(before.is_in());
        preview.after += u32::from(after.is_in());
        let list = match (before.is_in(), after.is_in()) {
            (false, true) => &mut preview.enters,
            (true, false) => &mut preview.leaves,
            _ => continue,
        };
        list.push(ScopeMove {
            person: person.id.clone(),
            label: person.label(),
            before,
            after,
        });
    }
    preview
}
