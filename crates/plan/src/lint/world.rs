//! What the rules look up, and the replay that watches over the last admins.

use std::collections::{BTreeSet, HashMap, HashSet};

use usher_model::{
    Account, AccountId, AccountStatus, Email, Hold, HoldKind, HoldSubject, Known, Link, LinkOrigin,
    OrganizationRole, PersonId, TeamId, TeamRole, Timestamp,
};

use super::{Lint, LintRule};
use crate::{
    AccountRef, Action, Change, Desired, Inventory, Plan, ProtectedAccount, Settings, TeamRef,
};

pub(super) struct World<'a> {
    pub(super) accounts: HashMap<&'a AccountId, &'a Account>,
    pub(super) links: HashMap<&'a AccountId, Vec<&'a Link>>,
    /// Accounts that the plan ties to somebody.
    pub(super) tied: HashSet<&'a AccountId>,
    pub(super) enables: HashMap<&'a AccountId, u32>,
    pub(super) creates: HashMap<&'a PersonId, u32>,
    pub(super) default_team: Option<&'a TeamId>,
    protected_ids: HashSet<&'a AccountId>,
    protected_addresses: HashSet<&'a Email>,
    holds: Vec<&'a Hold>,
}

impl<'a> World<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        inventory: &'a Inventory,
        desired: &'a Desired,
        settings: &'a Settings,
        now: Timestamp,
    ) -> Self {
        let mut links: HashMap<&AccountId, Vec<&Link>> = HashMap::new();
        for link in &desired.links {
            links.entry(&link.account).or_default().push(link);
        }
        let mut world = Self {
            accounts: inventory
                .accounts
                .iter()
                .map(|account| (&account.id, account))
                .collect(),
            links,
            tied: HashSet::new(),
            enables: HashMap::new(),
            creates: HashMap::new(),
            default_team: match &inventory.default_team {
                Known::Known(id) => Some(id),
                Known::Unknown => settings.default_team.as_ref(),
            },
            protected_ids: HashSet::new(),
            protected_addresses: HashSet::new(),
            holds: desired
                .holds
                .iter()
                .filter(|hold| hold.holds_at(now))
                .collect(),
        };
        for protected in &settings.guards.protected {
            match protected {
                ProtectedAccount::Id(id) => world.protected_ids.insert(id),
                ProtectedAccount::Email(email) => world.protected_addresses.insert(email),
            };
        }
        for change in &plan.changes {
            match &change.action {
                Action::LinkAccount { account, .. } => {
                    world.tied.insert(account);
                }
                Action::Enable { account } => {
                    world.enables.insert(account, change.number);
                }
                Action::CreateAccount { person, .. } => {
                    world.creates.insert(person, change.number);
                }
                _ => {}
            }
        }
        world
    }

    pub(super) fn is_protected(&self, account: &Account) -> bool {
        self.protected_ids.contains(&account.id)
            || self.protected_addresses.contains(&account.email)
    }

    /// Whether a hold of this kind is on the account or on a person.
    pub(super) fn is_held(
        &self,
        kind: HoldKind,
        account: Option<&AccountId>,
        person: Option<&PersonId>,
    ) -> bool {
        let owners = account.map_or(Vec::new(), |id| self.owners(id));
        self.holds.iter().any(|hold| {
            hold.kind == kind
                && match &hold.subject {
                    HoldSubject::Account(id) => Some(id) == account,
                    HoldSubject::Person(id) => Some(id) == person || owners.contains(&id),
                }
        })
    }

    /// Whose account it is: a pinned link overrides all others.
    fn owners(&self, account: &AccountId) -> Vec<&'a PersonId> {
        let links = self.links.get(account).map_or(&[][..], Vec::as_slice);
        let is_pinned = |link: &&&Link| link.how == LinkOrigin::Pinned;
        let has_pinned = links.iter().any(|link| is_pinned(&link));
        let counting = links.iter().filter(|link| !has_pinned || is_pinned(link));
        counting.map(|link| &link.person).collect()
    }
}

