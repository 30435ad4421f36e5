//! How soon, or how cheaply, changes of memberships can be done at best. Pure, and written apart from
//! [`super::batch`], which it checks.

use usher_miro::ScimClass;

use super::batch::Edit;
use super::lanes::Pace;

/// The least that these edits can take: credits where all calls share a pool, windows where each size has its lane.
/// Windows are counted as Miro counts them: what fits into the first takes one.
pub fn optimum(edits: &[Edit], pace: &Pace) -> u64 {
    let calls = |class| pace.calls(class);
    let (Some(small), Some(large)) = (
        calls(ScimClass::PatchGroupSmall),
        calls(ScimClass::PatchGroupLarge),
    ) else {
        return 0;
    };
    if pace.scim_is_shared() {
        return edits.iter().map(least_credits).sum();
    }
    let all_small: u64 = edits.iter().map(|edit| edit.small_calls(0)).sum();
    let (mut impossible, mut possible) = (None, all_small.div_ceil(small));
    // Between a number of windows that is too few and one that is enough, halve.
    loop {
        let low = impossible.map_or(0, |windows: u64| windows + 1);
        if low >= possible {
            return possible;
        }
        let middle = u64::midpoint(low, possible);
        if least_small_calls(edits, middle * large) <= middle * small {
            possible = middle;
        } else {
            impossible = Some(middle);
        }
    }
}

/// The least credits of one edit, over every number of large calls.
fn least_credits(edit: &Edit) -> u64 {
    let price = |large: usize| {
        edit.small_calls(large) * ScimClass::PatchGroupSmall.credits()
            + large as u64 * ScimClass::PatchGroupLarge.credits()
    };
    (0..=edit.most_large()).map(price).min().unwrap_or(0)
}

/// The least small calls that are left when so many large calls may be made: a knapsack whose things all weigh
/// one, filled by worth.
fn least_small_calls(edits: &[Edit], large_calls: u64) -> u64 {
    let mut worth = std::collections::BTreeMap::<u64, u64>::new();
    for edit in edits {
        let counts: Vec<u64> = (0..=edit.most_large())
            .map(|large| edit.small_calls(large))
            .collect();
        for pair in counts.windows(2) {
            if let [before, after] = pair {
                *worth.entry(before - after).or_default() += 1;
            }
        }
    }
    let mut left: u64 = edits.iter().map(|edit| edit.small_calls(0)).sum();
    let mut may = large_calls;
    for (saves, count) in worth.into_iter().rev() {
        let taken = count.min(may);
        left -= taken * saves;
        may -= taken;
    }
    left
}
