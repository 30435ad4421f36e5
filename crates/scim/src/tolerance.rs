//! The forms outside the RFCs that identity providers send and that are accepted, by name.

use std::fmt;

/// A form that RFC 7643 and RFC 7644 do not allow, that some client in the wild sends, and that can mean
/// only one thing. What was tolerated is reported by [`crate::patch::PatchOutcome::tolerated`] and
/// [`crate::filter::CompiledFilter::tolerated`]; a strict provider refuses when that is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tolerance {
    /// `"op": "Replace"` (Entra): the RFC has lower case only.
    CapitalisedOperation,
    /// A PATCH body without `schemas`.
    MissingSchemas,
    /// `"True"` and `"False"` as the value of a boolean attribute (Entra).
    BooleanAsText,
    /// `primary eq "True"` inside a filter (Entra).
    BooleanAsTextInFilter,
    /// `value eq 3074457364022187294` on a text attribute (Miro's own example): compared by its digits.
    NumberInFilterOfText,
    /// A JSON number as the value of a text attribute.
    NumberAsText,
    /// `{"name.givenName": "x"}` or `{"emails[type eq \"work\"].value": "x"}` in a path-less operation (Entra).
    PathInPathlessKey,
    /// `{"urn:…:User:department": "x"}` in a path-less operation (Entra).
    UrnInPathlessKey,
    /// One value where the attribute takes an array: `"path": "members", "value": {…}` (Entra).
    SingleValueForMultiValued,
    /// A plain text where the attribute takes an object with `value`: `"path": "…:manager", "value": "26"` (Entra).
    TextForComplex,
    /// `remove` of `members` with the members to remove in `value` (Entra); by the RFC all would go.
    RemoveWithValue,
    /// A read-only attribute in a path-less operation, such as Okta's `id`: ignored.
    ReadOnlyIgnored,
    /// `roles.value` without a filter: the primary role, or every role when none is primary.
    SubAttributeOfMultiValued,
    /// A `replace` or `add` whose filter matches nothing creates the value that the filter describes (Entra).
    UnmatchedFilterCreates,
    /// An attribute outside the schema, ignored or kept by [`crate::patch::UnknownAttributes`].
    UnknownAttribute,
}

impl Tolerance {
    /// The name in documents and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CapitalisedOperation => "capitalised-operation",
            Self::MissingSchemas => "missing-schemas",
            Self::BooleanAsText => "boolean-as-text",
            Self::BooleanAsTextInFilter => "boolean-as-text-in-filter",
            Self::NumberInFilterOfText => "number-in-filter-of-text",
            Self::NumberAsText => "number-as-text",
            Self::PathInPathlessKey => "path-in-pathless-key",
            Self::UrnInPathlessKey => "urn-in-pathless-key",
            Self::SingleValueForMultiValued => "single-value-for-multi-valued",
            Self::TextForComplex => "text-for-complex",
            Self::RemoveWithValue => "remove-with-value",
            Self::ReadOnlyIgnored => "read-only-ignored",
            Self::SubAttributeOfMultiValued => "sub-attribute-of-multi-valued",
            Self::UnmatchedFilterCreates => "unmatched-filter-creates",
            Self::UnknownAttribute => "unknown-attribute",
        }
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
