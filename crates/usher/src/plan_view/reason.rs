//! Why a change is made, in words.

use usher_model::AssignmentOrigin;
use usher_plan::Reason;

use super::names::Names;
use crate::output::humanize;

/// The chain from its root on, on one line.
pub fn chain(reasons: &[Reason], names: &Names) -> String {
    let parts: Vec<String> = reasons.iter().map(|reason| words(reason, names)).collect();
    parts.join("; ")
}

/// One link of the chain.
pub fn words(reason: &Reason, names: &Names) -> String {
    match reason {
        Reason::Assigned {
            origin, gives, via, ..
        } => assigned(origin, gives, via),
        Reason::EveryoneInScope => "everybody is in scope".to_owned(),
        Reason::PassedFilter { filter } => format!("passes the filter {filter}"),
        Reason::LeftScope { why } => format!("left the scope: {why}"),
        Reason::PersonDisabled => "the directory has disabled the person".to_owned(),
        Reason::PersonGone => "no source knows the person any more".to_owned(),
        Reason::Mapped { attribute, from } => {
            format!("{} is mapped from {from}", attribute.label())
        }
        Reason::Drifted { what, by } => drifted(what, by.as_deref()),
        Reason::Held { origin, reason, .. } => format!("hold ({origin}): {reason}"),
        Reason::NoLongerAssigned { given } => {
            let day = humanize::day(*given);
            format!("no assignment gives it any more; Usher gave it on {day}")
        }
        Reason::GraceOver { disabled, days } => {
            let (day, days) = (humanize::day(*disabled), u64::from(*days));
            format!(
                "disabled on {day}, and the {} of grace are over",
                humanize::counted(days, "day")
            )
        }
        Reason::GroupPushed { name, .. } => {
            format!("the group {name} is assigned, so it is pushed")
        }
        Reason::GroupGone { group } => {
            format!(
                "the group {} is gone from the directory",
                names.group(group)
            )
        }
        Reason::Unmanaged => "nobody in the directory stands behind the account".to_owned(),
        Reason::ExtraMember => "nobody assigned the membership".to_owned(),
        Reason::NeededBy { what } => format!("needed by {what}"),
    }
}

fn assigned(origin: &AssignmentOrigin, gives: &str, via: &[String]) -> String {
    if via.is_empty() {
        return format!("assigned {gives} ({origin})");
    }
    format!("assigned {gives} ({origin}) through {}", via.join(" > "))
}

fn drifted(what: &str, by: Option<&str>) -> String {
    match by {
        Some(by) => format!("{what} was changed in Miro by {by}"),
        None => format!("{what} was changed in Miro"),
    }
}
