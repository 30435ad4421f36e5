//! What a plan was computed from, as a hash over exactly what touches its changes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;
use sha2::{Digest, Sha256};
use usher_model::{
    Account, AccountId, Assignment, Email, GroupId, Hold, HoldSubject, Link, Person, PersonId,
    ProvisionedGrant, Subject, TeamId, TeamRole, UserGroupId,
};

use super::order::hexadecimal;
use crate::{
    AccountRef, Action, Desired, GroupIndex, Inventory, Plan, PlanHash, Settings, TargetAttribute,
    TargetValue, TeamRef, UserGroupRef,
};

/// The hash of everything that a planner is given for the subjects of a plan's changes. As long as the same hash comes
/// out of fresh data, the world has not moved in a way that touches the plan.
pub fn basis_hash(
    plan: &Plan,
    inventory: &Inventory,
    desired: &Desired,
    settings: &Settings,
) -> PlanHash {
    let mut hasher = Hasher(Sha256::new());
    hasher.put("organization", &inventory.organization.id);
    if !plan.changes.is_empty() {
        hasher.put("settings", &without_approval(settings));
        hasher.put("model", &(&inventory.group_model, &inventory.default_team));
        let coverage = inventory.snapshot.as_ref();
        hasher.put(
            "coverage",
            &coverage.map(|facts| (facts.coverage, facts.verdict.is_believed())),
        );
        let subjects = Subjects::of(plan, inventory, desired);
        subjects.put(inventory, desired, &mut hasher);
    }
    PlanHash(hexadecimal(&hasher.0.finalize()))
}

/// Who has to say yes decides nothing of a plan.
fn without_approval(settings: &Settings) -> Settings {
    Settings {
        approval: crate::Approval::default(),
        ..settings.clone()
    }
}

struct Hasher(Sha256);

impl Hasher {
    fn put(&mut self, what: &str, value: &impl Serialize) {
        let text = serde_json::to_string(value).unwrap_or_default();
        for part in [what, &text] {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            self.0.update(length.to_be_bytes());
            self.0.update(part.as_bytes());
        }
    }
}

/// Whom and what the changes of a plan are about.
#[derive(Default)]
struct Subjects {
    people: BTreeSet<PersonId>,
    accounts: BTreeSet<AccountId>,
    /// Accounts that are found by a matching property.
    matched: BTreeSet<AccountId>,
    addresses: BTreeSet<String>,
    teams: BTreeSet<TeamId>,
    user_groups: BTreeSet<UserGroupId>,
    names: BTreeSet<String>,
    groups: BTreeSet<GroupId>,
    /// Whether somebody could be the last company admin.
    company_admins: bool,
}

impl Subjects {
    fn of(plan: &Plan, inventory: &Inventory, desired: &Desired) -> Self {
        let mut subjects = Self::default();
        for change in &plan.changes {
            subjects.people.extend(change.person.clone());
            match change.action.account() {
                Some(AccountRef::Existing(id)) => {
                    subjects.accounts.insert(id);
                }
                Some(AccountRef::New(person)) => {
                    subjects.people.insert(person);
                }
                None => {}
            }
            subjects.add(&change.action);
        }
        subjects.add_linked(inventory, desired);
        subjects
    }

    fn add(&mut self, action: &Action) {
        match action {
            Action::CreateAccount { attributes, .. } => {
                if let Some(Some(TargetValue::Text(address))) =
                    attributes.get(&TargetAttribute::UserName)
                {
                    self.addresses.insert(address.to_lowercase());
                }
            }
            Action::LinkAccount { account, .. } => {
                self.matched.insert(account.clone());
            }
            Action::Rename { after, .. } => {
                self.addresses.insert(Email::new(after).folded());
            }
            Action::SetRole { .. } | Action::Disable { .. } => self.company_admins = true,
            Action::AddToTeam { team, .. } | Action::SetTeamRole { team, .. } => match team {
                TeamRef::Existing(id) => {
                    self.teams.insert(id.clone());
                }
                TeamRef::New(name) => {
                    self.names.insert(name.clone());
                }
            },
            Action::RemoveFromTeam { team, .. } => {
                self.teams.insert(team.clone());
            }
            Action::AddToUserGroup { user_group, .. } => match user_group {
                UserGroupRef::Existing(id) => {
                    self.user_groups.insert(id.clone());
                }
                UserGroupRef::New(name) => {
                    self.names.insert(name.clone());
                }
            },
            Action::RemoveFromUserGroup { user_group, .. } => {
                self.user_groups.insert(user_group.clone());
            }
            _ => self.add_group(action),
        }
    }

