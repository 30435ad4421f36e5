//! What changed between two times.

use serde::Serialize;
use serde_json::Value;
use usher_model::{
    Account, AccountId, Email, Grant, Known, OrganizationId, Team, TeamId, Timestamp, UserGroup,
    UserGroupId,
};

use crate::{Rows, Store};

/// Whether access changed, or only what Usher can see of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeClass {
    /// Something changed in Miro.
    Access,
    /// Something came into view, as after a token with more rights was added: it may have been so before.
    Visibility,
}

/// An attribute of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountAttribute {
    /// E-mail address.
    Email,
    /// Name.
    DisplayName,
    /// Active or deactivated.
    Status,
    /// Role in the organization.
    Role,
    /// Licence.
    License,
    /// When the licence was given.
    LicenseAssignedAt,
    /// Admin roles.
    AdminRoles,
    /// Enterprise attributes.
    Enterprise,
}

/// One difference between the inventories of two times.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccessChange {
    /// When Usher saw it: the time of the synchronization that did.
    pub at: Timestamp,
    /// Whether access changed.
    pub class: ChangeClass,
    /// What changed.
    #[serde(flatten)]
    pub change: Change,
}

/// What can change.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// A team came.
    TeamAdded {
        /// The team.
        team: Team,
    },
    /// A team went.
    TeamRemoved {
        /// The team.
        team: Team,
    },
    /// A team has another name.
    TeamRenamed {
        /// The team.
        team: TeamId,
        /// Its name before.
        before: String,
        /// Its name now.
        after: String,
    },
    /// A user group came.
    UserGroupAdded {
        /// The user group.
        user_group: UserGroup,
    },
    /// A user group went.
    UserGroupRemoved {
        /// The user group.
        user_group: UserGroup,
    },
    /// A user group has another name.
    UserGroupRenamed {
        /// The user group.
        user_group: UserGroupId,
        /// Its name before.
        before: String,
        /// Its name now.
        after: String,
    },
    /// An account came.
    AccountAdded {
        /// The account, its activity left unknown.
        account: Box<Account>,
    },
    /// An account went.
    AccountRemoved {
        /// The account as it was, its activity left unknown.
        account: Box<Account>,
    },
    /// An attribute of an account is another one.
    AccountChanged {
        /// The account.
        account: AccountId,
        /// Its e-mail address now.
        email: Email,
        /// Which attribute.
        attribute: AccountAttribute,
        /// Its value before, as in the JSON form of [`Account`].
        before: Known<Value>,
        /// Its value now.
        after: Known<Value>,
    },
    /// Somebody holds something.
    GrantAdded {
        /// Who holds what.
        grant: Grant,
        /// The account's e-mail address.
        email: Option<Email>,
        /// The name of the team or user group.
        resource_name: Option<String>,
    },
    /// Somebody holds something no longer.
    GrantRemoved {
        /// Who held what.
        grant: Grant,
        /// The account's e-mail address.
        email: Option<Email>,
        /// The name of the team or user group.
        resource_name: Option<String>,
    },
}

impl Store {
    /// The differences between the inventory of `from` and that of `to`: teams, then user groups,
    /// accounts and grants, each by id. What came and went between is no difference. Activity is none
    /// either.
    pub fn diff(
        &self,
        _organization: &OrganizationId,
        _from: Timestamp,
        _to: Timestamp,
    ) -> Rows<AccessChange> {
        todo!()
    }
}
