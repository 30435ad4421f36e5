//! Who holds what.

use std::collections::BTreeMap;

use prost::Message;
use prost_types::Any;

use super::named;
use super::{Entitlement, Resource};

/// A principal holds an entitlement.
#[derive(Clone, PartialEq, Message)]
pub struct Grant {
    /// What is held.
    #[prost(message, optional, tag = "1")]
    pub entitlement: Option<Entitlement>,
    /// Who holds it.
    #[prost(message, optional, tag = "2")]
    pub principal: Option<Resource>,
    /// Its id, 1 to 1024 bytes: `ENTITLEMENT:PRINCIPAL TYPE:PRINCIPAL ID`.
    #[prost(string, tag = "3")]
    pub id: String,
    /// Further facts.
    #[prost(message, repeated, tag = "4")]
    pub annotations: Vec<Any>,
    /// Why it is held, when through other entitlements.
    #[prost(message, optional, tag = "5")]
    pub sources: Option<GrantSources>,
}

/// Through what a grant is held.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct GrantSources {
    /// By entitlement id.
    #[prost(btree_map = "string, message", tag = "1")]
    pub sources: BTreeMap<String, GrantSource>,
}

/// One reason of a grant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Message)]
pub struct GrantSource {
    /// Held directly, not through another.
    #[prost(bool, tag = "1")]
    pub is_direct: bool,
}

named!(Grant, GrantSources);
