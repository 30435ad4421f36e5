//! The kinds of resource.

use crate::messages::{ResourceType, Trait};

/// Id of accounts' type.
pub(crate) const USER: &str = "user";
/// Id of teams' type.
pub(crate) const TEAM: &str = "team";
/// Id of organization roles' type.
pub(crate) const ROLE: &str = "role";
/// Id of licences' type.
pub(crate) const LICENSE: &str = "license";
/// Id of admin roles' type.
pub(crate) const ADMIN_ROLE: &str = "admin_role";
/// Id of user groups' type.
pub(crate) const USER_GROUP: &str = "user_group";

fn resource_type(id: &str, name: &str, description: &str, of: Trait) -> ResourceType {
    ResourceType {
        id: id.to_owned(),
        display_name: name.to_owned(),
        traits: vec![of as i32],
        description: format!("{description} of Miro organization"),
        ..ResourceType::default()
    }
}

/// Accounts.
pub fn user_type() -> ResourceType {
    resource_type(USER, "User", "User", Trait::User)
}

/// Teams.
pub fn team_type() -> ResourceType {
    resource_type(TEAM, "Team", "Team", Trait::Group)
}

/// Roles in the organization.
pub fn role_type() -> ResourceType {
    resource_type(ROLE, "Role", "Role", Trait::Role)
}

/// Licences.
pub fn license_type() -> ResourceType {
    resource_type(LICENSE, "License", "License", Trait::LicenseProfile)
}

/// Admin roles beyond company admin.
pub fn admin_role_type() -> ResourceType {
    resource_type(ADMIN_ROLE, "Admin Role", "Admin role", Trait::Role)
}

/// User groups.
pub fn user_group_type() -> ResourceType {
    resource_type(USER_GROUP, "User Group", "User group", Trait::Group)
}

/// The types that the Go connector for Miro has.
pub fn connector_types() -> [ResourceType; 3] {
    [user_type(), team_type(), role_type()]
}

/// The types that Usher adds.
pub fn additional_types() -> [ResourceType; 3] {
    [license_type(), admin_role_type(), user_group_type()]
}
