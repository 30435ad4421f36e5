//! An invented organization: the same for the same settings.
//!
//! People have names of many languages, departments with managers, licences, and a past: most were active lately,
//! some have been idle for months, a few never came. Memberships come on top of the default team, in which every
//! member is; team sizes differ as they do in companies.

mod choice;
mod people;
mod teams;
mod words;

use jiff::Timestamp;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::switches::Switches;
use crate::world::{Moment, Organization, Parts, TeamKey, World};

/// What organization to invent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GenerateSettings {
    /// People, guests included; at least one.
    pub users: usize,
    /// Teams, the default team included; at least one.
    pub teams: usize,
    /// In how many teams a member is on average, the default team included.
    pub memberships: usize,
    /// Share of guests and external users, from 0 to 1.
    pub guests: f64,
    /// Share of deactivated people, from 0 to 1.
    pub inactive: f64,
    /// User groups.
    pub user_groups: usize,
    /// Where invention starts from.
    pub seed: u64,
}

impl Default for GenerateSettings {
    fn default() -> Self {
        Self {
            users: 1000,
            teams: 50,
            memberships: 3,
            guests: 0.02,
            inactive: 0.08,
            user_groups: 4,
            seed: 42,
        }
    }
}

/// The first id; Miro's have 19 digits.
const FIRST_ID: u64 = 3_074_457_345_600_000_000;

/// Hands out ascending ids with gaps.
#[derive(Debug)]
struct Ids {
    last: u64,
}

impl Ids {
    fn next(&mut self) -> u64 {
        self.last += 1 + (self.last.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54);
        self.last
    }
}

/// Invents an organization as it is at `now`.
pub fn generate(settings: &GenerateSettings, switches: &Switches, now: Timestamp) -> World {
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    // Organizations of different seeds have different ids, as different organizations have.
    let mut ids = Ids {
        last: FIRST_ID + settings.seed % 1_000_003 * 1_000_000_000,
    };
    let mut organization = Organization::new(ids.next(), words::COMPANY);
    organization.allowed_domains = words::COMPANY_DOMAINS
        .iter()
        .copied()
        .map(Into::into)
        .collect();
    organization
        .claimed_domains
        .clone_from(&organization.allowed_domains);
    organization.custom_admin_roles = vec!["Workspace Steward".into()];
    let now = Moment::from(now);
    let mut teams = teams::named(settings.teams.max(1), &mut ids, now, &mut random);
    let users = people::invent(settings, &mut ids, now, &mut random);
    organization.full_licenses_purchased = Some(people::seats_to_buy(&users));
    let groups = teams::user_groups(settings.user_groups, &users, &mut ids, &mut random);
    teams::fill(&mut teams, &users, settings.memberships, &mut random);
    let boards = teams::boards(&teams, &users, &mut ids, &mut random);
    let parts = Parts {
        organization,
        switches: switches.clone(),
        default_team: first_team(),
        users,
        teams,
        groups,
        boards,
        shares: Vec::new(),
        audit: Vec::new(),
        last_id: ids.last,
    };
    World::try_from(parts)
        .unwrap_or_else(|broken| unreachable!("what is invented fits together: {broken}"))
}

fn first_team() -> TeamKey {
    use crate::world::Key as _;
    TeamKey::at(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::TeamRole;

    fn invented(settings: GenerateSettings) -> World {
        generate(
            &settings,
            &Switches::default(),
            Timestamp::from_second(1_790_000_000).unwrap(),
        )
    }

    #[test]
    fn the_same_settings_invent_the_same_organization() {
        let settings = GenerateSettings {
            users: 200,
            teams: 10,
            ..GenerateSettings::default()
        };
        let json = |world: &World| serde_json::to_string(world).unwrap();
        assert_eq!(json(&invented(settings)), json(&invented(settings)));
        let other = GenerateSettings {
            seed: 7,
            ..settings
        };
        assert_ne!(json(&invented(settings)), json(&invented(other)));
    }

    #[test]
    fn every_team_with_members_has_an_active_admin_and_the_organization_has_one() {
        let world = invented(GenerateSettings {
            users: 2000,
            teams: 100,
            ..GenerateSettings::default()
        });
        assert!(world.company_admins() >= 2);
        for key in world.teams_after(0) {
            let team = world.team(key);
            assert!(
                team.members().is_empty() || team.active_admins() > 0,
                "{}",
                team.name
            );
        }
    }

    #[test]
    fn memberships_count_the_default_team_in_and_shares_are_kept() {
        let world = invented(GenerateSettings {
            users: 5000,
            teams: 200,
            ..GenerateSettings::default()
        });
        let internal = world.scim_user_count();
        let memberships: usize = world
            .teams_after(0)
            .map(|key| world.team(key).members().len())
            .sum();
        let average = memberships as f64 / internal as f64;
        assert!((2.8..=3.2).contains(&average), "{average}");
        let guests = 5000 - internal;
        assert!((80..=120).contains(&guests), "{guests}");
        let inactive = world
            .users_after(0)
            .filter(|key| !world.user(*key).active)
            .count();
        assert!((350..=450).contains(&inactive), "{inactive}");
    }

    #[test]
    fn some_people_are_idle_some_never_came_and_some_teams_are_empty() {
        let world = invented(GenerateSettings {
            users: 2000,
            teams: 100,
            ..GenerateSettings::default()
        });
        let never = world
            .users_after(0)
            .filter(|key| world.user(*key).last_activity_at.is_none())
            .count();
        assert!(never > 20, "{never}");
        let empty = world
            .teams_after(0)
            .filter(|key| world.team(*key).members().is_empty())
            .count();
        assert!(empty > 1, "{empty}");
        let guests_in_teams = world
            .teams_after(0)
            .flat_map(|key| world.team(key).members())
            .any(|membership| membership.role == TeamRole::Guest);
        assert!(guests_in_teams);
    }

    #[test]
    fn a_single_person_in_a_single_team_is_its_admin() {
        let world = invented(GenerateSettings {
            users: 1,
            teams: 1,
            guests: 1.0,
            inactive: 1.0,
            ..GenerateSettings::default()
        });
        assert_eq!(world.company_admins(), 1);
        assert_eq!(world.team(world.default_team()).active_admins(), 1);
    }
}
