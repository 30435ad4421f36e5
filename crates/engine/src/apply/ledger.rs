//! What a finished change gives and takes, and how it is written down.

use serde_json::{Value, json};
use usher_model::{
    AccountId, Entitlement, EventKind, Grant, OrganizationRole, ProvisionedGrant, TeamRole,
    Timestamp,
};
use usher_plan::{Action, Change};
use usher_store::Settlement;

use super::books::Books;
use super::job::{Came, Whence};

/// Memberships in the inventory, and what Usher gave and took.
pub(super) fn memberships(
    books: &Books,
    change: &Change,
    account: &AccountId,
    at: Timestamp,
    settlement: &mut Settlement,
) {
    let grant = |entitlement| Grant {
        account: account.clone(),
        entitlement,
    };
    let gives = |settlement: &mut Settlement, entitlement: Entitlement| {
        settlement.given.push(ProvisionedGrant {
            account: account.clone(),
            entitlement,
            since: at,
        });
    };
    let in_team = |team, role| Entitlement::Team { team, role };
    match &change.action {
        Action::AddToTeam { team, .. } => {
            if let Some(team) = books.team(team) {
                let held = in_team(team, TeamRole::Member);
                settlement
                    .observation
                    .grants_added
                    .push(grant(held.clone()));
                gives(settlement, held);
            }
        }
        Action::SetTeamRole { team, after, .. } => {
            if let Some(team) = books.team(team) {
                let held = in_team(team, after.clone());
                settlement
                    .observation
                    .grants_added
                    .push(grant(held.clone()));
                settlement.taken.push(grant(held.clone()));
                gives(settlement, held);
            }
        }
        Action::RemoveFromTeam { team, .. } => {
            let held = grant(in_team(team.clone(), TeamRole::Unknown));
            settlement.observation.grants_removed.push(held.clone());
            settlement.taken.push(held);
        }
        Action::AddToUserGroup { user_group, .. } => {
            if let Some(group) = books.user_group(user_group) {
                let held = Entitlement::UserGroup(group);
                settlement
                    .observation
                    .grants_added
                    .push(grant(held.clone()));
                gives(settlement, held);
            }
        }
        Action::RemoveFromUserGroup { user_group, .. } => {
            let held = grant(Entitlement::UserGroup(user_group.clone()));
            settlement.observation.grants_removed.push(held.clone());
            settlement.taken.push(held);
        }
        Action::SetRole { after, .. } if *after == OrganizationRole::InternalAdmin => {
            gives(settlement, Entitlement::Role(after.clone()));
        }
        Action::SetRole { .. } => settlement
            .taken
            .push(grant(Entitlement::Role(OrganizationRole::InternalAdmin))),
        Action::AddAdminRole { name, .. } => {
            gives(settlement, Entitlement::AdminRole(name.clone()));
        }
        Action::RemoveAdminRole { name, .. } => settlement
            .taken
            .push(grant(Entitlement::AdminRole(name.clone()))),
        Action::RaiseLicense { after, .. } => {
            gives(settlement, Entitlement::License(after.clone()));
        }
        _ => {}
    }
}

/// The kind of event that a change that was carried out is.
pub fn event_kind(action: &Action) -> EventKind {
    match action {
        Action::CreateAccount { .. } => EventKind::UserCreateProvision,
        Action::LinkAccount { .. } | Action::LinkTeam { .. } | Action::LinkUserGroup { .. } => {
            EventKind::LinkCreated
        }
        Action::Disable { .. } => EventKind::UserDeprovision,
        Action::Delete { .. } => EventKind::UserDeleteProvision,
        Action::CreateTeam { .. } | Action::CreateUserGroup { .. } => {
            EventKind::GroupCreateProvision
        }
        Action::RenameTeam { .. } | Action::RenameUserGroup { .. } => {
            EventKind::GroupUpdateProvision
        }
        Action::DeleteUserGroup { .. } => EventKind::GroupDeleteProvision,
        _ => EventKind::UserUpdateProvision,
    }
}

/// What the journal keeps of what came of a change.
pub fn detail(came: &Came, account: Option<&AccountId>) -> Value {
    match came {
        Came::User(user, whence) => json!({
            "account": user.id,
            "whence": match whence {
                Whence::Created => "created",
                Whence::Found => "found",
                Whence::Changed => "changed",
                Whence::SignedOut => "signed_out",
                Whence::StillSignedIn(_) => "still_signed_in",
            },
        }),
        Came::Team(team, _) => json!({"team": team.id}),
        Came::UserGroup(group) => json!({"user_group": group.id}),
        _ => account.map_or_else(|| json!({}), |account| json!({"account": account})),
    }
}
