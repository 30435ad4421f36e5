//! Assigned groups, pushed to Miro: found by their tie, else by their exact name once, else created.

use std::collections::{BTreeSet, HashMap, HashSet};

use usher_model::{AssignmentTarget, Group, GroupId, GroupLinkTarget, GroupModel, Subject};

use super::assigned::counts;
use super::drafts::{Draft, Notes, Who};
use super::ids::{DraftAt, TeamAt, UserGroupAt};
use super::moves::{Move, MoveVerdict, settle};
use super::names::Names;
use super::scene::Scene;
use super::slots::{Slot, Slots, model_word, no_team, no_user_group, team_slot};
use super::step::Step;
use crate::{Action, Consequence, GroupName, Reason, Urgency};

/// Where in the inventory a group is tied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Tied {
    Team(TeamAt),
    UserGroup(UserGroupAt),
}

/// A group that is pushed.
struct Pushed<'a> {
    group: &'a Group,
    name: GroupName,
    tied: Option<Tied>,
}

/// Finds what the assigned groups stand for. Returns how many it looked at.
pub(crate) fn push<'a>(scene: &Scene<'a>, slots: &mut Slots<'a>, notes: &mut Notes) -> usize {
    let names = |names: Vec<&str>| Names::new(names.into_iter());
    slots.team_names = names(
        scene
            .inventory
            .teams
            .iter()
            .map(|state| state.team.name.as_str())
            .collect(),
    );
    let user_groups = scene.inventory.user_groups.iter();
    slots.user_group_names = names(
        user_groups
            .map(|state| state.user_group.name.as_str())
            .collect(),
    );
    if !scene.rules.group_mapping.pushes() {
        return 0;
    }
    let groups = assigned_groups(scene);
    let looked_at = groups.len();
    let Some(model) = scene.trust.model else {
        refuse_all(&groups, slots, notes);
        return looked_at;
    };
    let pushed: Vec<Pushed<'a>> = groups
        .into_iter()
        .filter_map(|group| read(scene, group, model, slots))
        .collect();
    rename(scene, &pushed, slots, notes);
    settle_ties(scene, &pushed, model, slots, notes);
    looked_at
}

/// The groups that are assigned to the application now, in the order of their ids.
fn assigned_groups<'a>(scene: &Scene<'a>) -> Vec<&'a Group> {
    let holding = scene.desired.assignments.iter().filter(|assignment| {
        counts(assignment)
            && assignment.holds_at(scene.now)
            && matches!(assignment.target, AssignmentTarget::Application { .. })
    });
    let ids: BTreeSet<&GroupId> = holding
        .filter_map(|assignment| match &assignment.subject {
            Subject::Group(id) => Some(id),
            Subject::Person(_) => None,
        })
        .collect();
    let mut groups: Vec<&Group> = scene
        .desired
        .groups
        .iter()
        .filter(|group| ids.contains(&group.id))
        .collect();
    groups.sort_by(|one, other| one.id.cmp(&other.id));
    groups.dedup_by(|one, other| one.id == other.id);
    groups
}

fn refuse_all<'a>(groups: &[&'a Group], slots: &mut Slots<'a>, notes: &mut Notes) {
    if groups.is_empty() {
        return;
    }
    notes.block(
        "pushed groups, and removals from teams and user groups",
        "nobody knows whether a SCIM Group is a team or a user group in this organization",
        "let Usher find out the group model, or set it",
    );
    for group in groups {
        let why = "the organization's group model is not known";
        slots.push(
            &group.id,
            no_team(
                &group.name,
                why,
                "let Usher find out the group model, or set it",
            ),
        );
    }
}

fn read<'a>(
    scene: &Scene<'a>,
    group: &'a Group,
    model: GroupModel,
    slots: &mut Slots<'a>,
) -> Option<Pushed<'a>> {
    let name = match scene.rules.group_mapping.name(group) {
        Ok(name) => name,
        Err(problem) => {
            slots.push(
                &group.id,
                none(model, &group.name, &problem.what, &problem.remedy),
            );
            return None;
        }
    };
    let tied = match scene.index.group_links.get(&group.id) {
        Some(GroupLinkTarget::Team(id)) => scene.index.teams.get(id).map(|at| Tied::Team(*at)),
        Some(GroupLinkTarget::UserGroup(id)) => scene
            .index
            .user_groups
            .get(id)
            .map(|at| Tied::UserGroup(*at)),
        None => None,
    };
    let fits = match tied {
        Some(Tied::Team(_)) => model == GroupModel::Team,
        Some(Tied::UserGroup(_)) => model == GroupModel::UserGroup,
        None => true,
    };
    if !fits {
        let why = format!(
            "the group is tied to something that is no {}, and a SCIM Group is one here",
            model_word(model)
        );
        let remedy = "remove the tie, so that the group is pushed anew";
        slots.push(&group.id, none(model, &group.name, &why, remedy));
        return None;
    }
    Some(Pushed { group, name, tied })
}

