//! Which team or user group a group or a name stands for, whether it is there or about to be.

use std::collections::{BTreeMap, HashMap};

use usher_model::{GroupId, GroupModel, TeamTarget, UserGroupTarget};

use super::drafts::{Draft, Notes};
use super::ids::{DraftAt, SlotAt, TeamAt, UserGroupAt};
use super::names::Names;
use super::scene::Scene;
use super::step::Step;
use crate::{Action, Consequence, Reason, TeamRef, Urgency, UserGroupRef};

/// A team or user group that somebody should be in.
#[derive(Clone, Debug)]
pub(crate) enum Slot {
    /// A team that is there.
    Team(TeamAt),
    /// A team that is created.
    NewTeam(Newcomer),
    /// A user group that is there.
    UserGroup(UserGroupAt),
    /// A user group that is created.
    NewUserGroup(Newcomer),
    /// The team that every account joins: nobody manages who is in it.
    DefaultTeam,
    /// A team that cannot be told, or must not be created.
    NoTeam(Reproach),
    /// A user group that cannot be told, or must not be created.
    NoUserGroup(Reproach),
}

/// A team or user group that is created when the first member needs it, or its group is pushed.
#[derive(Clone, Debug)]
pub(crate) struct Newcomer {
    pub(crate) name: String,
    /// Whether the name was cut.
    pub(crate) cut: bool,
    /// The group that is pushed to it.
    pub(crate) group: Option<GroupId>,
    /// The rename that frees the name.
    pub(crate) after: Option<DraftAt>,
    /// The change that creates it, once somebody needed it.
    pub(crate) draft: Option<DraftAt>,
}

/// Why there is no team or user group, and what to do about it.
#[derive(Clone, Debug)]
pub(crate) struct Reproach {
    pub(crate) label: String,
    pub(crate) why: String,
    pub(crate) remedy: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Team(TeamAt),
    NewTeam(String),
    NoTeam(String),
    UserGroup(UserGroupAt),
    NewUserGroup(String),
    NoUserGroup(String),
    DefaultTeam,
}

/// All teams and user groups that somebody should be in, each once.
#[derive(Default)]
pub(crate) struct Slots<'a> {
    all: Vec<Slot>,
    by_key: HashMap<Key, SlotAt>,
    pushed: BTreeMap<&'a GroupId, SlotAt>,
    pushed_to: HashMap<SlotAt, &'a GroupId>,
    pub(crate) team_names: Names,
    pub(crate) user_group_names: Names,
}

impl<'a> Slots<'a> {
    /// The slot at a position.
    pub(crate) fn get(&self, at: SlotAt) -> &Slot {
        &self.all[at.at()]
    }

    /// What a pushed group became.
    pub(crate) fn pushed(&self, group: &GroupId) -> Option<SlotAt> {
        self.pushed.get(group).copied()
    }

