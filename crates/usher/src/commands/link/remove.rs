//! `usher link remove`.

use serde_json::{Value, json};
use usher_model::{Event, EventKind};

use super::RemoveArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::note;
use crate::people::{find_group, find_person};
use crate::provisioning::{Provisioning, acting, actor};

/// Runs `usher link remove`.
pub async fn run(arguments: &RemoveArguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    match &arguments.group {
        Some(group) => remove_group(group, &provisioning, context).await?,
        None => {
            let person = arguments.person.as_deref().unwrap_or_default();
            remove_person(person, &provisioning, context).await?;
        }
    }
    note("matching may tie them again; `usher plan` shows it");
    Ok(Exit::Success)
}

fn event(subject: String, data: Value, provisioning: &Provisioning, context: &Context) -> Event {
    let actor = actor(context);
    acting(&provisioning.store, &actor, context).event(EventKind::LinkRemoved, subject, data)
}

async fn remove_person(
    text: &str,
    provisioning: &Provisioning,
    context: &Context,
) -> Result<(), Failure> {
    let (store, id) = (&provisioning.store, provisioning.id());
    let person = find_person(store, text).await?;
    let before = store.link_of_person(id, &person.id).await?;
    let Some(before) = before else {
        return Err(no_link(&person.label()));
    };
    let data = json!({
        "organization": id,
        "person": person.id,
        "account": before.account,
        "before": before,
    });
    let event = event(format!("person:{}", person.id), data, provisioning, context);
    store.remove_link(id, &person.id, &[event]).await?;
    say(&before, &person.label(), context)
}

async fn remove_group(
    text: &str,
    provisioning: &Provisioning,
    context: &Context,
) -> Result<(), Failure> {
    let (store, id) = (&provisioning.store, provisioning.id());
    let group = find_group(store, text).await?;
    let links = store.group_links(id).await?;
    let Some(before) = links.into_iter().find(|link| link.group == group.id) else {
        return Err(no_link(&group.name));
    };
    let data = json!({"organization": id, "group": group.id, "before": before});
    let event = event(format!("group:{}", group.id), data, provisioning, context);
    store.remove_group_link(id, &group.id, &[event]).await?;
    say(&before, &group.name, context)
}

fn no_link(label: &str) -> Failure {
    Failure::usage(format!("{label} is tied to nothing")).hint("`usher link list` lists the ties")
}

fn say(before: &impl serde::Serialize, label: &str, context: &Context) -> Result<(), Failure> {
    if context.output.is_json() {
        return context.output.json(before);
    }
    context.output.line(format!("no longer tied: {label}"))?;
    context.output.flush()
}
