//! Whether the data allows what a plan takes away, and whether it is ours to take.

use jiff::SignedDuration;
use usher_model::{AccountStatus, Completeness, Entitlement, LinkOrigin, Timestamp};

use super::world::existing_account;
use super::{Lint, LintRule};
use crate::{Action, Change, ExtraMembers, LeaveAction, Reason, TargetAttribute, UserGroupRef};

pub(super) fn check_plan(lint: &mut Lint<'_>) {
    if lint.plan.changes.is_empty() {
        return;
    }
    match &lint.inventory.snapshot {
        None => lint.find_in_plan(LintRule::Untrusted, "the organization was never read"),
        Some(facts) if matches!(facts.verdict, Completeness::Suspect { .. }) => {
            lint.find_in_plan(LintRule::Untrusted, "the last reading is not believed");
        }
        Some(_) => {}
    }
}

/// Whether something is taken away from somebody.
fn takes(action: &Action) -> bool {
    use usher_model::{OrganizationRole, TeamRole};
    match action {
        Action::Disable { .. }
        | Action::Delete { .. }
        | Action::RemoveAdminRole { .. }
        | Action::RemoveFromTeam { .. }
        | Action::RemoveFromUserGroup { .. }
        | Action::DeleteUserGroup { .. } => true,
        Action::SetRole { after, .. } => *after != OrganizationRole::InternalAdmin,
        Action::SetTeamRole { after, .. } => *after != TeamRole::Admin,
        _ => false,
    }
}

pub(super) fn check(lint: &mut Lint<'_>, change: &Change) {
    cleared(lint, change);
    group_model(lint, change);
    if !takes(&change.action) {
        return;
    }
    let gone = change
        .reasons
        .iter()
        .any(|reason| matches!(reason, Reason::PersonGone));
    if gone && !lint.desired.suspect_sources.is_empty() {
        let what = "a person is taken for gone although a source is not believed";
        lint.find(LintRule::Untrusted, change, what);
    }
    let Some(facts) = &lint.inventory.snapshot else {
        return;
    };
    let limit = i64::try_from(lint.settings.guards.max_inventory_age.as_secs()).unwrap_or(i64::MAX);
    if lint
        .now
        .as_second()
        .saturating_sub(facts.confirmed_at.as_second())
        > limit
    {
        lint.find(
            LintRule::Untrusted,
            change,
            "the inventory is too old to take anything away",
        );
    }
    let seen = match &change.action {
        Action::RemoveFromTeam { .. } => facts.coverage.teams.is_seen(),
        Action::RemoveFromUserGroup { .. } | Action::DeleteUserGroup { .. } => {
            facts.coverage.user_groups.is_seen()
        }
        Action::RemoveAdminRole { .. } => facts.coverage.admin_roles.is_seen(),
        _ => true,
    };
    if !seen {
        lint.find(
            LintRule::Untrusted,
            change,
            "the tokens in use do not show what it takes away",
        );
    }
    grace(lint, change);
    ours(lint, change);
}

/// Clearing something that nobody has seen, and that Usher never set.
fn cleared(lint: &mut Lint<'_>, change: &Change) {
    let Action::UpdateAttributes { account, changes } = &change.action else {
        return;
    };
    for attribute in changes.iter().filter(|attribute| attribute.after.is_none()) {
        let path = attribute.attribute.path();
        let links = lint.world.links.get(account).into_iter().flatten();
        let mut sent = links.filter_map(|link| link.sent.get(path));
        if attribute.before.is_none() && !sent.any(|value| !value.is_empty()) {
            let what = format!(
                "it clears {}, which nobody has seen",
                attribute.attribute.label()
            );
            lint.find(LintRule::Untrusted, change, what);
            return;
        }
    }
    let derived = [
        TargetAttribute::GivenName,
        TargetAttribute::FamilyName,
        TargetAttribute::FormattedName,
    ];
    if changes
        .iter()
        .any(|attribute| derived.contains(&attribute.attribute))
    {
        lint.find(
            LintRule::Untrusted,
            change,
            "it sets a name that Miro derives",
        );
    }
}

