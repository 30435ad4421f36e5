//! `usher link pin`.

use serde_json::json;
use usher_model::{EventKind, Link, LinkOrigin};

use super::PinArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::note;
use crate::people::{find_account, find_person};
use crate::provisioning::{Provisioning, acting, actor};

/// Runs `usher link pin`.
pub async fn run(arguments: &PinArguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let (store, id) = (&provisioning.store, provisioning.id());
    let person = find_person(store, &arguments.person).await?;
    let account = find_account(store, id, &arguments.account).await?;
    let before = store.link_of_person(id, &person.id).await?;
    let link = Link {
        person: person.id.clone(),
        account: account.id.clone(),
        how: LinkOrigin::Pinned,
        since: context.now(),
        sent: before
            .as_ref()
            .filter(|before| before.account == account.id)
            .map(|before| before.sent.clone())
            .unwrap_or_default(),
        disabled_at: None,
    };
    let actor = actor(context);
    let event = acting(store, &actor, context).event(
        EventKind::LinkCreated,
        format!("person:{}", person.id),
        json!({
            "organization": id,
            "person": person.id,
            "account": account.id,
            "before": before,
            "after": link,
        }),
    );
    store
        .save_links(id, std::slice::from_ref(&link), &[event])
        .await?;
    if context.output.is_json() {
        context.output.json(&link)?;
        return Ok(Exit::Success);
    }
    context.output.line(format!(
        "pinned: {} is account {}",
        person.label(),
        account.email
    ))?;
    context.output.flush()?;
    note("`usher plan` shows what follows from it");
    Ok(Exit::Success)
}
