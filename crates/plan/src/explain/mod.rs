//! Why a person has, gets or loses each thing, and which input would change that.

mod account;
mod changes;
mod unless;

use serde::{Deserialize, Serialize};
use usher_model::{AccountId, Assignment, PersonId, PersonStatus, PlanId, Subject, Timestamp};

use crate::planner::ids::PersonAt;
use crate::planner::linking::Tie;
use crate::planner::standing::Standing;
use crate::planner::{Findings, Notes, Scene, look, set};
use crate::scope::Assigned as HasAssignment;
use crate::{
    Desired, InScope, Inventory, OutOfScope, PlanError, PlanRequest, ScopeVerdict, Settings, plan,
};

/// Why a person has, gets or loses each thing, and which input would change that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The person.
    pub person: PersonId,
    /// How the person is named to people.
    pub label: String,
    /// Whether the person is to have an account.
    pub standing: Finding,
    /// The person's account, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<ExplainedAccount>,
    /// What the person has, gets or loses.
    pub findings: Vec<Finding>,
    /// What stands in the way of something, and what to do about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obstacles: Vec<Obstacle>,
}

/// The account of the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedAccount {
    /// Its id.
    pub id: AccountId,
    /// Its address.
    pub email: String,
    /// Whether it can be used.
    pub status: usher_model::AccountStatus,
    /// What ties the person to it, in words.
    pub tie: String,
}

/// One thing, what becomes of it, why, and what would change that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The thing, in words: `an account`, `team Design`.
    pub thing: String,
    /// What becomes of it.
    pub fate: Fate,
    /// Why, the chain from its root on.
    pub because: Vec<String>,
    /// What else it causes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// Any one of these would change it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<String>,
}

/// What becomes of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The person has it and keeps it.
    Has,
    /// The person gets it with the next plan.
    Gets,
    /// The person loses it with the next plan.
    Loses,
    /// It changes with the next plan.
    Changes,
    /// The person gets it later.
    Waits,
    /// The person does not have it.
    Lacks,
}

/// What stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obstacle {
    /// Why something is not done.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}

/// Explains what a plan made now would leave, give and take, for one person.
///
/// # Errors
/// When the settings cannot be used.
pub fn explain(
    person: &PersonId,
    inventory: &Inventory,
    desired: &Desired,
    settings: &Settings,
    now: Timestamp,
) -> Result<Explanation, PlanError> {
    let request = PlanRequest {
        id: PlanId::new("explanation"),
        now,
        parent: None,
        only: Vec::new(),
    };
    let (plan, report) = plan(inventory, desired, settings, &request)?;
    let mut notes = Notes::default();
    let scene = set(inventory, desired, settings, &request, &mut notes)?;
    let mut explanation = unknown(person);
    let blocked = report.blocked.iter().map(|blocked| Obstacle {
        why: format!("{} not planned: {}", blocked.what, blocked.why),
        remedy: blocked.remedy.clone(),
    });
    explanation.obstacles.extend(blocked);
    let Some(scene) = scene else {
        return Ok(explanation);
    };
    let Some(at) = scene.index.people.get(person).copied() else {
        return Ok(explanation);
    };
    let Some(found) = look(&scene, &mut notes) else {
        return Ok(explanation);
    };
    let explainer = Explainer {
        scene: &scene,
        found: &found,
        at,
    };
    let about = report
        .skipped
        .iter()
        .filter(|skipped| skipped.person.as_ref() == Some(person));
    explanation.obstacles.extend(about.map(|skipped| Obstacle {
        why: skipped.why.clone(),
        remedy: skipped.remedy.clone(),
    }));
    explainer.fill(&plan, &mut explanation);
    Ok(explanation)
}

fn unknown(person: &PersonId) -> Explanation {
    Explanation {
        person: person.clone(),
        label: person.to_string(),
        standing: Finding {
            thing: "a place in the directory".to_owned(),
            fate: Fate::Lacks,
            because: vec![
                "nothing is known of the person, or nothing can be planned now".to_owned(),
            ],
            causes: Vec::new(),
            unless: vec!["let a source bring the person".to_owned()],
        },
        account: None,
        findings: Vec::new(),
        obstacles: Vec::new(),
    }
}

