//! Miro's limits as the executor plans with them: which lane pays for a call, and how much fits into a window.

use std::time::Duration;

use usher_miro::{LimitProfile, MiroClient, RestLevel, ScimClass, ScimPool};

/// What pays for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// None: nothing is asked of Miro.
    Here,
    /// The pool of all REST calls.
    Rest,
    /// The pool of all SCIM calls, where they share one.
    Scim,
    /// The pool of one class of SCIM calls, where each has its own.
    Class(ScimClass),
}

impl Lane {
    /// The lane's name in the client's meter.
    pub fn name(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Rest => "rest",
            Self::Scim => "scim",
            Self::Class(class) => class.name(),
        }
    }
}

/// What a call costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cost {
    /// Nothing.
    Nothing,
    /// A REST call.
    Rest(RestLevel),
    /// A SCIM call.
    Scim(ScimClass),
    /// So many items of a REST call that is paid by item.
    RestItems(u32),
}

impl Cost {
    /// In credits.
    pub fn credits(self) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Rest(level) => level.credits(),
            Self::Scim(class) => class.credits(),
            Self::RestItems(items) => RestLevel::One.credits() * u64::from(items.max(1)),
        }
    }
}

/// The limits of an organization and how fast its windows go by.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    limits: LimitProfile,
    time_scale: f64,
}

impl Pace {
    /// Under these limits, with windows that are `time_scale` times shorter.
    pub fn new(limits: LimitProfile, time_scale: f64) -> Self {
        Self { limits, time_scale }
    }

    /// The pace of a client.
    pub fn of(client: &MiroClient) -> Self {
        Self::new(client.limits().clone(), client.time_scale())
    }

    /// Who pays for a call.
    pub fn lane(&self, cost: Cost) -> Lane {
        match (cost, self.limits.scim_pool) {
            (Cost::Nothing, _) => Lane::Here,
            (Cost::Rest(_) | Cost::RestItems(_), _) => Lane::Rest,
            (Cost::Scim(_), ScimPool::Shared) => Lane::Scim,
            (Cost::Scim(class), ScimPool::PerClass) => Lane::Class(class),
        }
    }

    /// Whether all SCIM calls share one pool.
    pub fn scim_is_shared(&self) -> bool {
        self.limits.scim_pool == ScimPool::Shared
    }

    /// The length of a lane's window as it goes by here.
    pub fn window(&self, lane: Lane) -> Duration {
        let window = match lane {
            Lane::Here | Lane::Rest => self.limits.rest_window,
            Lane::Scim | Lane::Class(_) => self.limits.scim_window,
        };
        Duration::try_from_secs_f64(window.as_secs_f64() / self.time_scale).unwrap_or(window)
    }

    /// Credits that calls without urgency can spend in a window; `None`: there is no limit.
    pub fn credits(&self, lane: Lane) -> Option<f64> {
        let (all, reserve) = match lane {
            Lane::Here => return None,
            Lane::Rest => (self.limits.rest_credits, self.limits.reserve),
            Lane::Scim => (self.limits.scim_credits, self.limits.reserve),
            Lane::Class(class) => (self.limits.scim_credits, self.limits.reserve_of(class)),
        };
        let left = (all as f64) * (1.0 - self.limits.headroom) * (1.0 - reserve);
        (all != u64::MAX).then_some(left)
    }

    /// Calls of a class without urgency that fit into a window of its lane; `None`: there is no limit.
    pub fn calls(&self, class: ScimClass) -> Option<u64> {
        let credits = self.credits(self.lane(Cost::Scim(class)))?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a window holds thousands of calls at most"
        )]
        let calls = (credits / class.credits() as f64 + 1e-6).floor() as u64;
        Some(calls.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(scim_pool: ScimPool) -> LimitProfile {
        LimitProfile {
            scim_pool,
            reserve: 0.02,
            ..LimitProfile::default()
        }
    }

    #[test]
    fn a_reserve_takes_whole_calls_of_a_class_and_a_share_of_a_shared_pool() {
        let apart = Pace::new(limits(ScimPool::PerClass), 20.0);
        assert_eq!(apart.calls(ScimClass::PatchGroupLarge), Some(5));
        assert_eq!(apart.calls(ScimClass::PatchGroupSmall), Some(98));
        assert_eq!(apart.calls(ScimClass::CreateUser), Some(200));
        let shared = Pace::new(limits(ScimPool::Shared), 20.0);
        assert_eq!(shared.calls(ScimClass::CreateUser), Some(196));
        assert_eq!(shared.window(Lane::Scim), Duration::from_millis(1500));
        assert_eq!(shared.window(Lane::Rest), Duration::from_secs(3));
        let unlimited = Pace::new(LimitProfile::unlimited(), 1.0);
        assert_eq!(unlimited.calls(ScimClass::CreateUser), None);
    }
}
