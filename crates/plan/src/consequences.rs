//! What changes cause in Miro besides themselves (reference: Miro's SCIM guide, "Users" and "Groups").

use std::collections::{HashMap, HashSet};

use usher_model::{
    Account, AccountId, AccountStatus, GroupModel, Known, License, OrganizationRole, TeamId,
    TeamRole,
};

use crate::{
    AccountRef, Action, BoardHeir, Change, Consequence, Inventory, Settings, TargetAttribute,
    TargetValue, TeamState,
};

/// Adds to each change what it causes, seats counted down in the order of the changes.
pub(crate) fn annotate(changes: &mut [Change], inventory: &Inventory, settings: &Settings) {
    if changes.is_empty() {
        return;
    }
    let mut world = World::new(changes, inventory, settings);
    for change in changes {
        world.consequences(&change.action, &mut change.consequences);
    }
}

struct World<'a> {
    inventory: &'a Inventory,
    default_team: Option<&'a TeamId>,
    accounts: HashMap<&'a AccountId, &'a Account>,
    teams: HashMap<&'a TeamId, &'a TeamState>,
    /// The teams of the accounts that changes are about.
    teams_of: HashMap<&'a AccountId, Vec<&'a TeamState>>,
    /// Who leaves which team by the plan.
    leaves: HashSet<(AccountId, TeamId)>,
    seats: Seats,
}

/// Seats as they are taken and freed by the plan.
struct Seats {
    /// How many are left; absent if nobody can tell.
    left: Option<i64>,
    /// The licences that accounts have by the plan.
    licenses: HashMap<AccountId, License>,
}

impl Seats {
    /// Takes a seat for a licence.
    fn take(&mut self, license: &License, found: &mut Vec<Consequence>) {
        if let Some(left) = &mut self.left {
            *left -= 1;
            if *left < 0 {
                found.push(Consequence::NoSeatLeft);
                return;
            }
        }
        found.push(Consequence::LicenseTaken {
            license: license.clone(),
            seats_left: self.left,
        });
    }

    fn free(&mut self, license: &License, found: &mut Vec<Consequence>) {
        if let Some(left) = &mut self.left {
            *left += 1;
        }
        found.push(Consequence::LicenseFreed {
            license: license.clone(),
        });
    }
}

impl<'a> World<'a> {
    fn new(changes: &[Change], inventory: &'a Inventory, settings: &'a Settings) -> Self {
        let touched: HashSet<AccountId> = changes
            .iter()
            .filter_map(|change| match change.action.account()? {
                AccountRef::Existing(id) => Some(id),
                AccountRef::New(_) => None,
            })
            .collect();
        let mut teams_of: HashMap<&AccountId, Vec<&TeamState>> = HashMap::new();
        for state in &inventory.teams {
            let in_team = state.members.iter().filter(|member| {
                touched.contains(&member.account) && member.role != TeamRole::NonTeam
            });
            for member in in_team {
                teams_of.entry(&member.account).or_default().push(state);
            }
        }
        for teams in teams_of.values_mut() {
            teams.sort_by(|one, other| one.team.id.cmp(&other.team.id));
        }
        let leaves = changes.iter().filter_map(|change| match &change.action {
            Action::RemoveFromTeam { account, team } => Some((account.clone(), team.clone())),
            _ => None,
        });
        let default_team = inventory.default_team.as_ref().known();
        Self {
            inventory,
            default_team: default_team.or(settings.default_team.as_ref()),
            accounts: inventory
                .accounts
                .iter()
                .map(|account| (&account.id, account))
                .collect(),
            teams: inventory
                .teams
                .iter()
                .map(|state| (&state.team.id, state))
                .collect(),
            teams_of,
            leaves: leaves.collect(),
            seats: Seats {
                left: seats_left(inventory),
                licenses: HashMap::new(),
            },
        }
    }

