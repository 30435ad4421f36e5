//! Applying a request to a resource.
use serde_json::Value;

use super::{PatchOutcome, PatchPolicy, PatchRequest};
use crate::{ScimError, schema::ResourceSchema};

pub(super) fn request(
    _request: &PatchRequest,
    _resource: &mut Value,
    _schema: &ResourceSchema,
    _policy: PatchPolicy,
) -> Result<PatchOutcome, ScimError> {
    Err(ScimError::new(501, "not written yet"))
}
