//! Whom a cycle tells of what, and not twice a day.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use futures::TryStreamExt as _;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use usher_model::{Completeness, EventKind, OrganizationId};
use usher_store::{Direction, EventFilter, Quarantine, RunningCycle};

use crate::apply::FailedChange;
use crate::cycle::{CycleContext, CycleReport, QuarantineReason};
use crate::notify::{Announcer, Notice, NoticeKind, announce, announced_subject};
use crate::people::{RefreshOutcome, Refreshed};
use crate::provisioning::MadePlan;
use crate::{Acting, EngineError};

/// How long the same notice is not sent again.
const AGAIN: Duration = Duration::from_secs(24 * 3600);

/// An error and what caused it, in one line.
pub(crate) fn in_full(error: &EngineError) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words.push_str(": ");
            words.push_str(&more);
        }
        cause = error.source();
    }
    words
}

/// Why a snapshot is not believed, a line each.
pub(super) fn distrust(verdict: &Completeness) -> Vec<String> {
    match verdict {
        Completeness::Suspect { reasons } => reasons.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

fn notice(acting: Acting<'_>, kind: NoticeKind, headline: String, facts: Value) -> Notice {
    Notice {
        id: acting.store.new_event_id().to_string(),
        at: acting.now(),
        kind,
        organization: None,
        headline,
        details: Vec::new(),
        next: String::new(),
        facts,
        mark: None,
    }
}

/// Tells notices of one kind and subject apart: the same text for the same facts.
fn mark(facts: &impl Serialize) -> Option<String> {
    let facts = serde_json::to_vec(facts).ok()?;
    let mut mark = String::new();
    for byte in Sha256::digest(facts).iter().take(16) {
        let _ = write!(mark, "{byte:02x}");
    }
    Some(mark)
}

pub(super) fn announcer<'a>(context: &CycleContext<'a>) -> Announcer<'a> {
    Announcer {
        acting: context.acting,
        notifier: context.notifier,
    }
}

pub(super) async fn cycle_failed(
    context: &CycleContext<'_>,
    cycle: &RunningCycle,
    error: &EngineError,
) {
    let facts = json!({"cycle": cycle.id, "error": in_full(error)});
    let failed = Notice {
        organization: Some(context.organization.clone()),
        details: vec![
            in_full(error),
            "Nothing was changed in Miro by this cycle after it failed.".to_owned(),
        ],
        next: error
            .hint()
            .unwrap_or_else(|| "`usher cycles` shows what happened".to_owned()),
        mark: mark(&in_full(error)),
        ..notice(
            context.acting,
            NoticeKind::CycleFailed,
            format!("a cycle failed: {error}"),
            facts,
        )
    };
    once(announcer(context), &failed).await;
}

/// Tells of changes that could not be made in a cycle that went well otherwise.
pub(super) async fn changes_failed(context: &CycleContext<'_>, report: &CycleReport) {
    let failures: Vec<_> = report
        .applied
        .iter()
        .flat_map(|one| &one.failures)
        .collect();
    if failures.is_empty() {
        return;
    }
    let some = failures.iter().take(20);
    let words = |one: &&FailedChange| format!("{} {}: {}", one.kind.words(), one.label, one.why);
    let details = some.map(words);
    let all: BTreeSet<String> = failures.iter().map(words).collect();
    let facts = json!({"cycle": report.cycle, "failures": failures});
    let headline = format!("{} changes of a cycle could not be made", failures.len());
    let failed = Notice {
        organization: Some(context.organization.clone()),
        details: details.collect(),
        next: "`usher failures` lists them with what to do about each".to_owned(),
        mark: mark(&all),
        ..notice(context.acting, NoticeKind::CycleFailed, headline, facts)
    };
    once(announcer(context), &failed).await;
}

pub(super) async fn awaiting_approval(context: &CycleContext<'_>, made: &MadePlan, why: &[String]) {
    let id = &made.plan.id;
    let counts = made.plan.counts();
    let listed: Vec<_> = counts
        .iter()
        .map(|(kind, count)| format!("{count} {}", kind.words()))
        .collect();
    let mut details = vec![format!("It would do: {}.", listed.join(", "))];
    details.extend(why.iter().map(|why| format!("Held because {why}.")));
    let headline = format!("plan {id} waits for approval");
    let facts = json!({"plan": id, "counts": counts, "why_held": made.why_held});
    let waiting = Notice {
        organization: Some(context.organization.clone()),
        details,
        next: format!(
            "look at it with `usher plan show {id}`, then run `usher plan approve {id} --reason ...` or `usher plan reject {id} --reason ...`"
        ),
        mark: mark(id),
        ..notice(
            context.acting,
            NoticeKind::PlanAwaitingApproval,
            headline,
            facts,
        )
    };
    once(announcer(context), &waiting).await;
}

