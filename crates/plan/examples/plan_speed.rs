//! How long a plan takes and how much memory, over made-up data of growing size.
//!
//! `cargo run --release -p usher-plan --example plan_speed [PEOPLE]`: plans for a tenth of so many people and for all
//! of them, with nothing to do and with one change for every tenth person, and prints seconds, the growth exponent
//! and the peak memory. Nothing is random: the same data every time.

use std::collections::BTreeMap;
use std::time::Instant;

use usher_model::{
    Account, AccountId, AccountStatus, AppRole, Assignment, AssignmentId, AssignmentOrigin,
    AssignmentTarget, Attributes, Completeness, Coverage, Email, EnterpriseAttributes, Entitlement,
    Group, GroupId, GroupMember, GroupModel, Known, License, Link, LinkOrigin, Organization,
    OrganizationId, OrganizationRole, Person, PersonId, PersonStatus, PlanId, ProvisionedGrant,
    Seen, SourceName, Subject, SyncId, Team, TeamId, TeamRole, TeamTarget, Timestamp,
};
use usher_plan::{
    Desired, FirstCycle, Inventory, PlanRequest, Settings, SnapshotFacts, TeamMember, TeamState,
    plan,
};

/// Teams besides the default team; each stands for a directory group.
const TEAMS: usize = 500;
/// Teams that each person is in.
const MEMBERSHIPS: usize = 3;

fn main() {
    let people = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_000);
    let small = measure(people / 10, Work::Nothing);
    let large = measure(people, Work::Nothing);
    let exponent = (large / small).log10();
    say(&format!(
        "growth exponent from {} to {people}: {exponent:.2}",
        people / 10
    ));
    measure(people, Work::TenPercent);
}

/// What there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    /// Nothing.
    Nothing,
    /// Every tenth person has moved to another department.
    TenPercent,
}

#[expect(
    clippy::print_stdout,
    reason = "an example that prints what it measures"
)]
fn say(line: &str) {
    println!("{line}");
}

/// Plans five times and gives the best time in seconds.
fn measure(people: usize, work: Work) -> f64 {
    let (inventory, desired) = build(people, work);
    let settings = Settings::default();
    let request = PlanRequest {
        id: PlanId::new("plan"),
        now: moment(),
        parent: None,
        only: Vec::new(),
    };
    let before = memory("VmRSS:");
    let (mut best, mut best_work) = (f64::INFINITY, f64::INFINITY);
    let mut changes = 0;
    for _ in 0..5 {
        let (start, worked) = (Instant::now(), work_seconds());
        let planned = plan(&inventory, &desired, &settings, &request);
        best = best.min(start.elapsed().as_secs_f64());
        best_work = best_work.min(work_seconds() - worked);
        changes = planned.map_or(usize::MAX, |(plan, _)| plan.changes.len());
    }
    let peak = memory("VmHWM:");
    say(&format!(
        "{people} people, {} accounts, {work:?}: {changes} changes in {best:.3} s ({best_work:.2} s of work); data {before} MB, peak {peak} MB",
        inventory.accounts.len()
    ));
    best
}

/// How long all threads of this process have worked, in seconds: other work on the machine does not count.
fn work_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

/// A line of `/proc/self/status`, in megabytes.
fn memory(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find_map(|text| text.strip_prefix(line));
    let kilobytes = found.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}

fn moment() -> Timestamp {
    Timestamp::from_second(1_780_000_000).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn account_id(at: usize) -> AccountId {
    AccountId::new(format!("3074457345{at:09}"))
}

fn person_id(at: usize) -> PersonId {
    PersonId::new(format!("01900000-0000-7000-8000-{at:012}"))
}

fn group_id(team: usize) -> GroupId {
    GroupId::new(format!("01900000-0000-7000-9000-{team:012}"))
}

fn team_id(team: usize) -> TeamId {
    TeamId::new(format!("3074457346{team:09}"))
}

/// The teams of a person.
fn teams_of(at: usize) -> [usize; MEMBERSHIPS] {
    let first = at % TEAMS;
    [
        first,
        (first + 1 + at / TEAMS % 150) % TEAMS,
        (first + 200 + at / TEAMS % 150) % TEAMS,
    ]
}

fn build(people: usize, work: Work) -> (Inventory, Desired) {
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); TEAMS];
    for at in 0..people {
        for team in teams_of(at) {
            members[team].push(at);
        }
    }
    (inventory(people, &members), desired(people, &members, work))
}

fn inventory(people: usize, members: &[Vec<usize>]) -> Inventory {
    let member = |at: &usize, rank: usize| TeamMember {
        account: account_id(*at),
        role: if rank == 0 {
            TeamRole::Admin
        } else {
            TeamRole::Member
        },
    };
    let mut teams: Vec<TeamState> = members
        .iter()
        .enumerate()
        .map(|(team, members)| TeamState {
            team: Team {
                id: team_id(team),
                name: format!("Team {team}"),
            },
            members: members
                .iter()
                .enumerate()
                .map(|(rank, at)| member(at, rank))
                .collect(),
        })
        .collect();
    teams.push(TeamState {
        team: Team {
            id: team_id(TEAMS),
            name: "Everybody".to_owned(),
        },
        members: (0..people).map(|at| member(&at, at)).collect(),
    });
    Inventory {
        organization: Organization {
            id: OrganizationId::new("3074457345600000000"),
            name: Known::Unknown,
            plan: Known::Unknown,
            full_licenses_purchased: Known::Known(u32::try_from(people).unwrap_or(u32::MAX)),
        },
        group_model: Known::Known(GroupModel::Team),
        snapshot: Some(SnapshotFacts {
            sync: SyncId::new("sync"),
            confirmed_at: moment(),
            verdict: Completeness::Complete,
            coverage: Coverage {
                guests: Seen::Yes,
                activity: Seen::Yes,
                names: Seen::Yes,
                teams: Seen::Yes,
                team_roles: Seen::Yes,
                admin_roles: Seen::Yes,
                user_groups: Seen::Yes,
            },
        }),
        accounts: (0..people).map(account).collect(),
        teams,
        user_groups: Vec::new(),
        default_team: Known::Known(team_id(TEAMS)),
        boards: BTreeMap::new(),
    }
}

