//! The organization itself.

use serde::{Deserialize, Serialize};

use crate::lenient;

/// Reply of `GET /v2/orgs/{org_id}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    /// The organization's identifier.
    #[serde(deserialize_with = "lenient::id")]
    pub id: String,
    /// Full licences bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_licenses_purchased: Option<i64>,
    /// The organization's name.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: String,
    /// The plan: `company` is Enterprise.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub plan: String,
    /// `organization`.
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    pub kind: String,
}
