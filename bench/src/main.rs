//! Side-by-side benchmarks: Usher's own programs against a plain client, on the same sandbox, in one run.
//!
//! Every contestant runs as a process of its own, so that wall time and peak memory are those of a real run.
//! Figures are printed as a table with ratios; nothing is asserted here.

mod desk;
mod end_to_end;
mod growth;
mod inbound_scim;
mod plain_client;
mod planner;
mod process;
mod provisioning;
mod report;
mod sandbox_rate;
mod scim_servers;
mod sync_comparison;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Usher's benchmarks", name = "cargo xtask bench --")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Sizes of the organizations to read, in people
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000")]
    users: Vec<u64>,
    /// How many times faster than Miro's the sandbox's rate limit windows pass
    #[arg(long, default_value_t = 100.0)]
    time_scale: f64,
    /// Largest organization on which the plain client runs too: it needs a request per person
    #[arg(long, default_value_t = 100_000)]
    plain_up_to: u64,
    /// The same for the sandbox on which plans are applied: shorter windows leave less room for what a call itself takes
    #[arg(long, default_value_t = 20.0)]
    apply_time_scale: f64,
    /// People in the directory and in Miro for `usher plan` from end to end
    #[arg(long, default_value_t = 100_000)]
    plan_people: usize,
    /// Users present when identity providers push
    #[arg(long, value_delimiter = ',', default_value = "10000,100000")]
    pushed_users: Vec<u64>,
    /// Only these parts
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Part::Sandbox, Part::Sync, Part::Plan, Part::Apply, Part::InboundScim])]
    parts: Vec<Part>,
}

/// A part of the benchmarks.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// How fast the sandbox answers.
    Sandbox,
    /// Reading an organization.
    Sync,
    /// Planning.
    Plan,
    /// Carrying plans out.
    Apply,
    /// Identity providers that push.
    InboundScim,
}

#[derive(Subcommand)]
enum Command {
    /// The plain sequential client by itself (used by the comparison)
    #[command(hide = true)]
    PlainClient(plain_client::Settings),
}

#[tokio::main]
async fn main() -> Result<()> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let arguments = Arguments::parse();
    if let Some(Command::PlainClient(settings)) = arguments.command {
        return plain_client::run(settings).await;
    }
    let binary = process::build_usher()?;
    let wanted = |part| arguments.parts.contains(&part);
    report::heading();
    if wanted(Part::Sandbox) {
        report::rates(&sandbox_rate::run(&binary).await?);
    }
    if wanted(Part::Sync) {
        let runs = sync_comparison::run(&binary, &arguments).await?;
        report::syncs(&runs);
        report::exports(&runs);
    }
    if wanted(Part::Plan) {
        planner::run()?;
        report::planned(&end_to_end::run(&binary, arguments.plan_people).await?);
    }
    if wanted(Part::Apply) {
        let applied = provisioning::run(&binary, arguments.apply_time_scale).await?;
        report::applied(&applied);
    }
    if wanted(Part::InboundScim) {
        let (pushed, joined) = inbound_scim::run(&binary, &arguments.pushed_users).await?;
        report::pushed(&pushed);
        report::joined(joined.as_ref());
    }
    Ok(())
}
