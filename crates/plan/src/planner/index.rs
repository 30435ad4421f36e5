//! Everything that is looked up more than once, found by hash.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::BuildHasherDefault;
use std::sync::OnceLock;

use usher_model::{
    AccountId, AccountStatus, Email, GroupId, GroupLinkTarget, Hold, Link, LinkOrigin,
    OrganizationRole, PersonId, TeamId, TeamRole, Timestamp, UserGroupId,
};

use super::holds::Holds;
use super::ids::{AccountAt, PersonAt, Rows, TeamAt, UserGroupAt};
use super::quick::{QuickMap, both};
use crate::{Desired, Inventory, ProtectedAccount, Settings};

/// What somebody is in a team, as far as the planner tells roles apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Seat {
    /// Member, or in a role that the planner leaves alone.
    Member,
    /// Admin.
    Admin,
    /// In the team, in a role that nobody could see.
    Unknown,
}

/// Look-ups over an inventory and a desire.
pub(crate) struct Index<'a> {
    pub(crate) people: QuickMap<&'a PersonId, PersonAt>,
    pub(crate) accounts: QuickMap<&'a AccountId, AccountAt>,
    pub(crate) teams: QuickMap<&'a TeamId, TeamAt>,
    pub(crate) user_groups: QuickMap<&'a UserGroupId, UserGroupAt>,
    /// People in the order of their ids.
    pub(crate) people_in_order: Vec<PersonAt>,
    /// Accounts in the order of their ids.
    pub(crate) accounts_in_order: Vec<AccountAt>,
    /// Teams per account.
    pub(crate) teams_of: Rows<(TeamAt, Seat)>,
    /// User groups per account.
    pub(crate) user_groups_of: Rows<UserGroupAt>,
    /// What Usher gave, per account: positions in `Desired::provisioned`.
    pub(crate) given_to: Rows<u32>,
    pub(crate) links: Links<'a>,
    pub(crate) group_links: HashMap<&'a GroupId, &'a GroupLinkTarget>,
    holds: Holds<'a>,
    protected: HashSet<AccountAt>,
    by_email: OnceLock<HashMap<String, Vec<AccountAt>>>,
}

/// The ties between people and accounts, conflicts settled: pinned ones win, other conflicts are errors.
#[derive(Default)]
pub(crate) struct Links<'a> {
    /// Per person.
    pub(crate) of_person: Vec<Option<&'a Link>>,
    /// The account of each, if it is there.
    pub(crate) account_of: Vec<Option<AccountAt>>,
    /// Per account.
    pub(crate) of_account: Vec<Option<PersonAt>>,
    /// Accounts that some link names, even one that lost or whose person is unknown: they are nobody's to adopt.
    pub(crate) claimed: Vec<bool>,
    /// People whose links contradict each other, or somebody else's.
    pub(crate) contradicted: BTreeMap<PersonAt, String>,
    /// The accounts that such links name.
    disputed: HashSet<AccountAt>,
}

impl<'a> Index<'a> {
    pub(crate) fn build(
        inventory: &'a Inventory,
        desired: &'a Desired,
        settings: &Settings,
        now: Timestamp,
    ) -> Self {
        let size = inventory.accounts.len() + desired.people.len();
        let (people, accounts) = both(
            size,
            || {
                numbered(
                    desired.people.iter().map(|person| &person.id),
                    PersonAt::new,
                )
            },
            || {
                let accounts = inventory.accounts.iter().map(|account| &account.id);
                numbered(accounts, AccountAt::new)
            },
        );
        let teams = numbered(
            inventory.teams.iter().map(|state| &state.team.id),
            TeamAt::new,
        );
        let user_groups = numbered(
            inventory
                .user_groups
                .iter()
                .map(|state| &state.user_group.id),
            UserGroupAt::new,
        );
        let ((links, given_to), (teams_of, user_groups_of)) = both(
            size,
            || {
                let given = given_to(desired, &accounts, inventory.accounts.len());
                (Links::settle(desired, &people, &accounts), given)
            },
            || {
                (
                    teams_of(inventory, &accounts),
                    user_groups_of(inventory, &accounts),
                )
            },
        );
        let holds = Holds::in_force(desired, &people, &accounts, now);
        Self {
            people_in_order: in_order(desired.people.len(), |at| &desired.people[at].id)
                .map(PersonAt::new)
                .collect(),
            accounts_in_order: in_order(inventory.accounts.len(), |at| &inventory.accounts[at].id)
                .map(AccountAt::new)
                .collect(),
            teams_of,
            user_groups_of,
            given_to,
            group_links: group_links(desired),
            protected: protected(inventory, settings, &accounts),
            people,
            accounts,
            teams,
            user_groups,
            links,
            holds,
            by_email: OnceLock::new(),
        }
    }

