//! The planner: a list of named steps, each of which writes down what it did and what it left alone.

mod accounts;
mod addresses;
pub(crate) mod assigned;
mod basis;
mod compare;
mod creation;
mod drafts;
mod extras;
mod gains;
mod holds;
pub(crate) mod ids;
pub(crate) mod index;
mod last_admins;
mod leaving;
pub(crate) mod linking;
mod memberships;
mod moves;
mod names;
mod order;
mod pushes;
mod quick;
mod retired;
mod roles;
mod scene;
pub(crate) mod slots;
pub(crate) mod standing;
mod step;
mod trust;
mod unmanaged;

use std::fmt;

use usher_model::{PersonId, PlanId, Timestamp};

pub use basis::basis_hash;
pub use trust::is_fresh;

use crate::{
    Basis, Change, CompiledGroupMapping, CompiledMapping, CompiledMatching, CompiledScope, Desired,
    GroupIndex, Inventory, Plan, PlanHash, Report, Settings, consequences, guards,
};
use accounts::Cast;
use assigned::Assigned;
pub(crate) use drafts::Notes;
use index::Index;
use linking::Ties;
use scene::Rules;
pub(crate) use scene::Scene;
use slots::Slots;
use standing::Standing;
use step::Step;
use trust::{Base, Trust};

/// What a plan is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRequest {
    /// The id it gets.
    pub id: PlanId,
    /// The time it is made at.
    pub now: Timestamp,
    /// The plan it replaces.
    pub parent: Option<PlanId>,
    /// The people it is restricted to, with their accounts and memberships; everybody if empty.
    pub only: Vec<PersonId>,
}

/// Why there is no plan: settings that cannot be used, with the place named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct PlanError {
    /// Everything that is wrong, a line each: where, and what to do about it.
    pub problems: Vec<String>,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the provisioning settings cannot be used; correct them and plan again:\n{}",
            self.problems.join("\n")
        )
    }
}

/// Makes a plan: the smallest list of changes that brings the organization in line with the directory, and the report
/// of everything that was looked at and left alone.
///
/// # Errors
/// When the settings cannot be used: an expression that does not compile, a filter that names an unknown group.
pub fn plan(
    inventory: &Inventory,
    desired: &Desired,
    settings: &Settings,
    request: &PlanRequest,
) -> Result<(Plan, Report), PlanError> {
    let mut notes = Notes::default();
    let scene = set(inventory, desired, settings, request, &mut notes)?;
    let changes = scene.map_or_else(Vec::new, |scene| walk(&scene, &mut notes));
    let plan = finish(inventory, desired, settings, request, changes);
    Ok((plan, notes.report))
}

/// Everything that the steps look at; nothing if there is nothing firm to plan on.
pub(crate) fn set<'a>(
    inventory: &'a Inventory,
    desired: &'a Desired,
    settings: &'a Settings,
    request: &'a PlanRequest,
    notes: &mut Notes,
) -> Result<Option<Scene<'a>>, PlanError> {
    let size = inventory.accounts.len() + desired.people.len();
    let (rules, index) = quick::both(
        size,
        || {
            let groups = GroupIndex::build(&desired.groups);
            compile(settings, &groups).map(|rules| (groups, rules))
        },
        || Index::build(inventory, desired, settings, request.now),
    );
    let (groups, rules) = rules?;
    let mut trust = None;
    notes.step(Step::Trust, |notes| {
        trust = Some(Trust::weigh(inventory, settings, request.now, notes));
        1
    });
    let Some(trust) = trust.filter(|trust| trust.base == Base::Firm) else {
        return Ok(None);
    };
    let default_team = trust.default_team.as_ref();
    let default_team = default_team.and_then(|id| index.teams.get(id).copied());
    Ok(Some(Scene {
        inventory,
        desired,
        settings,
        now: request.now,
        index,
        groups,
        trust,
        rules,
        only: request.only.iter().collect(),
        default_team,
    }))
}

fn compile(settings: &Settings, groups: &GroupIndex) -> Result<Rules, PlanError> {
    let mut problems: Vec<String> = Vec::new();
    let mut note = |problem: String| problems.extend(problem.lines().map(str::to_owned));
    let scope = CompiledScope::compile(&settings.scope, groups);
    let mapping = CompiledMapping::compile(&settings.user_mapping);
    let matching = CompiledMatching::compile(&settings.matching);
    let group_mapping = CompiledGroupMapping::compile(&settings.group_mapping);
    match (scope, mapping, matching, group_mapping) {
        (Ok(scope), Ok(mapping), Ok(matching), Ok(group_mapping)) => Ok(Rules {
            scope,
            mapping,
            matching,
            group_mapping,
        }),
        (scope, mapping, matching, group_mapping) => {
            scope
                .err()
                .into_iter()
                .for_each(|error| note(error.to_string()));
            mapping
                .err()
                .into_iter()
                .for_each(|error| note(error.to_string()));
            matching
                .err()
                .into_iter()
                .for_each(|error| note(error.to_string()));
            group_mapping
                .err()
                .into_iter()
                .for_each(|error| note(error.to_string()));
            Err(PlanError { problems })
        }
    }
}

