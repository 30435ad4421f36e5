//! Whether a worker lives, for whoever asks from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use usher_model::Timestamp;

/// When a worker last looked for something to do. Clones are one pulse.
#[derive(Clone, Debug)]
pub struct Pulse {
    last: Arc<AtomicI64>,
    patience: Duration,
}

impl Pulse {
    /// The pulse of a worker that looks at least every `poll`.
    pub fn new(poll: Duration) -> Self {
        Self {
            last: Arc::new(AtomicI64::new(i64::MIN)),
            patience: poll * 4 + Duration::from_secs(60),
        }
    }

    /// It looked.
    pub(super) fn beat(&self, now: Timestamp) {
        self.last.store(now.as_millisecond(), Ordering::Relaxed);
    }

    /// Why the worker cannot be relied on, if it cannot: it never looked, or too long ago.
    pub fn trouble(&self, now: Timestamp) -> Option<String> {
        let Ok(last) = Timestamp::from_millisecond(self.last.load(Ordering::Relaxed)) else {
            return Some("it has not begun".to_owned());
        };
        let silence = now.duration_since(last).unsigned_abs();
        (silence > self.patience).then(|| format!("it has not looked for work since {last:.0}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_looked_lately_is_well_and_one_that_did_not_is_not() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let pulse = Pulse::new(Duration::from_secs(5));
        assert!(pulse.trouble(at(0)).unwrap().contains("not begun"));
        pulse.beat(at(0));
        assert_eq!(pulse.trouble(at(79)), None);
        assert!(pulse.trouble(at(81)).unwrap().contains("1970"));
    }
}
