//! Plans as they are stored: finding one, and saying how it stands.

use usher_engine::provisioning::{StoredPlan, load_plan};
use usher_model::OrganizationId;
use usher_store::{PlanRecord, PlanState, Store, Verdict};

use crate::failure::Failure;
use crate::plan_view::Standing;

/// The plan that is meant by `text`: an id, the beginning of one, or `latest`.
pub async fn find(
    store: &Store,
    organization: &OrganizationId,
    text: &str,
) -> Result<StoredPlan, Failure> {
    let record = find_record(store, organization, text).await?;
    Ok(load_plan(store, &record.id).await?)
}

/// The newest plan whose application began and is not over; where there is none, the latest, which says so itself.
pub async fn find_begun(
    store: &Store,
    organization: &OrganizationId,
) -> Result<StoredPlan, Failure> {
    let plans = store.plans(organization, None).await?;
    let mut begun = plans
        .into_iter()
        .filter(|plan| matches!(plan.state, PlanState::Interrupted | PlanState::Applying));
    match begun.next() {
        Some(record) => Ok(load_plan(store, &record.id).await?),
        None => find(store, organization, "latest").await,
    }
}

/// How a plan stands, and what can be done with it.
pub fn standing(plan: &StoredPlan) -> Standing {
    let id = &plan.record.id;
    let next = |command: String, what: &str| (command, what.to_owned());
    Standing {
        state: plan.record.state.as_str().to_owned(),
        meaning: meaning(&plan.record),
        holding: plan.why_held.iter().map(ToString::to_string).collect(),
        next: match plan.record.state {
            PlanState::Ready | PlanState::Approved if !plan.plan.is_empty() => {
                vec![next(format!("usher apply {id}"), "to apply it")]
            }
            PlanState::Held => vec![
                next(
                    format!("usher plan approve {id} --reason \"…\""),
                    "to release it",
                ),
                next(
                    format!("usher plan reject {id} --reason \"…\""),
                    "to drop it",
                ),
            ],
            PlanState::Interrupted => vec![next(
                format!("usher apply {id} --resume"),
                "to go on with it",
            )],
            _ => Vec::new(),
        },
    }
}

fn meaning(record: &PlanRecord) -> String {
    let decided = record.decision.as_ref().map(|decision| {
        let verb = match decision.verdict {
            Verdict::Approve => "approved",
            Verdict::Reject => "rejected",
        };
        let reason = decision.reason.clone();
        let reason = reason.map_or_else(String::new, |reason| format!(", {reason}"));
        format!("{verb} by {}{reason}", decision.by)
    });
    let meaning = match record.state {
        PlanState::Held => "it waits for somebody's yes",
        PlanState::Ready if record.changes > 0 => "it can be applied",
        PlanState::Applying => "it is being applied",
        PlanState::Interrupted => "its application stopped and can go on",
        PlanState::Superseded => "another plan took its place",
        _ => "",
    };
    let parts = [
        (!meaning.is_empty()).then(|| meaning.to_owned()),
        decided,
        record.ending.clone(),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// The record of the plan that is meant by `text`.
pub async fn find_record(
    store: &Store,
    organization: &OrganizationId,
    text: &str,
) -> Result<PlanRecord, Failure> {
    if text == "latest" {
        let latest = store.latest_plan(organization).await?;
        return latest
            .ok_or_else(|| Failure::usage("there is no plan yet").hint("`usher plan` makes one"));
    }
    let plans = store.plans(organization, None).await?;
    let mut found = plans
        .into_iter()
        .filter(|plan| text.len() >= 8 && plan.id.as_str().starts_with(text));
    match (found.next(), found.next()) {
        (Some(plan), None) => Ok(plan),
        (Some(_), Some(_)) => Err(Failure::usage(format!("several plans begin with `{text}`"))
            .hint("give more of the id")),
        (None, _) => Err(Failure::usage(format!("there is no plan `{text}`"))
            .hint("`usher plan list` lists them; `latest` is the newest")),
    }
}
