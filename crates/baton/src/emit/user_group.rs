//! User groups.

use usher_model::{Known, UserGroup};

use super::resource_type::{USER_GROUP, user_type};
use super::text;
use crate::messages::{
    CreationSource, Entitlement, GroupTrait, Purpose, Resource, ResourceId, pack, string_struct,
};

/// A user group as a resource: `user_group:ID`.
pub fn user_group(group: &UserGroup) -> Resource {
    let id = group.id.as_str();
    let traits = GroupTrait {
        profile: Some(string_struct([("name", group.name.as_str()), ("id", id)])),
        ..GroupTrait::default()
    };
    let description = match &group.description {
        Known::Known(words) => text::description(words),
        Known::Unknown => String::new(),
    };
    Resource {
        id: Some(ResourceId::new(USER_GROUP, id)),
        display_name: text::name(&group.name),
        annotations: vec![pack(&traits)],
        description,
        creation_source: CreationSource::ConnectorList as i32,
        ..Resource::default()
    }
}

/// Being in a user group: `user_group:ID:member`. `group` is what [`user_group()`] made.
pub fn user_group_entitlement(group: &Resource) -> Entitlement {
    let name = &group.display_name;
    Entitlement {
        id: format!("{}:member", group.external_id_text()),
        display_name: text::name(&format!("{name} user group member")),
        description: text::description(&format!("Is a member of {name} user group")),
        grantable_to: vec![user_type()],
        purpose: Purpose::Assignment as i32,
        slug: "member".to_owned(),
        resource: Some(group.clone()),
        ..Entitlement::default()
    }
}
