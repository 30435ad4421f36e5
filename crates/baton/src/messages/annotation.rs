//! What hangs on resources, entitlements and grants as `google.protobuf.Any`.

use prost::{DecodeError, Message, Name};
use prost_types::{Any, Struct};

use super::named;

/// Wraps a message as an annotation.
pub fn pack<M: Message + Name>(message: &M) -> Any {
    Any {
        type_url: M::type_url(),
        value: message.encode_to_vec(),
    }
}

/// The first annotation of type `M`.
///
/// # Errors
///
/// When there is one and its bytes are no `M`.
pub fn annotation_of<M: Message + Name + Default>(
    annotations: &[Any],
) -> Result<Option<M>, DecodeError> {
    let wanted = M::type_url();
    annotations
        .iter()
        .find(|annotation| annotation.type_url == wanted)
        .map(|annotation| M::decode(annotation.value.as_slice()))
        .transpose()
}

/// On a grant: whoever holds the entitlements named here holds the granted one, too. Newer Baton tools
/// keep it in a column of its own instead of among the annotations.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct GrantExpandable {
    /// The entitlements whose holders are meant.
    #[prost(string, repeated, tag = "1")]
    pub entitlement_ids: Vec<String>,
    /// Only direct holders.
    #[prost(bool, tag = "2")]
    pub shallow: bool,
    /// Only principals of these resource types.
    #[prost(string, repeated, tag = "3")]
    pub resource_type_ids: Vec<String>,
}

/// On a grant: it cannot be taken away where it was seen.
#[derive(Clone, PartialEq, Message)]
pub struct GrantImmutable {
    /// Where it comes from.
    #[prost(string, tag = "1")]
    pub source_id: String,
    /// Anything more.
    #[prost(message, optional, tag = "2")]
    pub metadata: Option<Struct>,
}

/// On an entitlement: it can be neither granted nor taken away.
#[derive(Clone, PartialEq, Message)]
pub struct EntitlementImmutable {
    /// Where it comes from.
    #[prost(string, tag = "1")]
    pub source_id: String,
    /// Anything more.
    #[prost(message, optional, tag = "2")]
    pub metadata: Option<Struct>,
}

/// On a resource type: its resources have neither entitlements nor grants.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct SkipEntitlementsAndGrants {}

/// Left on resources inside grants by old Baton tools; without meaning.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ETag {
    /// A version.
    #[prost(string, tag = "1")]
    pub value: String,
    /// The entitlement that it is about.
    #[prost(string, tag = "2")]
    pub entitlement_id: String,
}

named!(
    GrantExpandable,
    GrantImmutable,
    EntitlementImmutable,
    SkipEntitlementsAndGrants,
    ETag,
);
