//! What users can be sorted and searched by.

use smol_str::SmolStr;

use crate::world::user::{Enterprise, User};

/// A field that users can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortField {
    /// `id`.
    Id,
    /// `userName`, which is also `emails.value`.
    UserName,
    /// `displayName`, which is also `name.formatted`.
    DisplayName,
    /// `name.givenName`.
    GivenName,
    /// `name.familyName`.
    FamilyName,
    /// `userType`.
    UserType,
    /// `active`.
    Active,
    /// `preferredLanguage`.
    PreferredLanguage,
    /// The role in the organization, which is `roles.value`.
    Role,
    /// `employeeNumber`.
    EmployeeNumber,
    /// `costCenter`.
    CostCenter,
    /// `organization`.
    Organization,
    /// `division`.
    Division,
    /// `department`.
    Department,
    /// `manager.displayName`.
    ManagerName,
}

impl SortField {
    /// All but `id`, whose order is that of the users themselves.
    pub(crate) const TEXTS: [Self; 14] = [
        Self::UserName,
        Self::DisplayName,
        Self::GivenName,
        Self::FamilyName,
        Self::UserType,
        Self::Active,
        Self::PreferredLanguage,
        Self::Role,
        Self::EmployeeNumber,
        Self::CostCenter,
        Self::Organization,
        Self::Division,
        Self::Department,
        Self::ManagerName,
    ];

    /// The text of a user in this field. That of `active` is made so that it sorts as booleans do.
    pub(crate) fn text(self, user: &User) -> Option<&str> {
        let enterprise = |part: fn(&Enterprise) -> Option<&SmolStr>| {
            user.enterprise
                .as_deref()
                .and_then(part)
                .map(SmolStr::as_str)
        };
        match self {
            Self::Id => None,
            Self::UserName => Some(&user.user_name),
            Self::DisplayName => Some(&user.full_name),
            Self::GivenName => Some(user.given_name()),
            Self::FamilyName => Some(user.family_name()).filter(|name| !name.is_empty()),
            Self::UserType => Some(user.license.as_str()),
            Self::Active => Some(if user.active { "true" } else { "false" }),
            Self::PreferredLanguage => user.language.as_deref(),
            Self::Role => Some(user.role.as_str()),
            Self::EmployeeNumber => enterprise(|data| data.employee_number.as_ref()),
            Self::CostCenter => enterprise(|data| data.cost_center.as_ref()),
            Self::Organization => enterprise(|data| data.organization.as_ref()),
            Self::Division => enterprise(|data| data.division.as_ref()),
            Self::Department => enterprise(|data| data.department.as_ref()),
            Self::ManagerName => enterprise(|data| data.manager_name.as_ref()),
        }
    }
}
