//! One change: what, to whom, why, and with what effect.

use std::fmt;

use serde::{Deserialize, Serialize};
use usher_model::{
    AccountId, AssignmentId, AssignmentOrigin, GroupId, HoldId, License, OrganizationRole,
    PersonId, Team, TeamId, TeamRole, Timestamp, UserGroup, UserGroupId,
};

use crate::{TargetAttribute, TargetAttributes, TargetValue};

/// One change to one account, team or user group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Its number in the plan, from 1.
    pub number: u32,
    /// Names the change itself, whatever plan it is in: the same person, action and values give the same key, so
    /// that it is never carried out twice.
    pub key: ChangeKey,
    /// Whose account it is about, if a person of the directory stands behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// How the account, team or user group is named to people: an e-mail address or a name.
    pub label: String,
    /// What is done.
    pub action: Action,
    /// Why, the chain from its root on.
    pub reasons: Vec<Reason>,
    /// What else it causes in Miro.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<Consequence>,
    /// The numbers of the changes that must have been done before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<u32>,
    /// Whether it jumps the queue.
    pub urgency: Urgency,
}

/// The idempotency key of a change: the hash of its subject, action and values, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangeKey(pub String);

impl fmt::Display for ChangeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a change jumps the queue.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// It does: somebody's access ends.
    Urgent,
    /// It does not.
    #[default]
    Normal,
}

/// An account that is there, or that the same plan creates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "account", content = "id", rename_all = "snake_case")]
pub enum AccountRef {
    /// It is there.
    Existing(AccountId),
    /// It is created for this person.
    New(PersonId),
}

/// A team that is there, or that the same plan creates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "team", content = "id", rename_all = "snake_case")]
pub enum TeamRef {
    /// It is there.
    Existing(TeamId),
    /// It is created with this name.
    New(String),
}

/// A user group that is there, or that the same plan creates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "user_group", content = "id", rename_all = "snake_case")]
pub enum UserGroupRef {
    /// It is there.
    Existing(UserGroupId),
    /// It is created with this name.
    New(String),
}