fn group_model(lint: &mut Lint<'_>, change: &Change) {
    let pushes = matches!(
        change.action,
        Action::LinkTeam { .. }
            | Action::LinkUserGroup { .. }
            | Action::RenameTeam { .. }
            | Action::RenameUserGroup { .. }
            | Action::RemoveFromTeam { .. }
            | Action::RemoveFromUserGroup { .. }
            | Action::DeleteUserGroup { .. }
            | Action::CreateTeam { group: Some(_), .. }
            | Action::CreateUserGroup { group: Some(_), .. }
    );
    if pushes && !lint.inventory.group_model.is_known() {
        lint.find(LintRule::GroupModel, change, "the group model is not known");
    }
}

fn passed(since: Timestamp, days: u32, now: Timestamp) -> bool {
    now.duration_since(since) >= SignedDuration::from_hours(24 * i64::from(days))
}

fn grace(lint: &mut Lint<'_>, change: &Change) {
    let policy = &lint.settings.deprovision;
    let by_grace = change
        .reasons
        .iter()
        .any(|reason| matches!(reason, Reason::GraceOver { .. }));
    let days = match &change.action {
        Action::Delete { .. } => policy.delete_after_days,
        Action::RemoveFromTeam { .. } if by_grace => policy.remove_from_teams_after_days,
        _ => return,
    };
    let Some(id) = existing_account(change) else {
        return;
    };
    let deactivated = lint
        .world
        .accounts
        .get(&id)
        .is_some_and(|account| account.status == AccountStatus::Deactivated);
    let links = lint.world.links.get(&id).into_iter().flatten();
    let mut own = links.filter(|link| Some(&link.person) == change.person.as_ref());
    let disabled_at = own.find_map(|link| link.disabled_at);
    let over = match (days, disabled_at) {
        (Some(days), Some(since)) => passed(since, days, lint.now),
        _ => false,
    };
    if !over || !deactivated || policy.leave == LeaveAction::Report {
        lint.find(LintRule::Grace, change, "its grace is not over");
    }
}

/// What is taken away was given by Usher, or a policy says so.
fn ours(lint: &mut Lint<'_>, change: &Change) {
    let by_policy = change.reasons.iter().any(|reason| match reason {
        Reason::ExtraMember => lint.settings.extra_members == ExtraMembers::Remove,
        Reason::GraceOver { .. } => true,
        _ => false,
    });
    let held = |is_it: &dyn Fn(&Entitlement) -> bool| {
        let id = existing_account(change);
        lint.desired
            .provisioned
            .iter()
            .any(|given| Some(&given.account) == id.as_ref() && is_it(&given.entitlement))
    };
    let ours = match &change.action {
        Action::RemoveFromTeam { team, .. } => {
            by_policy
                || held(
                    &|held| matches!(held, Entitlement::Team { team: other, .. } if other == team),
                )
        }
        Action::RemoveFromUserGroup { user_group, .. } => {
            by_policy || held(&|held| *held == Entitlement::UserGroup(user_group.clone()))
        }
        Action::RemoveAdminRole { name, .. } => {
            held(&|held| *held == Entitlement::AdminRole(name.clone()))
        }
        Action::DeleteUserGroup { user_group } => lint.desired.group_links.iter().any(|link| {
            let group = UserGroupRef::Existing(user_group.id.clone());
            let target = match &link.target {
                usher_model::GroupLinkTarget::UserGroup(id) => UserGroupRef::Existing(id.clone()),
                usher_model::GroupLinkTarget::Team(_) => return false,
            };
            target == group && link.how == LinkOrigin::Created
        }),
        _ => true,
    };
    if !ours {
        lint.find(
            LintRule::NotOurs,
            change,
            "Usher did not give it, and no policy takes it away",
        );
    }
}
