//! No plan leaves a team or the organization without an active admin.

use std::collections::{BTreeMap, BTreeSet};

use usher_model::OrganizationRole;

use super::drafts::{Loss, Notes, Realm};
use super::ids::{AccountAt, DraftAt};
use super::index::{Seat, is_active};
use super::scene::Scene;
use super::step::Step;

/// Gives up the changes that would take the last admin, and lets others wait for the new one. Returns how many teams
/// and organizations it looked at.
pub(crate) fn keep(scene: &Scene<'_>, notes: &mut Notes) -> usize {
    let mut realms: BTreeMap<Realm, Vec<Loss>> = BTreeMap::new();
    for loss in std::mem::take(&mut notes.losses) {
        realms.entry(loss.realm).or_default().push(loss);
    }
    let count = realms.len();
    // Sorted by the id of the team, not by its place in a list.
    let mut realms: Vec<(Realm, Vec<Loss>)> = realms.into_iter().collect();
    realms.sort_by_key(|(realm, _)| match realm {
        Realm::Organization => None,
        Realm::Team(at) => Some(&scene.team(*at).id),
    });
    for (realm, losses) in realms {
        Watch { scene, realm }.keep_one(losses, notes);
    }
    count
}

struct Watch<'s, 'a> {
    scene: &'s Scene<'a>,
    realm: Realm,
}

impl Watch<'_, '_> {
    fn keep_one(&self, losses: Vec<Loss>, notes: &mut Notes) {
        // A change may have been given up already, for the sake of another team.
        let losses: Vec<Loss> = losses
            .into_iter()
            .filter(|loss| loss.drafts.iter().any(|draft| notes.get(*draft).is_some()))
            .collect();
        let losing: BTreeSet<AccountAt> = losses.iter().map(|loss| loss.account).collect();
        let mut admins = self.admins();
        if admins.iter().any(|admin| !losing.contains(admin)) {
            return;
        }
        let gains = self.gains(&losing, notes);
        if gains.is_empty() {
            // If there is no active admin now, whoever the plan makes one, and none again, stays one.
            if admins.is_empty() {
                let risen = notes.gains.iter().filter(|gain| gain.realm == self.realm);
                admins.extend(risen.filter_map(|gain| gain.account));
            }
            let last: BTreeSet<AccountAt> = admins.intersection(&losing).copied().collect();
            if let Some(spared) = self.spare_one(&losses, &last, notes) {
                self.wait_for(spared, &losses, notes);
            }
            return;
        }
        for loss in &losses {
            for draft in &loss.drafts {
                for gain in &gains {
                    notes.wait(*draft, *gain);
                }
            }
        }
    }

    /// The active admins there are.
    fn admins(&self) -> BTreeSet<AccountAt> {
        let scene = self.scene;
        let active = |at: &AccountAt| is_active(scene.account(*at));
        match self.realm {
            Realm::Organization => {
                let all = scene.index.accounts_in_order.iter().copied();
                all.filter(active)
                    .filter(|at| {
                        let role = scene.account(*at).role.as_ref().known();
                        role == Some(&OrganizationRole::InternalAdmin)
                    })
                    .collect()
            }
            Realm::Team(team) => {
                let members = scene.team_state(team).members.iter();
                members
                    .filter_map(|member| scene.index.accounts.get(&member.account).copied())
                    .filter(active)
                    .filter(|at| {
                        scene
                            .index
                            .teams_of
                            .of(at.at())
                            .contains(&(team, Seat::Admin))
                    })
                    .collect()
            }
        }
    }

    fn gains(&self, losing: &BTreeSet<AccountAt>, notes: &Notes) -> Vec<DraftAt> {
        let all = notes.gains.iter().filter(|gain| gain.realm == self.realm);
        all.filter(|gain| gain.account.is_none_or(|at| !losing.contains(&at)))
            .map(|gain| gain.draft)
            .filter(|draft| notes.get(*draft).is_some())
            .collect()
    }

    /// Lets one admin stay: whoever would lose the least, and of those the one with the lowest id.
    fn spare_one(
        &self,
        losses: &[Loss],
        admins: &BTreeSet<AccountAt>,
        notes: &mut Notes,
    ) -> Option<AccountAt> {
        let weight = |at: &AccountAt| {
            let own = losses.iter().filter(|loss| loss.account == *at);
            own.map(|loss| loss.weight).max().unwrap_or(0)
        };
        let spared = admins
            .iter()
            .min_by_key(|at| (weight(at), &self.scene.account(**at).id));
        let spared = *spared?;
        for loss in losses.iter().filter(|loss| loss.account == spared) {
            for draft in &loss.drafts {
                notes.give_up(*draft);
            }
        }
        let person = losses
            .iter()
            .find(|loss| loss.account == spared)
            .and_then(|loss| loss.person);
        let who = self.scene.whose(person, spared);
        let (why, remedy) = self.words(admins);
        notes.skip(Step::LastAdmins, who, why, remedy);
        Some(spared)
    }

    /// Lets all losses wait until the one who is spared is an admin, should that be a change of the plan too.
    fn wait_for(&self, spared: AccountAt, losses: &[Loss], notes: &mut Notes) {
        let risen: Vec<DraftAt> = notes
            .gains
            .iter()
            .filter(|gain| gain.realm == self.realm && gain.account == Some(spared))
            .map(|gain| gain.draft)
            .collect();
        for draft in losses.iter().flat_map(|loss| &loss.drafts) {
            for gain in &risen {
                notes.wait(*draft, *gain);
            }
        }
    }

    fn words(&self, admins: &BTreeSet<AccountAt>) -> (String, String) {
        match self.realm {
            Realm::Organization => (
                "is the last active company admin, so nothing that would end this is planned"
                    .to_owned(),
                "make somebody else a company admin first".to_owned(),
            ),
            Realm::Team(team) => {
                let name = &self.scene.team(team).name;
                let why = format!(
                    "is the last active admin of team `{name}`, so nothing that would end this is planned"
                );
                (why, self.candidates(name, team, admins))
            }
        }
    }

    fn candidates(
        &self,
        name: &str,
        team: super::ids::TeamAt,
        admins: &BTreeSet<AccountAt>,
    ) -> String {
        let scene = self.scene;
        let members = scene.team_state(team).members.iter();
        let mut addresses: Vec<&str> = members
            .filter_map(|member| scene.index.accounts.get(&member.account))
            .filter(|at| !admins.contains(at) && is_active(scene.account(**at)))
            .filter(|at| super::index::is_internal(scene.account(**at)))
            .map(|at| scene.account(*at).email.as_str())
            .collect();
        addresses.sort_unstable();
        addresses.truncate(3);
        if addresses.is_empty() {
            return format!("put somebody else into team `{name}` and make them its admin first");
        }
        format!(
            "make another member of team `{name}` its admin first, for instance {}",
            addresses.join(" or ")
        )
    }
}
