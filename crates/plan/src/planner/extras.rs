//! Members of pushed teams and user groups whom nobody assigned.

use std::collections::HashMap;

use super::accounts::Cast;
use super::assigned::Wanted;
use super::drafts::{Draft, Loss, Notes, Realm};
use super::ids::{AccountAt, DraftAt, PersonAt, SlotAt, TeamAt, UserGroupAt};
use super::index::{Seat, is_active};
use super::leaving::{Leaving, untouchable};
use super::memberships::Moved;
use super::slots::{Slot, Slots};
use super::standing::Standing;
use crate::{Action, Drift, DriftOutcome, ExtraMembers, Reason, Urgency};

/// Where somebody is too many.
#[derive(Clone, Copy)]
enum Place {
    Team(TeamAt, Seat),
    UserGroup(UserGroupAt),
}

/// Lists the members whom nobody assigned, or takes them out. Returns how many members it looked at.
pub(crate) fn handle(
    cast: &Cast<'_, '_>,
    slots: &Slots<'_>,
    leaving: &Leaving,
    moved: &Moved,
    notes: &mut Notes,
) -> usize {
    let scene = cast.scene;
    let enabled = enabled(cast, notes);
    let mut looked_at = 0;
    for (_, slot) in slots.pushes() {
        let members: Vec<(AccountAt, Place)> = match slots.get(slot) {
            Slot::Team(team) => {
                let rows = scene.team_state(*team).members.iter();
                rows.filter_map(|member| scene.index.accounts.get(&member.account))
                    .filter_map(|account| Some((*account, place(cast, *account, *team)?)))
                    .collect()
            }
            Slot::UserGroup(group) => {
                let rows = scene.inventory.user_groups[group.at()].members.iter();
                rows.filter_map(|member| scene.index.accounts.get(member))
                    .map(|account| (*account, Place::UserGroup(*group)))
                    .collect()
            }
            _ => continue,
        };
        looked_at += members.len();
        for (account, place) in members {
            let will_be_active =
                is_active(scene.account(account)) || enabled.contains_key(&account);
            let is_extra = will_be_active && is_extra(cast, slot, account);
            if is_extra && !is_gone(account, place, leaving, moved) {
                let after = enabled.get(&account).copied();
                one(cast, account, place, after, notes);
            }
        }
    }
    looked_at
}

/// The accounts that the plan enables, and by which change.
fn enabled(cast: &Cast<'_, '_>, notes: &Notes) -> HashMap<AccountAt, DraftAt> {
    let drafts = notes.drafts();
    drafts
        .filter_map(|(at, draft)| match &draft.action {
            Action::Enable { account } => Some((*cast.scene.index.accounts.get(account)?, at)),
            _ => None,
        })
        .collect()
}

fn place(cast: &Cast<'_, '_>, account: AccountAt, team: TeamAt) -> Option<Place> {
    let seats = cast.scene.index.teams_of.of(account.at()).iter();
    let mut found = seats.filter(|(other, _)| *other == team);
    found.next().map(|(_, seat)| Place::Team(team, *seat))
}

/// Whether nobody assigned this member. Whoever leaves, or cannot be told, is none: memberships of disabled people
/// stay, and nothing is guessed.
fn is_extra(cast: &Cast<'_, '_>, slot: SlotAt, account: AccountAt) -> bool {
    match cast.ties.person(account) {
        None => !cast.ties.is_contested(account),
        Some(person) => is_unwanted(cast, person, slot),
    }
}

fn is_unwanted(cast: &Cast<'_, '_>, person: PersonAt, slot: SlotAt) -> bool {
    let wants = cast.assigned.wants(person);
    cast.standings[person.at()] == Standing::In
        && wants.iter().all(|want| want.0 != Wanted::In(slot))
}

/// Whether something else takes the member out already.
fn is_gone(account: AccountAt, place: Place, leaving: &Leaving, moved: &Moved) -> bool {
    let is_out = match place {
        Place::Team(team, _) => moved.out_of_teams.contains(&(account, team)),
        Place::UserGroup(group) => moved.out_of_user_groups.contains(&(account, group)),
    };
    is_out || leaving.disabled.contains(&account)
}

fn one(
    cast: &Cast<'_, '_>,
    at: AccountAt,
    place: Place,
    after: Option<DraftAt>,
    notes: &mut Notes,
) {
    let scene = cast.scene;
    let account = scene.account(at);
    let (name, allowed) = match place {
        Place::Team(team, _) => (&scene.team(team).name, scene.trust.team_removals()),
        Place::UserGroup(group) => {
            let allowed = scene.trust.user_group_removals();
            (&scene.user_group(group).name, allowed)
        }
    };
    let person = cast.ties.person(at);
    let is_default_known = scene.default_team.is_some() || matches!(place, Place::UserGroup(_));
    let may = scene.settings.extra_members == ExtraMembers::Remove
        && scene.settings.group_actions.update.is_on()
        && allowed.is_yes()
        && untouchable(scene, person, at).is_none()
        && scene.index.hold(person, Some(at)).is_none();
    if may && !is_default_known {
        let why = "nobody knows which team is the default team, which nobody may be taken out of";
        notes.block(
            "removals of extra members from teams",
            why,
            "set `default_team`",
        );
    }
    let removes = may && is_default_known;
    notes.report.drift.push(Drift {
        account: account.id.clone(),
        label: account.email.to_string(),
        attribute: None,
        what: format!("member of {name}, though no assignment says so"),
        desired: None,
        observed: None,
        by: None,
        outcome: if removes {
            DriftOutcome::Corrected
        } else {
            DriftOutcome::Reported
        },
    });
    if removes {
        remove(cast, at, place, after, notes);
    }
}

fn remove(
    cast: &Cast<'_, '_>,
    at: AccountAt,
    place: Place,
    after: Option<DraftAt>,
    notes: &mut Notes,
) {
    let scene = cast.scene;
    let (id, person) = (scene.account(at).id.clone(), cast.ties.person(at));
    let action = match place {
        Place::Team(team, _) => Action::RemoveFromTeam {
            account: id,
            team: scene.team(team).id.clone(),
        },
        Place::UserGroup(group) => Action::RemoveFromUserGroup {
            account: id,
            user_group: scene.user_group(group).id.clone(),
        },
    };
    let draft = notes.draft(Draft {
        person,
        label: scene.account(at).email.to_string(),
        action,
        reasons: vec![Reason::ExtraMember],
        consequences: Vec::new(),
        after: after.into_iter().collect(),
        urgency: Urgency::Normal,
    });
    if let Place::Team(team, Seat::Admin) = place {
        notes.losses.push(Loss {
            realm: Realm::Team(team),
            account: at,
            person,
            drafts: vec![draft],
            weight: 2,
        });
    }
}
