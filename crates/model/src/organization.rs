//! The organization and what accounts belong to.

use serde::{Deserialize, Serialize};

use crate::{Known, OrganizationId, TeamId, UserGroupId};

/// A Miro organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name, as REST gives it.
    pub name: Known<String>,
    /// Its plan, in Miro's word (`company`, `business`, …).
    pub plan: Known<String>,
    /// How many Full licences were bought.
    pub full_licenses_purchased: Known<u32>,
}

/// A Miro team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Its name. Names need not be unique.
    pub name: String,
}

/// A Miro user group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserGroup {
    /// Its id.
    pub id: UserGroupId,
    /// Its name.
    pub name: String,
    /// Its description; SCIM does not show it.
    pub description: Known<String>,
}
