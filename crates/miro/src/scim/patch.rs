//! Changes in the form that Miro documents.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use usher_model::AccountId;

use super::quoted;

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A change of a user or a group (RFC 7644, section 3.5.2), written as in Miro's examples.
///
/// ```
/// use usher_miro::Patch;
/// let patch = Patch::new().replace("active", false);
/// assert_eq!(
///     serde_json::to_string(&patch).unwrap(),
///     r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":false}]}"#
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patch {
    operations: Vec<Value>,
    members: usize,
}

impl Patch {
    /// No change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets an attribute.
    #[must_use]
    pub fn replace(mut self, path: &str, value: impl Into<Value>) -> Self {
        self.operations
            .push(json!({"op": "Replace", "path": path, "value": value.into()}));
        self
    }

    /// Adds to an attribute with several values.
    #[must_use]
    pub fn add(mut self, path: &str, value: impl Into<Value>) -> Self {
        self.operations
            .push(json!({"op": "Add", "path": path, "value": value.into()}));
        self
    }

    /// Removes what a path points to, for example `roles[value eq "Content Admin"]`.
    #[must_use]
    pub fn remove(mut self, path: &str) -> Self {
        self.operations.push(json!({"op": "Remove", "path": path}));
        self
    }

    /// Adds members to a group, all in one operation.
    #[must_use]
    pub fn add_members<'a>(self, members: impl IntoIterator<Item = &'a AccountId>) -> Self {
        let values: Vec<Value> = members
            .into_iter()
            .map(|id| json!({"value": id.as_str()}))
            .collect();
        if values.is_empty() {
            return self;
        }
        let count = values.len();
        let mut patch = self.add("members", values);
        patch.members += count;
        patch
    }

    /// Removes members from a group, an operation each. The id is quoted, as RFC 7644 requires and unlike
    /// Miro's one example.
    #[must_use]
    pub fn remove_members<'a>(self, members: impl IntoIterator<Item = &'a AccountId>) -> Self {
        members
            .into_iter()
            .fold(self, |patch, id| patch.remove_member(&quoted(id.as_str())))
    }

    /// Removes members from a group with their ids as numbers, as in Miro's one example: for an organization that
    /// does not take [the quoted form](Self::remove_members).
    #[must_use]
    pub fn remove_members_unquoted<'a>(
        self,
        members: impl IntoIterator<Item = &'a AccountId>,
    ) -> Self {
        members
            .into_iter()
            .fold(self, |patch, id| patch.remove_member(id.as_str()))
    }

    fn remove_member(self, literal: &str) -> Self {
        let mut patch = self.remove(&format!("members[value eq {literal}]"));
        patch.members += 1;
        patch
    }

    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// How many members are added and removed.
    pub fn member_count(&self) -> usize {
        self.members
    }

    /// The size of the body in bytes, which decides between [`PatchGroupSmall`] and [`PatchGroupLarge`].
    ///
    /// [`PatchGroupSmall`]: crate::ScimClass::PatchGroupSmall
    /// [`PatchGroupLarge`]: crate::ScimClass::PatchGroupLarge
    pub fn size(&self) -> usize {
        serde_json::to_vec(self).map_or(usize::MAX, |body| body.len())
    }
}

impl Serialize for Patch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            schemas: [&'static str; 1],
            #[serde(rename = "Operations")]
            operations: &'a [Value],
        }
        Body {
            schemas: [PATCH_OP],
            operations: &self.operations,
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScimClass;

    fn ids(count: u64) -> Vec<AccountId> {
        (0..count)
            .map(|n| AccountId::new((3_074_457_365_265_951_581 + n).to_string()))
            .collect()
    }

    #[test]
    fn eleven_members_are_the_most_that_fit_a_small_change() {
        let size = |count| Patch::new().add_members(&ids(count)).size();
        assert_eq!((size(1), size(11), size(12)), (148, 468, 500));
        assert_eq!(ScimClass::patch_group(size(11)), ScimClass::PatchGroupSmall);
        assert_eq!(ScimClass::patch_group(size(12)), ScimClass::PatchGroupLarge);
    }

    #[test]
    fn members_are_removed_one_by_one_with_quoted_ids() {
        let patch = Patch::new().remove_members(&ids(2));
        assert_eq!(patch.member_count(), 2);
        let body = serde_json::to_value(&patch).unwrap();
        assert_eq!(
            body["Operations"][0],
            json!({"op": "Remove", "path": "members[value eq \"3074457365265951581\"]"})
        );
    }

    #[test]
    fn adding_nobody_is_no_change() {
        assert!(Patch::new().add_members(&[]).is_empty());
    }
}