    fn add_group(&mut self, action: &Action) {
        match action {
            Action::CreateTeam { name, group } | Action::CreateUserGroup { name, group } => {
                self.names.insert(name.clone());
                self.groups.extend(group.clone());
            }
            Action::LinkTeam { group, team } => {
                self.groups.insert(group.clone());
                self.teams.insert(team.clone());
            }
            Action::LinkUserGroup { group, user_group } => {
                self.groups.insert(group.clone());
                self.user_groups.insert(user_group.clone());
            }
            Action::RenameTeam { team, after } => {
                self.teams.insert(team.id.clone());
                self.names.insert(after.clone());
            }
            Action::RenameUserGroup { user_group, after } => {
                self.user_groups.insert(user_group.id.clone());
                self.names.insert(after.clone());
            }
            Action::DeleteUserGroup { user_group } => {
                self.user_groups.insert(user_group.id.clone());
            }
            _ => {}
        }
    }

    /// The accounts of the people, and the teams in which an account that is switched off could be the last admin.
    fn add_linked(&mut self, inventory: &Inventory, desired: &Desired) {
        for link in &desired.links {
            if self.people.contains(&link.person) {
                self.accounts.insert(link.account.clone());
            }
        }
        // Whoever has the address of an account that is matched could be matched in its place.
        for account in &inventory.accounts {
            if self.matched.contains(&account.id) {
                self.addresses.insert(account.email.folded());
            }
        }
        if !self.company_admins {
            return;
        }
        for state in &inventory.teams {
            let has_admin = state.members.iter().any(|member| {
                member.role == TeamRole::Admin && self.accounts.contains(&member.account)
            });
            if has_admin {
                self.teams.insert(state.team.id.clone());
            }
        }
    }

    fn put(&self, inventory: &Inventory, desired: &Desired, hasher: &mut Hasher) {
        self.put_people(desired, hasher);
        self.put_accounts(inventory, desired, hasher);
        self.put_groups(inventory, desired, hasher);
        self.put_assignments(desired, hasher);
    }

    fn put_people(&self, desired: &Desired, hasher: &mut Hasher) {
        let mut people: BTreeMap<&PersonId, &Person> = BTreeMap::new();
        for person in &desired.people {
            if self.people.contains(&person.id) {
                people.insert(&person.id, person);
            }
        }
        hasher.put("people", &people.values().collect::<Vec<_>>());
        Self::put_managers(&people, desired, hasher);
        let mut links: Vec<&Link> = desired
            .links
            .iter()
            .filter(|link| {
                self.people.contains(&link.person) || self.accounts.contains(&link.account)
            })
            .collect();
        links.sort_by(|one, other| {
            (&one.person, &one.account).cmp(&(&other.person, &other.account))
        });
        hasher.put("links", &links);
        let mut holds: Vec<&Hold> = desired
            .holds
            .iter()
            .filter(|hold| match &hold.subject {
                HoldSubject::Account(id) => self.accounts.contains(id),
                HoldSubject::Person(id) => self.people.contains(id),
            })
            .collect();
        holds.sort_by(|one, other| one.id.cmp(&other.id));
        hasher.put("holds", &holds);
        hasher.put("suspect", &!desired.suspect_sources.is_empty());
    }

    /// The names of the managers, and their accounts.
    fn put_managers(people: &BTreeMap<&PersonId, &Person>, desired: &Desired, hasher: &mut Hasher) {
        let managers = people.values().filter_map(|person| person.manager.as_ref());
        let managers: BTreeSet<&PersonId> = managers.collect();
        let names: BTreeMap<&PersonId, _> = desired
            .people
            .iter()
            .filter(|person| managers.contains(&person.id))
            .map(|person| (&person.id, person.full_name()))
            .collect();
        let accounts: BTreeSet<_> = desired
            .links
            .iter()
            .filter(|link| managers.contains(&link.person))
            .map(|link| (&link.person, &link.account))
            .collect();
        hasher.put("managers", &(names, accounts));
    }

