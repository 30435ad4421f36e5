//! `usher notify …`: telling people.

use clap::{Args, Subcommand};
use serde_json::json;
use usher_engine::notify::{Announcer, Channel, Delivery, Notice, NoticeKind, announce};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory;
use crate::notifying::notifier;
use crate::output::style;
use crate::provisioning::{acting, actor};

/// `usher notify …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send a notification by every configured way, to see whether it arrives
    Test(TestArguments),
}

/// Arguments of `usher notify test`.
#[derive(Args, Debug)]
#[command(
    after_help = "The ways are set under [notify] in usher.toml: an SMTP server for e-mail, and a signed webhook in the form of \
Standard Webhooks.

Examples:
  usher notify test
  usher notify test --json"
)]
pub struct TestArguments {}

/// Runs `usher notify …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    let Command::Test(_) = command;
    let notifier = notifier(context)?;
    if !notifier.wants(NoticeKind::Test) {
        return Err(Failure::usage("no way to notify anybody is configured").hint(
            "set smtp_host, email_from and email_to, or webhook_url and webhook_secret, under [notify]",
        ));
    }
    let store = inventory::open(context).await?;
    let actor = actor(context);
    let announcer = Announcer {
        acting: acting(&store, &actor, context),
        notifier: &notifier,
    };
    let deliveries = announce(announcer, &notice(&store, context)).await;
    show(&deliveries, context)?;
    let all_arrived = deliveries.iter().all(|delivery| delivery.outcome.is_ok());
    Ok(if all_arrived {
        Exit::Success
    } else {
        Exit::Failure
    })
}

fn notice(store: &usher_store::Store, context: &Context) -> Notice {
    Notice {
        id: store.new_event_id().to_string(),
        at: context.now(),
        kind: NoticeKind::Test,
        organization: None,
        headline: "this is a test of notifications".to_owned(),
        details: vec![format!(
            "{} ran `usher notify test`. Whoever reads this is told when something needs them.",
            context.operator
        )],
        next: "nothing".to_owned(),
        facts: json!({}),
        mark: None,
    }
}

fn show(deliveries: &[Delivery], context: &Context) -> Result<(), Failure> {
    if context.output.is_json() {
        let rows: Vec<_> = deliveries
            .iter()
            .map(|delivery| match &delivery.outcome {
                Ok(attempts) => json!({
                    "by": delivery.channel, "delivered": true, "attempts": attempts,
                }),
                Err(failure) => json!({
                    "by": delivery.channel, "delivered": false, "failure": failure,
                }),
            })
            .collect();
        return context.output.json(&rows);
    }
    deliveries.iter().try_for_each(|delivery| {
        let way = match &delivery.channel {
            Channel::Email { to } => format!("e-mail to {to}"),
            Channel::Webhook { name } => format!("webhook {name}"),
        };
        context.output.line(match &delivery.outcome {
            Ok(1) => format!("{} {way}", style::added("sent   ")),
            Ok(attempts) => format!("{} {way}, at attempt {attempts}", style::added("sent   ")),
            Err(failure) => format!("{} {way}: {}", style::removed("failed "), failure.why),
        })
    })
}