    /// The group that is pushed to a slot.
    pub(crate) fn group_of(&self, slot: SlotAt) -> Option<&'a GroupId> {
        self.pushed_to.get(&slot).copied()
    }

    /// The groups that are pushed, and what they became.
    pub(crate) fn pushes(&self) -> impl Iterator<Item = (&'a GroupId, SlotAt)> {
        self.pushed.iter().map(|(group, slot)| (*group, *slot))
    }

    /// Notes what a pushed group became.
    pub(crate) fn push(&mut self, group: &'a GroupId, slot: Slot) -> SlotAt {
        let at = self.intern(slot);
        self.pushed.insert(group, at);
        self.pushed_to.entry(at).or_insert(group);
        at
    }

    /// Whether somebody should be in a user group.
    pub(crate) fn wants_user_group(&self, at: UserGroupAt) -> bool {
        self.by_key.contains_key(&Key::UserGroup(at))
    }

    fn intern(&mut self, slot: Slot) -> SlotAt {
        let key = match &slot {
            Slot::Team(at) => Key::Team(*at),
            Slot::UserGroup(at) => Key::UserGroup(*at),
            Slot::NewTeam(new) => Key::NewTeam(new.name.clone()),
            Slot::NewUserGroup(new) => Key::NewUserGroup(new.name.clone()),
            Slot::DefaultTeam => Key::DefaultTeam,
            Slot::NoTeam(reproach) => Key::NoTeam(reproach.label.clone()),
            Slot::NoUserGroup(reproach) => Key::NoUserGroup(reproach.label.clone()),
        };
        if let Some(at) = self.by_key.get(&key) {
            return *at;
        }
        let at = SlotAt::new(self.all.len());
        self.all.push(slot);
        self.by_key.insert(key, at);
        at
    }

    /// The team that an assignment names.
    pub(crate) fn team(&mut self, scene: &Scene<'a>, target: &TeamTarget) -> SlotAt {
        let slot = match target {
            TeamTarget::Id(id) => match scene.index.teams.get(id) {
                Some(at) => team_slot(scene, *at),
                None => no_team(
                    id.as_str(),
                    "there is no team with this id",
                    "correct the assignment, or run `usher sync` if the team is new",
                ),
            },
            TeamTarget::Name(name) => self.team_called(scene, name, None),
        };
        self.intern(slot)
    }

    /// The team with this name, once all renames are made.
    pub(crate) fn team_called(
        &self,
        scene: &Scene<'a>,
        name: &str,
        group: Option<&'a GroupId>,
    ) -> Slot {
        let (short, cut) = cut_name(name);
        let holders = self.team_names.holders(short);
        if let [only] = holders {
            return team_slot(scene, TeamAt::new(*only));
        }
        if !holders.is_empty() {
            let why = format!("{} teams are called exactly so", holders.len());
            return no_team(
                short,
                &why,
                "rename all but one of them in Miro, or assign the team by id",
            );
        }
        if let Some(reproach) = no_new_team(scene, short) {
            return Slot::NoTeam(reproach);
        }
        Slot::NewTeam(Newcomer {
            name: short.to_owned(),
            cut,
            group: group.cloned(),
            after: self.team_names.freed_by(short),
            draft: None,
        })
    }

    /// The user group that an assignment names.
    pub(crate) fn user_group(&mut self, scene: &Scene<'a>, target: &UserGroupTarget) -> SlotAt {
        let slot = match target {
            UserGroupTarget::Id(id) => match scene.index.user_groups.get(id) {
                Some(at) => Slot::UserGroup(*at),
                None => no_user_group(
                    id.as_str(),
                    "there is no user group with this id",
                    "correct the assignment, or run `usher sync` if the user group is new",
                ),
            },
            UserGroupTarget::Name(name) => self.user_group_called(scene, name, None),
        };
        self.intern(slot)
    }

    /// The user group with this name, once all renames are made.
    pub(crate) fn user_group_called(
        &self,
        scene: &Scene<'a>,
        name: &str,
        group: Option<&'a GroupId>,
    ) -> Slot {
        let (short, cut) = cut_name(name);
        let holders = self.user_group_names.holders(short);
        if let [only] = holders {
            return Slot::UserGroup(UserGroupAt::new(*only));
        }
        if !holders.is_empty() {
            let why = format!("{} user groups are called exactly so", holders.len());
            return no_user_group(short, &why, "rename all but one of them in Miro");
        }
        if let Some(reproach) = no_new_user_group(scene, short) {
            return Slot::NoUserGroup(reproach);
        }
        Slot::NewUserGroup(Newcomer {
            name: short.to_owned(),
            cut,
            group: group.cloned(),
            after: self.user_group_names.freed_by(short),
            draft: None,
        })
    }

    /// How a change names the team of a slot, and the change that creates it, if one does.
    pub(crate) fn team_ref(
        &mut self,
        scene: &Scene<'a>,
        at: SlotAt,
        reason: &str,
        notes: &mut Notes,
    ) -> Option<(TeamRef, Option<DraftAt>)> {
        match &self.all[at.at()] {
            Slot::Team(team) => Some((TeamRef::Existing(scene.team(*team).id.clone()), None)),
            Slot::NewTeam(new) => {
                let name = new.name.clone();
                let draft = self.create(at, reason, notes);
                Some((TeamRef::New(name), draft))
            }
            _ => None,
        }
    }

    /// How a change names the user group of a slot, and the change that creates it, if one does.
    pub(crate) fn user_group_ref(
        &mut self,
        scene: &Scene<'a>,
        at: SlotAt,
        reason: &str,
        notes: &mut Notes,
    ) -> Option<(UserGroupRef, Option<DraftAt>)> {
        match &self.all[at.at()] {
            Slot::UserGroup(group) => {
                let id = scene.user_group(*group).id.clone();
                Some((UserGroupRef::Existing(id), None))
            }
            Slot::NewUserGroup(new) => {
                let name = new.name.clone();
                let draft = self.create(at, reason, notes);
                Some((UserGroupRef::New(name), draft))
            }
            _ => None,
        }
    }

    /// Creates the team or user group of a slot, unless something did.
    pub(crate) fn create(
        &mut self,
        at: SlotAt,
        reason: &str,
        notes: &mut Notes,
    ) -> Option<DraftAt> {
        let (new, is_team) = match self.all.get_mut(at.at())? {
            Slot::NewTeam(new) => (new, true),
            Slot::NewUserGroup(new) => (new, false),
            _ => return None,
        };
        if new.draft.is_none() {
            let (name, group) = (new.name.clone(), new.group.clone());
            let action = if is_team {
                Action::CreateTeam { name, group }
            } else {
                Action::CreateUserGroup { name, group }
            };
            let draft = notes.draft(Draft {
                person: None,
                label: new.name.clone(),
                action,
                reasons: vec![creation_reason(new, reason)],
                consequences: new
                    .cut
                    .then_some(Consequence::NameCut)
                    .into_iter()
                    .collect(),
                after: new.after.into_iter().collect(),
                urgency: Urgency::Normal,
            });
            new.draft = Some(draft);
        }
        new.draft
    }

    /// Writes down, once each, what could not be told.
    pub(crate) fn report(&self, notes: &mut Notes) {
        for slot in &self.all {
            match slot {
                Slot::NoTeam(reproach) | Slot::NoUserGroup(reproach) => {
                    let who = super::drafts::Who::thing(reproach.label.clone());
                    notes.skip(
                        Step::Groups,
                        who,
                        reproach.why.clone(),
                        reproach.remedy.clone(),
                    );
                }
                _ => {}
            }
        }
    }
}

