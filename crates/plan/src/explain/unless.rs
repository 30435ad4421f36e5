//! Which input would change something: the other side of each reason.

use usher_model::Assignment;

use super::{Explainer, Fate, Finding};
use crate::planner::Scene;
use crate::planner::assigned::{counts, gives};
use crate::{Reason, TargetAttribute};

impl Explainer<'_, '_> {
    /// What would make reasons fall away. As long as one of several assignments holds, the others do not matter: they
    /// are one thing to do.
    pub(super) fn unless_all<'r>(
        &self,
        reasons: impl IntoIterator<Item = &'r Reason>,
    ) -> Vec<String> {
        let (assigned, others): (Vec<&Reason>, Vec<&Reason>) = reasons
            .into_iter()
            .partition(|reason| matches!(reason, Reason::Assigned { .. }));
        let words = |reasons: Vec<&Reason>| -> Vec<String> {
            reasons
                .into_iter()
                .filter_map(|reason| self.unless(reason))
                .collect()
        };
        let together = words(assigned).join("; and ");
        let mut all = words(others);
        if !together.is_empty() {
            all.insert(0, together);
        }
        all
    }

    /// What would make a reason fall away, if somebody can do something about it.
    fn unless(&self, reason: &Reason) -> Option<String> {
        let words = match reason {
            Reason::Assigned {
                assignment, via, ..
            } => match via.last() {
                None => format!("remove the assignment {assignment}"),
                Some(group) => format!(
                    "remove the assignment {assignment}, or take the person out of the group {group}"
                ),
            },
            Reason::EveryoneInScope => "let only assigned people be in scope".to_owned(),
            Reason::PassedFilter { filter } => format!("change the filter `{filter}`"),
            Reason::LeftScope { .. } => self.back_in_scope(),
            Reason::PersonDisabled => "enable the person in the directory".to_owned(),
            Reason::PersonGone => "let a source bring the person again".to_owned(),
            Reason::Mapped { attribute, .. } => match attribute {
                TargetAttribute::Active => "change the mapping of `active`".to_owned(),
                other => format!(
                    "change what the mapping of {} reads in the directory, or the mapping",
                    other.label()
                ),
            },
            Reason::Drifted { .. } => "let the drift policy report or adopt it".to_owned(),
            Reason::Held { hold, .. } => format!("release the hold {hold}"),
            Reason::NoLongerAssigned { .. } => "assign it again".to_owned(),
            Reason::GraceOver { .. } => {
                format!("{}, or lengthen the grace period", self.back_in_scope())
            }
            Reason::GroupPushed { name, .. } => format!("do not push the group {name}"),
            Reason::GroupGone { .. } => "let a source bring the group again".to_owned(),
            Reason::Unmanaged => "tie the account to a person".to_owned(),
            Reason::ExtraMember => {
                "assign the membership, or let extra members only be reported".to_owned()
            }
            Reason::NeededBy { .. } => return None,
        };
        Some(words)
    }
}

/// An assignment that gives nothing now: not yet, not any more, or never.
pub(super) fn not_now(scene: &Scene<'_>, assignment: &Assignment) -> Option<Finding> {
    let now = scene.now;
    let finding = |fate, because: String, unless: String| {
        Some(Finding {
            thing: gives(scene, &assignment.target),
            fate,
            because: vec![because],
            causes: Vec::new(),
            unless: vec![unless],
        })
    };
    if !counts(assignment) {
        let because = format!(
            "the assignment {} has the default-access role, which gives nothing",
            assignment.id
        );
        return finding(Fate::Lacks, because, "assign another role".to_owned());
    }
    if let Some(start) = assignment.starts_at.filter(|start| *start > now) {
        let because = format!("the assignment {} starts at {start}", assignment.id);
        return finding(
            Fate::Waits,
            because,
            format!("wait until {start}, or let it start now"),
        );
    }
    if let Some(end) = assignment.expires_at.filter(|end| *end <= now) {
        let because = format!("the assignment {} ended at {end}", assignment.id);
        return finding(
            Fate::Lacks,
            because,
            "extend the assignment, or assign it again".to_owned(),
        );
    }
    None
}
