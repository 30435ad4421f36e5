//! Whatever is done in whatever order, what must hold holds, and what is refused changes nothing.

use std::sync::LazyLock;

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use smol_str::SmolStr;

use super::*;
use crate::generate::{GenerateSettings, generate};
use crate::switches::{GroupModel, Switches};

/// Something that one of the APIs may do; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    Create {
        name: u8,
        license: Option<License>,
        role: OrganizationRole,
        active: bool,
    },
    Rename {
        user: usize,
        name: u8,
    },
    Activate {
        user: usize,
        active: bool,
    },
    License {
        user: usize,
        license: License,
    },
    Role {
        user: usize,
        role: OrganizationRole,
    },
    Describe {
        user: usize,
        text: u8,
    },
    Delete {
        user: usize,
    },
    EditTeam {
        team: usize,
        add: Vec<usize>,
        remove: Vec<usize>,
        limit: Option<usize>,
    },
    Invite {
        team: usize,
        user: usize,
        role: TeamRole,
    },
    TeamRole {
        team: usize,
        user: usize,
        role: TeamRole,
    },
    Leave {
        team: usize,
        user: usize,
    },
    CreateTeam {
        by: usize,
    },
    DeleteTeam {
        team: usize,
    },
    CreateGroup {
        name: u8,
        members: Vec<usize>,
    },
    RenameGroup {
        group: usize,
        name: u8,
    },
    EditGroup {
        group: usize,
        add: Vec<usize>,
        remove: Vec<usize>,
    },
    DeleteGroup {
        group: usize,
    },
    Attach {
        team: usize,
        group: usize,
    },
    Detach {
        team: usize,
        group: usize,
    },
    SignIn {
        user: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let one = || 0_usize..60;
    let few = || vec(0_usize..60, 0..5);
    let name = || 0_u8..12;
    let license = || prop::sample::select(License::ALL);
    let settable = || {
        prop::sample::select(vec![
            OrganizationRole::InternalAdmin,
            OrganizationRole::InternalUser,
        ])
    };
    let team_role = || prop::sample::select(vec![TeamRole::Admin, TeamRole::Member]);
    prop_oneof![
        (
            name(),
            prop::option::of(license()),
            settable(),
            any::<bool>()
        )
            .prop_map(|(name, license, role, active)| Step::Create {
                name,
                license,
                role,
                active
            }),
        (one(), name()).prop_map(|(user, name)| Step::Rename { user, name }),
        (one(), any::<bool>()).prop_map(|(user, active)| Step::Activate { user, active }),
        (one(), license()).prop_map(|(user, license)| Step::License { user, license }),
        (one(), settable()).prop_map(|(user, role)| Step::Role { user, role }),
        (one(), name()).prop_map(|(user, text)| Step::Describe { user, text }),
        one().prop_map(|user| Step::Delete { user }),
        (one(), few(), few(), prop::option::of(0_usize..4)).prop_map(
            |(team, add, remove, limit)| Step::EditTeam {
                team,
                add,
                remove,
                limit
            }
        ),
        (one(), one(), team_role()).prop_map(|(team, user, role)| Step::Invite {
            team,
            user,
            role
        }),
        (one(), one(), team_role()).prop_map(|(team, user, role)| Step::TeamRole {
            team,
            user,
            role
        }),
        (one(), one()).prop_map(|(team, user)| Step::Leave { team, user }),
        one().prop_map(|by| Step::CreateTeam { by }),
        one().prop_map(|team| Step::DeleteTeam { team }),
        (name(), few()).prop_map(|(name, members)| Step::CreateGroup { name, members }),
        (one(), name()).prop_map(|(group, name)| Step::RenameGroup { group, name }),
        (one(), few(), few()).prop_map(|(group, add, remove)| Step::EditGroup {
            group,
            add,
            remove
        }),
        one().prop_map(|group| Step::DeleteGroup { group }),
        (one(), one()).prop_map(|(team, group)| Step::Attach { team, group }),
        (one(), one()).prop_map(|(team, group)| Step::Detach { team, group }),
        one().prop_map(|user| Step::SignIn { user }),
    ]
}

fn chosen<K: Copy>(from: &[K], number: usize) -> K {
    from[number % from.len()]
}

/// What there is to choose from.
struct There {
    ever: Vec<UserKey>,
    present: Vec<UserKey>,
    teams: Vec<TeamKey>,
    groups: Vec<GroupKey>,
}

impl There {
    fn of(world: &World) -> Self {
        Self {
            ever: world.users.keys().collect(),
            present: world.scim_users().to_vec(),
            teams: world.teams_after(0).collect(),
            groups: world.groups_after(0).collect(),
        }
    }

    fn user(&self, number: usize) -> UserKey {
        chosen(&self.present, number)
    }

    fn team(&self, number: usize) -> TeamKey {
        chosen(&self.teams, number)
    }

    fn group(&self, number: usize) -> GroupKey {
        chosen(&self.groups, number)
    }

    fn edit(&self, add: &[usize], remove: &[usize]) -> MemberEdit {
        let keys = |numbers: &[usize]| numbers.iter().map(|one| chosen(&self.ever, *one)).collect();
        MemberEdit {
            add: keys(add),
            remove: keys(remove),
        }
    }
}

fn address(name: u8) -> String {
    format!("new{name}@northwind-labs.com")
}

impl Step {
    /// Does it; gives whether the organization did not refuse.
    fn take(&self, world: &mut World, change: &Change) -> Result<(), Refusal> {
        let there = There::of(world);
        if let Some((user, update)) = self.update() {
            return world.update_user(change, there.user(user), update);
        }
        match self {
            Self::Create {
                name,
                license,
                role,
                active,
            } => {
                let new = NewUser {
                    user_name: address(*name),
                    deactivated: !active,
                    license: *license,
                    role: *role,
                    ..NewUser::default()
                };
                world.create_user(change, new).map(drop)
            }
            Self::Delete { user } => world.delete_user(change, there.user(*user)),
            Self::SignIn { user } => {
                world.sign_in(change, there.user(*user));
                Ok(())
            }
            _ => self.take_team(world, change, &there),
        }
    }