/// Knows the person and everything that the first steps found out.
struct Explainer<'s, 'a> {
    scene: &'s Scene<'a>,
    found: &'s Findings<'a>,
    at: PersonAt,
}

impl Explainer<'_, '_> {
    fn fill(&self, plan: &crate::Plan, explanation: &mut Explanation) {
        let person = self.scene.person(self.at);
        explanation.label = person.label();
        explanation.standing = self.standing();
        explanation.account = self.account();
        let changes = plan
            .changes
            .iter()
            .filter(|change| change.person.as_ref() == Some(&person.id));
        for change in changes {
            explanation.findings.extend(self.of_change(change));
        }
        let lost: Vec<String> = explanation
            .findings
            .iter()
            .filter(|finding| finding.fate == Fate::Loses)
            .map(|finding| finding.thing.clone())
            .collect();
        let held = self.held();
        let kept = held
            .into_iter()
            .filter(|finding| !lost.contains(&finding.thing));
        explanation.findings.extend(kept);
        explanation.findings.extend(self.later());
    }

    fn standing(&self) -> Finding {
        let finding = |fate, because: Vec<String>, unless: Vec<String>| Finding {
            thing: "a place in scope".to_owned(),
            fate,
            because,
            causes: Vec::new(),
            unless,
        };
        match &self.found.standings[self.at.at()] {
            Standing::In => {
                let reasons = self.found.assigned.reasons(self.scene, self.at, |_| true);
                let mut because: Vec<String> = reasons.iter().map(ToString::to_string).collect();
                let mut unless = self.unless_all(&reasons);
                match self.verdict() {
                    ScopeVerdict::In(InScope::NoFilters) | ScopeVerdict::Out(_) => {}
                    ScopeVerdict::In(why) => because.push(why.to_string()),
                }
                if because.is_empty() {
                    because.push("everybody in the directory is in scope".to_owned());
                }
                unless.push("put the address on the exclude list".to_owned());
                finding(Fate::Has, because, unless)
            }
            Standing::Leaves(reason) => finding(
                Fate::Lacks,
                vec![reason.to_string()],
                self.unless_all([&**reason]),
            ),
            Standing::Waits => finding(
                Fate::Has,
                vec![
                    "no source knows the person, but a source's last reading is not believed"
                        .to_owned(),
                ],
                vec!["refresh the source, or accept its reading".to_owned()],
            ),
        }
    }

    fn verdict(&self) -> ScopeVerdict {
        let has = if self.found.assigned.wants(self.at).is_empty() {
            HasAssignment::No
        } else {
            HasAssignment::Yes
        };
        let scene = self.scene;
        scene
            .rules
            .scope
            .judge(scene.person(self.at), has, scene.now)
    }

    /// What would bring the person into scope.
    fn back_in_scope(&self) -> String {
        let person = self.scene.person(self.at);
        if person.status != PersonStatus::Active {
            return "let the directory have the person active".to_owned();
        }
        match self.verdict() {
            ScopeVerdict::Out(OutOfScope::NotAssigned) => {
                "assign the person, or a group the person is in".to_owned()
            }
            ScopeVerdict::Out(OutOfScope::Excluded) => {
                "take the address off the exclude list".to_owned()
            }
            ScopeVerdict::Out(OutOfScope::NoFilterPassed { failed }) => {
                let failed: Vec<String> = failed.iter().map(ToString::to_string).collect();
                format!("let one filter let the person in: {}", failed.join("; "))
            }
            ScopeVerdict::In(_) => "nothing: the person is in scope".to_owned(),
        }
    }

    fn tie(&self) -> Tie {
        self.found.ties.of(self.at)
    }

    /// Assignments that reach the person and give nothing now.
    fn later(&self) -> Vec<Finding> {
        let scene = self.scene;
        let id = &scene.person(self.at).id;
        let reaches = |assignment: &&Assignment| match &assignment.subject {
            Subject::Person(person) => person == id,
            Subject::Group(group) => scene.groups.contains(group, id),
        };
        let mut assignments: Vec<&Assignment> =
            scene.desired.assignments.iter().filter(reaches).collect();
        assignments.sort_by(|one, other| one.id.cmp(&other.id));
        assignments
            .into_iter()
            .filter_map(|assignment| unless::not_now(scene, assignment))
            .collect()
    }
}
