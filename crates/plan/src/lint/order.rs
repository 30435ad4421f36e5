//! Numbers, keys, reasons, and what must come before what.

use std::collections::HashSet;

use usher_model::{AccountStatus, PersonId};

use super::world::existing_account;
use super::{Lint, LintRule};
use crate::{AccountRef, Action, Change, TeamRef, UserGroupRef};

pub(super) fn check_plan(lint: &mut Lint<'_>) {
    let mut keys = HashSet::new();
    let plan = lint.plan;
    for (change, number) in plan.changes.iter().zip(1..) {
        if change.number != number {
            lint.find(
                LintRule::Order,
                change,
                format!("it is change {number} by its place"),
            );
        }
        if !keys.insert(&change.key) || change.key.0.is_empty() {
            lint.find(LintRule::Reason, change, "its key is empty or not its own");
        }
    }
    churn(lint);
}

/// Nobody is put into a team that the same plan takes the person out of.
fn churn(lint: &mut Lint<'_>) {
    let plan = lint.plan;
    let mut added = HashSet::new();
    for change in &plan.changes {
        match &change.action {
            Action::AddToTeam {
                account: AccountRef::Existing(account),
                team: TeamRef::Existing(team),
            } => {
                added.insert((account.as_str(), "team", team.as_str()));
            }
            Action::AddToUserGroup {
                account: AccountRef::Existing(account),
                user_group: UserGroupRef::Existing(group),
            } => {
                added.insert((account.as_str(), "user group", group.as_str()));
            }
            _ => {}
        }
    }
    for change in &plan.changes {
        let removed = match &change.action {
            Action::RemoveFromTeam { account, team } => (account.as_str(), "team", team.as_str()),
            Action::RemoveFromUserGroup {
                account,
                user_group,
            } => (account.as_str(), "user group", user_group.as_str()),
            _ => continue,
        };
        if added.contains(&removed) {
            lint.find(LintRule::Churn, change, "the same plan puts the account in");
        }
    }
}

pub(super) fn check(lint: &mut Lint<'_>, change: &Change) {
    if change.reasons.is_empty() {
        lint.find(LintRule::Reason, change, "it has no reason");
    }
    if change
        .after
        .iter()
        .any(|earlier| *earlier >= change.number || *earlier == 0)
    {
        lint.find(
            LintRule::Order,
            change,
            "it waits for itself or for a later change",
        );
    }
    let only: &[PersonId] = &lint.plan.basis.only;
    if !only.is_empty()
        && let Some(person) = &change.person
        && !only.contains(person)
    {
        lint.find(
            LintRule::Only,
            change,
            "it is about a person who was not chosen",
        );
    }
    creation_first(lint, change);
    enable_first(lint, change);
    groups_first(lint, change);
}

fn creation_first(lint: &mut Lint<'_>, change: &Change) {
    let Some(AccountRef::New(person)) = change.action.account() else {
        return;
    };
    if matches!(change.action, Action::CreateAccount { .. }) {
        return;
    }
    let creation = lint.world.creates.get(&person);
    if !creation.is_some_and(|number| change.after.contains(number)) {
        lint.find(
            LintRule::Order,
            change,
            "it does not wait for its account's creation",
        );
    }
}

fn enable_first(lint: &mut Lint<'_>, change: &Change) {
    let Some(id) = existing_account(change) else {
        return;
    };
    let Some(account) = lint.world.accounts.get(&id) else {
        lint.find(LintRule::Order, change, format!("there is no account {id}"));
        return;
    };
    let is_active = account.status == AccountStatus::Active;
    let enable = lint.world.enables.get(&id).copied();
    let found = match (&change.action, enable) {
        (Action::Enable { .. }, _) => is_active.then_some("the account is active already"),
        (Action::LinkAccount { .. }, _)
        | (Action::Delete { .. } | Action::RemoveFromTeam { .. }, None) => None,
        (_, Some(number)) => {
            let waits = change.after.contains(&number);
            (!waits).then_some("it does not wait for the account to be enabled")
        }
        (Action::Disable { .. }, None) => {
            (!is_active).then_some("the account is deactivated already")
        }
        (_, None) => (!is_active).then_some("the account is deactivated and not enabled"),
    };
    if let Some(what) = found {
        lint.find(LintRule::EnableFirst, change, what);
    }
}

/// A team or user group is created before somebody is put in.
fn groups_first(lint: &mut Lint<'_>, change: &Change) {
    let wanted = match &change.action {
        Action::AddToTeam {
            team: TeamRef::New(name),
            ..
        }
        | Action::SetTeamRole {
            team: TeamRef::New(name),
            ..
        } => ("team", name),
        Action::AddToUserGroup {
            user_group: UserGroupRef::New(name),
            ..
        } => ("user group", name),
        _ => return,
    };
    let is_created = change.after.iter().any(|number| {
        let earlier = lint.plan.change(*number).map(|earlier| &earlier.action);
        match earlier {
            Some(Action::CreateTeam { name, .. }) => wanted == ("team", name),
            Some(Action::CreateUserGroup { name, .. }) => wanted == ("user group", name),
            _ => false,
        }
    });
    if !is_created {
        let what = format!("it does not wait for the {} to be created", wanted.0);
        lint.find(LintRule::Order, change, what);
    }
}
