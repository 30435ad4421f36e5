//! One thing to do in Miro, and what came of it.

use std::sync::Arc;

use usher_miro::{Priority, ScimUser};
use usher_model::{AccountId, Team, TeamId, TeamRole, UserGroup, UserGroupId};

use super::batch::Direction;
use super::classify::Failure;
use super::verifier::Sweep;
use super::verify::{Expected, Mismatch};
use super::writing::UserCall;

/// One thing to do in Miro. Changes are named by their places in the plan.
#[derive(Clone, Debug)]
pub enum Job {
    /// Something only Usher has to do with: a link.
    Here,
    /// A change of an account's own record.
    User(UserJob),
    /// Changes of memberships that go by one call.
    Members(MembersJob),
    /// A change of a team's member by REST: in, out, or another role.
    Member(MemberJob),
    /// A change of a team or user group as a whole.
    Group(GroupCall),
    /// Reading an account back.
    VerifyUser {
        /// Whose.
        account: AccountId,
        /// How urgently.
        priority: Priority,
    },
    /// Reading memberships back.
    VerifyMembers {
        /// Of what.
        group: GroupId,
        /// Whose.
        accounts: Vec<AccountId>,
        /// How many members it has, about.
        members: usize,
    },
    /// Reading all users back.
    VerifyAll(Arc<Sweep>),
}

/// A change of an account's own record.
#[derive(Clone, Debug)]
pub struct UserJob {
    /// The account; none for one that is created.
    pub account: Option<AccountId>,
    /// The call.
    pub call: UserCall,
    /// What must be seen afterwards.
    pub expected: Vec<Expected>,
    /// How urgently.
    pub priority: Priority,
    /// What happens to the user's sessions.
    pub sessions: Sessions,
}

/// What happens to the sessions of somebody who is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sessions {
    /// They are ended.
    End,
    /// Nothing is done about them.
    Leave,
}

/// Changes of memberships that go by one call.
#[derive(Clone, Debug)]
pub struct MembersJob {
    /// The group.
    pub group: GroupId,
    /// By which API.
    pub by: By,
    /// In or out.
    pub direction: Direction,
    /// The changes and their accounts.
    pub members: Vec<(usize, AccountId)>,
    /// How urgently.
    pub priority: Priority,
}

/// Which API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// SCIM.
    Scim,
    /// REST.
    Rest,
}

/// A team or a user group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupId {
    /// A team.
    Team(TeamId),
    /// A user group.
    UserGroup(UserGroupId),
}

impl GroupId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Team(id) => id.as_str(),
            Self::UserGroup(id) => id.as_str(),
        }
    }
}

/// A change of a team's member by REST.
#[derive(Clone, Debug)]
pub struct MemberJob {
    /// The team.
    pub team: TeamId,
    /// The account.
    pub account: AccountId,
    /// What is done.
    pub step: MemberStep,
    /// How urgently.
    pub priority: Priority,
}

/// What is done about a team's member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberStep {
    /// In, found by this address.
    Invite {
        /// The account's e-mail address.
        email: String,
    },
    /// Out.
    Remove,
    /// Another role.
    Role(TeamRole),
}

/// A change of a team or user group as a whole.
#[derive(Clone, Debug)]
pub enum GroupCall {
    /// `POST /v2/orgs/{org_id}/teams`.
    CreateTeam(String),
    /// A team's new name.
    RenameTeam(By, TeamId, String),
    /// A new user group.
    CreateUserGroup(By, String),
    /// A user group's new name.
    RenameUserGroup(By, UserGroupId, String),
    /// A user group goes.
    DeleteUserGroup(By, UserGroupId),
}

/// What came of a job.
#[derive(Debug)]
pub enum Came {
    /// Nothing had to be done in Miro.
    Here,
    /// The account as it is now; as created, or as found where creating it was not possible.
    User(Box<ScimUser>, Whence),
    /// The account is gone.
    Gone,
    /// What became of each change, and how many members the group has now, if that was seen.
    Members {
        /// By change. Those that are not named were not sent, because everything was told to stop.
        ends: Vec<(usize, Result<(), Failure>)>,
        /// Members of the group now.
        members: Option<usize>,
    },
    /// The member is as it should be.
    Member,
    /// The team that is there now, and who is in it, where that was looked at.
    Team(Team, Vec<(AccountId, Option<TeamRole>)>),
    /// The user group that is there now.
    UserGroup(UserGroup),
    /// The user group is gone.
    UserGroupGone,
    /// It could not be done.
    Failed(Failure),
    /// The call was not sent, because everything was told to stop.
    Unsent,
    /// The account as read back; none: it is not there.
    SeenUser(Option<Box<ScimUser>>),
    /// Which of the accounts asked about are members, with the role where it was seen.
    SeenMembers(Vec<(AccountId, Option<TeamRole>)>),
    /// What differs, after everybody was read back.
    Swept {
        /// Differences, by change.
        mismatches: Vec<(usize, Mismatch)>,
        /// Accounts that were not in the list.
        unseen: Vec<AccountId>,
    },
    /// What should be read back could not be read.
    Unread(Failure),
    /// The journal cannot be written; nothing was sent.
    NoJournal,
}

/// How an account came to be a person's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whence {
    /// It was created now.
    Created,
    /// It was there.
    Found,
    /// It was changed.
    Changed,
    /// It was disabled, and all its sessions were ended.
    SignedOut,
    /// It was disabled, and its sessions were not ended, for this reason.
    StillSignedIn(String),
}
