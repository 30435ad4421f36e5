//! What Miro's SCIM has of the standard's attributes. Nothing is advertised that is not given out.

use std::sync::LazyLock;

use usher_scim::schema::{Attribute, Mutability, ResourceSchema, Schema};

/// Users with the enterprise extension.
pub(super) static USER: LazyLock<ResourceSchema> = LazyLock::new(|| {
    let mut core = Schema::core_user();
    keep(
        &mut core.attributes,
        &[
            "userName",
            "name",
            "displayName",
            "userType",
            "preferredLanguage",
            "active",
            "emails",
            "photos",
            "groups",
            "roles",
        ],
    );
    narrow(&mut core, "name", &["formatted", "familyName", "givenName"]);
    narrow(
        &mut core,
        "emails",
        &["value", "display", "type", "primary"],
    );
    narrow(&mut core, "photos", &["value", "type"]);
    narrow(&mut core, "groups", &["value", "display"]);
    narrow(&mut core, "roles", &["value", "display", "type", "primary"]);
    // Miro makes the address from userName and ignores what is written here.
    if let Some(emails) = core.attribute_mut("emails") {
        read_only(emails);
    }
    let mut enterprise = Schema::enterprise_user();
    narrow(&mut enterprise, "manager", &["value", "displayName"]);
    // Miro keeps the manager's name as it is written; the standard has it read-only.
    let manager = enterprise.attribute_mut("manager");
    if let Some(name) = manager.and_then(|manager| manager.sub_attribute_mut("displayName")) {
        name.mutability = Mutability::ReadWrite;
    }
    without_external_id(ResourceSchema::new(core, vec![enterprise]))
});

/// Groups.
pub(super) static GROUP: LazyLock<ResourceSchema> = LazyLock::new(|| {
    let mut core = Schema::core_group();
    narrow(&mut core, "members", &["value", "type", "display"]);
    without_external_id(ResourceSchema::new(core, Vec::new()))
});

/// Miro knows no `externalId`, and of `meta` only two attributes.
fn without_external_id(mut schema: ResourceSchema) -> ResourceSchema {
    schema
        .common
        .retain(|attribute| attribute.name != "externalId");
    for attribute in &mut schema.common {
        if attribute.name == "meta" {
            keep(&mut attribute.sub_attributes, &["resourceType", "location"]);
        }
    }
    schema
}

fn narrow(schema: &mut Schema, name: &str, subs: &[&str]) {
    if let Some(attribute) = schema.attribute_mut(name) {
        keep(&mut attribute.sub_attributes, subs);
        for sub in &mut attribute.sub_attributes {
            // Kinds of values are Miro's, not the standard's.
            sub.canonical_values.clear();
        }
    }
}

fn keep(attributes: &mut Vec<Attribute>, names: &[&str]) {
    attributes.retain(|attribute| names.contains(&attribute.name.as_str()));
}

fn read_only(attribute: &mut Attribute) {
    attribute.mutability = Mutability::ReadOnly;
    attribute.sub_attributes.iter_mut().for_each(read_only);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_miro_gives_out_is_advertised() {
        assert!(USER.attribute("externalId").is_none());
        assert!(USER.attribute("phoneNumbers").is_none());
        assert_eq!(USER.core.attributes.len(), 10);
        assert_eq!(GROUP.core.attributes.len(), 2);
        assert!(
            USER.core
                .attribute("emails")
                .is_some_and(|emails| emails.mutability == Mutability::ReadOnly)
        );
    }
}
