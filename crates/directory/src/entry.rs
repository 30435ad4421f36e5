//! People and groups as one source knows them.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use usher_model::{AttributeName, Attributes, PersonStatus};

/// What identifies an entry within its source for good: an employee number, an `entryUUID`, an object id.
/// Compared exactly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryKey(SmolStr);

impl EntryKey {
    /// Wraps a key.
    pub fn new(key: impl AsRef<str>) -> Self {
        Self(SmolStr::new(key.as_ref()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for EntryKey {
    fn from(key: &str) -> Self {
        Self::new(key)
    }
}

/// A person as one source knows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcePerson {
    /// The person's key in the source.
    pub key: EntryKey,
    /// The name by which other entries refer to this one where that is not the key: an LDAP entry's
    /// distinguished name, folded to lower case.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub alias: Option<SmolStr>,
    /// Active or disabled.
    pub status: PersonStatus,
    /// Everything else.
    pub attributes: Attributes,
    /// The person's manager.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub manager: Option<Reference>,
    /// Groups that only the person's own entry names (a column of a table, `memberOf`), beside those that
    /// list the person as a member.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub groups: Vec<Reference>,
}

impl SourcePerson {
    /// An active person of whom nothing else is known.
    pub fn new(key: impl AsRef<str>) -> Self {
        Self {
            key: EntryKey::new(key),
            alias: None,
            status: PersonStatus::Active,
            attributes: Attributes::default(),
            manager: None,
            groups: Vec::new(),
        }
    }
}

/// A group as one source knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceGroup {
    /// The group's key in the source.
    pub key: EntryKey,
    /// As [`SourcePerson::alias`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub alias: Option<SmolStr>,
    /// The name.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// All its direct members.
    pub members: Vec<MemberKey>,
}

impl SourceGroup {
    /// An empty group.
    pub fn new(key: impl AsRef<str>, name: impl Into<String>) -> Self {
        Self {
            key: EntryKey::new(key),
            alias: None,
            name: name.into(),
            description: None,
            members: Vec::new(),
        }
    }
}

/// How one entry of a source names another entry of the same source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Reference {
    /// By its key.
    Key {
        /// The key.
        key: EntryKey,
    },
    /// By its alias.
    Alias {
        /// The alias, folded to lower case.
        alias: SmolStr,
    },
    /// By an attribute's value, compared without regard to case.
    Attribute {
        /// Which attribute.
        name: AttributeName,
        /// Its value.
        value: SmolStr,
    },
}

impl Reference {
    /// By key.
    pub fn key(key: impl AsRef<str>) -> Self {
        Self::Key {
            key: EntryKey::new(key),
        }
    }

    /// By alias.
    pub fn alias(alias: impl AsRef<str>) -> Self {
        Self::Alias {
            alias: SmolStr::new(alias.as_ref().to_lowercase()),
        }
    }

    /// By an attribute's value.
    pub fn attribute(name: &str, value: impl AsRef<str>) -> Self {
        Self::Attribute {
            name: AttributeName::new(name),
            value: SmolStr::new(value.as_ref()),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { key } => write!(f, "{key}"),
            Self::Alias { alias } => f.write_str(alias),
            Self::Attribute { name, value } => write!(f, "{name} {value}"),
        }
    }
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MemberKey {
    /// What the member is.
    pub kind: MemberKind,
    /// Which.
    pub reference: Reference,
}

impl MemberKey {
    /// A person.
    pub fn person(reference: Reference) -> Self {
        Self {
            kind: MemberKind::Person,
            reference,
        }
    }

    /// A group.
    pub fn group(reference: Reference) -> Self {
        Self {
            kind: MemberKind::Group,
            reference,
        }
    }

    /// A person or a group.
    pub fn either(reference: Reference) -> Self {
        Self {
            kind: MemberKind::Either,
            reference,
        }
    }
}

/// What a member of a group is, as far as the source says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberKind {
    /// A person.
    Person,
    /// Another group.
    Group,
    /// The source does not say; a person is looked for first.
    Either,
}
