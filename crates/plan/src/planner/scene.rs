//! What every step can see.

use std::collections::HashSet;

use usher_model::{Account, Link, Person, PersonId, Team, Timestamp, UserGroup};

use super::drafts::Who;
use super::ids::{AccountAt, PersonAt, TeamAt, UserGroupAt};
use super::index::Index;
use super::trust::Trust;
use crate::{
    CompiledGroupMapping, CompiledMapping, CompiledMatching, CompiledScope, Desired, GroupIndex,
    Inventory, Settings, TeamState,
};

/// What every step can see. Nothing in it changes while a plan is made.
pub(crate) struct Scene<'a> {
    pub(crate) inventory: &'a Inventory,
    pub(crate) desired: &'a Desired,
    pub(crate) settings: &'a Settings,
    pub(crate) now: Timestamp,
    pub(crate) index: Index<'a>,
    pub(crate) groups: GroupIndex,
    pub(crate) trust: Trust,
    pub(crate) rules: Rules,
    pub(crate) only: HashSet<&'a PersonId>,
    /// The team that nobody manages, if it is known and there.
    pub(crate) default_team: Option<TeamAt>,
}

/// The settings, ready to be applied.
pub(crate) struct Rules {
    pub(crate) scope: CompiledScope,
    pub(crate) mapping: CompiledMapping,
    pub(crate) matching: CompiledMatching,
    pub(crate) group_mapping: CompiledGroupMapping,
}

impl<'a> Scene<'a> {
    pub(crate) fn person(&self, at: PersonAt) -> &'a Person {
        &self.desired.people[at.at()]
    }

    pub(crate) fn account(&self, at: AccountAt) -> &'a Account {
        &self.inventory.accounts[at.at()]
    }

    pub(crate) fn team_state(&self, at: TeamAt) -> &'a TeamState {
        &self.inventory.teams[at.at()]
    }

    pub(crate) fn team(&self, at: TeamAt) -> &'a Team {
        &self.inventory.teams[at.at()].team
    }

    pub(crate) fn user_group(&self, at: UserGroupAt) -> &'a UserGroup {
        &self.inventory.user_groups[at.at()].user_group
    }

    /// The link between a person and an account. What was sent to another account says nothing of this one.
    pub(crate) fn link(&self, person: PersonAt, account: AccountAt) -> Option<&'a Link> {
        let link = self.index.links.of_person[person.at()]?;
        (link.account == self.account(account).id).then_some(link)
    }

    /// How a person is named in the report.
    pub(crate) fn who(&self, person: PersonAt) -> Who {
        let person = self.person(person);
        Who {
            person: Some(person.id.clone()),
            account: None,
            label: person_label(person),
        }
    }

    /// How an account and the person behind it are named in the report.
    pub(crate) fn whose(&self, person: Option<PersonAt>, account: AccountAt) -> Who {
        let account = self.account(account);
        Who {
            person: person.map(|person| self.person(person).id.clone()),
            account: Some(account.id.clone()),
            label: account.email.to_string(),
        }
    }

    /// Whether the plan is for everybody.
    pub(crate) fn is_for_all(&self) -> bool {
        self.only.is_empty()
    }
}

/// A person's e-mail address, or another name.
pub(crate) fn person_label(person: &Person) -> String {
    person
        .email()
        .map_or_else(|| person.label(), |email| email.to_string())
}
