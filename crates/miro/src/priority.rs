//! How urgent a call is.

/// Who may use the last part of a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Leaves the reserve of [`LimitProfile`](crate::LimitProfile) alone and waits behind urgent calls.
    #[default]
    Normal,
    /// May use the whole limit, and goes first: taking access away must not wait for a reading sync.
    Urgent,
}
