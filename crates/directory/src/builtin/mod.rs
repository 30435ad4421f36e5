//! The built-in directory.

use serde::{Deserialize, Serialize};

/// Settings of the built-in directory: there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuiltinSettings {}
