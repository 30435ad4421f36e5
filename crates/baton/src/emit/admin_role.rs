//! Admin roles beyond company admin.

use usher_model::{AdminRole, Known};

use super::resource_type::{ADMIN_ROLE, user_type};
use super::text;
use crate::messages::{
    CreationSource, Entitlement, Purpose, Resource, ResourceId, RoleTrait, pack, string_struct,
};

/// An admin role as a resource: `admin_role:NAME`. Miro gives admin roles no other id than their name.
pub fn admin_role(role: &AdminRole) -> Resource {
    let id = text::id_part(&role.name);
    let mut profile = vec![("role_id", id), ("role_name", role.name.as_str())];
    if let Known::Known(kind) = &role.kind {
        profile.push(("kind", kind.as_str()));
    }
    let traits = RoleTrait {
        profile: Some(string_struct(profile)),
        ..RoleTrait::default()
    };
    Resource {
        id: Some(ResourceId::new(ADMIN_ROLE, id)),
        display_name: text::name(id),
        annotations: vec![pack(&traits)],
        creation_source: CreationSource::ConnectorList as i32,
        ..Resource::default()
    }
}

/// Having an admin role: `admin_role:NAME:assigned`. `role` is what [`admin_role()`] made.
pub fn admin_role_entitlement(role: &Resource) -> Entitlement {
    let name = &role.display_name;
    Entitlement {
        id: format!("{}:assigned", role.external_id_text()),
        display_name: text::name(&format!("{name} admin role assigned")),
        description: text::description(&format!("Has {name} admin role")),
        grantable_to: vec![user_type()],
        purpose: Purpose::Assignment as i32,
        slug: "assigned".to_owned(),
        resource: Some(role.clone()),
        ..Entitlement::default()
    }
}
