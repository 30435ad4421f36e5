//! Whose accounts may be touched, how, and with which effects.

use usher_model::{HoldKind, Known, License, OrganizationRole, TeamId};

use super::world::existing_account;
use super::{Lint, LintRule};
use crate::{
    Action, Change, Consequence, ExtraMembers, Reason, TargetAttribute, TeamRef, UnmanagedPolicy,
};

pub(super) fn check(lint: &mut Lint<'_>, change: &Change) {
    touched(lint, change);
    held(lint, change);
    unmanaged(lint, change);
    default_team(lint, change);
    switched_off(lint, change);
    license(lint, change);
    consequences(lint, change);
}

fn touched(lint: &mut Lint<'_>, change: &Change) {
    let id = existing_account(change);
    let account = id
        .as_ref()
        .and_then(|id| lint.world.accounts.get(id))
        .copied();
    if account.is_some_and(|account| lint.world.is_protected(account)) {
        lint.find(LintRule::Untouchable, change, "the account is protected");
    }
    let person = change.person.as_ref();
    if lint
        .world
        .is_held(HoldKind::LeaveAlone, id.as_ref(), person)
    {
        lint.find(
            LintRule::Untouchable,
            change,
            "a hold says to leave it alone",
        );
    }
    let is_guest = account.is_some_and(|account| match &account.role {
        Known::Known(role) => !matches!(
            role,
            OrganizationRole::InternalAdmin | OrganizationRole::InternalUser
        ),
        Known::Unknown => false,
    });
    if is_guest {
        lint.find(
            LintRule::Guest,
            change,
            "the account is a guest or external user",
        );
    }
}

fn held(lint: &mut Lint<'_>, change: &Change) {
    let id = existing_account(change);
    let person = change.person.as_ref();
    if !lint
        .world
        .is_held(HoldKind::KeepDisabled, id.as_ref(), person)
    {
        return;
    }
    let may = match &change.action {
        Action::Disable { .. } | Action::LinkAccount { .. } => true,
        Action::SetRole { after, .. } => *after == OrganizationRole::InternalUser,
        _ => false,
    };
    if !may {
        lint.find(
            LintRule::KeptDisabled,
            change,
            "a hold keeps the account disabled",
        );
    }
}

fn unmanaged(lint: &mut Lint<'_>, change: &Change) {
    let Some(id) = existing_account(change) else {
        return;
    };
    if lint.world.links.contains_key(&id) || lint.world.tied.contains(&id) {
        return;
    }
    let says = |wanted: fn(&Reason) -> bool| change.reasons.iter().any(wanted);
    let by_hold = says(|reason| matches!(reason, Reason::Held { .. }));
    let may = match &change.action {
        Action::Disable { .. } => {
            let by_policy = says(|reason| *reason == Reason::Unmanaged);
            by_hold || (by_policy && lint.settings.unmanaged == UnmanagedPolicy::Disable)
        }
        Action::SetRole { .. } => by_hold,
        Action::RemoveFromTeam { .. } | Action::RemoveFromUserGroup { .. } => {
            lint.settings.extra_members == ExtraMembers::Remove
                && says(|reason| *reason == Reason::ExtraMember)
        }
        _ => false,
    };
    if !may {
        lint.find(
            LintRule::Unmanaged,
            change,
            "nobody stands behind the account",
        );
    }
}

fn default_team(lint: &mut Lint<'_>, change: &Change) {
    let team: Option<&TeamId> = match &change.action {
        Action::AddToTeam {
            team: TeamRef::Existing(team),
            ..
        }
        | Action::SetTeamRole {
            team: TeamRef::Existing(team),
            ..
        }
        | Action::RemoveFromTeam { team, .. } => Some(team),
        Action::RenameTeam { team, .. } => Some(&team.id),
        _ => None,
    };
    if team.is_some() && team == lint.world.default_team {
        lint.find(
            LintRule::DefaultTeam,
            change,
            "the default team is nobody's to manage",
        );
    }
}

