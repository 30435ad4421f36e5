//! How far an apply is, and when it will end.

use std::collections::BTreeMap;

use usher_miro::{ClientMeter, RestLevel, ScimClass};

use super::eta::{Calls, LaneWork, estimate};
use super::groups::Carriage;
use super::lanes::{Cost, Lane};
use super::observer::{ApplyEvent, ApplyProgress, LaneProgress};
use super::report::{ApplyEnding, ApplyReport};
use super::run::{Phase, Run, Standing};
use super::verify::ReadBack;

/// Calls that are still to be made, by price.
type Left = BTreeMap<Cost, u64>;

impl Run<'_> {
    /// How it ended.
    pub(super) fn report(&self) -> ApplyReport {
        let count = |standing| {
            let same = self
                .tracks
                .iter()
                .filter(|track| track.standing == standing);
            same.count() as u64
        };
        let meter = self.context.client.meter();
        let since = |now: &BTreeMap<&'static str, u64>, before: &BTreeMap<&'static str, u64>| {
            let more = now.iter().map(|(name, count)| {
                let before = before.get(name).copied().unwrap_or(0);
                (*name, count.saturating_sub(before))
            });
            more.filter(|(_, count)| *count > 0).collect()
        };
        let before = &self.meter_before;
        ApplyReport {
            plan: self.plan.clone(),
            ending: self.ending.unwrap_or(ApplyEnding::Applied),
            changes: self.changes.len() as u64,
            done: count(Standing::Done),
            failed: count(Standing::Failed),
            skipped: count(Standing::Skipped),
            left: count(Standing::Open),
            failures: self.failures.clone(),
            verified: self.verified,
            unverified: self.unverified,
            requests: since(&meter.requests, &before.requests),
            credits: since(&meter.credits, &before.credits),
            rate_limited: meter.rate_limited.saturating_sub(before.rate_limited),
            default_team: self.books.default_team().cloned(),
            elapsed: self.started.elapsed(),
        }
    }

    pub(super) fn tell_progress(&self) {
        self.tell(ApplyEvent::Progressed(self.progress()));
    }

    fn progress(&self) -> ApplyProgress {
        let meter = self.context.client.meter();
        let left = self.left();
        let elapsed = self.started.elapsed();
        let lanes = self.lanes(&left, &meter);
        let made = meter
            .total_requests()
            .saturating_sub(self.meter_before.total_requests());
        let calls = Calls {
            made,
            left: left.values().sum(),
        };
        let work: Vec<LaneWork> = lanes.iter().map(|(_, work)| *work).collect();
        let minutes = elapsed.as_secs_f64() / 60.0;
        let count = |standing| {
            let same = self
                .tracks
                .iter()
                .filter(|track| track.standing == standing);
            same.count() as u64
        };
        ApplyProgress {
            changes: self.changes.len() as u64,
            done: count(Standing::Done),
            failed: count(Standing::Failed),
            skipped: count(Standing::Skipped),
            left: count(Standing::Open),
            calls: made,
            calls_left: calls.left,
            lanes: lanes
                .into_iter()
                .map(|(lane, work)| self.shown(lane, work, &meter, minutes))
                .collect(),
            elapsed,
            eta: estimate(&work, calls, elapsed),
        }
    }

    fn shown(&self, lane: Lane, work: LaneWork, meter: &ClientMeter, minutes: f64) -> LaneProgress {
        let status = meter.lanes.iter().find(|status| status.name == lane.name());
        let per_minute = |credits: f64| credits / work.window.as_secs_f64() * 60.0;
        LaneProgress {
            name: lane.name(),
            spent: work.spent,
            left: work.left,
            per_minute: work.spent as f64 / minutes.max(f64::MIN_POSITIVE),
            limit_per_minute: work.per_window.map(per_minute),
            waiting: self.queue.waiting(lane) + status.map_or(0, |status| status.waiting),
            in_flight: status.map_or(0, |status| status.in_flight),
        }
    }

    /// The lanes that have or had something to do.
    fn lanes(&self, left: &Left, meter: &ClientMeter) -> Vec<(Lane, LaneWork)> {
        let mut credits: BTreeMap<Lane, u64> = BTreeMap::new();
        for (cost, calls) in left {
            *credits.entry(self.pace.lane(*cost)).or_default() += cost.credits() * calls;
        }
        let all = [Lane::Rest, Lane::Scim]
            .into_iter()
            .chain(ScimClass::ALL.into_iter().map(Lane::Class));
        all.filter_map(|lane| {
            let before = self.meter_before.credits.get(lane.name()).copied();
            let now = meter.credits.get(lane.name()).copied().unwrap_or(0);
            let spent = now.saturating_sub(before.unwrap_or(0));
            let left = credits.get(&lane).copied().unwrap_or(0);
            let status = meter.lanes.iter().find(|status| status.name == lane.name());
            let work = LaneWork {
                left,
                spent,
                used: status.map_or(0, |status| status.used),
                per_window: self.pace.credits(lane),
                window: self.pace.window(lane),
            };
            (spent + left > 0).then_some((lane, work))
        })
        .collect()
    }

    /// Calls that are still to be made, as far as can be told.
    fn left(&self) -> Left {
        let mut left = Left::new();
        let mut add = |cost: Cost, calls: u64| {
            if calls > 0 && cost != Cost::Nothing {
                *left.entry(cost).or_default() += calls;
            }
        };
        for (cost, calls) in &self.singles {
            add(*cost, *calls);
        }
        for group in self.groups.iter() {
            match group.carriage() {
                Carriage::Scim => {
                    let (small, large) = group.calls_left();
                    add(Cost::Scim(ScimClass::PatchGroupSmall), small);
                    add(Cost::Scim(ScimClass::PatchGroupLarge), large);
                }
                Carriage::Rest => {
                    let members = u32::try_from(group.members_left()).unwrap_or(u32::MAX);
                    if members > 0 {
                        add(Cost::RestItems(members), 1);
                    }
                }
            }
            if self.tools.rest == super::means::Token::There && !group.is_over() {
                add(Cost::Rest(RestLevel::Two), 1);
            }
        }
        let (cost, calls) = self.readings();
        add(cost, calls);
        left
    }

    /// Accounts that are still to be read back.
    fn readings(&self) -> (Cost, u64) {
        let open = self.own_left.values().filter(|left| **left > 0).count() as u64;
        match self.read_back {
            ReadBack::Singly => (
                Cost::Scim(ScimClass::GetUser),
                open + self.verifier.account_count() as u64,
            ),
            ReadBack::Pages => {
                let pages = self.all_users.div_ceil(100).max(1);
                let is_needed = self.phase == Phase::Carrying || self.sweep.is_some();
                let read = self.sweep.as_ref().map_or(0, |sweep| sweep.pages());
                let left = if is_needed {
                    pages.saturating_sub(read)
                } else {
                    0
                };
                (Cost::Scim(ScimClass::ListUsers), left)
            }
        }
    }
}