fn account(at: usize) -> Account {
    Account {
        id: account_id(at),
        email: Email::new(format!("person.{at}@example.org")),
        display_name: Known::Known(format!("Given{at} Family{at}")),
        status: AccountStatus::Active,
        role: Known::Known(if at == 0 {
            OrganizationRole::InternalAdmin
        } else {
            OrganizationRole::InternalUser
        }),
        license: Known::Known(License::Full),
        license_assigned_at: Known::Unknown,
        last_activity_at: Known::Unknown,
        admin_roles: Known::Known(Vec::new()),
        enterprise: Known::Known(EnterpriseAttributes {
            employee_number: Some(format!("E{at:07}")),
            cost_center: Some(format!("CC{}", at % 40)),
            organization: Some("Example".to_owned()),
            division: Some(format!("Division {}", at % 8)),
            department: Some(format!("Department {}", at % 60)),
            manager: None,
        }),
    }
}

fn desired(people: usize, members: &[Vec<usize>], work: Work) -> Desired {
    let groups = members.iter().enumerate().map(|(team, members)| Group {
        id: group_id(team),
        name: format!("Team {team}"),
        description: None,
        members: members
            .iter()
            .map(|at| GroupMember::Person(person_id(*at)))
            .collect(),
    });
    let assignment = |id: String, team: usize, target| Assignment {
        id: AssignmentId::new(id),
        subject: Subject::Group(group_id(team)),
        target,
        origin: AssignmentOrigin::Directory {
            source: SourceName::new("ldap"),
        },
        starts_at: None,
        expires_at: None,
        note: None,
    };
    let assignments = (0..TEAMS).flat_map(|team| {
        let role = AppRole::new("User");
        let by_id = AssignmentTarget::Team {
            team: TeamTarget::Id(team_id(team)),
            role: TeamRole::Member,
        };
        [
            assignment(
                format!("a{team}"),
                team,
                AssignmentTarget::Application { role },
            ),
            assignment(format!("t{team}"), team, by_id),
        ]
    });
    let provisioned = (0..people).flat_map(|at| {
        teams_of(at).map(|team| ProvisionedGrant {
            account: account_id(at),
            entitlement: Entitlement::Team {
                team: team_id(team),
                role: TeamRole::Member,
            },
            since: moment(),
        })
    });
    Desired {
        people: (0..people).map(|at| person(at, work)).collect(),
        groups: groups.collect(),
        assignments: assignments.collect(),
        holds: Vec::new(),
        links: (0..people).map(link).collect(),
        group_links: (0..TEAMS).map(group_link).collect(),
        provisioned: provisioned.collect(),
        first_cycle: FirstCycle::Done,
        ..Desired::default()
    }
}

fn group_link(team: usize) -> usher_model::GroupLink {
    usher_model::GroupLink {
        group: group_id(team),
        target: usher_model::GroupLinkTarget::Team(team_id(team)),
        how: LinkOrigin::Matched,
        since: moment(),
    }
}

fn person(at: usize, work: Work) -> Person {
    let moved = work == Work::TenPercent && at.is_multiple_of(10);
    let department = if moved {
        "Department 61".to_owned()
    } else {
        format!("Department {}", at % 60)
    };
    let mut attributes = Attributes::default();
    for (name, value) in [
        ("email", format!("person.{at}@example.org")),
        ("givenName", format!("Given{at}")),
        ("familyName", format!("Family{at}")),
        ("employeeNumber", format!("E{at:07}")),
        ("organization", "Example".to_owned()),
        ("department", department),
        ("division", format!("Division {}", at % 8)),
        ("costCenter", format!("CC{}", at % 40)),
        ("preferredLanguage", "en_US".to_owned()),
    ] {
        attributes.set_text(name, &value);
    }
    Person {
        id: person_id(at),
        status: PersonStatus::Active,
        manager: (at > 0).then(|| person_id(at / 10)),
        attributes,
    }
}

fn link(at: usize) -> Link {
    let sent = [
        ("preferredLanguage", "en_US".to_owned()),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
            account_id(at / 10).to_string(),
        ),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName",
            format!("Given{0} Family{0}", at / 10),
        ),
    ];
    Link {
        person: person_id(at),
        account: account_id(at),
        how: LinkOrigin::Matched,
        since: moment(),
        sent: sent
            .into_iter()
            .filter(|(path, _)| at > 0 || *path == "preferredLanguage")
            .map(|(path, value)| (path.to_owned(), value))
            .collect(),
        disabled_at: None,
    }
}
