//! Data that may not have been seen.

use serde::{Deserialize, Serialize};

/// A value, or the fact that Usher could not see it.
///
/// Usher works with either of Miro's two tokens; what the missing one hides is unknown, which is not the
/// same as empty: `Known(None)` for a last activity says *never active*, `Unknown` says *we cannot tell*.
/// Nothing may be removed because of something unknown.
///
/// ```
/// use usher_model::Known;
/// let never: Known<Option<u64>> = Known::Known(None);
/// let hidden: Known<Option<u64>> = Known::Unknown;
/// assert_ne!(never, hidden);
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Known<T> {
    /// Seen, with this value.
    Known(T),
    /// Not visible with the credentials in use.
    #[default]
    Unknown,
}

impl<T> Known<T> {
    /// The value, if it was seen.
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown => None,
        }
    }

    /// A view of the value.
    pub fn as_ref(&self) -> Known<&T> {
        match self {
            Self::Known(value) => Known::Known(value),
            Self::Unknown => Known::Unknown,
        }
    }

    /// Whether the value was seen.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Known(_))
    }

    /// Applies `f` to a seen value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Self::Known(value) => Known::Known(f(value)),
            Self::Unknown => Known::Unknown,
        }
    }

    /// This value if seen, else the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self.is_known() { self } else { other }
    }
}

impl<T> From<Option<T>> for Known<T> {
    /// An absent value becomes *unknown*; use `Known::Known(None)` for "seen to be absent".
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Unknown, Self::Known)
    }
}