/// What is done. Each is one statement about one thing; the executor gathers them into calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Creates an account with these attributes; a licence is among them only if an assignment asks for one.
    CreateAccount {
        /// The person.
        person: PersonId,
        /// What it looks like.
        attributes: TargetAttributes,
    },
    /// Ties a person to an account that is there. Changes nothing in Miro.
    LinkAccount {
        /// The person.
        person: PersonId,
        /// The account.
        account: AccountId,
        /// The attribute that matched.
        by: TargetAttribute,
    },
    /// Sets attributes, name included; never the e-mail address, role, licence or status.
    UpdateAttributes {
        /// The account.
        account: AccountId,
        /// Attribute by attribute.
        changes: Vec<AttributeChange>,
    },
    /// Changes the e-mail address, which is the user name.
    Rename {
        /// The account.
        account: AccountId,
        /// The address it has.
        before: String,
        /// The address it gets.
        after: String,
    },
    /// Activates a deactivated account.
    Enable {
        /// The account.
        account: AccountId,
    },
    /// Deactivates an account.
    Disable {
        /// The account.
        account: AccountId,
    },
    /// Deletes an account for good.
    Delete {
        /// The account.
        account: AccountId,
    },
    /// Sets the role in the organization.
    SetRole {
        /// The account.
        account: AccountRef,
        /// The role it has; none for a new account.
        before: Option<OrganizationRole>,
        /// The role it gets.
        after: OrganizationRole,
    },
    /// Gives an admin role.
    AddAdminRole {
        /// The account.
        account: AccountRef,
        /// The admin role's name.
        name: String,
    },
    /// Takes an admin role away.
    RemoveAdminRole {
        /// The account.
        account: AccountId,
        /// The admin role's name.
        name: String,
    },
    /// Raises the licence.
    RaiseLicense {
        /// The account.
        account: AccountId,
        /// The licence it has.
        before: License,
        /// The licence it gets.
        after: License,
    },
    /// Puts an account into a team, as a plain member.
    AddToTeam {
        /// The account.
        account: AccountRef,
        /// The team.
        team: TeamRef,
    },
    /// Takes an account out of a team.
    RemoveFromTeam {
        /// The account.
        account: AccountId,
        /// The team.
        team: TeamId,
    },
    /// Sets the role in a team (REST only).
    SetTeamRole {
        /// The account.
        account: AccountRef,
        /// The team.
        team: TeamRef,
        /// The role it has or is about to have.
        before: TeamRole,
        /// The role it gets.
        after: TeamRole,
    },
    /// Puts an account into a user group.
    AddToUserGroup {
        /// The account.
        account: AccountRef,
        /// The user group.
        user_group: UserGroupRef,
    },
    /// Takes an account out of a user group.
    RemoveFromUserGroup {
        /// The account.
        account: AccountId,
        /// The user group.
        user_group: UserGroupId,
    },
    /// Creates a team (REST only).
    CreateTeam {
        /// Its name.
        name: String,
        /// The directory group it stands for.
        group: Option<GroupId>,
    },
    /// Ties a directory group to a team that is there. Changes nothing in Miro.
    LinkTeam {
        /// The directory group.
        group: GroupId,
        /// The team.
        team: TeamId,
    },
    /// Renames a team.
    RenameTeam {
        /// The team as it is.
        team: Team,
        /// Its new name.
        after: String,
    },
    /// Creates a user group.
    CreateUserGroup {
        /// Its name.
        name: String,
        /// The directory group it stands for.
        group: Option<GroupId>,
    },
    /// Ties a directory group to a user group that is there. Changes nothing in Miro.
    LinkUserGroup {
        /// The directory group.
        group: GroupId,
        /// The user group.
        user_group: UserGroupId,
    },
    /// Renames a user group.
    RenameUserGroup {
        /// The user group as it is.
        user_group: UserGroup,
        /// Its new name.
        after: String,
    },
    /// Deletes a user group whose directory group is gone.
    DeleteUserGroup {
        /// The user group.
        user_group: UserGroup,
    },
}

/// One attribute before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeChange {
    /// Which.
    pub attribute: TargetAttribute,
    /// What it is; absent if it has no value or nobody knows.
    pub before: Option<TargetValue>,
    /// What it becomes; absent to clear it.
    pub after: Option<TargetValue>,
}

/// The kind of an action, for counts and filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Creates an account.
    Create,
    /// Ties a person to an account, or a group to a team or user group.
    Link,
    /// Sets attributes.
    Update,
    /// Changes the e-mail address.
    Rename,
    /// Activates.
    Enable,
    /// Deactivates.
    Disable,
    /// Deletes an account.
    Delete,
    /// Sets the organization role.
    Role,
    /// Gives or takes an admin role.
    AdminRole,
    /// Raises a licence.
    License,
    /// Adds to a team.
    AddToTeam,
    /// Removes from a team.
    RemoveFromTeam,
    /// Sets a team role.
    TeamRole,
    /// Adds to a user group.
    AddToUserGroup,
    /// Removes from a user group.
    RemoveFromUserGroup,
    /// Creates a team.
    CreateTeam,
    /// Renames a team.
    RenameTeam,
    /// Creates a user group.
    CreateUserGroup,
    /// Renames a user group.
    RenameUserGroup,
    /// Deletes a user group.
    DeleteUserGroup,
}

impl ActionKind {
    /// The kind as words for people: `create`, `add to team`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Link => "link",
            Self::Update => "update",
            Self::Rename => "rename",
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::Delete => "delete",
            Self::Role => "role",
            Self::AdminRole => "admin role",
            Self::License => "licence",
            Self::AddToTeam => "add to team",
            Self::RemoveFromTeam => "remove from team",
            Self::TeamRole => "team role",
            Self::AddToUserGroup => "add to user group",
            Self::RemoveFromUserGroup => "remove from user group",
            Self::CreateTeam => "create team",
            Self::RenameTeam => "rename team",
            Self::CreateUserGroup => "create user group",
            Self::RenameUserGroup => "rename user group",
            Self::DeleteUserGroup => "delete user group",
        }
    }

    /// Whether it takes something away from somebody.
    pub fn is_removal(self) -> bool {
        matches!(
            self,
            Self::Disable
                | Self::Delete
                | Self::RemoveFromTeam
                | Self::RemoveFromUserGroup
                | Self::DeleteUserGroup
        )
    }
}