pub(super) async fn doubtful_source(context: &CycleContext<'_>, refreshed: &Refreshed) {
    let source = &refreshed.source;
    let (headline, details, next) = match &refreshed.outcome {
        RefreshOutcome::Suspect { reasons } => (
            format!("directory source {source} is not believed"),
            reasons.iter().map(ToString::to_string).collect(),
            format!(
                "look at the source; if it is right, run `usher people source accept {source}`"
            ),
        ),
        RefreshOutcome::Failed { why, hint } => (
            format!("directory source {source} cannot be read"),
            vec![why.clone()],
            hint.clone()
                .unwrap_or_else(|| format!("try `usher people source read {source}`")),
        ),
        _ => return,
    };
    let facts = json!({"source": source, "people": refreshed.people, "groups": refreshed.groups});
    let mut details: Vec<String> = details;
    let mark = mark(&(source, &details));
    details.push("What it said before still holds, and nobody leaves because of it.".to_owned());
    let doubtful = Notice {
        details,
        next,
        mark,
        ..notice(context.acting, NoticeKind::SuspectSource, headline, facts)
    };
    once(announcer(context), &doubtful).await;
}

pub(super) async fn quarantined(
    announcer: Announcer<'_>,
    organization: &OrganizationId,
    reason: &QuarantineReason,
    quarantine: &Quarantine,
) {
    let again = quarantine
        .next_try_at
        .map_or_else(String::new, |at| format!("It is tried again at {at:.0}."));
    let facts = json!({
        "reason": reason, "since": quarantine.since, "attempts": quarantine.attempts,
        "next_try_at": quarantine.next_try_at,
    });
    let headline = format!("provisioning is in quarantine: {reason}");
    let confined = Notice {
        organization: Some(organization.clone()),
        details: vec![
            "Cycles are tried less and less often: after 6 hours, 12 hours, then daily.".to_owned(),
            again,
        ],
        next: reason.remedy().to_owned(),
        mark: mark(reason),
        ..notice(announcer.acting, NoticeKind::Quarantined, headline, facts)
    };
    once(announcer, &confined).await;
}

pub(super) async fn released(
    announcer: Announcer<'_>,
    organization: &OrganizationId,
    quarantine: &Quarantine,
    why: &str,
) {
    let facts = json!({"since": quarantine.since, "was": quarantine.reason, "why": why});
    let headline = "provisioning is out of quarantine".to_owned();
    let free = Notice {
        organization: Some(organization.clone()),
        details: vec![
            format!(
                "It had been there since {:.0}: {}",
                quarantine.since, quarantine.reason
            ),
            format!("Released because: {why}"),
        ],
        next: "nothing; cycles run as planned".to_owned(),
        ..notice(announcer.acting, NoticeKind::Released, headline, facts)
    };
    announce(announcer, &free).await;
}

/// Sends a notice unless the same one arrived within the last day.
async fn once(announcer: Announcer<'_>, notice: &Notice) {
    match was_told(announcer.acting, notice).await {
        Ok(true) => {}
        Ok(false) => {
            announce(announcer, notice).await;
        }
        Err(error) => {
            tracing::warn!(%error, "what was told before cannot be looked up");
            announce(announcer, notice).await;
        }
    }
}

async fn was_told(acting: Acting<'_>, notice: &Notice) -> Result<bool, EngineError> {
    let filter = EventFilter {
        kinds: vec![EventKind::NotificationSent],
        since: notice.at.checked_sub(AGAIN).ok(),
        direction: Direction::Descending,
        ..EventFilter::default()
    };
    let mut sent = acting.store.find_events(&filter);
    let subject = announced_subject(notice);
    while let Some(chained) = sent.try_next().await? {
        let event = &chained.event;
        let text = |name: &str| event.data.get(name).and_then(Value::as_str);
        let is_same = event.subject == subject
            && text("about") == Some(notice.kind.as_str())
            && text("mark") == notice.mark.as_deref();
        if is_same && notice.mark.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
