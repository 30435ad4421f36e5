//! Gathering changes of memberships into group calls. Pure.
//!
//! Miro meters a group change by the size of its body: many small ones, or few large ones with thousands of
//! members. Where each size has its own lane, both run side by side, and what matters is that they end at the same
//! moment; where all calls share a pool, what matters is the price.

use usher_miro::{Patch, ScimClass};
use usher_model::AccountId;

use super::lanes::Pace;

/// The most members of a small call: with one more, the body of an addition has 500 bytes.
pub const SMALL_MEMBERS: usize = 11;

/// A body of this size is large.
const SMALL_BYTES: usize = 500;

/// The most members and bytes that Miro takes in one call.
pub const LARGE_MEMBERS: usize = 8000;
const LARGE_BYTES: usize = 800_000;

/// Whether members come or go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// They come.
    Add,
    /// They go.
    Remove,
}

/// How the id in a removal's path is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quoting {
    /// As RFC 7644 requires.
    #[default]
    Quoted,
    /// As in Miro's one example.
    Unquoted,
}

/// The request that brings members in or takes them out.
pub fn patch(direction: Direction, members: &[AccountId], quoting: Quoting) -> Patch {
    match (direction, quoting) {
        (Direction::Add, _) => Patch::new().add_members(members),
        (Direction::Remove, Quoting::Quoted) => Patch::new().remove_members(members),
        (Direction::Remove, Quoting::Unquoted) => Patch::new().remove_members_unquoted(members),
    }
}

/// How large a call may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallSize {
    /// Under 500 bytes, at most 11 members.
    Small,
    /// At most 800,000 bytes and 8,000 members.
    Large,
}

impl CallSize {
    /// Which lane pays.
    pub fn class(self) -> ScimClass {
        match self {
            Self::Small => ScimClass::PatchGroupSmall,
            Self::Large => ScimClass::PatchGroupLarge,
        }
    }

    fn fits(self, direction: Direction, members: &[AccountId]) -> bool {
        let (most, bytes) = match self {
            Self::Small => (SMALL_MEMBERS, SMALL_BYTES - 1),
            Self::Large => (LARGE_MEMBERS, LARGE_BYTES),
        };
        members.len() <= most && patch(direction, members, Quoting::Quoted).size() <= bytes
    }

    fn most(self) -> usize {
        match self {
            Self::Small => SMALL_MEMBERS,
            Self::Large => LARGE_MEMBERS,
        }
    }
}

