//! Side-by-side benchmarks: Usher's own programs against a plain client, on the same sandbox, in one run.
//!
//! Every contestant runs as a process of its own, so that wall time and peak memory are those of a real run.
//! Figures are printed as a table with ratios; nothing is asserted here.

mod growth;
mod plain_client;
mod process;
mod report;
mod sandbox_rate;
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
    report::heading();
    report::rates(&sandbox_rate::run(&binary).await?);
    let runs = sync_comparison::run(&binary, &arguments).await?;
    report::syncs(&runs);
    report::exports(&runs);
    Ok(())
}
