//! What was asked of the sandbox: counters and the last requests.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;
use smol_str::SmolStr;

use crate::http::cost::Pool;
use crate::http::limits::SlidingSum;

/// How many requests are remembered one by one.
const REMEMBERED: usize = 500;

/// One request and its reply.
#[derive(Clone, Debug, Serialize)]
pub struct LoggedRequest {
    /// Running number from 1.
    pub number: u64,
    /// When it arrived, in the sandbox's time.
    pub at: Timestamp,
    /// The method.
    pub method: String,
    /// The path and query as asked; secrets in a query are left out.
    pub path: String,
    /// Method and path template.
    pub route: SmolStr,
    /// The reply's status; 0 when the connection was reset instead.
    pub status: u16,
    /// Credits charged.
    pub credits: u32,
    /// Milliseconds to the reply.
    pub milliseconds: f64,
}

/// The counters since the start or the last reset.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RequestReport {
    /// Requests to the two APIs.
    pub total: u64,
    /// Requests per method and path template.
    pub by_route: BTreeMap<SmolStr, u64>,
    /// Requests per status of the reply; 0 stands for a reset connection.
    pub by_status: BTreeMap<u16, u64>,
    /// Credits charged on both APIs.
    pub credits: u64,
    /// Credits charged on REST.
    pub rest_credits: u64,
    /// Credits charged on SCIM.
    pub scim_credits: u64,
    /// For each pool, the most credits asked for in any stretch of one window's length, by whichever token asked
    /// most. Refused requests count in.
    pub max_in_window: BTreeMap<String, u64>,
}

/// Counters and a ring of the last requests.
#[derive(Debug, Default)]
pub struct RequestLog(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    report: RequestReport,
    meters: HashMap<(SmolStr, Pool), SlidingSum>,
    recent: VecDeque<LoggedRequest>,
}

impl RequestLog {
    /// Notes that `owner` asked for `cost` credits of a pool whose windows are `window` long.
    pub fn weigh(
        &self,
        owner: &SmolStr,
        pool: Pool,
        cost: u32,
        (now, window): (Duration, Duration),
    ) {
        let mut inner = self.0.lock();
        let meter = inner.meters.entry((owner.clone(), pool)).or_default();
        meter.forget_before(now, window);
        meter.add(cost, now);
        let total = meter.total();
        let most = inner
            .report
            .max_in_window
            .entry(pool.to_string())
            .or_default();
        *most = total.max(*most);
    }

    /// Notes credits that were charged.
    pub fn charge(&self, pool: Pool, cost: u32) {
        let report = &mut self.0.lock().report;
        let cost = u64::from(cost);
        report.credits += cost;
        match pool {
            Pool::Rest => report.rest_credits += cost,
            Pool::Scim(_) | Pool::ScimShared => report.scim_credits += cost,
        }
    }

    /// Notes a request that was answered; gives it its number.
    pub fn add(&self, mut request: LoggedRequest) {
        let mut inner = self.0.lock();
        inner.report.total += 1;
        *inner.report.by_status.entry(request.status).or_default() += 1;
        match inner.report.by_route.get_mut(&request.route) {
            Some(count) => *count += 1,
            None => {
                inner.report.by_route.insert(request.route.clone(), 1);
            }
        }
        request.number = inner.report.total;
        if inner.recent.len() >= REMEMBERED {
            inner.recent.pop_front();
        }
        inner.recent.push_back(request);
    }

    /// The counters.
    pub fn report(&self) -> RequestReport {
        self.0.lock().report.clone()
    }

    /// Remembered requests with a number above `after`, oldest first.
    pub fn recent(&self, after: u64) -> Vec<LoggedRequest> {
        let inner = self.0.lock();
        let later = inner.recent.iter().filter(|request| request.number > after);
        later.cloned().collect()
    }

    /// Starts counting anew.
    pub fn reset(&self) {
        *self.0.lock() = Inner::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_credits_of_any_window_are_kept_per_pool() {
        let log = RequestLog::default();
        let window = Duration::from_secs(60);
        for second in [0, 10, 59, 61, 200] {
            let now = Duration::from_secs(second);
            log.weigh(&SmolStr::new("a"), Pool::Rest, 100, (now, window));
        }
        assert_eq!(log.report().max_in_window.get("rest"), Some(&300));
    }
}
