//! The error message of SCIM (RFC 7644 §3.12).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::urn;

/// What went wrong, as SCIM says it on the wire (RFC 7644 §3.12).
///
/// It serialises to the error message, with `status` as a JSON string as the RFC wants it, and is read
/// from messages that write the status as a number too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScimError {
    /// The HTTP status of the answer.
    pub status: u16,
    /// The keyword that refines status 400 and 409.
    pub scim_type: Option<ScimType>,
    /// What failed and what to do about it, for a human.
    pub detail: String,
}

impl ScimError {
    /// An error with a status and a text, without keyword.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self {
            status,
            scim_type: None,
            detail: detail.into(),
        }
    }

    /// An error with a keyword and its usual status: 409 for `uniqueness`, 403 for `sensitive`, else 400
    /// (RFC 7644 §3.12, table 9).
    pub fn of(scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self {
            status: scim_type.usual_status(),
            scim_type: Some(scim_type),
            detail: detail.into(),
        }
    }

    /// 400 `invalidFilter`.
    pub fn invalid_filter(detail: impl Into<String>) -> Self {
        Self::of(ScimType::InvalidFilter, detail)
    }

    /// 400 `invalidPath`.
    pub fn invalid_path(detail: impl Into<String>) -> Self {
        Self::of(ScimType::InvalidPath, detail)
    }

    /// 400 `invalidSyntax`.
    pub fn invalid_syntax(detail: impl Into<String>) -> Self {
        Self::of(ScimType::InvalidSyntax, detail)
    }

    /// 400 `invalidValue`.
    pub fn invalid_value(detail: impl Into<String>) -> Self {
        Self::of(ScimType::InvalidValue, detail)
    }

    /// 400 `mutability`.
    pub fn mutability(detail: impl Into<String>) -> Self {
        Self::of(ScimType::Mutability, detail)
    }

    /// 400 `noTarget`.
    pub fn no_target(detail: impl Into<String>) -> Self {
        Self::of(ScimType::NoTarget, detail)
    }

    /// 409 `uniqueness`.
    pub fn uniqueness(detail: impl Into<String>) -> Self {
        Self::of(ScimType::Uniqueness, detail)
    }

    /// 404 for a resource that does not exist.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, detail)
    }

    /// The same error with another HTTP status.
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

impl fmt::Display for ScimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.scim_type {
            Some(keyword) => write!(f, "{} ({} {keyword})", self.detail, self.status),
            None => write!(f, "{} ({})", self.detail, self.status),
        }
    }
}

impl std::error::Error for ScimError {}

/// The keywords of RFC 7644 §3.12, table 9.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ScimType {
    /// The filter cannot be read, or compares what cannot be compared.
    InvalidFilter,
    /// The filter matches more than the provider wants to handle.
    TooMany,
    /// The value is in use already.
    Uniqueness,
    /// The change contradicts the attribute's mutability or present value.
    Mutability,
    /// The body's structure does not fit its schema.
    InvalidSyntax,
    /// The PATCH path cannot be read or names nothing.
    InvalidPath,
    /// The PATCH path's filter matches no value.
    NoTarget,
    /// A required value is missing, or a value does not fit the attribute.
    InvalidValue,
    /// The protocol version is not supported.
    InvalidVersion,
    /// The request carries something sensitive in its address.
    Sensitive,
    /// A keyword that the RFC does not list; Miro sends `tooManyRequests` with 429.
    Other(String),
}

impl ScimType {
    /// The keyword as it is written on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVersion => "invalidVers",
            Self::Sensitive => "sensitive",
            Self::Other(keyword) => keyword,
        }
    }

    fn usual_status(&self) -> u16 {
        match self {
            Self::Uniqueness => 409,
            Self::Sensitive => 403,
            _ => 400,
        }
    }
}

impl From<&str> for ScimType {
    fn from(keyword: &str) -> Self {
        match keyword {
            "invalidFilter" => Self::InvalidFilter,
            "tooMany" => Self::TooMany,
            "uniqueness" => Self::Uniqueness,
            "mutability" => Self::Mutability,
            "invalidSyntax" => Self::InvalidSyntax,
            "invalidPath" => Self::InvalidPath,
            "noTarget" => Self::NoTarget,
            "invalidValue" => Self::InvalidValue,
            "invalidVers" => Self::InvalidVersion,
            "sensitive" => Self::Sensitive,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for ScimType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenError<'a> {
    schemas: [&'static str; 1],
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scim_type: Option<&'a str>,
    detail: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadError {
    status: ReadStatus,
    #[serde(default)]
    scim_type: Option<String>,
    #[serde(default)]
    detail: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ReadStatus {
    Number(u16),
    Text(String),
}

impl Serialize for ScimError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WrittenError {
            schemas: [urn::ERROR],
            status: self.status.to_string(),
            scim_type: self.scim_type.as_ref().map(ScimType::as_str),
            detail: &self.detail,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ScimError {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = ReadError::deserialize(deserializer)?;
        let status = match read.status {
            ReadStatus::Number(status) => status,
            ReadStatus::Text(text) => text
                .trim()
                .parse()
                .map_err(|_| de::Error::custom(format!("status `{text}` is not a number")))?,
        };
        Ok(Self {
            status,
            scim_type: read.scim_type.as_deref().map(ScimType::from),
            detail: read.detail.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_is_written_with_its_status_as_text() {
        let error = ScimError::mutability("attribute `id` is read-only");
        let written = serde_json::to_value(&error).unwrap();
        assert_eq!(
            written,
            json!({
                "schemas": [urn::ERROR],
                "status": "400",
                "scimType": "mutability",
                "detail": "attribute `id` is read-only",
            })
        );
        assert_eq!(serde_json::from_value::<ScimError>(written).unwrap(), error);
    }

    #[test]
    fn a_keyword_outside_the_rfc_and_a_numeric_status_are_read() {
        let read: ScimError =
            serde_json::from_value(json!({"status": 429, "scimType": "tooManyRequests"})).unwrap();
        assert_eq!(read.status, 429);
        assert_eq!(
            read.scim_type,
            Some(ScimType::Other("tooManyRequests".to_owned()))
        );
    }

    #[test]
    fn a_status_that_is_no_number_is_refused() {
        assert!(serde_json::from_value::<ScimError>(json!({"status": "oops"})).is_err());
    }
}
