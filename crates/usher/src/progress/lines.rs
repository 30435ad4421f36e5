//! Progress lines for files and pipes: now and then, not for every page.

use std::time::{Duration, Instant};

/// Says when the next line is due: after the first five seconds, then at most every ten.
#[derive(Debug, Default)]
pub struct Occasional {
    next: Option<Instant>,
}

impl Occasional {
    /// Whether a line is due at `now`. The first question starts the count.
    pub fn is_due(&mut self, now: Instant) -> bool {
        match self.next {
            None => {
                self.next = Some(now + Duration::from_secs(5));
                false
            }
            Some(next) if now >= next => {
                self.next = Some(now + Duration::from_secs(10));
                true
            }
            Some(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_run_writes_nothing_and_a_long_one_a_line_now_and_then() {
        let start = Instant::now();
        let mut lines = Occasional::default();
        let due: Vec<u64> = (0..40)
            .filter(|second| lines.is_due(start + Duration::from_secs(*second)))
            .collect();
        assert_eq!(due, [5, 15, 25, 35]);
    }
}
