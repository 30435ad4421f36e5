//! How many cases property tests try.

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
