//! What guards watch, in words.

use usher_plan::{Guard, GuardVerdict};

/// What a guard watches, for people.
pub fn title(guard: Guard) -> &'static str {
    match guard {
        Guard::MassRemoval => "many removals at once",
        Guard::RollingRemoval => "many removals within 24 hours",
        Guard::Irreversible => "changes that cannot be undone",
        Guard::Deletion => "deletion of accounts",
        Guard::AdminGrant => "new admins",
        Guard::LicenseUpgrade => "licences that nobody asked for",
        Guard::GroupShrink => "a group that loses many members",
        Guard::FirstCycle => "the first plan of the organization",
    }
}

/// How somebody who finds the guard too strict can move its limit for good.
pub fn limit_hint(guard: Guard) -> Option<&'static str> {
    Some(match guard {
        Guard::MassRemoval | Guard::RollingRemoval => {
            "usher provisioning set guards.disables.percent NUMBER"
        }
        Guard::Irreversible => "usher provisioning set guards.irreversible.at_least NUMBER",
        Guard::GroupShrink => "usher provisioning set guards.group_shrink_percent NUMBER",
        Guard::Deletion | Guard::AdminGrant | Guard::LicenseUpgrade | Guard::FirstCycle => {
            return None;
        }
    })
}

/// The numbers of the changes that a guard counted, shortened when there are many.
pub fn numbers(verdict: &GuardVerdict) -> Option<String> {
    const SHOWN: usize = 8;
    if verdict.changes.is_empty() {
        return None;
    }
    let shown: Vec<String> = verdict
        .changes
        .iter()
        .take(SHOWN)
        .map(|number| format!("#{number}"))
        .collect();
    let more = verdict.changes.len().saturating_sub(SHOWN);
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    Some(format!("{}{rest}", shown.join(", ")))
}
