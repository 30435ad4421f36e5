//! `usher hold release`.

use serde_json::json;
use usher_model::{EventKind, Hold, HoldSubject};

use super::ReleaseArguments;
use super::list::label;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::note;
use crate::people::{find_account, find_person};
use crate::provisioning::{Provisioning, acting, actor};

/// Runs `usher hold release`.
pub async fn run(arguments: &ReleaseArguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let holds = provisioning.store.holds(provisioning.id()).await?;
    let hold = find(&arguments.hold, &holds, &provisioning).await?;
    let actor = actor(context);
    let (person, account) = match &hold.subject {
        HoldSubject::Person(person) => (Some(person), None),
        HoldSubject::Account(account) => (None, Some(account)),
    };
    let data = json!({
        "organization": provisioning.id(),
        "person": person,
        "account": account,
        "before": hold,
    });
    let event = acting(&provisioning.store, &actor, context).event(
        EventKind::HoldReleased,
        format!("hold:{}", hold.id),
        data,
    );
    let store = &provisioning.store;
    store
        .remove_hold(provisioning.id(), &hold.id, &[event])
        .await?;
    if context.output.is_json() {
        context.output.json(&hold)?;
        return Ok(Exit::Success);
    }
    let who = label(&hold.subject, &provisioning).await?;
    context.output.line(format!("released: {who}"))?;
    context.output.flush()?;
    note("`usher plan` shows what follows from it");
    Ok(Exit::Success)
}

async fn find(text: &str, holds: &[Hold], provisioning: &Provisioning) -> Result<Hold, Failure> {
    let by_id = holds
        .iter()
        .find(|hold| text.len() >= 8 && hold.id.as_str().starts_with(text));
    if let Some(hold) = by_id {
        return Ok(hold.clone());
    }
    let mut subjects = Vec::new();
    if let Ok(person) = find_person(&provisioning.store, text).await {
        subjects.push(HoldSubject::Person(person.id));
    }
    if let Ok(account) = find_account(&provisioning.store, provisioning.id(), text).await {
        subjects.push(HoldSubject::Account(account.id));
    }
    let found: Vec<&Hold> = holds
        .iter()
        .filter(|hold| subjects.contains(&hold.subject))
        .collect();
    match found.as_slice() {
        [hold] => Ok((*hold).clone()),
        [] => Err(Failure::usage(format!("there is no hold `{text}`"))
            .hint("`usher hold list` lists them")),
        several => {
            let ids: Vec<&str> = several.iter().map(|hold| hold.id.as_str()).collect();
            Err(
                Failure::usage(format!("{} holds are about `{text}`", several.len()))
                    .hint(format!("give one of their ids: {}", ids.join(", "))),
            )
        }
    }
}
