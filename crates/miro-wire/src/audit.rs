//! Miro's own audit log.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Reference;
use crate::lenient;

/// Who did it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditActor {
    /// `user`, `application`, `scim_provisioner` or `miro_automation`.
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    pub kind: String,
    /// The actor's identifier.
    #[serde(
        default,
        deserialize_with = "lenient::optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub id: Option<String>,
    /// The actor's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The actor's e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// Where it was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditContext {
    /// The address from which it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The team concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<Reference>,
    /// The organization concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<Reference>,
}

/// To what it was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditObject {
    /// The object's identifier.
    #[serde(
        default,
        deserialize_with = "lenient::optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub id: Option<String>,
    /// The object's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// An item of `GET /v2/audit/logs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    /// The event's identifier.
    #[serde(deserialize_with = "lenient::id")]
    pub id: String,
    /// What happened, for example `sign_in_succeeded`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub event: String,
    /// The kind of event, for example `authentication`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// When; Miro's sample has an offset without colon, which [`parse_time`](crate::parse_time) reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// Free-form details: an object, or an object printed as a string.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub details: Value,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<AuditActor>,
    /// Where it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<AuditContext>,
    /// To what it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<AuditObject>,
}
