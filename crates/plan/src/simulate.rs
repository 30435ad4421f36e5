//! A model of what Miro does with a plan, for previews and for the proof that a plan leads where it should.
//!
//! It follows Miro's published behaviour: a new account gets an id, a licence by the organization's choice and the
//! default team; whoever is disabled keeps teams, boards and licence; the first active member of a team without an
//! admin becomes its admin. Nothing in it fails: seats and domains are not looked at.

mod accounts;
mod memberships;

use std::collections::HashMap;

use usher_model::{
    AccountId, GroupId, GroupLink, GroupLinkTarget, LinkOrigin, PersonId, TeamId, Timestamp,
    UserGroupId,
};

use crate::{
    AccountRef, Action, Change, Desired, FirstCycle, Inventory, Plan, TeamRef, UserGroupRef,
};

/// What the organization looks like, and what Usher remembers, after all changes of a plan were carried out.
pub fn simulate(inventory: &Inventory, desired: &Desired, plan: &Plan) -> (Inventory, Desired) {
    let mut model = Model::new(inventory.clone(), desired.clone(), plan.created_at);
    for change in &plan.changes {
        model.carry_out(change);
    }
    if !plan.changes.is_empty() {
        model.desired.first_cycle = FirstCycle::Done;
    }
    model.finish()
}

/// New ids are larger than any that somebody may have written down for what is not there.
const FIRST_ID: u64 = 9_000_000_000_000_000_000;

struct Model {
    inventory: Inventory,
    desired: Desired,
    now: Timestamp,
    next_id: u64,
    /// Whose change is being carried out: more than one link may name an account.
    person: Option<PersonId>,
    accounts: HashMap<PersonId, AccountId>,
    teams: HashMap<String, TeamId>,
    user_groups: HashMap<String, UserGroupId>,
}

impl Model {
    fn new(inventory: Inventory, desired: Desired, now: Timestamp) -> Self {
        let accounts = inventory.accounts.iter().map(|account| account.id.as_str());
        let teams = inventory.teams.iter().map(|state| state.team.id.as_str());
        let groups = inventory.user_groups.iter();
        let groups = groups.map(|state| state.user_group.id.as_str());
        let all = accounts.chain(teams).chain(groups);
        let highest = all.filter_map(|id| id.parse::<u64>().ok()).max();
        Self {
            next_id: highest.unwrap_or(0).max(FIRST_ID).saturating_add(1),
            inventory,
            desired,
            now,
            person: None,
            accounts: HashMap::new(),
            teams: HashMap::new(),
            user_groups: HashMap::new(),
        }
    }

    fn new_id(&mut self) -> String {
        let id = self.next_id;
        self.next_id = id.saturating_add(1);
        id.to_string()
    }

    /// The account that a change means.
    fn account_id(&self, account: &AccountRef) -> Option<AccountId> {
        match account {
            AccountRef::Existing(id) => Some(id.clone()),
            AccountRef::New(person) => self.accounts.get(person).cloned(),
        }
    }

    fn team_id(&self, team: &TeamRef) -> Option<TeamId> {
        match team {
            TeamRef::Existing(id) => Some(id.clone()),
            TeamRef::New(name) => self.teams.get(name).cloned(),
        }
    }

    fn user_group_id(&self, group: &UserGroupRef) -> Option<UserGroupId> {
        match group {
            UserGroupRef::Existing(id) => Some(id.clone()),
            UserGroupRef::New(name) => self.user_groups.get(name).cloned(),
        }
    }

    fn carry_out(&mut self, change: &Change) {
        self.person.clone_from(&change.person);
        match &change.action {
            Action::CreateAccount { person, attributes } => self.create_account(person, attributes),
            Action::LinkAccount {
                person, account, ..
            } => self.link(person, account, LinkOrigin::Matched),
            Action::UpdateAttributes { account, changes } => self.update(account, changes),
            Action::Rename { account, after, .. } => self.rename(account, after),
            Action::Enable { account } => self.enable(account),
            Action::Disable { account } => self.disable(account, &change.reasons),
            Action::Delete { account } => self.delete(account),
            Action::SetRole { account, after, .. } => self.set_role(account, after),
            Action::AddAdminRole { account, name } => self.add_admin_role(account, name),
            Action::RemoveAdminRole { account, name } => self.remove_admin_role(account, name),
            Action::RaiseLicense { account, after, .. } => self.raise_license(account, after),
            Action::AddToTeam { account, team } => self.add_to_team(account, team),
            Action::RemoveFromTeam { account, team } => self.remove_from_team(account, team),
            Action::SetTeamRole {
                account,
                team,
                after,
                ..
            } => self.set_team_role(account, team, after),
            Action::AddToUserGroup {
                account,
                user_group,
            } => self.add_to_user_group(account, user_group),
            Action::RemoveFromUserGroup {
                account,
                user_group,
            } => self.remove_from_user_group(account, user_group),
            other => self.carry_out_on_groups(other),
        }
    }

    fn carry_out_on_groups(&mut self, action: &Action) {
        match action {
            Action::CreateTeam { name, group } => self.create_team(name, group.as_ref()),
            Action::LinkTeam { group, team } => {
                let target = GroupLinkTarget::Team(team.clone());
                self.link_group(group, target, LinkOrigin::Matched);
            }
            Action::RenameTeam { team, after } => self.rename_team(&team.id, after),
            Action::CreateUserGroup { name, group } => self.create_user_group(name, group.as_ref()),
            Action::LinkUserGroup { group, user_group } => {
                let target = GroupLinkTarget::UserGroup(user_group.clone());
                self.link_group(group, target, LinkOrigin::Matched);
            }
            Action::RenameUserGroup { user_group, after } => {
                self.rename_user_group(&user_group.id, after);
            }
            Action::DeleteUserGroup { user_group } => self.delete_user_group(&user_group.id),
            _ => {}
        }
    }

    fn link_group(&mut self, group: &GroupId, target: GroupLinkTarget, how: LinkOrigin) {
        self.desired.group_links.retain(|link| link.group != *group);
        self.desired.group_links.push(GroupLink {
            group: group.clone(),
            target,
            how,
            since: self.now,
        });
    }

    /// Puts the lists in the order that they promise.
    fn finish(mut self) -> (Inventory, Desired) {
        let inventory = &mut self.inventory;
        inventory
            .accounts
            .sort_by(|one, other| one.id.cmp(&other.id));
        inventory
            .teams
            .sort_by(|one, other| one.team.id.cmp(&other.team.id));
        inventory
            .user_groups
            .sort_by(|one, other| one.user_group.id.cmp(&other.user_group.id));
        for state in &mut inventory.teams {
            state.members.sort_unstable();
        }
        for state in &mut inventory.user_groups {
            state.members.sort_unstable();
        }
        (self.inventory, self.desired)
    }
}
