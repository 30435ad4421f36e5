//! Where the objects of an organization are kept, and how they are named inside it.

use std::ops::Index;

use serde::{Deserialize, Serialize};

/// An object with an id as Miro has them: a 64-bit number, written with 19 decimal digits.
pub trait Identified {
    /// The id.
    fn id(&self) -> u64;
}

/// The place of an object in its [`Slots`].
pub trait Key: Copy {
    /// The key of a place.
    fn at(index: usize) -> Self;
    /// The place.
    fn index(self) -> usize;
}

macro_rules! key {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(u32);

        impl Key for $name {
            fn at(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }

            fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

key! {
    /// A user of a world, valid for as long as the world is borrowed. Keys ascend with ids.
    UserKey
}
key! {
    /// A team of a world, valid for as long as the world is borrowed. Keys ascend with ids.
    TeamKey
}
key! {
    /// A user group of a world, valid for as long as the world is borrowed. Keys ascend with ids.
    GroupKey
}
key! {
    /// A board of a world, valid for as long as the world is borrowed. Keys ascend with ids.
    BoardKey
}

/// Objects in the order of their ids. Nothing is ever taken out, so a key stays good; what is deleted says so
/// itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slots<T>(Vec<T>);

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Identified> Slots<T> {
    /// The objects, which must ascend by id.
    pub(crate) fn from_sorted(items: Vec<T>) -> Self {
        debug_assert!(items.is_sorted_by(|left, right| left.id() < right.id()));
        Self(items)
    }

    /// Where the object with this id is.
    pub(crate) fn find<K: Key>(&self, id: u64) -> Option<K> {
        let place = self.0.binary_search_by_key(&id, Identified::id);
        place.ok().map(K::at)
    }

    /// The keys of all objects with a larger id.
    pub(crate) fn keys_after<K: Key>(
        &self,
        id: u64,
    ) -> impl DoubleEndedIterator<Item = K> + use<K, T> {
        let first = self.0.partition_point(|item| item.id() <= id);
        (first..self.0.len()).map(K::at)
    }

    pub(crate) fn keys<K: Key>(&self) -> impl DoubleEndedIterator<Item = K> + use<K, T> {
        (0..self.0.len()).map(K::at)
    }

    /// Adds an object whose id is larger than all others.
    pub(crate) fn push<K: Key>(&mut self, item: T) -> K {
        debug_assert!(self.0.last().is_none_or(|last| last.id() < item.id()));
        self.0.push(item);
        K::at(self.0.len() - 1)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// The object of a key, to change it.
    pub(crate) fn get_mut<K: Key>(&mut self, key: K) -> &mut T {
        // Keys come from this container and it never shrinks.
        &mut self.0[key.index()]
    }
}

impl<T, K: Key> Index<K> for Slots<T> {
    type Output = T;

    fn index(&self, key: K) -> &T {
        // Keys come from this container and it never shrinks.
        &self.0[key.index()]
    }
}