/// Replays the plan and finds the changes after which something has no active admin any more.
pub(super) fn check_last_admins(lint: &mut Lint<'_>) {
    let mut replay = Replay::new(lint.inventory);
    let plan = lint.plan;
    for change in &plan.changes {
        let before = replay.led();
        replay.carry_out(&change.action);
        let after = replay.led();
        for lost in before.difference(&after) {
            let what = match lost {
                None => "the organization is left without an active company admin".to_owned(),
                Some(team) => format!("team {team} is left without an active admin"),
            };
            lint.find(LintRule::LastAdmin, change, what);
        }
    }
}

/// Admins as they come and go.
struct Replay {
    active: HashSet<AccountRef>,
    company: HashSet<AccountRef>,
    teams: HashMap<TeamId, HashSet<AccountRef>>,
    changed: bool,
    led: BTreeSet<Option<TeamId>>,
}

impl Replay {
    fn new(inventory: &Inventory) -> Self {
        let existing = |id: &AccountId| AccountRef::Existing(id.clone());
        let mut replay = Self {
            active: HashSet::new(),
            company: HashSet::new(),
            teams: HashMap::new(),
            changed: true,
            led: BTreeSet::new(),
        };
        for account in &inventory.accounts {
            if account.status == AccountStatus::Active {
                replay.active.insert(existing(&account.id));
            }
            if account.role == Known::Known(OrganizationRole::InternalAdmin) {
                replay.company.insert(existing(&account.id));
            }
        }
        for state in &inventory.teams {
            let admins = state
                .members
                .iter()
                .filter(|member| member.role == TeamRole::Admin);
            let admins = admins.map(|member| existing(&member.account)).collect();
            replay.teams.insert(state.team.id.clone(), admins);
        }
        replay
    }

    /// Everything that has an active admin; `None` is the organization.
    fn led(&mut self) -> BTreeSet<Option<TeamId>> {
        if self.changed {
            let has = |admins: &HashSet<AccountRef>| {
                admins.iter().any(|admin| self.active.contains(admin))
            };
            let teams = self.teams.iter().filter(|(_, admins)| has(admins));
            self.led = teams.map(|(team, _)| Some(team.clone())).collect();
            if has(&self.company) {
                self.led.insert(None);
            }
            self.changed = false;
        }
        self.led.clone()
    }

    fn carry_out(&mut self, action: &Action) {
        let existing = |id: &AccountId| AccountRef::Existing(id.clone());
        self.changed = true;
        match action {
            Action::CreateAccount { person, .. } => {
                self.active.insert(AccountRef::New(person.clone()));
            }
            Action::Enable { account } => {
                self.active.insert(existing(account));
            }
            Action::Disable { account } => {
                self.active.remove(&existing(account));
            }
            Action::Delete { account } => {
                let gone = existing(account);
                self.active.remove(&gone);
                self.company.remove(&gone);
            }
            Action::SetRole { account, after, .. } => {
                if *after == OrganizationRole::InternalAdmin {
                    self.company.insert(account.clone());
                } else {
                    self.company.remove(account);
                }
            }
            Action::SetTeamRole {
                account,
                team: TeamRef::Existing(team),
                after,
                ..
            } => {
                let admins = self.teams.entry(team.clone()).or_default();
                if *after == TeamRole::Admin {
                    admins.insert(account.clone());
                } else {
                    admins.remove(account);
                }
            }
            Action::RemoveFromTeam { account, team } => {
                if let Some(admins) = self.teams.get_mut(team) {
                    admins.remove(&existing(account));
                }
            }
            _ => self.changed = false,
        }
    }
}

/// The account that a change is about, if it is there.
pub(super) fn existing_account(change: &Change) -> Option<AccountId> {
    match change.action.account()? {
        AccountRef::Existing(id) => Some(id),
        AccountRef::New(_) => None,
    }
}