impl Action {
    /// Whether it takes something away from somebody: what the guards count as a removal.
    pub fn takes_away(&self) -> bool {
        crate::consequences::takes_away(self)
    }

    /// What kind of action it is.
    pub fn kind(&self) -> ActionKind {
        match self {
            Self::CreateAccount { .. } => ActionKind::Create,
            Self::LinkAccount { .. } | Self::LinkTeam { .. } | Self::LinkUserGroup { .. } => {
                ActionKind::Link
            }
            Self::UpdateAttributes { .. } => ActionKind::Update,
            Self::Rename { .. } => ActionKind::Rename,
            Self::Enable { .. } => ActionKind::Enable,
            Self::Disable { .. } => ActionKind::Disable,
            Self::Delete { .. } => ActionKind::Delete,
            Self::SetRole { .. } => ActionKind::Role,
            Self::AddAdminRole { .. } | Self::RemoveAdminRole { .. } => ActionKind::AdminRole,
            Self::RaiseLicense { .. } => ActionKind::License,
            Self::AddToTeam { .. } => ActionKind::AddToTeam,
            Self::RemoveFromTeam { .. } => ActionKind::RemoveFromTeam,
            Self::SetTeamRole { .. } => ActionKind::TeamRole,
            Self::AddToUserGroup { .. } => ActionKind::AddToUserGroup,
            Self::RemoveFromUserGroup { .. } => ActionKind::RemoveFromUserGroup,
            Self::CreateTeam { .. } => ActionKind::CreateTeam,
            Self::RenameTeam { .. } => ActionKind::RenameTeam,
            Self::CreateUserGroup { .. } => ActionKind::CreateUserGroup,
            Self::RenameUserGroup { .. } => ActionKind::RenameUserGroup,
            Self::DeleteUserGroup { .. } => ActionKind::DeleteUserGroup,
        }
    }

    /// The account it is about, if it is about one.
    pub fn account(&self) -> Option<AccountRef> {
        match self {
            Self::CreateAccount { person, .. } => Some(AccountRef::New(person.clone())),
            Self::LinkAccount { account, .. }
            | Self::UpdateAttributes { account, .. }
            | Self::Rename { account, .. }
            | Self::Enable { account }
            | Self::Disable { account }
            | Self::Delete { account }
            | Self::RemoveAdminRole { account, .. }
            | Self::RaiseLicense { account, .. }
            | Self::RemoveFromTeam { account, .. }
            | Self::RemoveFromUserGroup { account, .. } => {
                Some(AccountRef::Existing(account.clone()))
            }
            Self::SetRole { account, .. }
            | Self::AddAdminRole { account, .. }
            | Self::AddToTeam { account, .. }
            | Self::SetTeamRole { account, .. }
            | Self::AddToUserGroup { account, .. } => Some(account.clone()),
            Self::CreateTeam { .. }
            | Self::LinkTeam { .. }
            | Self::RenameTeam { .. }
            | Self::CreateUserGroup { .. }
            | Self::LinkUserGroup { .. }
            | Self::RenameUserGroup { .. }
            | Self::DeleteUserGroup { .. } => None,
        }
    }
}

