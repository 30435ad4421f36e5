//! Rows of one thing's history, one after the other.

use futures::{StreamExt, TryStreamExt};
use usher_model::Timestamp;

use super::AccessChange;
use crate::Rows;

/// One row of something's history.
pub(super) trait Version: Send + 'static {
    fn key(&self) -> &str;
    fn valid(&self) -> (Timestamp, Option<Timestamp>);

    fn holds_at(&self, time: Timestamp) -> bool {
        let (from, to) = self.valid();
        from <= time && to.is_none_or(|to| to > time)
    }
}

/// Gathers the rows of each thing, which follow one another, and makes changes of them.
pub(super) fn changes<V: Version>(
    mut rows: Rows<V>,
    make: impl Fn(&[V]) -> Vec<AccessChange> + Send + 'static,
) -> Rows<AccessChange> {
    async_stream::try_stream! {
        let mut versions: Vec<V> = Vec::new();
        while let Some(version) = rows.try_next().await? {
            if versions.first().is_some_and(|first| first.key() != version.key()) {
                for change in make(&versions) {
                    yield change;
                }
                versions.clear();
            }
            versions.push(version);
        }
        for change in make(&versions) {
            yield change;
        }
    }
    .boxed()
}

/// When the last of the rows ended: when the thing went.
pub(super) fn end_of<V: Version>(versions: &[V]) -> Option<Timestamp> {
    versions
        .iter()
        .filter_map(|version| version.valid().1)
        .max()
}

/// When the first row after the last gap began: when the thing came.
pub(super) fn start_of<V: Version>(versions: &[V]) -> Option<Timestamp> {
    let mut start = None;
    let mut end = None;
    for version in versions {
        let (from, to) = version.valid();
        if end != Some(from) {
            start = Some(from);
        }
        end = to;
    }
    start
}

/// When an attribute took the value that it has in the last row.
pub(super) fn last_change<V: Version, T: PartialEq>(
    versions: &[V],
    value: impl Fn(&V) -> T,
) -> Option<Timestamp> {
    versions.windows(2).rev().find_map(|pair| match pair {
        [one, next] if value(one) != value(next) => Some(next.valid().0),
        _ => None,
    })
}
