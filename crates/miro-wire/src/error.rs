//! The error body of the REST API.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::lenient;

/// An error as REST reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestError {
    /// `error`.
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    pub kind: String,
    /// The HTTP status; 0 when missing.
    #[serde(default, deserialize_with = "lenient::status")]
    pub status: u16,
    /// A code such as `invalidParameters`, `notFound`, `tooManyRequests`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub code: String,
    /// What went wrong, in Miro's words.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub message: String,
    /// More about it; `null` in the samples.
    #[serde(default)]
    pub context: Option<Value>,
}