    /// The accounts with this address, whatever its letter case.
    pub(crate) fn with_email(&self, inventory: &Inventory, folded: &str) -> &[AccountAt] {
        let map = self.by_email.get_or_init(|| {
            let mut map: HashMap<String, Vec<AccountAt>> =
                HashMap::with_capacity(inventory.accounts.len());
            for at in &self.accounts_in_order {
                let account = &inventory.accounts[at.at()];
                map.entry(account.email.folded()).or_default().push(*at);
            }
            map
        });
        map.get(folded).map_or(&[], Vec::as_slice)
    }

    /// Whether the account is never touched.
    pub(crate) fn is_protected(&self, account: AccountAt) -> bool {
        self.protected.contains(&account)
    }

    /// The hold that decides over a person and the person's account: *leave alone* before *keep disabled*.
    pub(crate) fn hold(
        &self,
        person: Option<PersonAt>,
        account: Option<AccountAt>,
    ) -> Option<&'a Hold> {
        self.holds.deciding(person, account)
    }

    /// The accounts that a hold names, in the order of ids, with the person behind each.
    pub(crate) fn held_accounts(&self) -> Vec<AccountAt> {
        let of_people = self.holds.on_people.keys().filter_map(|person| {
            let link = self.links.of_person.get(person.at()).copied().flatten()?;
            self.accounts.get(&link.account).copied()
        });
        let mut all: Vec<AccountAt> = self.holds.on_accounts.keys().copied().collect();
        all.extend(of_people);
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl<'a> Links<'a> {
    fn settle(
        desired: &'a Desired,
        people: &QuickMap<&'a PersonId, PersonAt>,
        accounts: &QuickMap<&'a AccountId, AccountAt>,
    ) -> Self {
        let mut links = Self {
            of_person: vec![None; desired.people.len()],
            account_of: vec![None; desired.people.len()],
            of_account: vec![None; accounts.len()],
            claimed: vec![false; accounts.len()],
            ..Self::default()
        };
        for pinned in [true, false] {
            links.take(desired, pinned, people, accounts);
        }
        links
    }

    /// Takes the pinned links, or all others.
    fn take(
        &mut self,
        desired: &'a Desired,
        pinned: bool,
        people: &QuickMap<&'a PersonId, PersonAt>,
        accounts: &QuickMap<&'a AccountId, AccountAt>,
    ) {
        let free_before = |links: &Self, person: PersonAt, account: Option<AccountAt>| {
            pinned
                || (links.of_person[person.at()].is_none()
                    && !links.contradicted.contains_key(&person)
                    && account.is_none_or(|account| links.of_account[account.at()].is_none()))
        };
        let mut fresh: Vec<(PersonAt, Option<AccountAt>, &'a Link)> = Vec::new();
        for link in &desired.links {
            if (link.how == LinkOrigin::Pinned) != pinned {
                continue;
            }
            let account = accounts.get(&link.account).copied();
            if let Some(account) = account {
                self.claimed[account.at()] = true;
            }
            let Some(person) = people.get(&link.person).copied() else {
                continue;
            };
            if account.is_some_and(|account| self.disputed.contains(&account)) {
                let why = format!("is tied to the account {}, as others are", link.account);
                self.contradicted.entry(person).or_insert(why);
            } else if free_before(self, person, account) {
                fresh.push((person, account, link));
            }
        }
        self.enter(&fresh);
    }

    fn enter(&mut self, fresh: &[(PersonAt, Option<AccountAt>, &'a Link)]) {
        let mut of_person = vec![0_u32; self.of_person.len()];
        let mut of_account = vec![0_u32; self.of_account.len()];
        for (person, account, _) in fresh {
            of_person[person.at()] += 1;
            if let Some(account) = account {
                of_account[account.at()] += 1;
            }
        }
        for (person, account, link) in fresh {
            let several = of_person[person.at()] > 1;
            let shared = account.is_some_and(|at| of_account[at.at()] > 1);
            if several || shared {
                let why = if several {
                    "is tied to several accounts".to_owned()
                } else {
                    format!("shares the account {} with another person", link.account)
                };
                self.contradicted.insert(*person, why);
                self.disputed.extend(*account);
                continue;
            }
            self.of_person[person.at()] = Some(link);
            self.account_of[person.at()] = *account;
            if let Some(account) = account {
                self.of_account[account.at()] = Some(*person);
            }
        }
    }
}

fn numbered<'a, K: std::hash::Hash + Eq, P: Copy>(
    ids: impl ExactSizeIterator<Item = &'a K>,
    position: impl Fn(usize) -> P,
) -> QuickMap<&'a K, P> {
    let mut map = QuickMap::with_capacity_and_hasher(ids.len(), BuildHasherDefault::default());
    for (at, id) in ids.enumerate() {
        map.entry(id).or_insert_with(|| position(at));
    }
    map
}

/// The positions in the order of their ids, whatever order the list has.
fn in_order<'a, K: Ord + 'a>(
    count: usize,
    id: impl Fn(usize) -> &'a K,
) -> impl Iterator<Item = usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let is_sorted = (1..count).all(|at| id(at - 1) <= id(at));
    if !is_sorted {
        order.sort_unstable_by_key(|at| id(*at));
    }
    order.into_iter()
}

fn teams_of(
    inventory: &Inventory,
    accounts: &QuickMap<&AccountId, AccountAt>,
) -> Rows<(TeamAt, Seat)> {
    let mut pairs = Vec::with_capacity(inventory.teams.iter().map(|team| team.members.len()).sum());
    for (at, state) in inventory.teams.iter().enumerate() {
        for member in &state.members {
            let seat = match member.role {
                TeamRole::NonTeam => continue,
                TeamRole::Admin => Seat::Admin,
                TeamRole::Unknown => Seat::Unknown,
                TeamRole::Member | TeamRole::TeamGuest | TeamRole::Other(_) => Seat::Member,
            };
            if let Some(account) = accounts.get(&member.account) {
                pairs.push((account_number(*account), (TeamAt::new(at), seat)));
            }
        }
    }
    Rows::new(inventory.accounts.len(), &pairs)
}

fn user_groups_of(
    inventory: &Inventory,
    accounts: &QuickMap<&AccountId, AccountAt>,
) -> Rows<UserGroupAt> {
    let mut pairs = Vec::new();
    for (at, state) in inventory.user_groups.iter().enumerate() {
        for member in &state.members {
            if let Some(account) = accounts.get(member) {
                pairs.push((account_number(*account), UserGroupAt::new(at)));
            }
        }
    }
    Rows::new(inventory.accounts.len(), &pairs)
}

fn given_to(
    desired: &Desired,
    accounts: &QuickMap<&AccountId, AccountAt>,
    count: usize,
) -> Rows<u32> {
    let pairs = desired
        .provisioned
        .iter()
        .zip(0..)
        .filter_map(|(given, at)| {
            let account = accounts.get(&given.account)?;
            Some((account_number(*account), at))
        });
    Rows::new(count, &pairs.collect::<Vec<_>>())
}

fn account_number(account: AccountAt) -> u32 {
    u32::try_from(account.at()).unwrap_or(u32::MAX)
}

fn group_links(desired: &Desired) -> HashMap<&GroupId, &GroupLinkTarget> {
    let mut map: HashMap<&GroupId, &GroupLinkTarget> = HashMap::new();
    for link in &desired.group_links {
        let kept = map.entry(&link.group).or_insert(&link.target);
        // A group has one link; should there be two, the order of the list must not decide.
        if link.target < **kept {
            *kept = &link.target;
        }
    }
    map
}

fn protected(
    inventory: &Inventory,
    settings: &Settings,
    accounts: &QuickMap<&AccountId, AccountAt>,
) -> HashSet<AccountAt> {
    let mut found = HashSet::new();
    let mut addresses: HashSet<&Email> = HashSet::new();
    for protected in &settings.guards.protected {
        match protected {
            ProtectedAccount::Id(id) => found.extend(accounts.get(id).copied()),
            ProtectedAccount::Email(email) => {
                addresses.insert(email);
            }
        }
    }
    if !addresses.is_empty() {
        let by_address = inventory.accounts.iter().enumerate();
        let by_address = by_address.filter(|(_, account)| addresses.contains(&account.email));
        found.extend(by_address.map(|(at, _)| AccountAt::new(at)));
    }
    found
}

/// Whether an account is one that SCIM shows: guests and external users are not.
pub(crate) fn is_internal(account: &usher_model::Account) -> bool {
    account
        .role
        .as_ref()
        .known()
        .is_none_or(OrganizationRole::is_internal)
}

/// Whether an account can be used.
pub(crate) fn is_active(account: &usher_model::Account) -> bool {
    account.status == AccountStatus::Active
}
