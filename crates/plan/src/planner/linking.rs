//! Which account belongs to whom: by the tie that is there, else by the matching properties.

use std::collections::{HashMap, HashSet};

use usher_model::{AppRole, AssignmentTarget, LinkOrigin};

use super::assigned::{Assigned, Wanted};
use super::drafts::{Notes, Who};
use super::ids::{AccountAt, PersonAt};
use super::index::is_internal;
use super::scene::Scene;
use super::standing::Standing;
use super::step::Step;
use crate::{CompiledMatching, ManagerView, PersonView, TargetAttribute};

/// What ties a person to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tie {
    /// A link that is there.
    Linked(AccountAt),
    /// A matching property; the link is yet to be made.
    Found(AccountAt, TargetAttribute),
    /// Nothing: the person has no account.
    None,
    /// Nothing any more: the account that the person was linked to is not there.
    Lost,
    /// It cannot be told, and is not guessed.
    Refused,
}

impl Tie {
    /// The account, if there is one.
    pub(crate) fn account(self) -> Option<AccountAt> {
        match self {
            Self::Linked(at) | Self::Found(at, _) => Some(at),
            Self::None | Self::Lost | Self::Refused => None,
        }
    }
}

/// The ties of all people, and the accounts that nobody may take.
pub(crate) struct Ties {
    of_person: Vec<Tie>,
    /// The people behind accounts, found ones included.
    of_account: Vec<Option<PersonAt>>,
    contested: Vec<bool>,
    /// People out of scope whom accounts match that belong to nobody.
    pub(crate) strangers: HashMap<AccountAt, PersonAt>,
}

impl Ties {
    pub(crate) fn of(&self, person: PersonAt) -> Tie {
        self.of_person[person.at()]
    }

    /// Whether somebody may have a claim to an account: it is not unmanaged, and not for others to take.
    pub(crate) fn is_contested(&self, account: AccountAt) -> bool {
        self.contested[account.at()]
    }

    pub(crate) fn person(&self, account: AccountAt) -> Option<PersonAt> {
        self.of_account[account.at()]
    }

    fn tie(&mut self, person: PersonAt, account: AccountAt, by: TargetAttribute) {
        self.of_person[person.at()] = Tie::Found(account, by);
        self.of_account[account.at()] = Some(person);
    }
}

/// Ties people to accounts.
pub(crate) fn link(
    scene: &Scene<'_>,
    assigned: &Assigned<'_>,
    standings: &[Standing],
    notes: &mut Notes,
) -> Ties {
    let mut ties = Ties {
        of_person: vec![Tie::None; scene.desired.people.len()],
        of_account: scene.index.links.of_account.clone(),
        contested: scene.index.links.claimed.clone(),
        strangers: HashMap::new(),
    };
    let mut searching = Vec::new();
    for at in &scene.index.people_in_order {
        let tie = known_tie(scene, *at, &standings[at.at()], notes);
        ties.of_person[at.at()] = tie;
        if matches!(tie, Tie::None | Tie::Lost) {
            searching.push(*at);
        }
    }
    let free = Free::gather(scene, &ties);
    if free.by_key.is_empty() {
        return ties;
    }
    Search {
        scene,
        assigned,
        free,
        ties: &mut ties,
    }
    .run(&searching, standings, notes);
    ties
}

fn known_tie(scene: &Scene<'_>, at: PersonAt, standing: &Standing, notes: &mut Notes) -> Tie {
    let links = &scene.index.links;
    if let Some(why) = links.contradicted.get(&at) {
        let remedy = "remove all ties but the right one";
        notes.skip(
            Step::Linking,
            scene.who(at),
            format!("the person {why}"),
            remedy,
        );
        return Tie::Refused;
    }
    let Some(link) = links.of_person[at.at()] else {
        return Tie::None;
    };
    match links.account_of[at.at()] {
        Some(account) => Tie::Linked(account),
        None if link.how == LinkOrigin::Pinned => {
            if *standing == Standing::In {
                let why = format!(
                    "the account {} that the person is pinned to is not there",
                    link.account
                );
                notes.skip(
                    Step::Linking,
                    scene.who(at),
                    why,
                    "remove the tie, or tie another account",
                );
            }
            Tie::Refused
        }
        None => Tie::Lost,
    }
}

/// What a mapping can see of a person.
pub(crate) fn view<'v>(
    scene: &'v Scene<'_>,
    assigned: &'v Assigned<'_>,
    ties: Option<&Ties>,
    at: PersonAt,
) -> PersonView<'v> {
    let person = scene.person(at);
    PersonView {
        person,
        manager: person.manager.as_ref().map(|id| {
            let manager = scene.index.people.get(id).copied();
            let account = manager.and_then(|at| ties?.of(at).account());
            ManagerView {
                account: account.map(|at| &scene.account(at).id),
                person: manager.map(|at| scene.person(at)),
            }
        }),
        app_role: app_role(assigned, at),
        groups: Some(&scene.groups),
    }
}

fn app_role<'v>(assigned: &'v Assigned<'_>, at: PersonAt) -> Option<&'v AppRole> {
    let (wanted, assignment) = assigned.wants(at).first()?;
    match (&assigned.assignment(*assignment).target, wanted) {
        (AssignmentTarget::Application { role }, Wanted::Application) => Some(role),
        _ => None,
    }
}