fn creation_reason(new: &Newcomer, needed_by: &str) -> Reason {
    match &new.group {
        Some(group) => Reason::GroupPushed {
            group: group.clone(),
            name: new.name.clone(),
        },
        None => Reason::NeededBy {
            what: needed_by.to_owned(),
        },
    }
}

/// The longest name of a team or user group, in characters.
const NAME_LIMIT: usize = 60;

fn cut_name(name: &str) -> (&str, bool) {
    match name.char_indices().nth(NAME_LIMIT) {
        Some((end, _)) => (name.get(..end).unwrap_or(name), true),
        None => (name, false),
    }
}

/// The slot of a team that is there.
pub(crate) fn team_slot(scene: &Scene<'_>, at: TeamAt) -> Slot {
    if scene.default_team == Some(at) {
        Slot::DefaultTeam
    } else {
        Slot::Team(at)
    }
}

fn reproach(label: &str, why: &str, remedy: &str) -> Reproach {
    Reproach {
        label: label.to_owned(),
        why: why.to_owned(),
        remedy: remedy.to_owned(),
    }
}

pub(crate) fn no_team(label: &str, why: &str, remedy: &str) -> Slot {
    Slot::NoTeam(reproach(label, why, remedy))
}

pub(crate) fn no_user_group(label: &str, why: &str, remedy: &str) -> Slot {
    Slot::NoUserGroup(reproach(label, why, remedy))
}

const STALE: &str =
    "there is none in the inventory, which is too old to tell that it was not created since";

/// Why no team of this name may be created (E13).
fn no_new_team(scene: &Scene<'_>, name: &str) -> Option<Reproach> {
    if !scene.trust.coverage.teams.is_seen() {
        let why = "the tokens in use do not show teams, so nobody can tell whether there is one";
        return Some(reproach(
            name,
            why,
            "use a token that shows teams, see `usher doctor`",
        ));
    }
    if !scene.settings.group_actions.create.is_on() {
        let why = "no team is called exactly so, and Miro's SCIM API cannot create teams";
        let remedy = format!(
            "set `group_actions.create = \"on\"` to let Usher create it over REST, or create a team named exactly \
             `{name}` in Miro; it is used from the next plan on"
        );
        return Some(reproach(name, why, &remedy));
    }
    let is_old = !scene.trust.removals.is_yes();
    is_old.then(|| reproach(name, STALE, "run `usher sync`"))
}

/// Why no user group of this name may be created.
fn no_new_user_group(scene: &Scene<'_>, name: &str) -> Option<Reproach> {
    if !scene.trust.coverage.user_groups.is_seen() {
        let why =
            "the tokens in use do not show user groups, so nobody can tell whether there is one";
        return Some(reproach(
            name,
            why,
            "use a token that shows user groups, see `usher doctor`",
        ));
    }
    if !scene.settings.group_actions.create.is_on() {
        let why =
            "no user group is called exactly so, and the settings do not let Usher create one";
        let remedy = format!(
            "set `group_actions.create = \"on\"`, or create a user group named exactly `{name}` in Miro; it is used \
             from the next plan on"
        );
        return Some(reproach(name, why, &remedy));
    }
    let is_old = !scene.trust.removals.is_yes();
    is_old.then(|| reproach(name, STALE, "run `usher sync`"))
}

/// What a SCIM Group means, in the words of the report.
pub(crate) fn model_word(model: GroupModel) -> &'static str {
    match model {
        GroupModel::Team => "team",
        GroupModel::UserGroup => "user group",
    }
}
