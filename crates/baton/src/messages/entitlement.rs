//! What can be held.

use prost::{Enumeration, Message};
use prost_types::Any;

use super::named;
use super::resource::{Resource, ResourceType};

/// What holding an entitlement means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub enum Purpose {
    /// Not said.
    Unspecified = 0,
    /// Belonging to the resource.
    Assignment = 1,
    /// Being allowed something with it.
    Permission = 2,
    /// Owning it.
    Ownership = 3,
}

/// One thing that can be held.
#[derive(Clone, PartialEq, Message)]
pub struct Entitlement {
    /// What it is about. Inside a grant often only the id.
    #[prost(message, optional, tag = "1")]
    pub resource: Option<Resource>,
    /// Its id, 1 to 1024 bytes: `TYPE:ID:SLUG`.
    #[prost(string, tag = "2")]
    pub id: String,
    /// Its name.
    #[prost(string, tag = "3")]
    pub display_name: String,
    /// In words.
    #[prost(string, tag = "4")]
    pub description: String,
    /// Who can hold it.
    #[prost(message, repeated, tag = "5")]
    pub grantable_to: Vec<ResourceType>,
    /// Further facts.
    #[prost(message, repeated, tag = "6")]
    pub annotations: Vec<Any>,
    /// What holding it means.
    #[prost(enumeration = "Purpose", tag = "7")]
    pub purpose: i32,
    /// The last part of the id.
    #[prost(string, tag = "8")]
    pub slug: String,
}

named!(Entitlement);