    fn put_accounts(&self, inventory: &Inventory, desired: &Desired, hasher: &mut Hasher) {
        let mut accounts: BTreeMap<&AccountId, &Account> = BTreeMap::new();
        let mut same_address: BTreeSet<&AccountId> = BTreeSet::new();
        for account in &inventory.accounts {
            if self.accounts.contains(&account.id) {
                accounts.insert(&account.id, account);
            }
            if !self.addresses.is_empty() && self.addresses.contains(&account.email.folded()) {
                same_address.insert(&account.id);
            }
        }
        // When somebody was last active, and since when a licence is held, decides nothing.
        let accounts: Vec<Account> = accounts
            .into_values()
            .map(|account| Account {
                last_activity_at: usher_model::Known::Unknown,
                license_assigned_at: usher_model::Known::Unknown,
                ..account.clone()
            })
            .collect();
        hasher.put("accounts", &accounts);
        hasher.put("same address", &same_address);
        let mut given: Vec<&ProvisionedGrant> = desired
            .provisioned
            .iter()
            .filter(|given| self.accounts.contains(&given.account))
            .collect();
        given.sort_unstable();
        hasher.put("given", &given);
        if self.company_admins {
            let admin = Some(&usher_model::OrganizationRole::InternalAdmin);
            let admins = inventory.accounts.iter().filter(|account| {
                account.role.as_ref().known() == admin
                    && account.status == usher_model::AccountStatus::Active
            });
            let admins: BTreeSet<&AccountId> = admins.map(|account| &account.id).collect();
            hasher.put("company admins", &admins);
        }
    }

    fn put_groups(&self, inventory: &Inventory, desired: &Desired, hasher: &mut Hasher) {
        let mut teams: BTreeMap<&TeamId, _> = BTreeMap::new();
        for state in &inventory.teams {
            let named = self.names.contains(&state.team.name);
            if !named && !self.teams.contains(&state.team.id) && self.accounts.is_empty() {
                continue;
            }
            let is_touched = named || self.teams.contains(&state.team.id);
            let rows: BTreeSet<_> = state
                .members
                .iter()
                .filter(|member| {
                    self.accounts.contains(&member.account)
                        || (is_touched && member.role == TeamRole::Admin)
                })
                .map(|member| (&member.account, &member.role))
                .collect();
            if is_touched || !rows.is_empty() {
                teams.insert(&state.team.id, (&state.team.name, rows));
            }
        }
        hasher.put("teams", &teams);
        let mut user_groups: BTreeMap<&UserGroupId, _> = BTreeMap::new();
        for state in &inventory.user_groups {
            let group = &state.user_group;
            let rows: BTreeSet<&AccountId> = state
                .members
                .iter()
                .filter(|member| self.accounts.contains(*member))
                .collect();
            let is_touched =
                self.names.contains(&group.name) || self.user_groups.contains(&group.id);
            if is_touched || !rows.is_empty() {
                user_groups.insert(&group.id, (&group.name, rows));
            }
        }
        hasher.put("user groups", &user_groups);
        let mut links: Vec<_> = desired
            .group_links
            .iter()
            .filter(|link| self.groups.contains(&link.group) || self.is_target(&link.target))
            .map(|link| (&link.group, &link.target))
            .collect();
        links.sort_unstable();
        hasher.put("group links", &links);
    }

    fn is_target(&self, target: &usher_model::GroupLinkTarget) -> bool {
        match target {
            usher_model::GroupLinkTarget::Team(id) => self.teams.contains(id),
            usher_model::GroupLinkTarget::UserGroup(id) => self.user_groups.contains(id),
        }
    }

    /// The assignments that reach the people, and the groups through which they do.
    fn put_assignments(&self, desired: &Desired, hasher: &mut Hasher) {
        let index = GroupIndex::build(&desired.groups);
        let mut around: HashMap<&PersonId, Vec<&GroupId>> = HashMap::new();
        let mut reaching: HashSet<&GroupId> = HashSet::new();
        for person in &self.people {
            let groups = index.groups_of(person);
            reaching.extend(&groups);
            around.insert(person, groups);
        }
        reaching.extend(&self.groups);
        let mut assignments: Vec<&Assignment> = desired
            .assignments
            .iter()
            .filter(|assignment| match &assignment.subject {
                Subject::Person(id) => self.people.contains(id),
                Subject::Group(id) => reaching.contains(id),
            })
            .collect();
        assignments.sort_by(|one, other| one.id.cmp(&other.id));
        hasher.put("assignments", &assignments);
        let around: BTreeMap<_, _> = around.into_iter().collect();
        hasher.put("groups of people", &around);
        let names: BTreeMap<_, _> = reaching
            .into_iter()
            .map(|group| (group, index.name(group)))
            .collect();
        hasher.put("names of groups", &names);
    }
}
