//! Taking in what an identity provider pushes: one user or group at a time.
//!
//! ```text
//! push ─▶ resource, entry, memberships ─┬─ who may be the same person: merged by themselves ─▶ people, groups ─┐
//!                                       └─ more follows from it than a few rows ─▶ the next merge             ├─▶ events
//!                                                                                                             ┘
//! ```
//!
//! All of it is one transaction. What merging everything would give is given by merging the few entries that share a
//! match value or a person with the one that came; where more than that follows (two known people turn out to be one,
//! an entry of another source becomes another person, a manager goes, people are matched by something else than their
//! e-mail address), nothing is merged here, and [`Pushed::is_behind`] says that [`merge_if_behind`] has to.
//!
//! [`merge_if_behind`]: super::merge_if_behind

mod following;
mod groups;
mod neighbourhood;
mod removal;
mod users;
mod work;

use usher_boxed::boxed;
use usher_directory::{SourceGroup, SourcePerson};
use usher_model::SourceName;
use usher_store::{EntryKind, PushedIndex, PushedResource, StoreError};

use crate::{Acting, EngineError};
use work::Work;

/// What was pushed.
#[derive(Clone, Debug)]
pub enum Push {
    /// A user, as it is now.
    User(Box<PushedUser>),
    /// A group, or members of it.
    Group(Box<PushedGroup>),
    /// A user or group is gone.
    Removal {
        /// A person or a group.
        kind: EntryKind,
        /// Its id.
        id: String,
    },
}

/// A user as it is now.
#[derive(Clone, Debug)]
pub struct PushedUser {
    /// The JSON that is kept of it.
    pub document: String,
    /// What it is found by.
    pub index: PushedIndex,
    /// The person it is; the key is the resource's id.
    pub person: SourcePerson,
}

/// A group as far as it is another than before.
#[derive(Clone, Debug)]
pub struct PushedGroup {
    /// Its id.
    pub id: String,
    /// The group as it is now; none while it stays as it was but for its members.
    pub saved: Option<SavedGroup>,
    /// What becomes of its members, one after the other.
    pub members: Vec<MemberChange>,
}

/// A group as it is now, without its members.
#[derive(Clone, Debug)]
pub struct SavedGroup {
    /// The JSON that is kept of it.
    pub document: String,
    /// What it is found by.
    pub index: PushedIndex,
    /// The group it is.
    pub group: SourceGroup,
}

/// What becomes of a group's members, by the ids of resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// These join.
    Add(Vec<String>),
    /// These leave.
    Remove(Vec<String>),
    /// These are all there are.
    Replace(Vec<String>),
}

/// What the resource must be like for the push to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Not there yet.
    New,
    /// There.
    There,
    /// There, in this version.
    Version(u64),
}

/// What came of a push.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// The resource, as it is now or was last.
    pub resource: PushedResource,
    /// Whether anything is another than before.
    pub changed: bool,
    /// Whether people and groups do not follow from it yet.
    pub is_behind: bool,
}

/// Why a push does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushRefusal {
    /// There is no such resource.
    #[error("there is no {} with the id `{id}`", noun(*kind))]
    NotThere {
        /// A person or a group.
        kind: EntryKind,
        /// The id.
        id: String,
    },
    /// The resource has changed since it was read.
    #[error("the resource has changed since it was read: it has version {found}")]
    VersionMoved {
        /// The version that it has.
        found: u64,
    },
    /// Another user has the name.
    #[error("another user has this userName: {other}")]
    NameTaken {
        /// That user's id.
        other: String,
    },
    /// A member that is no resource.
    #[error("there is no user or group with the id `{0}` to be a member")]
    NoSuchMember(String),
}

fn noun(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Person => "user",
        EntryKind::Group => "group",
    }
}

/// Why a push failed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// It does not fit how things stand.
    #[error(transparent)]
    Refused(#[from] PushRefusal),
    /// Usher could not take it in.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<StoreError> for PushError {
    fn from(error: StoreError) -> Self {
        Self::Engine(error.into())
    }
}

/// Takes in a push to a source. What changes nothing leaves no trace.
#[boxed]
pub async fn push(
    acting: Acting<'_>,
    source: &SourceName,
    push: &Push,
    expected: Expected,
) -> Result<Pushed, PushError> {
    let mut work = Work::begin(acting, source).await?;
    let (kind, id) = push.names();
    let before = work.before(kind, id, expected).await?;
    let written = match push {
        Push::User(user) => users::save(&mut work, user, before.as_ref()).await?,
        Push::Group(group) => groups::save(&mut work, group, before.as_ref()).await?,
        Push::Removal { .. } => removal::remove(&mut work, before.as_ref()).await?,
    };
    match (written, before) {
        (Some(resource), _) => work.finish(push, resource).await,
        (None, Some(resource)) => Ok(Pushed {
            resource,
            changed: false,
            is_behind: false,
        }),
        (None, None) => Err(PushRefusal::NotThere {
            kind,
            id: id.to_owned(),
        }
        .into()),
    }
}

impl Push {
    fn names(&self) -> (EntryKind, &str) {
        match self {
            Self::User(user) => (EntryKind::Person, user.person.key.as_str()),
            Self::Group(group) => (EntryKind::Group, &group.id),
            Self::Removal { kind, id } => (*kind, id),
        }
    }
}
