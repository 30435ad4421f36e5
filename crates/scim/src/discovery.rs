//! What a provider says about itself (RFC 7643 §5, §6).

use serde::{Deserialize, Serialize};

use crate::{resource::Meta, urn};

/// What a provider supports (RFC 7643 §5), served at `/ServiceProviderConfig`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceProviderConfig {
    /// Always the URN of this schema.
    #[serde(default)]
    pub schemas: Vec<String>,
    /// The address of the provider's documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation_uri: Option<String>,
    /// Changes of parts of a resource.
    pub patch: Supported,
    /// Several requests in one.
    pub bulk: BulkSupport,
    /// Filters.
    pub filter: FilterSupport,
    /// Changes of a password.
    pub change_password: Supported,
    /// Sorting.
    pub sort: Supported,
    /// Versions of resources.
    pub etag: Supported,
    /// How a client proves who it is.
    #[serde(default)]
    pub authentication_schemes: Vec<AuthenticationScheme>,
    /// Where it is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Meta>,
}

impl Default for ServiceProviderConfig {
    /// A provider that supports nothing.
    fn default() -> Self {
        Self {
            schemas: vec![urn::SERVICE_PROVIDER_CONFIG.to_owned()],
            documentation_uri: None,
            patch: Supported::NO,
            bulk: BulkSupport::default(),
            filter: FilterSupport::default(),
            change_password: Supported::NO,
            sort: Supported::NO,
            etag: Supported::NO,
            authentication_schemes: Vec::new(),
            meta: None,
        }
    }
}

/// Whether something is supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Supported {
    /// Whether it is.
    pub supported: bool,
}

impl Supported {
    /// It is.
    pub const YES: Self = Self { supported: true };
    /// It is not.
    pub const NO: Self = Self { supported: false };
}

/// Whether several requests may come in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkSupport {
    /// Whether they may.
    pub supported: bool,
    /// The most requests in one.
    #[serde(default)]
    pub max_operations: u64,
    /// The longest body in bytes.
    #[serde(default)]
    pub max_payload_size: u64,
}

/// Whether lists may be filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FilterSupport {
    /// Whether they may.
    pub supported: bool,
    /// The most resources in one answer.
    #[serde(default)]
    pub max_results: u64,
}

/// A way to prove who one is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticationScheme {
    /// The scheme: `oauthbearertoken` for a bearer token.
    #[serde(rename = "type")]
    pub kind: String,
    /// The scheme's name.
    pub name: String,
    /// How the scheme works.
    #[serde(default)]
    pub description: String,
    /// The address of its specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec_uri: Option<String>,
    /// The address of its documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation_uri: Option<String>,
    /// Whether it is the preferred one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<bool>,
}

/// A kind of resource (RFC 7643 §6), served at `/ResourceTypes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceType {
    /// Always the URN of this schema.
    #[serde(default)]
    pub schemas: Vec<String>,
    /// The kind's id, often its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The kind's name, such as `User`.
    pub name: String,
    /// What the kind is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where resources of the kind are, below the base address.
    pub endpoint: String,
    /// The URN of the core schema.
    pub schema: String,
    /// The extensions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schema_extensions: Vec<SchemaExtension>,
    /// Where it is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Meta>,
}

/// An extension of a kind of resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaExtension {
    /// The URN of the extension.
    pub schema: String,
    /// Whether each resource must have it.
    pub required: bool,
}

impl ResourceType {
    /// Users with the enterprise extension, which none must have.
    pub fn user() -> Self {
        Self {
            schema_extensions: vec![SchemaExtension {
                schema: urn::ENTERPRISE_USER.to_owned(),
                required: false,
            }],
            ..Self::plain("User", "/Users", urn::CORE_USER)
        }
    }

    /// Groups.
    pub fn group() -> Self {
        Self::plain("Group", "/Groups", urn::CORE_GROUP)
    }

    fn plain(name: &str, endpoint: &str, schema: &str) -> Self {
        Self {
            schemas: vec![urn::RESOURCE_TYPE.to_owned()],
            id: Some(name.to_owned()),
            name: name.to_owned(),
            description: Some(name.to_owned()),
            endpoint: endpoint.to_owned(),
            schema: schema.to_owned(),
            schema_extensions: Vec::new(),
            meta: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_resource_type_is_written_as_the_rfc_shows_it() {
        assert_eq!(
            serde_json::to_value(ResourceType::user()).unwrap(),
            json!({
                "schemas": [urn::RESOURCE_TYPE],
                "id": "User",
                "name": "User",
                "description": "User",
                "endpoint": "/Users",
                "schema": urn::CORE_USER,
                "schemaExtensions": [{"schema": urn::ENTERPRISE_USER, "required": false}],
            })
        );
    }

    #[test]
    fn a_configuration_reads_back_what_it_wrote() {
        let config = ServiceProviderConfig {
            patch: Supported::YES,
            filter: FilterSupport {
                supported: true,
                max_results: 200,
            },
            ..ServiceProviderConfig::default()
        };
        let written = serde_json::to_value(&config).unwrap();
        assert_eq!(
            written["filter"],
            json!({"supported": true, "maxResults": 200})
        );
        assert_eq!(written["changePassword"], json!({"supported": false}));
        assert_eq!(
            serde_json::from_value::<ServiceProviderConfig>(written).unwrap(),
            config
        );
    }
}
