//! The messages of package `c1.connector.v2` that a `.c1z` file holds.
//!
//! Only field numbers and meanings are taken from the published interface. Every age of Baton has only
//! added numbers, so this one set reads and writes all of them; a field unknown here is ignored.
//! Maps are sorted, so equal messages have equal bytes.

mod annotation;
mod entitlement;
mod grant;
mod resource;
mod traits;

pub use annotation::{
    ETag, EntitlementImmutable, GrantExpandable, GrantImmutable, SkipEntitlementsAndGrants,
    annotation_of, pack,
};
pub use entitlement::{Entitlement, Purpose};
pub use grant::{Grant, GrantSource, GrantSources};
pub use prost_types::{Any, Struct, Timestamp, Value};
pub use resource::{
    AssetRef, CreationSource, ExternalId, Resource, ResourceId, ResourceStatus, ResourceType,
    Status, Trait,
};
pub use traits::{
    AccountType, GroupTrait, LicenseProfileTrait, MfaStatus, RoleScopeCondition,
    RoleScopeConditions, RoleTrait, SsoStatus, StructuredName, UserEmail, UserTrait,
};

/// Gives messages of `c1.connector.v2` the name that `google.protobuf.Any` refers to.
macro_rules! named {
    ($($message:ident),+ $(,)?) => {$(
        impl prost::Name for $message {
            const NAME: &'static str = stringify!($message);
            const PACKAGE: &'static str = "c1.connector.v2";

            fn type_url() -> String {
                format!("type.googleapis.com/{}", Self::full_name())
            }
        }
    )+};
}
use named;

/// A `Struct` whose values are all strings, as the profiles of Miro's resources are.
pub fn string_struct<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> Struct {
    let member = |(name, text): (&str, &str)| {
        let kind = prost_types::value::Kind::StringValue(text.to_owned());
        (name.to_owned(), Value { kind: Some(kind) })
    };
    Struct {
        fields: members.into_iter().map(member).collect(),
    }
}