fn none(model: GroupModel, label: &str, why: &str, remedy: &str) -> Slot {
    match model {
        GroupModel::Team => no_team(label, why, remedy),
        GroupModel::UserGroup => no_user_group(label, why, remedy),
    }
}

fn current_name<'a>(scene: &Scene<'a>, tied: Tied) -> &'a str {
    match tied {
        Tied::Team(at) => &scene.team(at).name,
        Tied::UserGroup(at) => &scene.user_group(at).name,
    }
}

/// Renames what is tied to groups that are called otherwise now.
fn rename<'a>(scene: &Scene<'a>, pushed: &[Pushed<'a>], slots: &mut Slots<'a>, notes: &mut Notes) {
    if !scene.settings.group_actions.update.is_on() {
        return;
    }
    let shared = shared_ties(pushed);
    let movers: Vec<(&Pushed<'a>, Tied)> = pushed
        .iter()
        .filter_map(|pushed| Some((pushed, pushed.tied?)))
        // Each of its groups would give it its own name, in turns.
        .filter(|(_, tied)| !shared.contains(tied))
        .filter(|(pushed, tied)| current_name(scene, *tied) != pushed.name.name)
        .filter(|(_, tied)| !matches!(tied, Tied::Team(at) if scene.default_team == Some(*at)))
        .collect();
    let moves: Vec<Move> = movers
        .iter()
        .map(|(pushed, tied)| Move {
            from: current_name(scene, *tied).to_owned(),
            to: pushed.name.name.clone(),
        })
        .collect();
    let held = |name: &str| match scene.trust.model {
        Some(GroupModel::UserGroup) => slots.user_group_names.holders(name).len(),
        _ => slots.team_names.holders(name).len(),
    };
    let verdicts = settle(&moves, held);
    let mut drafts: Vec<Option<DraftAt>> = Vec::with_capacity(movers.len());
    for ((pushed, tied), verdict) in movers.iter().zip(&verdicts) {
        drafts.push(rename_one(scene, pushed, *tied, *verdict, notes));
    }
    for (((pushed, tied), verdict), draft) in movers.iter().zip(&verdicts).zip(&drafts) {
        let Some(draft) = draft else { continue };
        if let MoveVerdict::Made { after: Some(first) } = verdict
            && let Some(Some(first)) = drafts.get(*first)
        {
            notes.wait(*draft, *first);
        }
        let (from, to) = (current_name(scene, *tied), pushed.name.name.as_str());
        match tied {
            Tied::Team(at) => slots.team_names.rename(at.at(), from, to, *draft),
            Tied::UserGroup(at) => slots.user_group_names.rename(at.at(), from, to, *draft),
        }
    }
}

fn rename_one(
    scene: &Scene<'_>,
    pushed: &Pushed<'_>,
    tied: Tied,
    verdict: MoveVerdict,
    notes: &mut Notes,
) -> Option<DraftAt> {
    let after = pushed.name.name.clone();
    if !matches!(verdict, MoveVerdict::Made { .. }) {
        let why = format!("cannot be renamed to `{after}`: the name is taken");
        let who = Who::thing(current_name(scene, tied));
        notes.skip(Step::Groups, who, why, "give one of the two another name");
        return None;
    }
    let action = match tied {
        Tied::Team(at) => Action::RenameTeam {
            team: scene.team(at).clone(),
            after,
        },
        Tied::UserGroup(at) => Action::RenameUserGroup {
            user_group: scene.user_group(at).clone(),
            after,
        },
    };
    let cut = pushed.name.full.as_ref().map(|_| Consequence::NameCut);
    Some(notes.draft(Draft {
        person: None,
        label: current_name(scene, tied).to_owned(),
        action,
        reasons: vec![pushed_reason(pushed.group)],
        consequences: cut.into_iter().collect(),
        after: Vec::new(),
        urgency: Urgency::Normal,
    }))
}

fn pushed_reason(group: &Group) -> Reason {
    Reason::GroupPushed {
        group: group.id.clone(),
        name: group.name.clone(),
    }
}

/// What several of the groups are tied to.
fn shared_ties(pushed: &[Pushed<'_>]) -> HashSet<Tied> {
    let mut seen = HashSet::new();
    let ties = pushed.iter().filter_map(|pushed| pushed.tied);
    ties.filter(|tied| !seen.insert(*tied)).collect()
}

/// Settles what each group is pushed to; two groups never share a team or user group.
fn settle_ties<'a>(
    scene: &Scene<'a>,
    pushed: &[Pushed<'a>],
    model: GroupModel,
    slots: &mut Slots<'a>,
    notes: &mut Notes,
) {
    let shared = shared_ties(pushed);
    let mut wanted: HashMap<&str, u32> = HashMap::new();
    for pushed in pushed.iter().filter(|pushed| pushed.tied.is_none()) {
        *wanted.entry(&pushed.name.name).or_default() += 1;
    }
    let taken = tied_elsewhere(scene);
    for pushed in pushed {
        let label = pushed.name.name.as_str();
        let slot = match pushed.tied {
            Some(tied) if shared.contains(&tied) => none(
                model,
                label,
                "several groups are tied to it",
                "remove all ties but one",
            ),
            Some(Tied::Team(at)) => team_slot(scene, at),
            Some(Tied::UserGroup(at)) => Slot::UserGroup(at),
            None if wanted.get(label).is_some_and(|count| *count > 1) => none(
                model,
                label,
                "several assigned groups would be called so",
                "rename all but one of them in the directory, or assign only one",
            ),
            None => find(scene, pushed, model, &taken, slots, notes),
        };
        let slot = slots.push(&pushed.group.id, slot);
        if scene.is_for_all() {
            slots.create(slot, "", notes);
        }
    }
}

/// What other groups are tied to, assigned or not. What only groups that are gone are tied to is free.
fn tied_elsewhere(scene: &Scene<'_>) -> HashSet<Tied> {
    let links = scene.desired.group_links.iter();
    links
        .filter(|link| scene.groups.has(&link.group))
        .filter_map(|link| match &link.target {
            GroupLinkTarget::Team(id) => scene.index.teams.get(id).map(|at| Tied::Team(*at)),
            GroupLinkTarget::UserGroup(id) => scene
                .index
                .user_groups
                .get(id)
                .map(|at| Tied::UserGroup(*at)),
        })
        .collect()
}

fn find<'a>(
    scene: &Scene<'a>,
    pushed: &Pushed<'a>,
    model: GroupModel,
    taken: &HashSet<Tied>,
    slots: &Slots<'a>,
    notes: &mut Notes,
) -> Slot {
    let (group, name) = (pushed.group, pushed.name.name.as_str());
    let mut slot = match model {
        GroupModel::Team => slots.team_called(scene, name, Some(&group.id)),
        GroupModel::UserGroup => slots.user_group_called(scene, name, Some(&group.id)),
    };
    let (tied, action) = match &mut slot {
        Slot::Team(at) => {
            let (group, team) = (group.id.clone(), scene.team(*at).id.clone());
            (Tied::Team(*at), Action::LinkTeam { group, team })
        }
        Slot::UserGroup(at) => {
            let (group, user_group) = (group.id.clone(), scene.user_group(*at).id.clone());
            let action = Action::LinkUserGroup { group, user_group };
            (Tied::UserGroup(*at), action)
        }
        Slot::NewTeam(new) | Slot::NewUserGroup(new) => {
            new.cut = pushed.name.full.is_some();
            return slot;
        }
        _ => return slot,
    };
    if taken.contains(&tied) {
        let why = format!(
            "the {} of this name is tied to another group",
            model_word(model)
        );
        return none(
            model,
            name,
            &why,
            "rename the group, or remove the other tie",
        );
    }
    notes.draft(Draft {
        person: None,
        label: name.to_owned(),
        action,
        reasons: vec![pushed_reason(group)],
        consequences: Vec::new(),
        after: Vec::new(),
        urgency: Urgency::Normal,
    });
    slot
}