    fn consequences(&mut self, action: &Action, found: &mut Vec<Consequence>) {
        match action {
            Action::CreateAccount { attributes, .. } => self.created(attributes, found),
            Action::Enable { account } => self.enabled(account, found),
            Action::Disable { account } => self.disabled(account, found),
            Action::Delete { account } => self.deleted(account, found),
            Action::Rename { .. } => found.push(Consequence::MailsOldAndNewAddress),
            Action::RaiseLicense {
                account,
                before,
                after,
            } => self.raised(account, before, after, found),
            Action::AddToUserGroup { account, .. } => self.joining_user_group(account, found),
            Action::RemoveFromTeam { account, team } => self.out_of_team(account, team, found),
            Action::DeleteUserGroup { .. } => found.push(Consequence::Irreversible),
            Action::RenameTeam { .. } | Action::RenameUserGroup { .. } => {
                found.push(Consequence::RenamesForEveryone);
            }
            Action::LinkAccount { .. }
            | Action::UpdateAttributes { .. }
            | Action::SetRole { .. }
            | Action::AddAdminRole { .. }
            | Action::RemoveAdminRole { .. }
            | Action::AddToTeam { .. }
            | Action::SetTeamRole { .. }
            | Action::RemoveFromUserGroup { .. }
            | Action::CreateTeam { .. }
            | Action::LinkTeam { .. }
            | Action::CreateUserGroup { .. }
            | Action::LinkUserGroup { .. } => {}
        }
    }

    /// The licence that an account has by now.
    fn license(&self, account: &AccountId) -> Option<License> {
        if let Some(license) = self.seats.licenses.get(account) {
            return Some(license.clone());
        }
        let account = self.accounts.get(account)?;
        account.license.clone().known()
    }

    fn created(&mut self, attributes: &crate::TargetAttributes, found: &mut Vec<Consequence>) {
        let team = self.default_team.and_then(|id| self.teams.get(id));
        found.push(Consequence::JoinsDefaultTeam {
            team: team.map(|state| state.team.name.clone()),
        });
        match attributes.get(&TargetAttribute::UserType) {
            Some(Some(TargetValue::Text(user_type))) => {
                let license = License::from_scim_user_type(user_type);
                if license.takes_seat() {
                    self.seats.take(&license, found);
                }
            }
            _ => found.push(Consequence::LicenseByOrganization),
        }
    }

    fn enabled(&mut self, account: &AccountId, found: &mut Vec<Consequence>) {
        found.push(Consequence::Reactivates);
        if let Some(license) = self.license(account).filter(License::takes_seat) {
            self.seats.take(&license, found);
        }
    }

    fn disabled(&mut self, account: &AccountId, found: &mut Vec<Consequence>) {
        if let Some(license) = self.license(account).filter(License::takes_seat) {
            self.seats.free(&license, found);
        }
        found.push(Consequence::OrdinaryLoginRemains);
    }

    fn deleted(&mut self, account: &AccountId, found: &mut Vec<Consequence>) {
        found.push(Consequence::Irreversible);
        if let Some(boards) = self.boards_to_hand_over(account) {
            let teams = self.teams_of.get(account).map_or(&[][..], Vec::as_slice);
            let heir = match teams {
                [only] => self.heir_in(only, account),
                _ => BoardHeir::CompanyAdmin,
            };
            found.push(Consequence::BoardsHandedOver { boards, heir });
        }
        let is_active = self
            .accounts
            .get(account)
            .is_some_and(|account| account.status == AccountStatus::Active);
        if let Some(license) = self
            .license(account)
            .filter(|license| is_active && license.takes_seat())
        {
            self.seats.free(&license, found);
        }
    }

