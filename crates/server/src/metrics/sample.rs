//! What this process has asked Miro for, as its client counts it.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::set;

/// What a process has asked Miro for, since it began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MiroUse {
    /// Requests sent, by method and path template.
    pub requests: Vec<(String, u64)>,
    /// Replies that said "too many requests".
    pub rate_limited: u64,
    /// The lanes that keep within Miro's limits.
    pub lanes: Vec<LaneUse>,
}

/// A lane that keeps within one of Miro's limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneUse {
    /// Its name.
    pub name: String,
    /// Credits paid since the process began.
    pub credits: u64,
    /// Credits that count against the limit now.
    pub used: u64,
    /// Credits in one window that it allows.
    pub limit: u64,
    /// Calls that wait for it.
    pub waiting: u64,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CallLabels {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct LaneLabels {
    lane: String,
}

/// Requests and lanes.
#[derive(Default)]
pub(super) struct MiroMetrics {
    requests: Family<CallLabels, Counter>,
    rate_limited: Counter,
    credits: Family<LaneLabels, Counter>,
    used: Family<LaneLabels, Gauge>,
    limit: Family<LaneLabels, Gauge>,
    waiting: Family<LaneLabels, Gauge>,
}

impl MiroMetrics {
    pub fn register(&self, all: &mut Registry) {
        all.register(
            "miro_requests",
            "Requests sent to Miro",
            self.requests.clone(),
        );
        all.register(
            "miro_rate_limited",
            "Replies of Miro with status 429",
            self.rate_limited.clone(),
        );
        all.register("miro_credits", "Credits paid to Miro", self.credits.clone());
        all.register(
            "miro_lane_used",
            "Credits that count against the limit now",
            self.used.clone(),
        );
        all.register(
            "miro_lane_limit",
            "Credits in one window",
            self.limit.clone(),
        );
        all.register(
            "miro_lane_waiting",
            "Calls that wait for their lane",
            self.waiting.clone(),
        );
    }

    /// Counts on to what the client says.
    pub fn take(&self, used: &MiroUse) {
        for (route, count) in &used.requests {
            let route = route.clone();
            count_to(&self.requests.get_or_create(&CallLabels { route }), *count);
        }
        count_to(&self.rate_limited, used.rate_limited);
        for lane in &used.lanes {
            let labels = LaneLabels {
                lane: lane.name.clone(),
            };
            count_to(&self.credits.get_or_create(&labels), lane.credits);
            set(&self.used.get_or_create(&labels), lane.used);
            set(&self.limit.get_or_create(&labels), lane.limit);
            set(&self.waiting.get_or_create(&labels), lane.waiting);
        }
    }
}

fn count_to(counter: &Counter, total: u64) {
    counter.inc_by(total.saturating_sub(counter.get()));
}
