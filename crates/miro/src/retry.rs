//! How long to pause before trying again.

use std::time::Duration;

use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The pauses between attempts, with jitter so that several clients do not come back together.
#[derive(Debug)]
pub(crate) struct Pauses {
    first: Duration,
    random: Mutex<StdRng>,
}

impl Pauses {
    pub fn new(first: Duration, seed: Option<u64>) -> Self {
        let seed = seed.unwrap_or_else(rand::random);
        Self {
            first,
            random: Mutex::new(StdRng::seed_from_u64(seed)),
        }
    }

    /// The pause after the `failures`-th failure in a row, counted from 1: doubling, at most 40 times the
    /// first, of which a random half is taken off.
    pub fn after(&self, failures: u32) -> Duration {
        let doubled = 1_u32
            .checked_shl(failures.saturating_sub(1))
            .unwrap_or(u32::MAX)
            .min(40);
        let share = self.random.lock().random_range(0.5..=1.0);
        (self.first * doubled).mul_f64(share)
    }

    /// Something between nothing and a tenth of the given time.
    pub fn jitter(&self, of: Duration) -> Duration {
        let share = self.random.lock().random_range(0.0..=0.1);
        of.mul_f64(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_stay_bounded_and_repeat_with_the_same_seed() {
        let first = Duration::from_millis(100);
        let pauses = |seed| {
            let pauses = Pauses::new(first, Some(seed));
            (1..40)
                .map(|failures| pauses.after(failures))
                .collect::<Vec<_>>()
        };
        let one = pauses(1);
        assert_eq!(one, pauses(1));
        assert_ne!(one, pauses(2));
        assert!(one[0] >= first / 2 && one[0] <= first);
        assert!(one[4] >= first * 8 && one[4] <= first * 16);
        assert!(one.iter().all(|pause| *pause <= first * 40));
    }
}
