//! Miro's words for roles, and the short ones that people use.

use usher_model::{OrganizationRole, TeamRole};

/// A role in the organization in the short form that `--org-role` takes too.
pub fn organization_role(role: &OrganizationRole) -> String {
    match role {
        OrganizationRole::InternalAdmin => "admin",
        OrganizationRole::InternalUser => "member",
        OrganizationRole::ExternalUser => "external",
        OrganizationRole::TeamGuestUser => "guest",
        OrganizationRole::Other(word) => word,
    }
    .to_owned()
}

/// A role in a team as people say it.
pub fn team_role(role: &TeamRole) -> String {
    match role {
        TeamRole::NonTeam => "not a member",
        TeamRole::TeamGuest => "guest",
        TeamRole::Unknown => "?",
        other => other.as_str(),
    }
    .to_owned()
}
