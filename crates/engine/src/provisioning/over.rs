//! What of earlier plans nobody wants any more. Pure.

use std::collections::BTreeSet;

use usher_plan::{ChangeKey, Desired, Plan, Report};
use usher_store::{FailureRecord, Over};

/// Which of the changes that were rejected or failed before are over, now that a plan is made without them.
///
/// A plan for some people says nothing of the others, and neither does a plan that leaves something out for want of
/// knowledge: what is not in it may be wanted all the same.
pub(super) fn over(
    (plan, report): (&Plan, &Report),
    desired: &Desired,
    rejected: &BTreeSet<ChangeKey>,
    failed: &[FailureRecord],
) -> Over {
    let is_whole = plan.basis.only.is_empty()
        && report.blocked.is_empty()
        && desired.suspect_sources.is_empty();
    if !is_whole {
        return Over::default();
    }
    let left_out = report.set_aside.iter().map(|one| &one.key);
    let wanted = plan.changes.iter().map(|one| &one.key).chain(left_out);
    let wanted: BTreeSet<&str> = wanted.map(|key| key.0.as_str()).collect();
    let unwanted = |key: &&str| !wanted.contains(key);
    let rejected = rejected.iter().map(|key| key.0.as_str());
    let failed = failed.iter().map(|row| row.key.as_str());
    Over {
        rejected: rejected.filter(unwanted).map(ToOwned::to_owned).collect(),
        failed: failed.filter(unwanted).map(ToOwned::to_owned).collect(),
    }
}