    /// The steps that change one user.
    fn update(&self) -> Option<(usize, UserUpdate)> {
        let mut update = UserUpdate::default();
        let user = match self {
            Self::Rename { user, name } => {
                update.user_name = Some(address(*name));
                user
            }
            Self::Activate { user, active } => {
                update.active = Some(*active);
                user
            }
            Self::License { user, license } => {
                update.license = Some(*license);
                user
            }
            Self::Role { user, role } => {
                update.role = Some(*role);
                user
            }
            Self::Describe { user, text } => {
                let department = Some(SmolStr::from(text.to_string()));
                update.enterprise = Some(Enterprise {
                    department,
                    ..Enterprise::default()
                });
                update.full_name = Some(format!("N{text} X"));
                user
            }
            _ => return None,
        };
        Some((*user, update))
    }

    fn take_team(&self, world: &mut World, change: &Change, there: &There) -> Result<(), Refusal> {
        let (team, user) = (
            |number: &usize| there.team(*number),
            |number: &usize| there.user(*number),
        );
        match self {
            Self::EditTeam {
                team: number,
                add,
                remove,
                limit,
            } => {
                let progress = limit.map_or(Progress::Whole, Progress::UpTo);
                world.edit_team_members(change, team(number), &there.edit(add, remove), progress)
            }
            Self::Invite {
                team: number,
                user: who,
                role,
            } => world.add_team_member(change, team(number), user(who), *role),
            Self::TeamRole {
                team: number,
                user: who,
                role,
            } => world.set_team_role(change, team(number), user(who), *role),
            Self::Leave {
                team: number,
                user: who,
            } => world.remove_team_member(change, team(number), user(who)),
            Self::CreateTeam { by } => {
                let by = Change::by_user(world.user(user(by)).id, change.at, None);
                world.create_team(&by, "Another").map(drop)
            }
            Self::DeleteTeam { team: number } => world.delete_team(change, team(number)),
            Self::CreateGroup { name, members } => {
                let members = there.edit(members, &[]).add;
                world
                    .provision_user_group(change, &format!("Group {name}"), &members)
                    .map(drop)
            }
            _ if there.groups.is_empty() => Ok(()),
            _ => self.take_group(world, change, there),
        }
    }

    fn take_group(&self, world: &mut World, change: &Change, there: &There) -> Result<(), Refusal> {
        match self {
            Self::RenameGroup { group, name } => world.update_user_group(
                change,
                there.group(*group),
                Some(&format!("Group {name}")),
                None,
            ),
            Self::EditGroup { group, add, remove } => world.edit_group_members(
                change,
                there.group(*group),
                &there.edit(add, remove),
                Progress::Whole,
            ),
            Self::DeleteGroup { group } => {
                world.delete_user_group(change, there.group(*group));
                Ok(())
            }
            Self::Attach { team, group } => {
                world.attach_group(change, there.team(*team), there.group(*group))
            }
            Self::Detach { team, group } => {
                world.detach_group(change, there.team(*team), there.group(*group))
            }
            other => unreachable!("{other:?} is taken elsewhere"),
        }
    }
}

fn start(seats: u32) -> World {
    let mut world = INVENTED.clone();
    world.organization.full_licenses_purchased = Some(world.seats_taken() + seats);
    world
}

static INVENTED: LazyLock<World> = LazyLock::new(|| {
    let settings = GenerateSettings {
        users: 30,
        teams: 5,
        guests: 0.2,
        inactive: 0.2,
        user_groups: 2,
        ..GenerateSettings::default()
    };
    let switches = Switches {
        group_model: GroupModel::Team,
        ..Switches::default()
    };
    let mut world = generate(
        &settings,
        &switches,
        Timestamp::from_second(1_790_000_000).unwrap(),
    );
    world.organization.allowed_domains.clear();
    world
});

fn text(world: &World) -> String {
    serde_json::to_string(world).unwrap()
}

/// A case is a whole history, looked through after each step: fewer of them say as much.
fn histories() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig {
        cases: usual.cases / 4,
        failure_persistence: None,
        ..usual
    }
}

proptest! {
    #![proptest_config(histories())]


    #[test]
    fn nothing_that_is_done_breaks_a_promise(seats in 0_u32..4, steps in vec(step(), 1..60)) {
        let mut world = start(seats);
        for (second, step) in steps.iter().enumerate() {
            let at = Timestamp::from_second(1_790_000_001 + i64::try_from(second).unwrap()).unwrap();
            let change = Change::by_scim(at, None);
            let before = world.clone();
            let done = step.take(&mut world, &change);
            prop_assert_eq!(world.broken_promise(), None, "after {:?}: {:?}", step, done);
            if done.is_err() {
                prop_assert_eq!(text(&world), text(&before), "refused: {:?}", step);
                prop_assert_eq!(world.revision(), before.revision());
            }
        }
        let again: World = serde_json::from_str(&text(&world)).unwrap();
        prop_assert_eq!(again.broken_promise(), None);
        prop_assert_eq!(text(&again), text(&world));
        prop_assert_eq!(again.seats_taken(), world.seats_taken());
    }
}

#[test]
fn a_state_that_names_what_is_not_there_is_refused() {
    let mut state = serde_json::to_value(start(1)).unwrap();
    state["boards"][0]["owner"] = 99_999.into();
    let refused = serde_json::from_value::<World>(state).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("names another that is not there"),
        "{refused}"
    );
}
