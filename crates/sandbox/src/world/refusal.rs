//! Why the organization does not do what it was asked.

use smol_str::{SmolStr, ToSmolStr};
use thiserror::Error;

/// Why a change is refused; nothing has been changed then. SCIM and REST each have their own words and bodies
/// for it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// There is no such object.
    #[error("{} {id} was not found", kind.name())]
    NotFound {
        /// What kind of object.
        kind: ObjectKind,
        /// What was asked for.
        id: SmolStr,
    },
    /// None of the named members, or not all of them, exist.
    #[error("No valid resources: [{}]", listed(ids))]
    NoSuchMembers {
        /// The ids as they came.
        ids: Vec<SmolStr>,
    },
    /// A value does not fit its attribute.
    #[error("{attribute} is invalid: {reason}")]
    Invalid {
        /// The attribute, as SCIM or REST names it.
        attribute: &'static str,
        /// What is wrong with the value.
        reason: String,
    },
    /// A user with this e-mail address is there already.
    #[error("User name '{user_name}' is invalid: 'not unique'")]
    DuplicateUserName {
        /// The address.
        user_name: SmolStr,
    },
    /// The organization's state forbids it.
    #[error("{0}")]
    Conflict(#[from] Conflict),
    /// The change touches what is frozen on a deactivated user.
    #[error("{attribute} of a deactivated user cannot be changed")]
    Frozen {
        /// The attribute.
        attribute: &'static str,
    },
}

/// What stands against a change.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Conflict {
    /// The domain is not on the organization's list.
    #[error("{user_name} is not whitelisted")]
    NotAllowListed {
        /// The address.
        user_name: SmolStr,
    },
    /// A user with this e-mail address is there already (the other reading of [`Refusal::DuplicateUserName`]).
    #[error("User name '{user_name}' is invalid: 'not unique'")]
    UserNameTaken {
        /// The address.
        user_name: SmolStr,
    },
    /// The address is that of a Miro profile outside the organization, such as one that was deleted from it.
    #[error("{user_name} is the address of a Miro user who is not in the organization")]
    Uncaptured {
        /// The address.
        user_name: SmolStr,
    },
    /// Every purchased seat is taken.
    #[error("Full users limit reached for organization")]
    NoSeats,
    /// A team would be without an admin.
    #[error("User {user} is the last admin of team {team}")]
    LastTeamAdmin {
        /// The user's id.
        user: u64,
        /// The team's id.
        team: u64,
    },
    /// The organization would be without an admin.
    #[error("User {user} is the last admin of the organization")]
    LastCompanyAdmin {
        /// The user's id.
        user: u64,
    },
    /// The profile belongs to other organizations too.
    #[error("User {user} belongs to more than one organization")]
    SeveralOrganizations {
        /// The user's id.
        user: u64,
    },
    /// Another user group has the name.
    #[error("A group with the name '{name}' already exists")]
    NameTaken {
        /// The name.
        name: SmolStr,
    },
    /// The user is a member already.
    #[error("User {user} is already a member")]
    AlreadyMember {
        /// The user's id.
        user: u64,
    },
    /// Deactivated users cannot be brought into teams by REST.
    #[error("User {user} is deactivated")]
    Deactivated {
        /// The user's id.
        user: u64,
    },
    /// The user group is attached to the team already.
    #[error("The group is already attached to the team")]
    AlreadyAttached,
    /// The team in which every new member begins cannot be deleted.
    #[error("The default team cannot be deleted")]
    DefaultTeam,
}

/// Kinds of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// A user.
    User,
    /// A team.
    Team,
    /// A user group.
    UserGroup,
    /// A user in a team or user group.
    Member,
    /// A board.
    Board,
    /// A share of a board or project.
    Share,
}

impl ObjectKind {
    /// The kind in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Team => "Team",
            Self::UserGroup => "User group",
            Self::Member => "Member",
            Self::Board => "Board",
            Self::Share => "Share",
        }
    }
}

impl Refusal {
    pub(crate) fn not_found(kind: ObjectKind, id: &(impl ToSmolStr + ?Sized)) -> Self {
        let id = id.to_smolstr();
        Self::NotFound { kind, id }
    }

    pub(crate) fn invalid(attribute: &'static str, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Invalid { attribute, reason }
    }
}

fn listed(ids: &[SmolStr]) -> String {
    let ids: Vec<String> = ids
        .iter()
        .map(|id| format!("{{memberId={id}, display=null}}"))
        .collect();
    ids.join(", ")
}
