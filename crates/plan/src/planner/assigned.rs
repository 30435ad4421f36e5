//! Who should hold what now: assignments spread over the people in groups.

use std::collections::HashMap;

use usher_model::{
    Assignment, AssignmentTarget, GroupId, License, OrganizationRole, Subject, TeamRole,
};

use super::drafts::{Notes, Who};
use super::ids::{AssignmentAt, PersonAt, Rows, SlotAt};
use super::scene::Scene;
use super::slots::Slots;
use super::step::Step;
use crate::Reason;

/// What an assignment gives, as far as it can be told apart without its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wanted {
    /// An account.
    Application,
    /// A role in the organization.
    Role,
    /// An admin role.
    AdminRole,
    /// A licence.
    License,
    /// Membership.
    In(SlotAt),
    /// The role of an admin in a team. Whoever wants it wants membership too.
    Leads(SlotAt),
}

/// One thing that a person should hold, because of one assignment.
pub(crate) type Want = (Wanted, AssignmentAt);

/// Who should hold what now.
pub(crate) struct Assigned<'a> {
    /// Assignments in the order of their ids.
    assignments: Vec<&'a Assignment>,
    wants: Rows<Want>,
}

impl<'a> Assigned<'a> {
    /// Spreads the assignments that hold now. What is assigned with the default-access role is left out (E2).
    pub(crate) fn spread(scene: &Scene<'a>, slots: &mut Slots<'a>, notes: &mut Notes) -> Self {
        let mut assignments: Vec<&Assignment> = scene.desired.assignments.iter().collect();
        assignments.sort_by(|one, other| one.id.cmp(&other.id));
        let mut spread = Spread {
            scene,
            members: HashMap::new(),
            pairs: Vec::with_capacity(scene.desired.people.len()),
        };
        for (at, assignment) in assignments.iter().enumerate() {
            if counts(assignment) && assignment.holds_at(scene.now) {
                spread.one(AssignmentAt::new(at), assignment, slots, notes);
            }
        }
        let wants = Rows::new(scene.desired.people.len(), &spread.pairs);
        Self { assignments, wants }
    }

    /// What a person should hold.
    pub(crate) fn wants(&self, person: PersonAt) -> &[Want] {
        self.wants.of(person.at())
    }

    /// The assignment at a position.
    pub(crate) fn assignment(&self, at: AssignmentAt) -> &'a Assignment {
        self.assignments[at.at()]
    }

    /// The assignments that want the same thing for a person.
    pub(crate) fn reasons(
        &self,
        scene: &Scene<'_>,
        person: PersonAt,
        wanted: impl Fn(Wanted) -> bool,
    ) -> Vec<Reason> {
        let wants = self.wants(person).iter().filter(|want| wanted(want.0));
        let mut found: Vec<AssignmentAt> = wants.map(|want| want.1).collect();
        found.sort_unstable();
        found.dedup();
        found
            .into_iter()
            .map(|at| reason(scene, person, self.assignment(at)))
            .collect()
    }

    /// The assignments of a person whose target passes a test.
    pub(crate) fn reasons_for(
        &self,
        scene: &Scene<'_>,
        person: PersonAt,
        passes: impl Fn(&AssignmentTarget) -> bool,
    ) -> Vec<Reason> {
        let mut found: Vec<AssignmentAt> = self.wants(person).iter().map(|want| want.1).collect();
        found.sort_unstable();
        found.dedup();
        found
            .into_iter()
            .map(|at| self.assignment(at))
            .filter(|assignment| passes(&assignment.target))
            .map(|assignment| reason(scene, person, assignment))
            .collect()
    }

    /// The reasons for a person to have an account at all: what is assigned, at most three of them.
    pub(crate) fn scope_reasons(&self, scene: &Scene<'_>, person: PersonAt) -> Vec<Reason> {
        let mut found: Vec<AssignmentAt> = self.wants(person).iter().map(|want| want.1).collect();
        found.sort_unstable();
        found.dedup();
        found
            .into_iter()
            .take(3)
            .map(|at| reason(scene, person, self.assignment(at)))
            .collect()
    }
}

/// Whether an assignment gives anything: with the default-access role it does not (E2).
pub(crate) fn counts(assignment: &Assignment) -> bool {
    match &assignment.target {
        AssignmentTarget::Application { role } => !role.is_default_access(),
        _ => true,
    }
}

struct Spread<'s, 'a> {
    scene: &'s Scene<'a>,
    members: HashMap<&'a GroupId, Vec<u32>>,
    pairs: Vec<(u32, Want)>,
}

