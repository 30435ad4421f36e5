//! Settings of inbound SCIM.

use serde::{Deserialize, Serialize};

/// Settings of a source that an identity provider fills through SCIM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScimSettings {}