/// One link of the chain that explains a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Reason {
    /// An assignment gives it.
    Assigned {
        /// Which.
        assignment: AssignmentId,
        /// Where it comes from.
        origin: AssignmentOrigin,
        /// What it gives, in words.
        gives: String,
        /// The groups that lead to the person, outermost first; empty for a direct assignment.
        via: Vec<String>,
    },
    /// Everybody is in scope.
    EveryoneInScope,
    /// The person passes this scoping filter.
    PassedFilter {
        /// Which.
        filter: String,
    },
    /// The person is no longer in scope.
    LeftScope {
        /// Why, in words: not assigned, excluded, no filter passed.
        why: String,
    },
    /// The directory has disabled the person.
    PersonDisabled,
    /// No source knows the person any more.
    PersonGone,
    /// A mapping gives the value.
    Mapped {
        /// The attribute.
        attribute: TargetAttribute,
        /// The mapping's source, in words: `direct department`, `constant Full`, the expression.
        from: String,
    },
    /// Somebody changed it in Miro.
    Drifted {
        /// The attribute, or what was changed.
        what: String,
        /// Who, if the audit log says.
        by: Option<String>,
    },
    /// A hold asks for it.
    Held {
        /// Which.
        hold: HoldId,
        /// Where it comes from.
        origin: AssignmentOrigin,
        /// Why, in somebody's words.
        reason: String,
    },
    /// No assignment gives it any more; Usher gave it.
    NoLongerAssigned {
        /// When Usher gave it.
        given: Timestamp,
    },
    /// The grace period after the account was disabled is over.
    GraceOver {
        /// When it was disabled.
        disabled: Timestamp,
        /// How many days the policy grants.
        days: u32,
    },
    /// The group is assigned, so it is pushed.
    GroupPushed {
        /// The directory group.
        group: GroupId,
        /// Its name.
        name: String,
    },
    /// The directory group is gone.
    GroupGone {
        /// The directory group.
        group: GroupId,
    },
    /// Nobody in the directory stands behind the account, and the policy says so.
    Unmanaged,
    /// Nobody assigned the membership, and the policy says so.
    ExtraMember,
    /// Another change needs it.
    NeededBy {
        /// What, in words.
        what: String,
    },
}

/// Who gets the boards of somebody who leaves a team or the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "heir", rename_all = "snake_case")]
pub enum BoardHeir {
    /// The oldest admin of a team: one of these.
    TeamAdmin {
        /// The team's name.
        team: String,
        /// Its admins' e-mail addresses, at most three.
        candidates: Vec<String>,
    },
    /// The oldest company admin.
    CompanyAdmin,
}

/// What a change causes besides itself (reference: Miro's SCIM guide, "Users" and "Groups").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Consequence {
    /// Boards change hands.
    BoardsHandedOver {
        /// How many, if somebody counted.
        boards: Option<u64>,
        /// Who gets them.
        heir: BoardHeir,
    },
    /// It cannot be undone: adding the person again does not give back what was taken.
    Irreversible,
    /// A licence is taken.
    LicenseTaken {
        /// Which.
        license: License,
        /// How many seats are left after it, if known.
        seats_left: Option<i64>,
    },
    /// A licence becomes free.
    LicenseFreed {
        /// Which.
        license: License,
    },
    /// There is no seat left for it: Miro refuses, or falls back to Free Restricted.
    NoSeatLeft,
    /// Miro decides which licence the account gets.
    LicenseByOrganization,
    /// A deactivated or deleted person comes back with it.
    Reactivates,
    /// A guest becomes a member with a Full licence.
    GuestBecomesMember,
    /// The licence rises to Full with it.
    LicenseRaisedToFull,
    /// The account joins the default team.
    JoinsDefaultTeam {
        /// Its name, if known.
        team: Option<String>,
    },
    /// Miro writes to the old and the new address.
    MailsOldAndNewAddress,
    /// A person who never finished registering, and has no other team, vanishes from the organization.
    MayLeaveOrganization,
    /// The person may still sign in with a password unless the organization blocks deactivated users.
    OrdinaryLoginRemains,
    /// The name is cut at 60 characters.
    NameCut,
    /// The team or user group's name in Miro no longer equals the directory's for others who use it.
    RenamesForEveryone,
}

impl Consequence {
    /// Whether it makes a change one that cannot be undone.
    pub fn is_irreversible(&self) -> bool {
        matches!(self, Self::Irreversible)
    }
}
