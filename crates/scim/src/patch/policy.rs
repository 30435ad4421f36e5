//! Where the RFC leaves a choice, or providers in the wild choose otherwise.

/// How PATCH treats what is not quite right. The default is the RFC's reading, except that read-only
/// attributes in a path-less object are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PatchPolicy {
    /// A `replace` or `add` whose filter matches nothing.
    pub unmatched_filter: UnmatchedFilter,
    /// An attribute outside the schema.
    pub unknown_attributes: UnknownAttributes,
    /// An operation whose path names a read-only attribute.
    pub read_only_targets: ReadOnlyTargets,
}

/// What a `replace` or `add` does whose filter matches nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnmatchedFilter {
    /// 400 `noTarget` (RFC 7644 §3.5.2.3).
    #[default]
    Refuse,
    /// Creates a value from the filter's `eq` conditions, as Entra expects
    /// ([`crate::Tolerance::UnmatchedFilterCreates`]); 400 `noTarget` when the filter has anything else.
    Create,
}

/// What happens to an attribute outside the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownAttributes {
    /// 400 `invalidPath`.
    #[default]
    Refuse,
    /// Left out, as Miro does.
    Ignore,
    /// Written as it came.
    Keep,
}

/// What happens to an operation whose path names a read-only attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadOnlyTargets {
    /// 400 `mutability` (RFC 7644 §3.5.2).
    #[default]
    Refuse,
    /// Nothing, without error; Miro does so for `emails`.
    Ignore,
}
