//! How many cases property tests try, and how long things take.

use std::time::Duration;

use proptest::test_runner::Config;

/// So many cases, or more where `PROPTEST_CASES` asks for more.
pub(crate) fn cases(ordinary: u32) -> Config {
    let asked = Config::default();
    Config {
        cases: asked.cases.max(ordinary),
        failure_persistence: None,
        ..asked
    }
}

/// Counts how long this thread computes: other work on the machine does not count.
pub(crate) struct Stopwatch(Duration);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(computed())
    }

    pub(crate) fn spent(&self) -> Duration {
        computed().saturating_sub(self.0)
    }
}

fn computed() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let spent = text.split(' ').next().and_then(|spent| spent.parse().ok());
    Duration::from_nanos(spent.unwrap_or_default())
}