/// What the first steps found out: who should hold what, who is in scope, and whose account is whose.
pub(crate) struct Findings<'a> {
    pub(crate) slots: Slots<'a>,
    pub(crate) assigned: Assigned<'a>,
    pub(crate) standings: Vec<Standing>,
    pub(crate) ties: Ties,
}

/// The steps that look.
pub(crate) fn look<'a>(scene: &Scene<'a>, notes: &mut Notes) -> Option<Findings<'a>> {
    let mut slots = Slots::default();
    notes.step(Step::Groups, |notes| pushes::push(scene, &mut slots, notes));
    let mut assigned = None;
    notes.step(Step::Assignments, |notes| {
        assigned = Some(Assigned::spread(scene, &mut slots, notes));
        scene.desired.assignments.len()
    });
    let assigned = assigned?;
    slots.report(notes);
    let mut standings = Vec::new();
    notes.step(Step::Scope, |notes| {
        standings = standing::judge(scene, &assigned, notes);
        standings.len()
    });
    let mut ties = None;
    notes.step(Step::Linking, |notes| {
        ties = Some(linking::link(scene, &assigned, &standings, notes));
        scene.desired.people.len()
    });
    Some(Findings {
        slots,
        assigned,
        standings,
        ties: ties?,
    })
}

/// The steps, in order.
fn walk(scene: &Scene<'_>, notes: &mut Notes) -> Vec<Change> {
    let Some(mut found) = look(scene, notes) else {
        return Vec::new();
    };
    let differences = compare::compare(scene, &found.assigned, &found.standings, &found.ties);
    let cast = Cast {
        scene,
        assigned: &found.assigned,
        standings: &found.standings,
        ties: &found.ties,
        differences: &differences,
    };
    act(&cast, &mut found.slots, notes);
    if !scene.is_for_all() {
        notes.step(Step::Only, |notes| order::restrict(scene, notes));
    }
    notes.report.accounts_in_line = in_line(&cast, notes);
    let mut changes = order::number(scene, notes);
    consequences::annotate(&mut changes, scene.inventory, scene.settings);
    changes
}

/// The steps that change something.
fn act<'a>(cast: &Cast<'_, 'a>, slots: &mut Slots<'a>, notes: &mut Notes) {
    let scene = cast.scene;
    notes.step(Step::Groups, |notes| {
        retired::retire(scene, cast.ties, slots, notes)
    });
    let mut leaving = leaving::Leaving::default();
    notes.step(Step::Leavers, |notes| {
        leaving = leaving::leave(scene, cast.standings, cast.ties, notes);
        leaving.looked_at
    });
    notes.step(Step::Holds, |notes| {
        leaving::hold(scene, cast.ties, &mut leaving, notes)
    });
    notes.step(Step::Unmanaged, |notes| {
        unmanaged::handle(scene, cast.ties, &mut leaving, notes)
    });
    let mut ready = Vec::new();
    notes.step(Step::Accounts, |notes| {
        ready = accounts::provision(cast, &mut leaving, notes);
        scene.desired.people.len()
    });
    notes.step(Step::Roles, |notes| {
        roles::align(cast, &ready, notes);
        ready.len()
    });
    let mut moved = memberships::Moved::default();
    notes.step(Step::Memberships, |notes| {
        moved = memberships::align(cast, &ready, slots, notes);
        memberships::report_blocked(cast, notes);
        ready.len()
    });
    notes.step(Step::ExtraMembers, |notes| {
        extras::handle(cast, slots, &leaving, &moved, notes)
    });
    notes.step(Step::LastAdmins, |notes| last_admins::keep(scene, notes));
}

/// How many accounts of people in scope need no change.
fn in_line(cast: &Cast<'_, '_>, notes: &Notes) -> u32 {
    let mut is_touched = vec![false; cast.scene.desired.people.len()];
    for (_, draft) in notes.drafts() {
        if let Some(person) = draft.person {
            is_touched[person.at()] = true;
        }
    }
    let in_line = cast.scene.index.people_in_order.iter().filter(|at| {
        cast.standings[at.at()] == Standing::In
            && cast.ties.of(**at).account().is_some()
            && !is_touched[at.at()]
    });
    u32::try_from(in_line.count()).unwrap_or(u32::MAX)
}

fn finish(
    inventory: &Inventory,
    desired: &Desired,
    settings: &Settings,
    request: &PlanRequest,
    changes: Vec<Change>,
) -> Plan {
    let guards = guards::weigh(&changes, inventory, desired, settings);
    let mut plan = Plan {
        id: request.id.clone(),
        organization: inventory.organization.id.clone(),
        created_at: request.now,
        basis: Basis {
            snapshot: inventory.snapshot.as_ref().map(|facts| facts.sync.clone()),
            parent: request.parent.clone(),
            hash: PlanHash(String::new()),
            only: request.only.clone(),
        },
        changes,
        guards,
    };
    plan.basis.hash = basis_hash(&plan, inventory, desired, settings);
    plan
}
