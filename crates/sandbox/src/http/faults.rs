//! The fault rules in force, and which of them hits a request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::http::fault_rule::{Effect, FaultRule, When};

/// What happens to one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// How long the reply is held back.
    pub latency: Option<Duration>,
    /// What goes wrong.
    pub effect: Option<Effect>,
    /// Members that a change of several members gets done.
    pub half_done: Option<usize>,
}

/// In a request's extensions: a change of several members must stop after `members` of them, leaving those
/// done (Okta's guide tells that *Push now* is not atomic). Whatever the handler then replies is replaced by a
/// gateway time-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HalfDone {
    /// How many members are still worked on.
    pub members: usize,
}

/// All fault rules.
#[derive(Debug, Default)]
pub struct FaultBook {
    any: AtomicBool,
    rules: Mutex<Vec<ActiveRule>>,
}

#[derive(Debug)]
struct ActiveRule {
    rule: FaultRule,
    random: ChaCha8Rng,
    seen: u64,
    fired: u64,
}

/// A rule and how often it was met.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleReport {
    /// The rule.
    pub rule: FaultRule,
    /// Requests that its route matched.
    pub seen: u64,
    /// Requests that it hit.
    pub fired: u64,
}

impl FaultBook {
    /// A book with these rules.
    pub fn new(rules: impl IntoIterator<Item = FaultRule>) -> Self {
        let book = Self::default();
        for rule in rules {
            book.add(rule);
        }
        book
    }

    /// Adds a rule behind the others.
    pub fn add(&self, rule: FaultRule) {
        let random = ChaCha8Rng::seed_from_u64(rule.seed);
        self.rules.lock().push(ActiveRule {
            rule,
            random,
            seen: 0,
            fired: 0,
        });
        self.any.store(true, Ordering::Release);
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.any.store(false, Ordering::Release);
        self.rules.lock().clear();
    }

    /// The rules in their order.
    pub fn report(&self) -> Vec<RuleReport> {
        let rules = self.rules.lock();
        let report = rules.iter().map(|active| RuleReport {
            rule: active.rule.clone(),
            seen: active.seen,
            fired: active.fired,
        });
        report.collect()
    }

    /// What happens to this request. Every rule that matches counts it; the first that hits decides.
    pub fn choose(&self, method: &str, path: &str) -> Fault {
        if !self.any.load(Ordering::Acquire) {
            return Fault::default();
        }
        let mut chosen = Fault::default();
        let mut found = false;
        for active in self.rules.lock().iter_mut() {
            if active.rule.matches(method, path) && active.hits() && !found {
                found = true;
                active.fired += 1;
                chosen = Fault {
                    latency: active.rule.latency,
                    effect: active.rule.effect,
                    half_done: active.rule.half_done,
                };
            }
        }
        chosen
    }
}

impl ActiveRule {
    /// Counts a matching request and says whether the rule hits it.
    fn hits(&mut self) -> bool {
        self.seen += 1;
        let due = match self.rule.when {
            When::Always => true,
            When::Probability(p) => self.random.random_bool(p.clamp(0.0, 1.0)),
            When::Nth(n) => self.seen == n,
            When::Every(n) => self.seen.is_multiple_of(n),
            When::First(n) => self.seen <= n,
        };
        due && self.rule.times.is_none_or(|times| self.fired < times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str, requests: usize) -> Vec<bool> {
        let book = FaultBook::new([text.parse().unwrap()]);
        let hit = |_| book.choose("GET", "/v2/x").effect.is_some();
        (0..requests).map(hit).collect()
    }

    #[test]
    fn nth_every_first_and_times_hit_the_requests_they_name() {
        assert_eq!(pattern("GET ** nth=2 status=500", 3), [false, true, false]);
        assert_eq!(
            pattern("GET ** every=2 status=500", 4),
            [false, true, false, true]
        );
        assert_eq!(pattern("GET ** first=2 status=500", 3), [true, true, false]);
        assert_eq!(
            pattern("GET ** times=1 status=500", 3),
            [true, false, false]
        );
    }

    #[test]
    fn the_same_seed_hits_the_same_requests() {
        let rule = "GET ** p=0.5 seed=7 status=500";
        assert_eq!(pattern(rule, 50), pattern(rule, 50));
        assert_ne!(
            pattern(rule, 50),
            pattern("GET ** p=0.5 seed=8 status=500", 50)
        );
        let hits = pattern("GET ** p=0.2 seed=1 status=500", 1000);
        let hits = hits.iter().filter(|hit| **hit).count();
        assert!((150..250).contains(&hits), "{hits} of 1000");
    }
}
