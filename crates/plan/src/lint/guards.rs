//! The guards, counted again.

use std::collections::BTreeMap;

use usher_model::{AccountId, AssignmentTarget, OrganizationRole, TeamRole};

use super::{Lint, LintRule};
use crate::{Action, Change, Consequence, FirstCycle, Guard, Reason, TargetAttribute};

pub(super) fn check(lint: &mut Lint<'_>) {
    for guard in Guard::ALL {
        let mut verdicts = lint
            .plan
            .guards
            .iter()
            .filter(|verdict| verdict.guard == guard);
        let (first, second) = (verdicts.next(), verdicts.next());
        let Some(verdict) = first else {
            lint.find_in_plan(
                LintRule::Guard,
                format!("{} was not weighed", guard.as_str()),
            );
            continue;
        };
        let (counted, allowed) = count(lint, guard);
        let differs = verdict.counted != counted || verdict.allowed != allowed;
        if differs || verdict.tripped != (counted > allowed) || second.is_some() {
            let what = format!(
                "{} counts {counted} of {allowed} allowed, the plan says {} of {}",
                guard.as_str(),
                verdict.counted,
                verdict.allowed
            );
            lint.find_in_plan(LintRule::Guard, what);
        }
    }
}

fn is_removal(change: &Change) -> bool {
    match &change.action {
        Action::Disable { .. }
        | Action::Delete { .. }
        | Action::RemoveFromTeam { .. }
        | Action::RemoveFromUserGroup { .. }
        | Action::DeleteUserGroup { .. }
        | Action::RemoveAdminRole { .. } => true,
        Action::SetRole { before, after, .. } => {
            *before == Some(OrganizationRole::InternalAdmin)
                && *after == OrganizationRole::InternalUser
        }
        Action::SetTeamRole { before, after, .. } => {
            *before == TeamRole::Admin && *after == TeamRole::Member
        }
        _ => false,
    }
}

/// How many a guard counts, and how many it allows.
fn count(lint: &Lint<'_>, guard: Guard) -> (u32, u32) {
    let guards = &lint.settings.guards;
    let share = |at_least: u32, percent: u8| {
        let accounts = u64::try_from(lint.inventory.accounts.len()).unwrap_or(u64::MAX);
        let share = accounts.saturating_mul(u64::from(percent)) / 100;
        at_least.max(u32::try_from(share).unwrap_or(u32::MAX))
    };
    let how_many = |is_it: &dyn Fn(&Change) -> bool| {
        let mut counted = 0_u32;
        for change in &lint.plan.changes {
            counted += u32::from(is_it(change));
        }
        counted
    };
    let with_recent = |now: u32, before: u32| {
        if now == 0 {
            0
        } else {
            now.saturating_add(before)
        }
    };
    let disables = share(guards.disables.at_least, guards.disables.percent);
    match guard {
        Guard::MassRemoval => (how_many(&is_removal), disables),
        Guard::RollingRemoval => {
            let before = lint.desired.recent.disables_and_revokes;
            (with_recent(how_many(&is_removal), before), disables)
        }
        Guard::Irreversible => {
            let final_ones =
                how_many(&|change| change.consequences.contains(&Consequence::Irreversible));
            let allowed = share(guards.irreversible.at_least, guards.irreversible.percent);
            (
                with_recent(final_ones, lint.desired.recent.irreversible),
                allowed,
            )
        }
        Guard::Deletion => (
            how_many(&|change| matches!(change.action, Action::Delete { .. })),
            0,
        ),
        Guard::AdminGrant => (how_many(&is_admin_grant), 0),
        Guard::LicenseUpgrade => (how_many(&|change| is_unasked_upgrade(lint, change)), 0),
        Guard::GroupShrink => (worst_shrink(lint), u32::from(guards.group_shrink_percent)),
        Guard::FirstCycle => match lint.desired.first_cycle {
            FirstCycle::Pending => (how_many(&|_| true), 0),
            FirstCycle::Done => (0, 0),
        },
    }
}

fn is_admin_grant(change: &Change) -> bool {
    match &change.action {
        Action::SetRole { after, .. } => *after == OrganizationRole::InternalAdmin,
        Action::AddAdminRole { .. } => true,
        _ => false,
    }
}

fn is_unasked_upgrade(lint: &Lint<'_>, change: &Change) -> bool {
    if change
        .consequences
        .contains(&Consequence::LicenseRaisedToFull)
    {
        return true;
    }
    let rises = match &change.action {
        Action::RaiseLicense { .. } => true,
        Action::CreateAccount { attributes, .. } => {
            attributes.contains_key(&TargetAttribute::UserType)
        }
        _ => false,
    };
    let is_asked = change.reasons.iter().any(|reason| {
        let Reason::Assigned { assignment, .. } = reason else {
            return false;
        };
        let mut assignments = lint.desired.assignments.iter();
        assignments.any(|known| {
            known.id == *assignment && matches!(known.target, AssignmentTarget::License { .. })
        })
    });
    rises && !is_asked
}

/// The largest share that a team or user group loses, in per cent, rounded up.
fn worst_shrink(lint: &Lint<'_>) -> u32 {
    let mut sizes: BTreeMap<(u8, &str), Vec<&AccountId>> = BTreeMap::new();
    for state in &lint.inventory.teams {
        let members = state.members.iter().map(|member| &member.account);
        sizes.insert((0, state.team.id.as_str()), members.collect());
    }
    for state in &lint.inventory.user_groups {
        sizes.insert(
            (1, state.user_group.id.as_str()),
            state.members.iter().collect(),
        );
    }
    let mut lost: BTreeMap<(u8, &str), usize> = BTreeMap::new();
    for change in &lint.plan.changes {
        match &change.action {
            Action::RemoveFromTeam { team, .. } => {
                *lost.entry((0, team.as_str())).or_default() += 1;
            }
            Action::RemoveFromUserGroup { user_group, .. } => {
                *lost.entry((1, user_group.as_str())).or_default() += 1;
            }
            Action::Delete { account } => {
                for (key, members) in &sizes {
                    let times = members.iter().filter(|member| **member == account).count();
                    *lost.entry(*key).or_default() += times;
                }
            }
            _ => {}
        }
    }
    let shares = lost.iter().filter_map(|(key, lost)| {
        let size = sizes.get(key)?.len().max(1);
        Some((lost * 100).div_ceil(size))
    });
    u32::try_from(shares.max().unwrap_or(0)).unwrap_or(u32::MAX)
}
