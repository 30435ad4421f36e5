//! Faster ways of doing ordinary things, for a hundred thousand people.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map from ids. They come from directories and from Miro, not from somebody who could choose them to collide, and
/// a collision would cost time and nothing else.
pub(crate) type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<QuickHasher>>;

/// Multiplies and rotates, eight bytes at a time.
#[derive(Default)]
pub(crate) struct QuickHasher(u64);

impl QuickHasher {
    /// One-to-one in `word` and in the state, so that ids of the same length collide by chance only.
    fn mix(&mut self, word: u64) {
        let mut mixed = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^= mixed >> 32;
        mixed = mixed.wrapping_mul(0xd6e8_feb8_6659_fd93);
        self.0 = mixed ^ (mixed >> 29);
    }
}

impl Hasher for QuickHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        self.mix(u64::from_le_bytes(last));
    }

    fn write_u8(&mut self, byte: u8) {
        self.mix(u64::from(byte));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// How many things it takes for a second thread to pay.
pub(crate) const MANY: usize = 2_000;

/// Does two things, at the same time if there is much to do.
pub(crate) fn both<A: Send, B>(
    size: usize,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B,
) -> (A, B) {
    if size < MANY {
        return (one(), other());
    }
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        match one.join() {
            Ok(one) => (one, other),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(bytes: &[u8]) -> u64 {
        let mut hasher = QuickHasher::default();
        hasher.write(bytes);
        hasher.finish()
    }

    #[test]
    fn ids_that_differ_in_one_place_do_not_collide() {
        let ids = (0..200_000).map(|id| format!("307445734{id:010}"));
        let mut low: Vec<u32> = vec![0; 1 << 16];
        let mut all: Vec<u64> = ids
            .map(|id| {
                let hash = hash(id.as_bytes());
                low[usize::try_from(hash & 0xffff).unwrap()] += 1;
                hash
            })
            .collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 200_000);
        assert!(
            low.iter().all(|count| *count < 30),
            "some bucket is crowded"
        );
    }

    #[test]
    fn two_things_are_both_done_however_many_there_are() {
        assert_eq!(both(1, || 1, || 2), (1, 2));
        assert_eq!(both(MANY, || 1, || 2), (1, 2));
    }
}
