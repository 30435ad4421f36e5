//! Activating, updating, re-authorizing and deactivating.

use serde_json::json;
use usher_engine::connector::{self, Activated, Proof, prove};
use usher_engine::notify::Announcer;
use usher_miro::MiroClient;
use usher_model::{EventKind, Known, OrganizationId};
use usher_store::{ConnectorRecord, ProvisioningStatus, Store};

use super::{DeactivateArguments, MiroArguments};
use crate::commands::apply::running::client;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory;
use crate::notifying::notifier;
use crate::output::{note, style};
use crate::provisioning::{Provisioning, acting, actor};

/// Runs `usher connector activate`.
pub async fn activate(arguments: &MiroArguments, context: &Context) -> Result<Exit, Failure> {
    let client = client(context)?;
    let store = inventory::open(context).await?;
    let expected = expected(arguments, &store).await?;
    let actor = actor(context);
    let acting = acting(&store, &actor, context);
    let activated = connector::activate(acting, &client, expected.as_ref()).await;
    let activated = activated.map_err(|error| at_address(error, context))?;
    show(&activated.proof, "active", &activated, context)?;
    if activated.provisioning == ProvisioningStatus::Off {
        note("cycles change nothing until `usher connector on`");
    }
    Ok(Exit::Success)
}

/// The organization that was named, or the only one there is: a token of another one is refused.
async fn expected(
    arguments: &MiroArguments,
    store: &Store,
) -> Result<Option<OrganizationId>, Failure> {
    if let Some(named) = &arguments.organization.organization {
        return Ok(Some(OrganizationId::new(named)));
    }
    let known = store.organizations().await?;
    Ok(match known.as_slice() {
        [only] => Some(only.id.clone()),
        _ => None,
    })
}

/// An error of Miro's, with the address that was asked.
fn at_address(error: usher_engine::EngineError, context: &Context) -> Failure {
    match &error {
        usher_engine::EngineError::Miro { source, .. } => {
            let address = context.address_hint(source);
            Failure::from(error).maybe_hint(address)
        }
        _ => error.into(),
    }
}

/// Runs `usher connector update`.
pub async fn update(arguments: &MiroArguments, context: &Context) -> Result<Exit, Failure> {
    let desk = Provisioning::open(context, &arguments.organization).await?;
    let client = client(context)?;
    let proof = prove(&desk.store, &client, Some(desk.id())).await;
    let proof = proof.map_err(|error| at_address(error, context))?;
    let actor = actor(context);
    let event = acting(&desk.store, &actor, context).event(
        EventKind::IdmIntegrationUpdate,
        format!("organization:{}", desk.id()),
        json!({"organization": desk.id(), "what": "connection", "proof": proof}),
    );
    let change = |connector: &mut ConnectorRecord| {
        connector.group_model = proof.group_model.or(connector.group_model);
    };
    let store = &desk.store;
    store.update_connector(desk.id(), change, &[event]).await?;
    show(&proof, "as it should be", &proof, context)?;
    Ok(Exit::Success)
}

/// Runs `usher connector reauthorize`.
pub async fn reauthorize(arguments: &MiroArguments, context: &Context) -> Result<Exit, Failure> {
    let desk = Provisioning::open(context, &arguments.organization).await?;
    let client: MiroClient = client(context)?;
    let notifier = notifier(context)?;
    let actor = actor(context);
    let announcer = Announcer {
        acting: acting(&desk.store, &actor, context),
        notifier: &notifier,
    };
    let authorized = connector::reauthorize(announcer, &client, desk.id()).await;
    let authorized: Activated = authorized.map_err(|error| at_address(error, context))?;
    show(
        &authorized.proof,
        "in use with the new tokens",
        &authorized,
        context,
    )?;
    note("the tokens before stay valid until somebody ends them in Miro");
    Ok(Exit::Success)
}

/// Says what the tokens are good for.
fn show(
    proof: &Proof,
    state: &str,
    whole: &impl serde::Serialize,
    context: &Context,
) -> Result<(), Failure> {
    if context.output.is_json() {
        return context.output.json(whole);
    }
    let name = proof.name.clone();
    let name = name.unwrap_or_else(|| format!("organization {}", proof.organization));
    context
        .output
        .line(format!("{name}: the connector is {state}"))?;
    context.output.line(match proof.group_model {
        Known::Known(usher_model::GroupModel::Team) => "SCIM groups are teams",
        Known::Known(usher_model::GroupModel::UserGroup) => "SCIM groups are user groups",
        Known::Unknown => "what SCIM groups are could not be found out",
    })?;
    context.output.flush()?;
    for missing in &proof.missing {
        note(format!("{} {missing}", style::warning_label()));
    }
    Ok(())
}

/// Runs `usher connector deactivate`.
pub async fn deactivate(
    arguments: &DeactivateArguments,
    context: &Context,
) -> Result<Exit, Failure> {
    let desk = Provisioning::open(context, &arguments.organization).await?;
    if !arguments.yes {
        return Err(Failure::usage(
            "provisioning would end, and nobody would be disabled any more when they leave; nothing was changed",
        )
        .hint("run it again with --yes if that is meant"));
    }
    let actor = actor(context);
    let acting = acting(&desk.store, &actor, context);
    let deactivated = connector::deactivate(acting, desk.id()).await?;
    if context.output.is_json() {
        context.output.json(&deactivated)?;
        return Ok(Exit::Success);
    }
    context.output.line("the connector is inactive")?;
    for line in &deactivated.statement {
        context.output.line(format!("  {line}"))?;
    }
    Ok(Exit::Success)
}
