//! Who is in scope.

use usher_model::{PersonStatus, Timestamp};

use super::assigned::Assigned;
use super::drafts::Notes;
use super::ids::PersonAt;
use super::scene::Scene;
use super::step::Step;
use crate::scope::Assigned as HasAssignment;
use crate::{CompiledScope, Reason, ScopeVerdict};

/// Whether a person is to have an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// In scope.
    In,
    /// Not, for this reason.
    Leaves(Box<Reason>),
    /// No source knows the person, but one of them is not believed: nothing happens.
    Waits,
}

/// Judges everybody, by position.
pub(crate) fn judge(
    scene: &Scene<'_>,
    assigned: &Assigned<'_>,
    notes: &mut Notes,
) -> Vec<Standing> {
    let mut standings = vec![Standing::In; scene.desired.people.len()];
    let mut in_scope = 0_u32;
    for at in &scene.index.people_in_order {
        let standing = judge_one(scene, assigned, *at);
        match &standing {
            Standing::In => in_scope += 1,
            Standing::Waits if scene.index.links.of_person[at.at()].is_some() => notes.skip(
                Step::Scope,
                scene.who(*at),
                "no source knows the person any more, but a source's last reading is not believed",
                "refresh the source, or accept its reading if it is right",
            ),
            Standing::Waits | Standing::Leaves(_) => {}
        }
        standings[at.at()] = standing;
    }
    notes.report.people_in_scope = in_scope;
    standings
}

fn judge_one(scene: &Scene<'_>, assigned: &Assigned<'_>, at: PersonAt) -> Standing {
    let person = scene.person(at);
    match person.status {
        PersonStatus::Disabled => Standing::Leaves(Box::new(Reason::PersonDisabled)),
        PersonStatus::Gone if !scene.desired.suspect_sources.is_empty() => Standing::Waits,
        PersonStatus::Gone => Standing::Leaves(Box::new(Reason::PersonGone)),
        PersonStatus::Active => {
            let has = if assigned.wants(at).is_empty() {
                HasAssignment::No
            } else {
                HasAssignment::Yes
            };
            verdict(&scene.rules.scope, person, has, scene.now)
        }
    }
}

fn verdict(
    scope: &CompiledScope,
    person: &usher_model::Person,
    has: HasAssignment,
    now: Timestamp,
) -> Standing {
    match scope.judge(person, has, now) {
        ScopeVerdict::In(_) => Standing::In,
        ScopeVerdict::Out(why) => Standing::Leaves(Box::new(Reason::LeftScope {
            why: why.to_string(),
        })),
    }
}

/// Why a person is in scope, as the root of the reasons of a new account.
pub(crate) fn scope_reasons(
    scene: &Scene<'_>,
    assigned: &Assigned<'_>,
    person: PersonAt,
) -> Vec<Reason> {
    let mut reasons = assigned.scope_reasons(scene, person);
    if reasons.is_empty() {
        reasons.push(Reason::EveryoneInScope);
    }
    let has = HasAssignment::Yes;
    if let ScopeVerdict::In(crate::InScope::PassedFilter { filter }) =
        scene
            .rules
            .scope
            .judge(scene.person(person), has, scene.now)
    {
        reasons.push(Reason::PassedFilter { filter });
    }
    reasons
}