/// How many of these members, from the first on, fit into one call of a size, measured on the real body. At least one.
pub fn fitting(size: CallSize, direction: Direction, members: &[AccountId]) -> usize {
    let most = members.len().min(size.most());
    let all = members.get(..most).unwrap_or(members);
    if most <= 1 || size.fits(direction, all) {
        return most;
    }
    let fits = |count: usize| {
        members
            .get(..count)
            .is_some_and(|some| size.fits(direction, some))
    };
    // The largest count that fits lies between these two.
    let (mut good, mut bad) = (1, most);
    while bad - good > 1 {
        let middle = usize::midpoint(good, bad);
        if fits(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    good
}

/// All that is to be done to one group in one direction, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edit {
    /// How many members come or go.
    pub members: usize,
    /// How many fit into a small call.
    pub per_small: usize,
    /// How many fit into a large call.
    pub per_large: usize,
}

impl Edit {
    /// Measures an edit on its first members; ids are equally long in practice.
    pub fn measure(direction: Direction, members: &[AccountId]) -> Self {
        Self {
            members: members.len(),
            per_small: fitting(CallSize::Small, direction, members).max(1),
            per_large: fitting(CallSize::Large, direction, members).max(1),
        }
    }

    /// How many small calls it takes when `large` large calls have done their part.
    pub fn small_calls(&self, large: usize) -> u64 {
        let left = self
            .members
            .saturating_sub(large.saturating_mul(self.per_large));
        left.div_ceil(self.per_small) as u64
    }

    /// How many large calls do all of it.
    pub fn most_large(&self) -> usize {
        self.members.div_ceil(self.per_large)
    }
}

/// How many large calls each edit gets; the rest of its members go by small calls.
///
/// The result finishes soonest under the limits, and among equals has the fewest calls.
pub fn large_calls(edits: &[Edit], pace: &Pace) -> Vec<usize> {
    let chosen = match (
        pace.calls(ScimClass::PatchGroupSmall),
        pace.calls(ScimClass::PatchGroupLarge),
    ) {
        (Some(small), Some(large)) if !pace.scim_is_shared() => side_by_side(edits, small, large),
        (Some(_), Some(_)) => cheapest(edits),
        _ => return edits.iter().map(Edit::most_large).collect(),
    };
    let mut counts = vec![0; edits.len()];
    for step in chosen {
        if let Some(count) = counts.get_mut(step.edit) {
            *count += 1;
        }
    }
    counts
}

/// One more large call for an edit, and how many small ones it saves.
#[derive(Clone, Copy, Debug)]
struct Step {
    edit: usize,
    saves: u64,
}

/// All possible large calls, the most useful first; those of one edit in their order.
fn steps(edits: &[Edit]) -> Vec<Step> {
    let of_edit = |(at, edit): (usize, &Edit)| {
        let edit = *edit;
        (0..edit.most_large()).map(move |large| Step {
            edit: at,
            saves: edit.small_calls(large) - edit.small_calls(large + 1),
        })
    };
    let mut steps: Vec<Step> = edits.iter().enumerate().flat_map(of_edit).collect();
    steps.sort_by_key(|step| std::cmp::Reverse(step.saves));
    steps
}

/// One pool: a large call is worth its price when it saves as many credits.
fn cheapest(edits: &[Edit]) -> Vec<Step> {
    let (small, large) = (
        ScimClass::PatchGroupSmall.credits(),
        ScimClass::PatchGroupLarge.credits(),
    );
    let is_worth_it = |step: &Step| step.saves * small >= large;
    steps(edits).into_iter().filter(is_worth_it).collect()
}

/// Two lanes: as many large calls as make both lanes end at the same time. Where everything fits into the first
/// window anyway, the cheapest choice wins, so that the scarce large calls are kept for those who need them.
fn side_by_side(edits: &[Edit], small: u64, large: u64) -> Vec<Step> {
    let steps = steps(edits);
    let (per_small, per_large) = (small.max(1) as f64, large.max(1) as f64);
    let price = |small_calls: u64, large_calls: u64| {
        let windows = (small_calls as f64 / per_small).max(large_calls as f64 / per_large);
        let credits = small_calls * ScimClass::PatchGroupSmall.credits()
            + large_calls * ScimClass::PatchGroupLarge.credits();
        (windows.max(1.0), credits)
    };
    let mut left: u64 = edits.iter().map(|edit| edit.small_calls(0)).sum();
    let (mut best, mut least) = (0, price(left, 0));
    for (count, step) in (1..).zip(&steps) {
        left -= step.saves;
        let now = price(left, count as u64);
        if now < least {
            (best, least) = (count, now);
        }
    }
    steps.into_iter().take(best).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use usher_miro::{LimitProfile, ScimPool};

    use super::super::optimum::optimum;
    use super::*;

    fn ids(count: usize) -> Vec<AccountId> {
        let first = 3_074_457_365_265_951_581_u64;
        (0..count as u64)
            .map(|n| AccountId::new((first + n).to_string()))
            .collect()
    }

    fn pace(scim_pool: ScimPool) -> Pace {
        Pace::new(
            LimitProfile {
                scim_pool,
                ..LimitProfile::default()
            },
            1.0,
        )
    }

    const POOLS: [ScimPool; 2] = [ScimPool::Shared, ScimPool::PerClass];

    /// Windows until the last call is sent, and credits, of a choice.
    fn price(edits: &[Edit], chosen: &[usize], pace: &Pace) -> (u64, u64) {
        let pairs = edits.iter().zip(chosen);
        let small: u64 = pairs.map(|(edit, large)| edit.small_calls(*large)).sum();
        let large = chosen.iter().sum::<usize>() as u64;
        let calls = |class| pace.calls(class).unwrap();
        let windows = small
            .div_ceil(calls(ScimClass::PatchGroupSmall))
            .max(large.div_ceil(calls(ScimClass::PatchGroupLarge)));
        (windows, small * 100 + large * 2000)
    }

    fn cost(edits: &[Edit], pace: &Pace) -> u64 {
        let (windows, credits) = price(edits, &large_calls(edits, pace), pace);
        if pace.scim_is_shared() {
            credits
        } else {
            windows
        }
    }

    #[test]
    fn eleven_additions_and_six_removals_fit_into_a_small_call() {
        let ids = ids(20);
        assert_eq!(fitting(CallSize::Small, Direction::Add, &ids), 11);
        let gone = fitting(CallSize::Small, Direction::Remove, &ids);
        assert!((5..=6).contains(&gone), "{gone}");
        let long: Vec<AccountId> = (0..20).map(|_| AccountId::new("9".repeat(400))).collect();
        assert_eq!(
            fitting(CallSize::Small, Direction::Add, &long),
            1,
            "one is always sent, whatever its size"
        );
    }

    #[test]
    fn a_team_of_8000_is_filled_by_one_call() {
        let edit = Edit::measure(Direction::Add, &ids(8000));
        for pool in POOLS {
            let chosen = large_calls(&[edit], &pace(pool));
            assert_eq!(chosen, [1]);
            assert_eq!(edit.small_calls(1), 0);
        }
    }

    #[test]
    fn a_handful_of_members_goes_by_a_small_call() {
        let edit = Edit::measure(Direction::Add, &ids(11));
        for pool in POOLS {
            assert_eq!(large_calls(&[edit], &pace(pool)), [0], "{pool:?}");
        }
    }

    #[test]
    fn where_nothing_is_limited_the_fewest_calls_win() {
        let edits = [Edit::measure(Direction::Add, &ids(30))];
        let unlimited = Pace::new(LimitProfile::unlimited(), 1.0);
        assert_eq!(large_calls(&edits, &unlimited), [1]);
    }

    #[test]
    fn five_hundred_teams_of_sixty_take_the_least_time_that_the_lanes_allow() {
        let edits = vec![Edit::measure(Direction::Add, &ids(60)); 500];
        for pool in POOLS {
            let pace = pace(pool);
            let (found, best) = (cost(&edits, &pace), optimum(&edits, &pace));
            assert!(
                found as f64 <= best as f64 * 1.05,
                "{pool:?}: {found} {best}"
            );
        }
        assert_eq!(optimum(&edits, &pace(ScimPool::PerClass)), 24, "windows");
        assert_eq!(optimum(&edits, &pace(ScimPool::Shared)), 300_000, "credits");
    }

    /// Every choice there is, for few and small edits.
    fn exhaustive(edits: &[Edit], pace: &Pace) -> u64 {
        let mut choices = vec![Vec::new()];
        for edit in edits {
            choices = choices
                .into_iter()
                .flat_map(|choice: Vec<usize>| {
                    (0..=edit.most_large()).map(move |large| {
                        let mut longer = choice.clone();
                        longer.push(large);
                        longer
                    })
                })
                .collect();
        }
        let prices = choices.iter().map(|choice| price(edits, choice, pace));
        let prices = prices.map(|(windows, credits)| {
            if pace.scim_is_shared() {
                credits
            } else {
                windows
            }
        });
        prices.min().unwrap_or(0)
    }

    fn edit() -> impl Strategy<Value = Edit> {
        let members = prop_oneof![1..30_usize, 1..1000_usize, 1..30_000_usize];
        (members, prop::sample::select(vec![6, 11])).prop_map(|(members, per_small)| Edit {
            members,
            per_small,
            per_large: LARGE_MEMBERS,
        })
    }

    proptest! {
        #[test]
        fn the_choice_is_within_five_percent_of_the_computed_optimum(
            edits in prop::collection::vec(edit(), 0..60),
            pool in prop::sample::select(POOLS.to_vec()),
        ) {
            let pace = pace(pool);
            let (found, best) = (cost(&edits, &pace), optimum(&edits, &pace));
            prop_assert!(best <= found, "an optimum that can be beaten is none: {} {}", found, best);
            prop_assert!(found as f64 <= best as f64 * 1.05, "{} {}", found, best);
        }

        #[test]
        fn no_choice_there_is_beats_the_computed_optimum(
            edits in prop::collection::vec(edit(), 0..5),
            pool in prop::sample::select(POOLS.to_vec()),
        ) {
            let pace = pace(pool);
            let (best, bound) = (exhaustive(&edits, &pace), optimum(&edits, &pace));
            prop_assert!(bound <= best, "{} {}", bound, best);
            prop_assert!(best as f64 <= bound as f64 * 1.05, "a bound that is never met is none: {} {}", bound, best);
        }

        #[test]
        fn cutting_members_into_calls_loses_and_doubles_none_and_keeps_to_the_limits(
            count in 0..20_000_usize,
            direction in prop::sample::select(vec![Direction::Add, Direction::Remove]),
            size in prop::sample::select(vec![CallSize::Small, CallSize::Large]),
        ) {
            let count = if size == CallSize::Small { count % 200 } else { count };
            let all = ids(count);
            let (mut left, mut seen) = (&all[..], BTreeSet::new());
            while !left.is_empty() {
                let (now, later) = left.split_at(fitting(size, direction, left));
                prop_assert!(!now.is_empty());
                let body = patch(direction, now, Quoting::Quoted);
                prop_assert_eq!(ScimClass::patch_group(body.size()) == ScimClass::PatchGroupSmall || size == CallSize::Large, true);
                prop_assert!(body.size() <= 800_000 && body.member_count() <= 8000);
                for id in now {
                    prop_assert!(seen.insert(id.clone()), "twice");
                }
                left = later;
            }
            prop_assert_eq!(seen.len(), count);
        }
    }
}
