//! Several requests in one (RFC 7644 §3.7).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ScimError, json, urn};

/// What stands before the name of a resource that another operation of the same request creates.
pub const BULK_ID: &str = "bulkId:";

/// Several requests in one.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkRequest {
    /// After how many failures the rest is left alone; none: never.
    pub fail_on_errors: Option<u64>,
    /// The requests.
    pub operations: Vec<BulkOperation>,
}

/// One request of several.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkOperation {
    /// The HTTP method, as it was written.
    pub method: String,
    /// The client's name for it, by which others refer to what it creates.
    pub bulk_id: Option<String>,
    /// The version that the resource must have.
    pub version: Option<String>,
    /// Where, below the base address.
    pub path: String,
    /// The body.
    pub data: Option<Value>,
}

impl BulkRequest {
    /// Reads a bulk request. Member names are read in any case (RFC 7643 §2.1).
    ///
    /// # Errors
    /// 400 `invalidSyntax` when the message has another shape; it names the operation by its number from 1.
    pub fn parse(body: &Value) -> Result<Self, ScimError> {
        let members = body.as_object().ok_or_else(|| {
            ScimError::invalid_syntax("a bulk request is an object with `Operations`")
        })?;
        let fail_on_errors = match json::get(members, "failOnErrors") {
            None | Some(Value::Null) => None,
            Some(value) => Some(value.as_u64().ok_or_else(|| {
                ScimError::invalid_syntax("`failOnErrors` must be a whole number")
            })?),
        };
        let Some(Value::Array(operations)) = json::get(members, "Operations") else {
            return Err(ScimError::invalid_syntax(
                "a bulk request needs `Operations`, an array",
            ));
        };
        let operations = operations.iter().enumerate().map(|(index, raw)| {
            operation(raw).map_err(|error| ScimError {
                detail: format!("operation {}: {}", index + 1, error.detail),
                ..error
            })
        });
        Ok(Self {
            fail_on_errors,
            operations: operations.collect::<Result<_, _>>()?,
        })
    }
}

fn operation(raw: &Value) -> Result<BulkOperation, ScimError> {
    let members = raw
        .as_object()
        .ok_or_else(|| ScimError::invalid_syntax("it is not an object"))?;
    let text = |name: &str| match json::get(members, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(ScimError::invalid_syntax(format!(
            "`{name}` must be a text"
        ))),
    };
    let needed = |name: &str| {
        text(name)?.ok_or_else(|| ScimError::invalid_syntax(format!("`{name}` is missing")))
    };
    Ok(BulkOperation {
        method: needed("method")?,
        bulk_id: text("bulkId")?,
        version: text("version")?,
        path: needed("path")?,
        data: json::get(members, "data").cloned(),
    })
}

/// The answers to a bulk request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulkResponse {
    /// Always the URN of the message.
    pub schemas: Vec<String>,
    /// An answer for each request that was tried, in their order.
    #[serde(rename = "Operations")]
    pub operations: Vec<BulkResult>,
}

impl BulkResponse {
    /// The message.
    pub fn new(operations: Vec<BulkResult>) -> Self {
        Self {
            schemas: vec![urn::BULK_RESPONSE.to_owned()],
            operations,
        }
    }
}

/// The answer to one of several requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkResult {
    /// The HTTP method.
    pub method: String,
    /// The client's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulk_id: Option<String>,
    /// The resource's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The resource's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The body of the answer; always there when it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Value>,
    /// The HTTP status, as text.
    pub status: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_is_read_whatever_the_case_of_its_names() {
        let body = json!({
            "schemas": [urn::BULK_REQUEST], "FailOnErrors": 1,
            "operations": [{"method": "POST", "bulkid": "a", "path": "/Users", "data": {"userName": "x"}}],
        });
        let read = BulkRequest::parse(&body).unwrap();
        assert_eq!(read.fail_on_errors, Some(1));
        assert_eq!(read.operations[0].bulk_id.as_deref(), Some("a"));
    }

    #[test]
    fn what_is_wrong_names_the_operation() {
        let body = json!({"Operations": [{"method": "POST", "path": "/Users"}, {"method": "GET"}]});
        let error = BulkRequest::parse(&body).unwrap_err();
        assert_eq!(error.detail, "operation 2: `path` is missing");
        assert!(BulkRequest::parse(&json!([])).is_err());
    }
}
