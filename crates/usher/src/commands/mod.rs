//! The commands, one file each.

pub mod accounts;
pub mod administrators;
pub mod apply;
pub mod assign;
pub mod assignments;
pub mod audit;
pub mod backup;
pub mod c1z;
pub mod completions;
pub mod config;
pub mod connector;
pub mod cycle;
pub mod cycles;
pub mod demo;
pub mod diff;
pub mod doctor;
pub mod drift;
pub mod entitlements;
pub mod events;
pub mod explain;
pub mod export;
pub mod failures;
pub mod generate_docs;
pub mod grants;
pub mod hold;
pub mod jobs;
pub mod link;
pub mod mapping;
pub mod notify;
pub mod people;
pub mod plan;
pub mod probe;
pub mod provision;
pub mod provisioning;
pub mod restore;
pub mod sandbox;
pub mod schedules;
pub mod scope;
pub mod secrets;
pub mod serve;
pub mod sync;
pub mod syncs;
pub mod teams;
pub mod unassign;

use crate::cli::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Runs the command.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Demo(arguments) => demo::run(arguments, context).await,
        Command::Sandbox(arguments) => sandbox::run(arguments, context).await,
        Command::Doctor(arguments) => doctor::run(arguments, context).await,
        Command::Sync(arguments) => sync::run(arguments, context).await,
        Command::Syncs(arguments) => syncs::run(arguments, context).await,
        Command::Accounts(arguments) => accounts::run(arguments, context).await,
        Command::Teams(arguments) => teams::run(arguments, context).await,
        Command::Entitlements(arguments) => entitlements::run(arguments, context).await,
        Command::Grants(arguments) => grants::run(arguments, context).await,
        Command::Diff(arguments) => diff::run(arguments, context).await,
        Command::Export(arguments) => export::run(arguments, context).await,
        Command::People(command) => people::run(command, context).await,
        Command::Assign(arguments) => assign::run(arguments, context).await,
        Command::Assignments(arguments) => assignments::run(arguments, context).await,
        Command::Unassign(arguments) => unassign::run(arguments, context).await,
        Command::Hold(command) => hold::run(command, context).await,
        Command::Link(command) => link::run(command, context).await,
        Command::Scope(command) => scope::run(command, context).await,
        Command::Mapping(command) => mapping::run(command, context).await,
        Command::Provisioning(command) => provisioning::run(command, context).await,
        Command::Plan(arguments) => plan::run(arguments, context).await,
        Command::Apply(arguments) => Box::pin(apply::run(arguments, context)).await,
        Command::Provision(arguments) => Box::pin(provision::run(arguments, context)).await,
        Command::Explain(arguments) => explain::run(arguments, context).await,
        Command::Drift(arguments) => drift::run(arguments, context).await,
        Command::Failures(arguments) => failures::run(arguments, context).await,
        Command::Connector(command) => connector::run(command, context).await,
        Command::Cycle(arguments) => Box::pin(cycle::run(arguments, context)).await,
        Command::Cycles(arguments) => cycles::run(arguments, context).await,
        Command::Administrators(command) => administrators::run(command, context).await,
        Command::Schedules(command) => schedules::run(command, context).await,
        Command::Jobs(arguments) => jobs::run(arguments, context).await,
        Command::Secrets(command) => secrets::run(command, context).await,
        Command::Backup(arguments) => backup::run(arguments, context).await,
        Command::Restore(arguments) => restore::run(arguments, context).await,
        Command::Serve(_) => Box::pin(serve::run(context)).await,
        Command::Probe(arguments) => probe::run(arguments, context).await,
        Command::Notify(command) => notify::run(command, context).await,
        Command::Audit(command) => audit::run(command, context).await,
        Command::Events(arguments) => events::run(arguments, context).await,
        Command::C1z(command) => c1z::run(command, context).await,
        Command::Config(command) => config::run(command, context),
        Command::Completions(arguments) => completions::run(arguments, &context.output),
        Command::GenerateDocs(arguments) => generate_docs::run(arguments),
    }
}
