//! `usher connector on`, `off` and `release`.

use serde_json::json;
use usher_engine::connector::set_provisioning;
use usher_engine::cycle;
use usher_engine::notify::Announcer;
use usher_store::ProvisioningStatus;

use super::SwitchArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::notifying::notifier;
use crate::output::note;
use crate::provisioning::{Provisioning, acting, actor};

/// Runs `usher connector on`.
pub async fn on(arguments: &SwitchArguments, context: &Context) -> Result<Exit, Failure> {
    switch(arguments, ProvisioningStatus::On, context).await?;
    note("`usher cycle` runs a cycle; `usher cycle --every 40m` keeps at it");
    Ok(Exit::Success)
}

/// Runs `usher connector off`.
pub async fn off(arguments: &SwitchArguments, context: &Context) -> Result<Exit, Failure> {
    switch(arguments, ProvisioningStatus::Off, context).await?;
    note("cycles change nothing until `usher connector on`");
    Ok(Exit::Success)
}

async fn switch(
    arguments: &SwitchArguments,
    status: ProvisioningStatus,
    context: &Context,
) -> Result<(), Failure> {
    let desk = Provisioning::open(context, &arguments.organization).await?;
    let actor = actor(context);
    let acting = acting(&desk.store, &actor, context);
    let switched = set_provisioning(acting, desk.id(), status).await?;
    if context.output.is_json() {
        let stopping = &switched.stopping;
        return context
            .output
            .json(&json!({"provisioning": switched.record.provisioning, "stopping": stopping}));
    }
    if let Some(work) = &switched.stopping {
        note(format!(
            "{work} was told to stop: what it has sent to Miro still ends, and nothing more is sent"
        ));
    }
    let word = match switched.record.provisioning {
        ProvisioningStatus::On => "on",
        ProvisioningStatus::Off => "off",
    };
    context.output.line(format!("provisioning is {word}"))?;
    context.output.flush()
}

/// Runs `usher connector release`.
pub async fn release(arguments: &SwitchArguments, context: &Context) -> Result<Exit, Failure> {
    let desk = Provisioning::open(context, &arguments.organization).await?;
    let notifier = notifier(context)?;
    let actor = actor(context);
    let announcer = Announcer {
        acting: acting(&desk.store, &actor, context),
        notifier: &notifier,
    };
    let why = format!("{} released it", context.operator);
    cycle::release(announcer, desk.id(), &why).await?;
    if context.output.is_json() {
        context.output.json(&json!({"released": desk.id()}))?;
    } else {
        context.output.line("the connector is out of quarantine")?;
    }
    Ok(Exit::Success)
}