    /// How many boards change hands when an account goes: `Some(None)` if nobody counted, `None` if it has none.
    #[expect(
        clippy::option_option,
        reason = "no boards, a number nobody knows, and a number are three things"
    )]
    fn boards_to_hand_over(&self, account: &AccountId) -> Option<Option<u64>> {
        match self.inventory.boards.get(account) {
            Some(0) => None,
            counted => Some(counted.copied()),
        }
    }

    fn raised(
        &mut self,
        account: &AccountId,
        before: &License,
        after: &License,
        found: &mut Vec<Consequence>,
    ) {
        if after.takes_seat() && !before.takes_seat() {
            self.seats.take(after, found);
        }
        self.seats.licenses.insert(account.clone(), after.clone());
    }

    /// In the user-group model whoever comes into a group gets a Full licence.
    fn joining_user_group(&mut self, account: &AccountRef, found: &mut Vec<Consequence>) {
        if self.inventory.group_model != Known::Known(GroupModel::UserGroup) {
            return;
        }
        let AccountRef::Existing(id) = account else {
            found.push(Consequence::LicenseRaisedToFull);
            return;
        };
        let license = self
            .license(id)
            .filter(|license| *license != License::Unknown);
        if license.as_ref().is_some_and(License::takes_seat) {
            return;
        }
        found.push(Consequence::LicenseRaisedToFull);
        if license.is_some() {
            self.seats.take(&License::Full, found);
        }
        self.seats.licenses.insert(id.clone(), License::Full);
    }

    fn out_of_team(&self, account: &AccountId, team: &TeamId, found: &mut Vec<Consequence>) {
        found.push(Consequence::Irreversible);
        let teams = self.teams_of.get(account).map_or(&[][..], Vec::as_slice);
        if let Some(counted) = self.boards_to_hand_over(account)
            && let Some(state) = self.teams.get(team)
        {
            found.push(Consequence::BoardsHandedOver {
                // Boards are counted per account: with other teams nobody knows how many of them are here.
                boards: counted.filter(|_| teams.len() == 1),
                heir: self.heir_in(state, account),
            });
        }
        let stays = teams.iter().any(|state| {
            !self
                .leaves
                .contains(&(account.clone(), state.team.id.clone()))
        });
        let signed_in = self
            .accounts
            .get(account)
            .is_some_and(|account| matches!(account.last_activity_at, Known::Known(Some(_))));
        if !stays && !signed_in {
            found.push(Consequence::MayLeaveOrganization);
        }
    }

    /// Who gets the boards of somebody who leaves a team.
    fn heir_in(&self, state: &TeamState, leaver: &AccountId) -> BoardHeir {
        let admins = state
            .members
            .iter()
            .filter(|member| member.role == TeamRole::Admin && member.account != *leaver);
        let mut candidates: Vec<String> = admins
            .map(|member| {
                let account = self.accounts.get(&member.account);
                account.map_or_else(
                    || member.account.to_string(),
                    |account| account.email.to_string(),
                )
            })
            .collect();
        if candidates.is_empty() {
            return BoardHeir::CompanyAdmin;
        }
        candidates.sort_unstable();
        candidates.truncate(3);
        BoardHeir::TeamAdmin {
            team: state.team.name.clone(),
            candidates,
        }
    }
}

/// How many seats are left, if everything that takes one is known.
fn seats_left(inventory: &Inventory) -> Option<i64> {
    let bought = i64::from(inventory.organization.full_licenses_purchased.known()?);
    let mut taken = 0;
    for account in &inventory.accounts {
        if account.status != AccountStatus::Active {
            continue;
        }
        match &account.license {
            Known::Unknown | Known::Known(License::Unknown) => return None,
            Known::Known(license) if license.takes_seat() => taken += 1,
            Known::Known(_) => {}
        }
    }
    Some(bought - taken)
}

/// Whether an action gives a role that administers something.
pub(crate) fn grants_admin(action: &Action) -> bool {
    match action {
        Action::SetRole { after, .. } => *after == OrganizationRole::InternalAdmin,
        Action::AddAdminRole { .. } => true,
        _ => false,
    }
}

/// Whether an action takes something away from somebody.
pub(crate) fn takes_away(action: &Action) -> bool {
    match action {
        Action::SetRole { before, after, .. } => {
            *before == Some(OrganizationRole::InternalAdmin)
                && *after != OrganizationRole::InternalAdmin
        }
        Action::SetTeamRole { before, after, .. } => {
            *before == TeamRole::Admin && *after != TeamRole::Admin
        }
        Action::RemoveAdminRole { .. } => true,
        other => other.kind().is_removal(),
    }
}
