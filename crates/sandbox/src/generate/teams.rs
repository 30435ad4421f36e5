//! Teams, who is in them, and what they made.

use std::collections::HashSet;

use rand_chacha::ChaCha8Rng;
use smol_str::{SmolStr, format_smolstr};

use super::choice::{below, days, happens, one_of, skewed};
use super::{Ids, words};
use crate::world::{
    Board, Key as _, Membership, Moment, OrganizationRole, Team, TeamKey, TeamRole, User,
    UserGroup, UserKey,
};

/// One team in so many is empty.
const EMPTY: usize = 40;

/// Invents the teams. The first is the default team.
pub fn named(count: usize, ids: &mut Ids, now: Moment, random: &mut ChaCha8Rng) -> Vec<Team> {
    (0..count)
        .map(|at| {
            let name = if at == 0 {
                SmolStr::new_static("All of us")
            } else {
                team_name(at, random)
            };
            let created_at = now.plus_milliseconds(-days(5.0, 1500.0, random));
            Team::new(ids.next(), name, created_at)
        })
        .collect()
}

/// Names repeat now and then, as they do where teams name themselves.
fn team_name(at: usize, random: &mut ChaCha8Rng) -> SmolStr {
    let (department, _) = one_of(words::DEPARTMENTS, random);
    let topic = one_of(words::TOPICS, random);
    match below(10, random) {
        0 => format_smolstr!("{department}"),
        1..=4 => format_smolstr!("{department} {topic}"),
        5 | 6 => format_smolstr!("{topic} {}", one_of(words::PLACES, random)),
        7 => format_smolstr!("Project {}", one_of(words::CODE_NAMES, random)),
        _ => format_smolstr!("{topic} {at}"),
    }
}

/// Puts people into teams: members into the default team and, on average, `memberships - 1` others; guests into one.
pub fn fill(teams: &mut [Team], users: &[User], memberships: usize, random: &mut ChaCha8Rng) {
    let open: Vec<usize> = (1..teams.len())
        .filter(|at| at % EMPTY != EMPTY - 1)
        .collect();
    for (at, user) in users.iter().enumerate() {
        let key = UserKey::at(at);
        if user.role.is_internal() {
            join(teams, 0, key, user, TeamRole::Member);
        }
        let others = match user.role {
            OrganizationRole::ExternalUser => 0,
            OrganizationRole::TeamGuestUser => 1,
            _ => number_of_others(memberships, random),
        };
        let role = if user.role.is_internal() {
            TeamRole::Member
        } else {
            TeamRole::Guest
        };
        for team in chosen(&open, others, random) {
            join(teams, team, key, user, role);
        }
    }
    for team in teams {
        appoint_admins(team, users, random);
    }
}

fn number_of_others(memberships: usize, random: &mut ChaCha8Rng) -> usize {
    let average = memberships.saturating_sub(1);
    if average == 0 {
        0
    } else {
        below(2 * average + 1, random)
    }
}

fn chosen(open: &[usize], count: usize, random: &mut ChaCha8Rng) -> Vec<usize> {
    let count = count.min(open.len());
    let mut teams = HashSet::with_capacity(count);
    let mut list = Vec::with_capacity(count);
    while list.len() < count {
        // Half by popularity, half evenly, so that no team stays empty by chance alone.
        let at = if happens(0.5, random) {
            skewed(open.len(), random)
        } else {
            below(open.len(), random)
        };
        if teams.insert(open[at]) {
            list.push(open[at]);
        }
    }
    list
}

fn join(teams: &mut [Team], team: usize, key: UserKey, user: &User, role: TeamRole) {
    let team = &mut teams[team];
    let created_at = user.created_at.max(team.created_at);
    // People come in order of their ids, so the list stays in order.
    team.members.push(Membership {
        user: key,
        role,
        created_at,
        created_by: None,
        modified: None,
    });
}

/// One admin in every twenty members, at least one where there is anybody; only active members of the organization.
fn appoint_admins(team: &mut Team, users: &[User], random: &mut ChaCha8Rng) {
    let mut fit: Vec<usize> = team
        .members
        .iter()
        .enumerate()
        .filter(|(_, membership)| {
            let user = &users[membership.user.index()];
            user.active && user.role.is_internal()
        })
        .map(|(at, _)| at)
        .collect();
    if fit.is_empty() {
        // Guests alone are no team.
        team.members.clear();
        return;
    }
    let wanted = (fit.len() / 20).clamp(1, 6);
    for _ in 0..wanted {
        let at = fit.swap_remove(below(fit.len(), random));
        team.members[at].role = TeamRole::Admin;
    }
}

/// A few user groups that cross the teams.
pub fn user_groups(
    count: usize,
    users: &[User],
    ids: &mut Ids,
    random: &mut ChaCha8Rng,
) -> Vec<UserGroup> {
    (0..count)
        .map(|at| {
            let fit = users
                .iter()
                .enumerate()
                .filter(|(_, user)| user.role.is_internal() && user.active);
            let share = if at == 0 { 0.02 } else { 0.01 / at as f64 };
            let members: Vec<UserKey> = fit
                .filter(|_| happens(share, random))
                .map(|(at, _)| UserKey::at(at))
                .collect();
            UserGroup {
                id: ids.next(),
                name: words::USER_GROUPS
                    .get(at)
                    .map_or_else(|| format_smolstr!("Guild {at}"), |name| (*name).into()),
                description: SmolStr::new_static("Across teams"),
                deleted: false,
                members,
                teams: Vec::new(),
            }
        })
        .collect()
}

/// A few boards for some members of each team.
pub fn boards(
    teams: &[Team],
    users: &[User],
    ids: &mut Ids,
    random: &mut ChaCha8Rng,
) -> Vec<Board> {
    let mut boards = Vec::new();
    for (at, team) in teams.iter().enumerate().skip(1) {
        for membership in &team.members {
            if !users[membership.user.index()].role.is_internal() || !happens(0.15, random) {
                continue;
            }
            for _ in 0..=below(3, random) {
                boards.push(Board {
                    id: ids.next(),
                    name: format_smolstr!(
                        "{} {}",
                        one_of(words::TOPICS, random),
                        one_of(words::BOARDS, random)
                    ),
                    team: TeamKey::at(at),
                    owner: membership.user,
                    deleted: false,
                });
            }
        }
    }
    boards
}
