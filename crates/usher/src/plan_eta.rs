//! How long a plan takes to apply at best, from Miro's limits alone. Pure.
//!
//! Once it is being applied, the executor knows better and says so; this is for the eye of whoever looks at the plan.

use std::collections::BTreeMap;
use std::time::Duration;

use usher_engine::apply::{Cost, Lane, Pace};
use usher_miro::{RestLevel, ScimClass};
use usher_plan::{Action, Plan};

/// How many members one small call takes.
const SMALL: u64 = 11;
/// How many members one large call takes.
const LARGE: u64 = 8_000;
/// How many accounts a page shows.
const PAGE: u64 = 100;

/// How long the lane that has most to do takes; nothing at all for a plan without calls.
pub fn eta(plan: &Plan, pace: &Pace) -> Duration {
    let mut lanes: BTreeMap<Lane, u64> = BTreeMap::new();
    for (cost, calls) in calls(plan) {
        *lanes.entry(pace.lane(cost)).or_default() += cost.credits() * calls;
    }
    let longest = lanes
        .into_iter()
        .map(|(lane, credits)| time(lane, credits, pace))
        .fold(0.0, f64::max);
    Duration::try_from_secs_f64(longest).unwrap_or_default()
}

/// What fits into the first window goes at once; the rest as the windows go by.
fn time(lane: Lane, credits: u64, pace: &Pace) -> f64 {
    let Some(per_window) = pace.credits(lane).filter(|credits| *credits > 0.0) else {
        return 0.0;
    };
    let beyond = (credits as f64 - per_window).max(0.0);
    beyond / per_window * pace.window(lane).as_secs_f64()
}

/// The calls of a plan, by price: those of single changes, of groups filled in bulk, and of reading back.
fn calls(plan: &Plan) -> BTreeMap<Cost, u64> {
    let mut calls: BTreeMap<Cost, u64> = BTreeMap::new();
    let mut groups: BTreeMap<String, u64> = BTreeMap::new();
    let mut accounts = 0;
    for change in &plan.changes {
        if let Some(group) = group_of(&change.action) {
            *groups.entry(group).or_default() += 1;
            continue;
        }
        let cost = cost(&change.action);
        accounts += u64::from(matches!(cost, Cost::Scim(_)));
        *calls.entry(cost).or_default() += 1;
    }
    for members in groups.into_values() {
        let (cost, count) = group_calls(members);
        *calls.entry(cost).or_default() += count;
    }
    if accounts > 0 {
        let pages = accounts.div_ceil(PAGE);
        *calls.entry(Cost::Scim(ScimClass::ListUsers)).or_default() += pages;
    }
    calls
}

/// Memberships of one group in one direction go together.
fn group_of(action: &Action) -> Option<String> {
    match action {
        Action::AddToTeam { team, .. } => Some(format!("+{team:?}")),
        Action::RemoveFromTeam { team, .. } => Some(format!("-{team}")),
        Action::AddToUserGroup { user_group, .. } => Some(format!("+{user_group:?}")),
        Action::RemoveFromUserGroup { user_group, .. } => Some(format!("-{user_group}")),
        _ => None,
    }
}

/// Small calls or one large one, whichever costs less.
fn group_calls(members: u64) -> (Cost, u64) {
    let small = (
        Cost::Scim(ScimClass::PatchGroupSmall),
        members.div_ceil(SMALL),
    );
    let large = (
        Cost::Scim(ScimClass::PatchGroupLarge),
        members.div_ceil(LARGE),
    );
    let price = |(cost, count): (Cost, u64)| cost.credits() * count;
    if price(small) <= price(large) {
        small
    } else {
        large
    }
}

fn cost(action: &Action) -> Cost {
    match action {
        Action::LinkAccount { .. } | Action::LinkTeam { .. } | Action::LinkUserGroup { .. } => {
            Cost::Nothing
        }
        Action::CreateAccount { .. } => Cost::Scim(ScimClass::CreateUser),
        Action::Delete { .. } => Cost::Scim(ScimClass::DeleteUser),
        Action::CreateUserGroup { .. } => Cost::Scim(ScimClass::CreateGroup),
        Action::DeleteUserGroup { .. } => Cost::Scim(ScimClass::DeleteGroup),
        Action::RenameTeam { .. } | Action::RenameUserGroup { .. } => {
            Cost::Scim(ScimClass::PatchGroupSmall)
        }
        Action::CreateTeam { .. } | Action::SetTeamRole { .. } => Cost::Rest(RestLevel::Two),
        _ => Cost::Scim(ScimClass::PatchUser),
    }
}

#[cfg(test)]
mod tests {
    use usher_miro::LimitProfile;
    use usher_model::{AccountId, TeamId};
    use usher_plan::{AccountRef, Basis, Change, ChangeKey, PlanHash, TeamRef, Urgency};

    use super::*;

    fn plan(actions: Vec<Action>) -> Plan {
        let change = |(at, action): (usize, Action)| Change {
            number: u32::try_from(at + 1).unwrap(),
            key: ChangeKey(at.to_string()),
            person: None,
            label: String::new(),
            action,
            reasons: Vec::new(),
            consequences: Vec::new(),
            after: Vec::new(),
            urgency: Urgency::Normal,
        };
        Plan {
            id: "p".into(),
            organization: "o".into(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            basis: Basis {
                snapshot: None,
                parent: None,
                hash: PlanHash(String::new()),
                only: Vec::new(),
            },
            changes: actions.into_iter().enumerate().map(change).collect(),
            guards: Vec::new(),
        }
    }

    fn updates(count: u64) -> Vec<Action> {
        (0..count)
            .map(|number| Action::Enable {
                account: AccountId::new(number.to_string()),
            })
            .collect()
    }

    fn seconds(actions: Vec<Action>) -> u64 {
        let pace = Pace::new(LimitProfile::default(), 1.0);
        eta(&plan(actions), &pace).as_secs()
    }

    #[test]
    fn what_fits_into_one_window_takes_no_time_and_more_takes_windows() {
        assert_eq!(seconds(Vec::new()), 0);
        assert_eq!(seconds(updates(20)), 0);
        // A thousand updates at 100 credits, of a pool of 10,000 in 30 seconds.
        let thousand = seconds(updates(1_000));
        assert!((270..310).contains(&thousand), "{thousand}");
    }

    #[test]
    fn a_team_is_filled_in_bulk() {
        let joins = (0..8_000).map(|number: u64| Action::AddToTeam {
            account: AccountRef::Existing(AccountId::new(number.to_string())),
            team: TeamRef::Existing(TeamId::new("1")),
        });
        assert_eq!(seconds(joins.collect()), 0);
    }
}
