//! Choosing by chance.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// One of several; the first of `options` must exist.
pub fn one_of<'a, T>(options: &'a [T], random: &mut ChaCha8Rng) -> &'a T {
    &options[random.random_range(0..options.len())]
}

/// Whether something of this probability happens.
pub fn happens(probability: f64, random: &mut ChaCha8Rng) -> bool {
    random.random::<f64>() < probability
}

/// A number in `0..limit` that favours small ones, as team sizes and popularity do.
pub fn skewed(limit: usize, random: &mut ChaCha8Rng) -> usize {
    let share: f64 = random.random();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and limit"
    )]
    let chosen = (share * share * limit as f64) as usize;
    chosen.min(limit.saturating_sub(1))
}

/// A whole number from `0..limit`.
pub fn below(limit: usize, random: &mut ChaCha8Rng) -> usize {
    random.random_range(0..limit.max(1))
}

/// Milliseconds in so many days, spread by chance.
pub fn days(from: f64, to: f64, random: &mut ChaCha8Rng) -> i64 {
    let chosen = from + random.random::<f64>() * (to - from);
    #[expect(clippy::cast_possible_truncation, reason = "a few years at most")]
    let milliseconds = (chosen * 86_400_000.0) as i64;
    milliseconds
}
