//! Roles in the organization.

use usher_model::OrganizationRole;

use super::resource_type::{ROLE, user_type};
use super::text;
use crate::messages::{
    CreationSource, Entitlement, Purpose, Resource, ResourceId, RoleTrait, pack, string_struct,
};

/// A role as a resource: `role:ROLE`. One that Miro did not publish has its id for a name.
pub fn role(role: &OrganizationRole) -> Resource {
    let (id, name) = (text::id_part(role.as_str()), display_name(role));
    let traits = RoleTrait {
        profile: Some(string_struct([("role_id", id), ("role_name", name)])),
        ..RoleTrait::default()
    };
    Resource {
        id: Some(ResourceId::new(ROLE, id)),
        display_name: text::name(name),
        annotations: vec![pack(&traits)],
        creation_source: CreationSource::ConnectorList as i32,
        ..Resource::default()
    }
}

/// Having a role: `role:ROLE:assigned`. `role` is what [`role()`] made.
pub fn role_entitlement(role: &Resource) -> Entitlement {
    let name = &role.display_name;
    Entitlement {
        id: format!("{}:assigned", role.external_id_text()),
        display_name: text::name(&format!("{name} organization role assigned")),
        description: text::description(&format!("Has {name} organization role")),
        grantable_to: vec![user_type()],
        purpose: Purpose::Assignment as i32,
        slug: "assigned".to_owned(),
        resource: Some(role.clone()),
        ..Entitlement::default()
    }
}

fn display_name(role: &OrganizationRole) -> &str {
    match role {
        OrganizationRole::InternalAdmin => "Organization Admin",
        OrganizationRole::InternalUser => "Organization Internal User",
        OrganizationRole::ExternalUser => "Organization External User",
        OrganizationRole::TeamGuestUser => "Team Guest User",
        OrganizationRole::Other(text) => text::id_part(text),
    }
}
