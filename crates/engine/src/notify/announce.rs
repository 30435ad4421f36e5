//! Sending a notice and writing down what became of it.

use serde_json::json;
use usher_boxed::boxed;
use usher_model::{Event, EventKind};

use crate::acting::Acting;
use crate::notify::{Delivery, Notice, Notifier};

/// Who announces, and by which ways.
#[derive(Clone, Copy, Debug)]
pub struct Announcer<'a> {
    /// Who acts.
    pub acting: Acting<'a>,
    /// The ways.
    pub notifier: &'a Notifier,
}

/// Sends a notice and writes into the audit log what became of it on each way. Nothing that goes wrong here goes
/// further: whatever the notice is about matters more.
#[boxed]
pub async fn announce(announcer: Announcer<'_>, notice: &Notice) -> Vec<Delivery> {
    let Announcer { acting, notifier } = announcer;
    let deliveries = notifier.send(notice, acting.clock).await;
    let events: Vec<_> = deliveries
        .iter()
        .map(|delivery| event(acting, notice, delivery))
        .collect();
    if !events.is_empty()
        && let Err(error) = acting.store.append_events(&events).await
    {
        tracing::warn!(%error, notice = notice.id, "what became of a notification could not be recorded");
    }
    deliveries
}

fn event(acting: Acting<'_>, notice: &Notice, delivery: &Delivery) -> Event {
    let kind = match delivery.outcome {
        Ok(_) => EventKind::NotificationSent,
        Err(_) => EventKind::NotificationFailed,
    };
    let mut data = json!({
        "notice": notice.id,
        "about": notice.kind,
        "headline": notice.headline,
        "by": delivery.channel,
        "mark": notice.mark,
    });
    if let Some(object) = data.as_object_mut() {
        match &delivery.outcome {
            Ok(attempts) => object.insert("attempts".to_owned(), (*attempts).into()),
            Err(failure) => object.insert("failure".to_owned(), json!(failure)),
        };
    }
    acting.event(kind, subject(notice), data)
}

/// What the audit log says a notice is about.
pub(crate) fn subject(notice: &Notice) -> String {
    match &notice.organization {
        Some(organization) => format!("organization:{organization}"),
        None => "directory".to_owned(),
    }
}