/// Accounts that belong to nobody, by what they can be found by.
struct Free {
    by_key: HashMap<(TargetAttribute, String), Vec<AccountAt>>,
    taken: HashSet<AccountAt>,
}

impl Free {
    fn gather(scene: &Scene<'_>, ties: &Ties) -> Self {
        let mut by_key: HashMap<_, Vec<AccountAt>> = HashMap::new();
        let targets: Vec<TargetAttribute> = scene.rules.matching.targets().collect();
        for at in &scene.index.accounts_in_order {
            let account = scene.account(*at);
            let is_free = ties.of_account[at.at()].is_none() && !ties.is_contested(*at);
            if !is_free || !is_internal(account) {
                continue;
            }
            for target in &targets {
                if let Some(value) = key_of(account, *target) {
                    let holders: &mut Vec<AccountAt> = by_key.entry((*target, value)).or_default();
                    if !holders.contains(at) {
                        holders.push(*at);
                    }
                }
            }
        }
        Self {
            by_key,
            taken: HashSet::new(),
        }
    }

    fn hits(&self, key: &(TargetAttribute, String)) -> Vec<AccountAt> {
        let all = self.by_key.get(key).map_or(&[][..], Vec::as_slice);
        let free = all.iter().filter(|at| !self.taken.contains(at));
        free.copied().collect()
    }
}

fn key_of(account: &usher_model::Account, target: TargetAttribute) -> Option<String> {
    let text = match target {
        TargetAttribute::UserName => Some(account.email.as_str()),
        TargetAttribute::DisplayName => account.display_name.as_ref().known().map(String::as_str),
        TargetAttribute::EmployeeNumber => {
            let enterprise = account.enterprise.as_ref().known()?;
            enterprise.employee_number.as_deref()
        }
        _ => None,
    };
    let folded = CompiledMatching::fold(text?);
    (!folded.is_empty()).then_some(folded)
}

struct Search<'s, 'a> {
    scene: &'s Scene<'a>,
    assigned: &'s Assigned<'a>,
    free: Free,
    ties: &'s mut Ties,
}

type Keys = Vec<(TargetAttribute, String)>;

impl Search<'_, '_> {
    fn run(&mut self, searching: &[PersonAt], standings: &[Standing], notes: &mut Notes) {
        let (inside, outside): (Vec<PersonAt>, Vec<PersonAt>) = searching
            .iter()
            .partition(|at| standings[at.at()] == Standing::In);
        let mut pending: Vec<(PersonAt, Keys)> = self.keys(&inside);
        // Each account that is taken makes others' choices smaller: go on until nothing changes, so that what is
        // undecided now stays undecided when the ties are made.
        while self.round(&mut pending) {}
        for (person, keys) in pending {
            self.refuse(person, &keys, notes);
        }
        for (person, keys) in self.keys(&outside) {
            if let Some((_, hits)) = self.first_hits(&keys) {
                for account in hits {
                    self.ties.strangers.entry(account).or_insert(person);
                }
            }
        }
    }

    fn keys(&self, people: &[PersonAt]) -> Vec<(PersonAt, Keys)> {
        let keys = |at: &PersonAt| {
            let view = view(self.scene, self.assigned, None, *at);
            (*at, self.scene.rules.matching.keys(&view))
        };
        people.iter().map(keys).collect()
    }

    fn first_hits(&self, keys: &Keys) -> Option<(TargetAttribute, Vec<AccountAt>)> {
        keys.iter().find_map(|key| {
            let hits = self.free.hits(key);
            (!hits.is_empty()).then_some((key.0, hits))
        })
    }

    /// Ties everybody whose account is beyond doubt. Says whether anybody was tied.
    fn round(&mut self, pending: &mut Vec<(PersonAt, Keys)>) -> bool {
        pending.retain(|(_, keys)| self.first_hits(keys).is_some());
        let mut wishes: Vec<(AccountAt, PersonAt, TargetAttribute)> = Vec::new();
        let mut wanted: HashMap<AccountAt, u32> = HashMap::new();
        for (person, keys) in pending.iter() {
            if let Some((by, hits)) = self.first_hits(keys)
                && let [only] = hits.as_slice()
            {
                wishes.push((*only, *person, by));
                *wanted.entry(*only).or_default() += 1;
            }
        }
        wishes.retain(|(account, ..)| wanted.get(account) == Some(&1));
        let mut tied = HashSet::new();
        for (account, person, by) in wishes {
            self.ties.tie(person, account, by);
            self.free.taken.insert(account);
            tied.insert(person);
        }
        pending.retain(|(person, _)| !tied.contains(person));
        !tied.is_empty()
    }

    fn refuse(&mut self, person: PersonAt, keys: &Keys, notes: &mut Notes) {
        let Some((by, hits)) = self.first_hits(keys) else {
            return;
        };
        self.ties.of_person[person.at()] = Tie::Refused;
        for at in &hits {
            self.ties.contested[at.at()] = true;
        }
        let names: Vec<&str> = hits
            .iter()
            .take(3)
            .map(|at| self.scene.account(*at).email.as_str())
            .collect();
        let why = match hits.len() {
            1 => format!(
                "another person matches the account {} just as well",
                names.join(", ")
            ),
            count => format!(
                "{count} accounts have the same {}: {}",
                by.label(),
                names.join(", ")
            ),
        };
        let who: Who = self.scene.who(person);
        notes.skip(
            Step::Linking,
            who,
            why,
            "tie the right account to the person by hand",
        );
    }
}
