//! `usher hold place`.

use serde_json::json;
use usher_model::{AssignmentOrigin, EventKind, Hold, HoldKind, HoldSubject};

use super::PlaceArguments;
use super::list::label;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::note;
use crate::people::{find_account, find_person};
use crate::provisioning::{Provisioning, acting, actor};
use crate::provisioning_keys::word;
use crate::when::{Edge, Towards, moment};

/// Runs `usher hold place`.
pub async fn run(arguments: &PlaceArguments, context: &Context) -> Result<Exit, Failure> {
    let kind: HoldKind = word(&arguments.kind, &["keep_disabled", "leave_alone"])
        .map_err(|why| Failure::usage(format!("--kind cannot be `{}`: {why}", arguments.kind)))?;
    let now = context.now();
    let expires_at = arguments
        .until
        .as_deref()
        .map(|text| moment("--until", text, (Edge::End, Towards::Future), now))
        .transpose()?;
    if arguments.reason.trim().is_empty() {
        return Err(Failure::usage("a hold needs a reason")
            .hint("say in --reason why, for whoever finds the account untouched"));
    }
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let hold = Hold {
        id: provisioning.store.new_hold_id(),
        subject: subject(arguments, &provisioning).await?,
        kind,
        origin: AssignmentOrigin::Manual {
            by: context.operator.clone(),
        },
        reason: arguments.reason.clone(),
        created_at: now,
        expires_at,
    };
    refuse_double(&hold, &provisioning, context).await?;
    save(&hold, &provisioning, context).await?;
    if context.output.is_json() {
        context.output.json(&hold)?;
    } else {
        let who = label(&hold.subject, &provisioning).await?;
        let what = hold.kind.as_str().replace('_', " ");
        context.output.line(format!("held: {who}, {what}"))?;
    }
    Ok(Exit::Success)
}

async fn subject(
    arguments: &PlaceArguments,
    provisioning: &Provisioning,
) -> Result<HoldSubject, Failure> {
    let (store, id) = (&provisioning.store, provisioning.id());
    if let Some(text) = &arguments.account {
        return Ok(HoldSubject::Account(
            find_account(store, id, text).await?.id,
        ));
    }
    let text = arguments.person.as_deref().unwrap_or_default();
    Ok(HoldSubject::Person(find_person(store, text).await?.id))
}

async fn refuse_double(
    hold: &Hold,
    provisioning: &Provisioning,
    context: &Context,
) -> Result<(), Failure> {
    let holds = provisioning.store.holds(provisioning.id()).await?;
    let is_same = |other: &&Hold| {
        other.subject == hold.subject && other.kind == hold.kind && other.holds_at(context.now())
    };
    match holds.iter().find(is_same) {
        None => Ok(()),
        Some(other) => Err(Failure::usage(format!(
            "there is such a hold already: {} ({})",
            other.id, other.reason
        ))
        .hint(format!("`usher hold release {}` ends it", other.id))),
    }
}

async fn save(hold: &Hold, provisioning: &Provisioning, context: &Context) -> Result<(), Failure> {
    let (person, account) = match &hold.subject {
        HoldSubject::Person(person) => (Some(person), None),
        HoldSubject::Account(account) => (None, Some(account)),
    };
    let data = json!({
        "organization": provisioning.id(),
        "person": person,
        "account": account,
        "after": hold,
    });
    let actor = actor(context);
    let event = acting(&provisioning.store, &actor, context).event(
        EventKind::HoldPlaced,
        format!("hold:{}", hold.id),
        data,
    );
    let store = &provisioning.store;
    store.save_hold(provisioning.id(), hold, &[event]).await?;
    note("`usher plan` shows what follows from it");
    Ok(())
}
