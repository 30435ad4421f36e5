//! Which hold decides over whom.

use std::collections::{HashMap, HashSet};

use usher_model::{AccountId, Hold, HoldKind, HoldSubject, Link, LinkOrigin, PersonId, Timestamp};

use super::ids::{AccountAt, PersonAt};
use super::quick::QuickMap;
use crate::Desired;

/// The holds in force, by what they name.
#[derive(Default)]
pub(crate) struct Holds<'a> {
    pub(crate) on_people: HashMap<PersonAt, Vec<&'a Hold>>,
    pub(crate) on_accounts: HashMap<AccountAt, Vec<&'a Hold>>,
}

impl<'a> Holds<'a> {
    pub(crate) fn in_force(
        desired: &'a Desired,
        people: &QuickMap<&PersonId, PersonAt>,
        accounts: &QuickMap<&AccountId, AccountAt>,
        now: Timestamp,
    ) -> Self {
        let mut holds = Self::default();
        for hold in desired.holds.iter().filter(|hold| hold.holds_at(now)) {
            match &hold.subject {
                HoldSubject::Person(id) => {
                    if let Some(at) = people.get(id) {
                        holds.on_people.entry(*at).or_default().push(hold);
                    }
                }
                HoldSubject::Account(id) => {
                    if let Some(at) = accounts.get(id) {
                        holds.on_accounts.entry(*at).or_default().push(hold);
                    }
                }
            }
        }
        if !holds.on_people.is_empty() {
            holds.follow_links(&desired.links, people, accounts);
        }
        holds
    }

    /// Who is to be left alone is so on each account that may be theirs: also on one whose ties contradict each other
    /// and so belongs to nobody. A pinned tie overrides the others.
    fn follow_links(
        &mut self,
        links: &[Link],
        people: &QuickMap<&PersonId, PersonAt>,
        accounts: &QuickMap<&AccountId, AccountAt>,
    ) {
        let is_pinned = |link: &&Link| link.how == LinkOrigin::Pinned;
        let pinned: HashSet<&AccountId> = links
            .iter()
            .filter(is_pinned)
            .map(|link| &link.account)
            .collect();
        for link in links {
            if !is_pinned(&link) && pinned.contains(&link.account) {
                continue;
            }
            let person = people.get(&link.person);
            let held = person.and_then(|person| self.on_people.get(person));
            let (Some(held), Some(account)) = (held, accounts.get(&link.account)) else {
                continue;
            };
            let alone = held.iter().filter(|hold| hold.kind == HoldKind::LeaveAlone);
            let alone: Vec<&Hold> = alone.copied().collect();
            if !alone.is_empty() {
                self.on_accounts.entry(*account).or_default().extend(alone);
            }
        }
    }

    /// The hold that decides over a person and the person's account: *leave alone* before *keep disabled*.
    pub(crate) fn deciding(
        &self,
        person: Option<PersonAt>,
        account: Option<AccountAt>,
    ) -> Option<&'a Hold> {
        if self.on_people.is_empty() && self.on_accounts.is_empty() {
            return None;
        }
        let on_person = person.and_then(|person| self.on_people.get(&person));
        let on_account = account.and_then(|account| self.on_accounts.get(&account));
        let all = on_person.into_iter().chain(on_account).flatten().copied();
        all.min_by_key(|hold| (hold.kind != HoldKind::LeaveAlone, &hold.id))
    }
}
