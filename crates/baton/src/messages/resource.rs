//! Resource types and resources.

use prost::{DecodeError, Enumeration, Message, Name};
use prost_types::{Any, Struct, Timestamp};

use super::{annotation_of, named};

/// What a resource type's resources are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub enum Trait {
    /// Not said.
    Unspecified = 0,
    /// Accounts.
    User = 1,
    /// Things with members.
    Group = 2,
    /// Roles.
    Role = 3,
    /// Applications.
    App = 4,
    /// Secrets.
    Secret = 5,
    /// Findings.
    SecurityInsight = 6,
    /// Roles within a scope.
    ScopeBinding = 7,
    /// Vendors.
    Vendor = 8,
    /// Contracts with vendors.
    VendorAgreement = 9,
    /// Licences.
    LicenseProfile = 10,
    /// Software agents.
    Agent = 11,
    /// Devices under management.
    ManagedDevice = 12,
}

/// A kind of resource.
#[derive(Clone, PartialEq, Message)]
pub struct ResourceType {
    /// Its id, 1 to 1024 bytes: `user`.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Its name.
    #[prost(string, tag = "2")]
    pub display_name: String,
    /// What its resources are ([`Trait`]); each resource carries the annotation of each trait.
    #[prost(enumeration = "Trait", repeated, tag = "3")]
    pub traits: Vec<i32>,
    /// Further facts.
    #[prost(message, repeated, tag = "4")]
    pub annotations: Vec<Any>,
    /// In words, up to 4096 bytes.
    #[prost(string, tag = "5")]
    pub description: String,
    /// Its resources come from another connector.
    #[prost(bool, tag = "6")]
    pub sourced_externally: bool,
}

/// Names a resource.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct ResourceId {
    /// Id of its type, 1 to 1024 bytes.
    #[prost(string, tag = "1")]
    pub resource_type: String,
    /// Its id within the type, 1 to 1024 bytes.
    #[prost(string, tag = "2")]
    pub resource: String,
    /// It belongs to Baton itself.
    #[prost(bool, tag = "3")]
    pub baton_resource: bool,
}

impl ResourceId {
    /// Names a resource of the connector.
    pub fn new(resource_type: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            resource_type: resource_type.into(),
            resource: resource.into(),
            baton_resource: false,
        }
    }

    /// The form used as a key in files and at the start of entitlement ids: `TYPE:ID`.
    pub fn external_id(&self) -> String {
        format!("{}:{}", self.resource_type, self.resource)
    }
}

/// How a resource came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub enum CreationSource {
    /// Not said.
    Unspecified = 0,
    /// The connector listed it.
    ConnectorList = 1,
    /// It was the principal of a grant.
    GrantPrincipal = 2,
}

/// Whether a resource can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub enum Status {
    /// Not said.
    Unspecified = 0,
    /// It can be used.
    Enabled = 1,
    /// It is switched off.
    Disabled = 2,
    /// It is gone.
    Deleted = 3,
}

/// A [`Status`] and why.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct ResourceStatus {
    /// The status.
    #[prost(enumeration = "Status", tag = "1")]
    pub status: i32,
    /// In words.
    #[prost(string, tag = "2")]
    pub details: String,
}

/// Names a picture.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct AssetRef {
    /// Its id.
    #[prost(string, tag = "1")]
    pub id: String,
}

/// An id in another system; out of use.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct ExternalId {
    /// The id.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Where it leads.
    #[prost(string, tag = "2")]
    pub link: String,
    /// In words.
    #[prost(string, tag = "3")]
    pub description: String,
}

/// An account, a team, a role, …
#[derive(Clone, PartialEq, Message)]
pub struct Resource {
    /// Its name for programs.
    #[prost(message, optional, tag = "1")]
    pub id: Option<ResourceId>,
    /// What it is part of.
    #[prost(message, optional, tag = "2")]
    pub parent_resource_id: Option<ResourceId>,
    /// Its name for people, up to 1024 bytes.
    #[prost(string, tag = "3")]
    pub display_name: String,
    /// Its traits and further facts.
    #[prost(message, repeated, tag = "4")]
    pub annotations: Vec<Any>,
    /// In words, up to 2048 bytes.
    #[prost(string, tag = "5")]
    pub description: String,
    /// It belongs to Baton itself.
    #[prost(bool, tag = "6")]
    pub baton_resource: bool,
    /// Out of use.
    #[prost(message, optional, tag = "7")]
    pub external_id: Option<ExternalId>,
    /// How it came to be known.
    #[prost(enumeration = "CreationSource", tag = "8")]
    pub creation_source: i32,
    /// Attributes. Older readers know only the profile inside the trait.
    #[prost(message, optional, tag = "9")]
    pub profile: Option<Struct>,
    /// Its picture. Older readers know only the one inside the trait.
    #[prost(message, optional, tag = "10")]
    pub icon: Option<AssetRef>,
    /// Whether it can be used. Older readers know only the status inside the trait.
    #[prost(message, optional, tag = "11")]
    pub status: Option<ResourceStatus>,
    /// When it was made. Older readers know only the time inside the trait.
    #[prost(message, optional, tag = "12")]
    pub created_at: Option<Timestamp>,
}

impl Resource {
    /// A resource of which only the id is said, as principals of grants are.
    pub fn reference(id: ResourceId) -> Self {
        Self {
            id: Some(id),
            ..Self::default()
        }
    }

    /// The trait (or other annotation) of type `M`.
    ///
    /// # Errors
    ///
    /// When there is one and its bytes are no `M`.
    pub fn annotation<M: Message + Name + Default>(&self) -> Result<Option<M>, DecodeError> {
        annotation_of(&self.annotations)
    }

    /// `TYPE:ID`, or nothing when it has no id.
    pub fn external_id_text(&self) -> String {
        self.id
            .as_ref()
            .map(ResourceId::external_id)
            .unwrap_or_default()
    }
}

named!(ResourceType, ResourceId, Resource);