impl<'a> Spread<'_, 'a> {
    fn one(
        &mut self,
        at: AssignmentAt,
        assignment: &'a Assignment,
        slots: &mut Slots<'a>,
        notes: &mut Notes,
    ) {
        let mut wanted = wanted(self.scene, assignment, slots);
        match &assignment.subject {
            Subject::Person(id) => match self.scene.index.people.get(id) {
                Some(person) => self.give(number(*person), &wanted, at),
                None => unknown_subject(assignment, "person", notes),
            },
            Subject::Group(id) if self.scene.groups.has(id) => {
                if matches!(assignment.target, AssignmentTarget::Application { .. }) {
                    wanted.extend(slots.pushed(id).map(Wanted::In));
                }
                self.give_all(id, &wanted, at);
            }
            Subject::Group(_) => unknown_subject(assignment, "group", notes),
        }
    }

    fn give_all(&mut self, group: &'a GroupId, wanted: &[Wanted], at: AssignmentAt) {
        let scene = self.scene;
        let members = self.members.entry(group).or_insert_with(|| {
            let members = scene.groups.members(group).into_iter();
            members
                .filter_map(|id| scene.index.people.get(id))
                .map(|person| number(*person))
                .collect()
        });
        for wanted in wanted {
            self.pairs
                .extend(members.iter().map(|person| (*person, (*wanted, at))));
        }
    }

    fn give(&mut self, person: u32, wanted: &[Wanted], at: AssignmentAt) {
        self.pairs
            .extend(wanted.iter().map(|wanted| (person, (*wanted, at))));
    }
}

fn number(person: PersonAt) -> u32 {
    u32::try_from(person.at()).unwrap_or(u32::MAX)
}

fn wanted<'a>(scene: &Scene<'a>, assignment: &'a Assignment, slots: &mut Slots<'a>) -> Vec<Wanted> {
    match &assignment.target {
        AssignmentTarget::Application { .. } => vec![Wanted::Application],
        AssignmentTarget::Role { .. } => vec![Wanted::Role],
        AssignmentTarget::AdminRole { .. } => vec![Wanted::AdminRole],
        AssignmentTarget::License { .. } => vec![Wanted::License],
        AssignmentTarget::UserGroup { user_group } => {
            vec![Wanted::In(slots.user_group(scene, user_group))]
        }
        AssignmentTarget::Team { team, role } => {
            let slot = slots.team(scene, team);
            if *role == TeamRole::Admin {
                vec![Wanted::In(slot), Wanted::Leads(slot)]
            } else {
                vec![Wanted::In(slot)]
            }
        }
    }
}

fn unknown_subject(assignment: &Assignment, what: &str, notes: &mut Notes) {
    let label = match &assignment.subject {
        Subject::Person(id) => id.to_string(),
        Subject::Group(id) => id.to_string(),
    };
    notes.skip(
        Step::Assignments,
        Who::thing(format!("assignment {}", assignment.id)),
        format!("the directory knows no {what} {label}"),
        "remove the assignment, or refresh the source that knows it",
    );
}

fn reason(scene: &Scene<'_>, person: PersonAt, assignment: &Assignment) -> Reason {
    let via = match &assignment.subject {
        Subject::Person(_) => Vec::new(),
        Subject::Group(group) => {
            let path = scene.groups.path(&scene.person(person).id, group);
            path.unwrap_or_default()
                .into_iter()
                .map(str::to_owned)
                .collect()
        }
    };
    Reason::Assigned {
        assignment: assignment.id.clone(),
        origin: assignment.origin.clone(),
        gives: gives(scene, &assignment.target),
        via,
    }
}

/// What an assignment gives, in words.
pub(crate) fn gives(scene: &Scene<'_>, target: &AssignmentTarget) -> String {
    use usher_model::{TeamTarget, UserGroupTarget};
    match target {
        AssignmentTarget::Application { role } => format!("the application as {role}"),
        AssignmentTarget::Role { role } => format!("the role {role}"),
        AssignmentTarget::AdminRole { name } => format!("the admin role {name}"),
        AssignmentTarget::License { license } => format!("the licence {license}"),
        AssignmentTarget::Team { team, role } => match team {
            TeamTarget::Name(name) => format!("team {name} as {role}"),
            TeamTarget::Id(id) => {
                let known = scene.index.teams.get(id);
                let name = known.map_or(id.as_str(), |at| scene.team(*at).name.as_str());
                format!("team {name} as {role}")
            }
        },
        AssignmentTarget::UserGroup { user_group } => match user_group {
            UserGroupTarget::Name(name) => format!("user group {name}"),
            UserGroupTarget::Id(id) => {
                let known = scene.index.user_groups.get(id);
                let name = known.map_or(id.as_str(), |at| scene.user_group(*at).name.as_str());
                format!("user group {name}")
            }
        },
    }
}

/// How much a licence allows. `None` for one that nobody can place; it is neither raised nor taken for lower.
pub(crate) fn rank(license: &License) -> Option<u8> {
    match license {
        License::FreeRestricted => Some(0),
        License::Free => Some(1),
        License::Basic => Some(2),
        License::Occasional => Some(3),
        License::FullTrial => Some(4),
        License::Full | License::Standard => Some(5),
        License::Advanced => Some(6),
        License::Unknown | License::Other(_) => None,
    }
}

/// Whether a role can be given by somebody.
pub(crate) fn is_settable(role: &OrganizationRole) -> bool {
    role.is_internal()
}
