//! User groups whose directory group is gone.

use usher_model::{Entitlement, GroupLinkTarget, GroupModel, LinkOrigin};

use super::drafts::{Draft, Notes, Who};
use super::ids::UserGroupAt;
use super::leaving::untouchable;
use super::linking::Ties;
use super::scene::Scene;
use super::slots::Slots;
use super::step::Step;
use crate::{Action, Reason, Urgency};

/// Deletes user groups that Usher created for groups that are gone, if the settings let it. Returns how many it
/// looked at.
pub(crate) fn retire(
    scene: &Scene<'_>,
    ties: &Ties,
    slots: &Slots<'_>,
    notes: &mut Notes,
) -> usize {
    let mut gone: Vec<_> = scene
        .desired
        .group_links
        .iter()
        .filter(|link| !scene.groups.has(&link.group))
        .collect();
    gone.sort_by(|one, other| (&one.target, &one.group).cmp(&(&other.target, &other.group)));
    // Several groups that are gone may have been tied to one user group.
    gone.dedup_by(|one, other| one.target == other.target);
    for link in &gone {
        let GroupLinkTarget::UserGroup(id) = &link.target else {
            continue;
        };
        let Some(at) = scene.index.user_groups.get(id) else {
            continue;
        };
        let user_group = scene.user_group(*at);
        let tied = scene
            .desired
            .group_links
            .iter()
            .filter(|other| other.target == link.target);
        let is_ours = tied
            .clone()
            .all(|tie| tie.how == LinkOrigin::Created && !scene.groups.has(&tie.group));
        let may = scene.settings.group_actions.delete.is_on()
            && scene.trust.user_group_removals().is_yes()
            && scene.trust.model == Some(GroupModel::UserGroup)
            && scene.desired.suspect_sources.is_empty()
            && is_ours
            && has_only_given_members(scene, ties, *at)
            && !slots.wants_user_group(*at);
        if !may {
            notes.skip(
                Step::Groups,
                Who::thing(user_group.name.clone()),
                "its directory group is gone; the user group stays",
                "delete it in Miro; with `group_actions.delete = \"on\"` Usher deletes those that it created, unless \
                 somebody is in it whom it did not put in or must not touch",
            );
            continue;
        }
        notes.draft(Draft {
            person: None,
            label: user_group.name.clone(),
            action: Action::DeleteUserGroup {
                user_group: user_group.clone(),
            },
            reasons: vec![Reason::GroupGone {
                group: link.group.clone(),
            }],
            consequences: Vec::new(),
            after: Vec::new(),
            urgency: Urgency::Normal,
        });
    }
    gone.len()
}

/// Whether Usher put everybody into the user group, and may touch them all: deleting it takes them all out.
fn has_only_given_members(scene: &Scene<'_>, ties: &Ties, at: UserGroupAt) -> bool {
    let state = &scene.inventory.user_groups[at.at()];
    let held = Entitlement::UserGroup(state.user_group.id.clone());
    state.members.iter().all(|member| {
        let Some(account) = scene.index.accounts.get(member).copied() else {
            return false;
        };
        let person = ties.person(account);
        let mut given = scene.index.given_to.of(account.at()).iter();
        person.is_some()
            && untouchable(scene, person, account).is_none()
            && scene.index.hold(person, Some(account)).is_none()
            && given.any(|row| {
                let given = scene.desired.provisioned.get(*row as usize);
                given.is_some_and(|given| given.entitlement == held)
            })
    })
}