fn switched_off(lint: &mut Lint<'_>, change: &Change) {
    let (users, groups) = (&lint.settings.user_actions, &lint.settings.group_actions);
    let allowed = match &change.action {
        Action::CreateAccount { .. } => users.create,
        Action::Delete { .. } => users.delete,
        Action::CreateTeam { .. } | Action::CreateUserGroup { .. } => groups.create,
        Action::DeleteUserGroup { .. } => groups.delete,
        Action::AddToTeam { .. }
        | Action::RemoveFromTeam { .. }
        | Action::SetTeamRole { .. }
        | Action::AddToUserGroup { .. }
        | Action::RemoveFromUserGroup { .. }
        | Action::RenameTeam { .. }
        | Action::RenameUserGroup { .. } => groups.update,
        Action::LinkAccount { .. } | Action::LinkTeam { .. } | Action::LinkUserGroup { .. } => {
            return;
        }
        Action::UpdateAttributes { .. }
        | Action::Rename { .. }
        | Action::Enable { .. }
        | Action::Disable { .. }
        | Action::SetRole { .. }
        | Action::AddAdminRole { .. }
        | Action::RemoveAdminRole { .. }
        | Action::RaiseLicense { .. } => users.update,
    };
    if !allowed.is_on() {
        lint.find(
            LintRule::SwitchedOff,
            change,
            "the settings switch such changes off",
        );
    }
}

fn height(license: &License) -> Option<u8> {
    [
        &[License::FreeRestricted][..],
        &[License::Free],
        &[License::Basic],
        &[License::Occasional],
        &[License::FullTrial],
        &[License::Full, License::Standard],
        &[License::Advanced],
    ]
    .iter()
    .zip(0..)
    .find(|(group, _)| group.contains(license))
    .map(|(_, height)| height)
}

fn license(lint: &mut Lint<'_>, change: &Change) {
    let Action::RaiseLicense {
        account,
        before,
        after,
    } = &change.action
    else {
        return;
    };
    let has = lint
        .world
        .accounts
        .get(account)
        .and_then(|account| match &account.license {
            Known::Known(license) => height(license),
            Known::Unknown => None,
        });
    let rises = height(after) > height(before) && (has.is_none() || height(after) > has);
    if !rises {
        lint.find(LintRule::License, change, "the licence does not rise");
    }
}

/// The effects that must be named, each derived from the action and the account alone.
fn consequences(lint: &mut Lint<'_>, change: &Change) {
    let has = |wanted: fn(&Consequence) -> bool| change.consequences.iter().any(wanted);
    let seat = |wanted: &Consequence| {
        matches!(
            wanted,
            Consequence::LicenseTaken { .. } | Consequence::NoSeatLeft
        )
    };
    let id = existing_account(change);
    let account = id
        .as_ref()
        .and_then(|id| lint.world.accounts.get(id))
        .copied();
    let holds_seat = account.is_some_and(|account| match &account.license {
        Known::Known(license) => license.takes_seat(),
        Known::Unknown => false,
    });
    let boards = id.as_ref().is_some_and(|id| {
        lint.inventory
            .boards
            .get(id)
            .is_some_and(|boards| *boards > 0)
    });
    let irreversible = has(|found| matches!(found, Consequence::Irreversible));
    let hands_over = has(|found| matches!(found, Consequence::BoardsHandedOver { .. }));
    let missing = match &change.action {
        Action::Delete { .. } | Action::RemoveFromTeam { .. } => {
            !irreversible || (boards && !hands_over)
        }
        Action::DeleteUserGroup { .. } => !irreversible,
        Action::CreateAccount { attributes, .. } => {
            let asked = attributes.contains_key(&TargetAttribute::UserType);
            !has(|found| matches!(found, Consequence::JoinsDefaultTeam { .. }))
                || (!asked && !has(|found| matches!(found, Consequence::LicenseByOrganization)))
        }
        Action::Enable { .. } => {
            !has(|found| matches!(found, Consequence::Reactivates)) || (holds_seat && !has(seat))
        }
        Action::Disable { .. } => {
            let frees = has(|found| matches!(found, Consequence::LicenseFreed { .. }));
            !has(|found| matches!(found, Consequence::OrdinaryLoginRemains))
                || (holds_seat && !frees)
        }
        Action::RaiseLicense { before, after, .. } => {
            after.takes_seat() && !before.takes_seat() && !has(seat)
        }
        Action::Rename { .. } => !has(|found| matches!(found, Consequence::MailsOldAndNewAddress)),
        Action::RenameTeam { .. } | Action::RenameUserGroup { .. } => {
            !has(|found| matches!(found, Consequence::RenamesForEveryone))
        }
        _ => false,
    };
    if missing {
        lint.find(
            LintRule::Consequence,
            change,
            "it does not name everything that it causes",
        );
    }
}
