//! What holds a plan until somebody approves it. A plan over a guard is held as it is, never trimmed.

use std::collections::{HashMap, HashSet};

use usher_model::{AccountId, AssignmentId, AssignmentTarget};

use crate::consequences::{grants_admin, takes_away};
use crate::{
    Action, Change, Consequence, Desired, FirstCycle, Guard, GuardVerdict, Inventory, Reason,
    Settings, TargetAttribute, Threshold,
};

/// Weighs changes: one verdict per guard. What was removed lately is taken from `desired`.
pub fn weigh(
    changes: &[Change],
    inventory: &Inventory,
    desired: &Desired,
    settings: &Settings,
) -> Vec<GuardVerdict> {
    let scales = Scales {
        changes,
        inventory,
        desired,
        settings,
    };
    Guard::ALL
        .into_iter()
        .map(|guard| scales.weigh(guard))
        .collect()
}

struct Scales<'a> {
    changes: &'a [Change],
    inventory: &'a Inventory,
    desired: &'a Desired,
    settings: &'a Settings,
}

impl Scales<'_> {
    fn weigh(&self, guard: Guard) -> GuardVerdict {
        match guard {
            Guard::MassRemoval => self.mass_removal(),
            Guard::RollingRemoval => self.rolling_removal(),
            Guard::Irreversible => self.irreversible(),
            Guard::Deletion => {
                let deletes = |change: &&Change| matches!(change.action, Action::Delete { .. });
                self.any(guard, "accounts are deleted", deletes)
            }
            Guard::AdminGrant => {
                let grants = |change: &&Change| grants_admin(&change.action);
                self.any(guard, "admin roles are given", grants)
            }
            Guard::LicenseUpgrade => self.license_upgrade(),
            Guard::GroupShrink => self.group_shrink(),
            Guard::FirstCycle => self.first_cycle(),
        }
    }

    fn numbers(&self, counts: impl Fn(&&Change) -> bool) -> Vec<u32> {
        let counted = self.changes.iter().filter(counts);
        counted.map(|change| change.number).collect()
    }

    fn any(&self, guard: Guard, what: &str, counts: impl Fn(&&Change) -> bool) -> GuardVerdict {
        let numbers = self.numbers(counts);
        verdict(
            guard,
            count(&numbers),
            0,
            numbers,
            &format!("{what}, none without approval"),
        )
    }

    fn removals(&self) -> Vec<u32> {
        self.numbers(|change| takes_away(&change.action))
    }

    fn allowed(&self, threshold: Threshold) -> u32 {
        threshold.allows(self.inventory.accounts.len())
    }

    fn mass_removal(&self) -> GuardVerdict {
        let numbers = self.removals();
        let allowed = self.allowed(self.settings.guards.disables);
        let what = "accounts are disabled or deleted, or access is taken away";
        verdict(Guard::MassRemoval, count(&numbers), allowed, numbers, what)
    }

    fn rolling_removal(&self) -> GuardVerdict {
        let numbers = self.removals();
        let allowed = self.allowed(self.settings.guards.disables);
        let before = self.desired.recent.disables_and_revokes;
        // What is past holds nothing that takes nothing away.
        let counted = match count(&numbers) {
            0 => 0,
            now => now.saturating_add(before),
        };
        let what = format!("removals, {before} of them within the last 24 hours");
        verdict(Guard::RollingRemoval, counted, allowed, numbers, &what)
    }

    fn irreversible(&self) -> GuardVerdict {
        let numbers =
            self.numbers(|change| change.consequences.iter().any(Consequence::is_irreversible));
        let allowed = self.allowed(self.settings.guards.irreversible);
        let before = self.desired.recent.irreversible;
        let counted = match count(&numbers) {
            0 => 0,
            now => now.saturating_add(before),
        };
        let what = format!("changes cannot be undone, {before} of them within the last 24 hours");
        verdict(Guard::Irreversible, counted, allowed, numbers, &what)
    }

    /// Licences that rise although no assignment asks for it.
    fn license_upgrade(&self) -> GuardVerdict {
        let assigned: HashSet<&AssignmentId> = self
            .desired
            .assignments
            .iter()
            .filter(|assignment| matches!(assignment.target, AssignmentTarget::License { .. }))
            .map(|assignment| &assignment.id)
            .collect();
        let is_asked = |change: &Change| {
            change.reasons.iter().any(|reason| match reason {
                Reason::Assigned { assignment, .. } => assigned.contains(assignment),
                _ => false,
            })
        };
        let numbers = self.numbers(|change| {
            let rises = match &change.action {
                Action::RaiseLicense { .. } => true,
                Action::CreateAccount { attributes, .. } => {
                    attributes.contains_key(&TargetAttribute::UserType)
                }
                _ => false,
            };
            let causes = |consequence: &Consequence| {
                matches!(
                    consequence,
                    Consequence::LicenseRaisedToFull | Consequence::GuestBecomesMember
                )
            };
            (rises && !is_asked(change)) || change.consequences.iter().any(causes)
        });
        let what = "licences rise that no assignment asks for, none without approval";
        verdict(Guard::LicenseUpgrade, count(&numbers), 0, numbers, what)
    }

    /// The largest share that a team or user group would lose, in per cent of its members.
    fn group_shrink(&self) -> GuardVerdict {
        let allowed = self.settings.guards.group_shrink_percent;
        let mut losses: HashMap<(&str, &str), Vec<u32>> = HashMap::new();
        let mut deleted: HashMap<&AccountId, u32> = HashMap::new();
        for change in self.changes {
            match &change.action {
                Action::RemoveFromTeam { team, .. } => {
                    let lost = losses.entry(("team", team.as_str())).or_default();
                    lost.push(change.number);
                }
                Action::RemoveFromUserGroup { user_group, .. } => {
                    let lost = losses
                        .entry(("user_group", user_group.as_str()))
                        .or_default();
                    lost.push(change.number);
                }
                Action::Delete { account } => {
                    deleted.insert(account, change.number);
                }
                _ => {}
            }
        }
        let (mut worst, mut numbers) = (0, Vec::new());
        for (kind, id, members) in self.member_lists() {
            let mut lost = losses.remove(&(kind, id)).unwrap_or_default();
            lost.extend(members.iter().filter_map(|member| deleted.get(member)));
            let size = members.len().max(1);
            let share = lost.len().saturating_mul(100).div_ceil(size);
            worst = worst.max(u32::try_from(share).unwrap_or(u32::MAX));
            if lost.len().saturating_mul(100) > size.saturating_mul(usize::from(allowed)) {
                numbers.extend(lost);
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        let what = "per cent of its members is the most that a team or user group loses";
        verdict(Guard::GroupShrink, worst, u32::from(allowed), numbers, what)
    }

    fn member_lists(&self) -> impl Iterator<Item = (&'static str, &str, Vec<&AccountId>)> {
        let shrinks = self.changes.iter().any(|change| {
            matches!(
                change.action,
                Action::RemoveFromTeam { .. }
                    | Action::RemoveFromUserGroup { .. }
                    | Action::Delete { .. }
            )
        });
        let teams = self.inventory.teams.iter().filter(move |_| shrinks);
        let teams = teams.map(|state| {
            let members = state.members.iter().map(|member| &member.account);
            ("team", state.team.id.as_str(), members.collect())
        });
        let groups = self.inventory.user_groups.iter().filter(move |_| shrinks);
        let groups = groups.map(|state| {
            let members = state.members.iter().collect();
            ("user_group", state.user_group.id.as_str(), members)
        });
        teams.chain(groups)
    }

    fn first_cycle(&self) -> GuardVerdict {
        let numbers = match self.desired.first_cycle {
            FirstCycle::Pending => self.numbers(|_| true),
            FirstCycle::Done => Vec::new(),
        };
        let what = "changes are the first that Usher makes here, none without approval";
        verdict(Guard::FirstCycle, count(&numbers), 0, numbers, what)
    }
}

fn count(numbers: &[u32]) -> u32 {
    u32::try_from(numbers.len()).unwrap_or(u32::MAX)
}

fn verdict(
    guard: Guard,
    counted: u32,
    allowed: u32,
    numbers: Vec<u32>,
    what: &str,
) -> GuardVerdict {
    let tripped = counted > allowed;
    GuardVerdict {
        guard,
        tripped,
        counted,
        allowed,
        changes: if tripped { numbers } else { Vec::new() },
        words: format!("{counted} {what} (allowed: {allowed})"),
    }
}
