//! Whether a stored plan still fits the world.

use std::collections::BTreeSet;

use usher_model::Timestamp;
use usher_plan::{PlanRequest, basis_hash, is_fresh, plan};

use crate::provisioning::{Assembled, StoredPlan, moved};
use crate::refused::Refused;
use crate::{Acting, EngineError};

/// Refuses a plan that the world, or time alone, has moved away from.
pub(super) async fn refuse_outdated(
    acting: Acting<'_>,
    stored: &StoredPlan,
    world: &Assembled,
) -> Result<(), EngineError> {
    let now = acting.now();
    refuse_stale(stored, world, now)?;
    let hash = basis_hash(
        &stored.plan,
        &world.inventory,
        &world.desired,
        &world.settings,
    );
    let what = if hash.0 == stored.record.basis_hash {
        unwanted(stored, world, now)?
    } else {
        moved::what_moved(acting.store, stored, world).await?
    };
    if what.is_empty() {
        return Ok(());
    }
    Err(Refused::WorldMoved {
        plan: stored.plan.id.clone(),
        what,
    }
    .into())
}

/// Nothing is taken away on the word of an old inventory.
fn refuse_stale(stored: &StoredPlan, world: &Assembled, now: Timestamp) -> Result<(), EngineError> {
    let Some(facts) = &world.inventory.snapshot else {
        return Ok(());
    };
    let mut changes = stored.plan.changes.iter();
    if is_fresh(facts.confirmed_at, &world.settings, now)
        || !changes.any(|change| change.action.takes_away())
    {
        return Ok(());
    }
    Err(Refused::InventoryStale {
        plan: stored.plan.id.clone(),
        confirmed_at: facts.confirmed_at,
        hours: world.settings.guards.max_inventory_age.as_secs() / 3600,
    }
    .into())
}

/// The changes that a plan made now would not have, a line each. Assignments and holds begin and end, people come of age
/// for a filter, and a time of grace passes, without anything being written anywhere.
fn unwanted(
    stored: &StoredPlan,
    world: &Assembled,
    now: Timestamp,
) -> Result<Vec<String>, EngineError> {
    let request = PlanRequest {
        id: stored.plan.id.clone(),
        now,
        parent: None,
        only: stored.plan.basis.only.clone(),
    };
    let (fresh, _) = plan(&world.inventory, &world.desired, &world.settings, &request)?;
    let wanted: BTreeSet<_> = fresh.changes.iter().map(|change| &change.key).collect();
    let gone = stored.plan.changes.iter();
    let gone = gone.filter(|change| !wanted.contains(&change.key));
    let line = |change: &usher_plan::Change| {
        let what = change.action.kind().words();
        format!(
            "by now, change {} is not called for: {what} {}",
            change.number, change.label
        )
    };
    Ok(moved::shortened(gone.map(line).collect()))
}
