//! Why an operation on the built-in directory is refused.

use crate::EntryKey;

/// Why an operation is refused; what to do stands behind the semicolon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuiltinProblem {
    /// Nobody is named so.
    #[error(
        "the built-in directory has no person `{0}`; name one by key, e-mail address or user name"
    )]
    NoSuchPerson(String),
    /// Several people are named so.
    #[error("`{0}` names several people; use the key")]
    SeveralPeople(String),
    /// No group is named so.
    #[error("the built-in directory has no group `{0}`; name one by key or name")]
    NoSuchGroup(String),
    /// Neither a person nor a group is named so.
    #[error("the built-in directory has neither a person nor a group `{0}`; add it first")]
    NoSuchMember(String),
    /// The key is there.
    #[error("key `{0}` is taken; choose another, or edit that entry")]
    KeyTaken(EntryKey),
    /// Another person has this address or user name.
    #[error("{attribute} `{value}` belongs to `{owner}`; edit that person instead")]
    ValueTaken {
        /// Which attribute.
        attribute: String,
        /// The value.
        value: String,
        /// Whose it is.
        owner: EntryKey,
    },
    /// This is no e-mail address.
    #[error("`{0}` is no e-mail address; it needs one @ with something on both sides and no space")]
    NoEmail(String),
    /// A person needs an address or a user name.
    #[error("a person needs an e-mail address or a user name; give one")]
    Nameless,
    /// A manager chain must end.
    #[error("`{0}` would be their own manager, directly or through others; choose another")]
    OwnManager(EntryKey),
    /// A group needs a name.
    #[error("a group needs a name; give one")]
    EmptyName,
    /// Another group is named so.
    #[error("there is a group `{0}` already; choose another name")]
    NameTaken(String),
    /// A group cannot be in itself.
    #[error("group `{0}` cannot be a member of itself; leave it out")]
    OwnMember(String),
}
