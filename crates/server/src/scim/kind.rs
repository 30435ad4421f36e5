//! The kinds of resources, and what their schemas are here.

use std::sync::LazyLock;

use usher_scim::schema::ResourceSchema;
use usher_store::EntryKind;

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// A user.
    User,
    /// A group.
    Group,
}

/// Passwords are neither kept nor given out, so the schema has none.
static USER: LazyLock<ResourceSchema> = LazyLock::new(|| {
    let mut schema = ResourceSchema::user();
    let attributes = &mut schema.core.attributes;
    attributes.retain(|attribute| attribute.name != "password");
    schema
});

/// A member's name is that of the resource: what a client says about it is not kept.
static GROUP: LazyLock<ResourceSchema> = LazyLock::new(|| {
    let mut schema = ResourceSchema::group();
    if let Some(members) = schema.core.attribute_mut("members") {
        members.sub_attributes.retain(|sub| sub.name != "display");
    }
    schema
});

impl ResourceKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::User, Self::Group];

    /// The name in `meta.resourceType`.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// Where resources of the kind are, below the base address.
    pub fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
        }
    }

    /// Its schemas.
    pub fn schema(self) -> &'static ResourceSchema {
        match self {
            Self::User => &USER,
            Self::Group => &GROUP,
        }
    }

    /// What the directory calls it.
    pub fn entry_kind(self) -> EntryKind {
        match self {
            Self::User => EntryKind::Person,
            Self::Group => EntryKind::Group,
        }
    }

    /// The kind that the directory calls so.
    pub fn of(kind: EntryKind) -> Self {
        match kind {
            EntryKind::Person => Self::User,
            EntryKind::Group => Self::Group,
        }
    }

    /// The attribute that names a resource, which every one has.
    pub fn naming_attribute(self) -> &'static str {
        match self {
            Self::User => "userName",
            Self::Group => "displayName",
        }
    }

    /// The attribute whose values are memberships, which are kept apart from the resource.
    pub fn membership_attribute(self) -> &'static str {
        match self {
            Self::User => "groups",
            Self::Group => "members",
        }
    }
}
