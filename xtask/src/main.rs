//! Development commands: `cargo xtask test`, `cargo xtask bench`, `cargo xtask generate`.

mod instruments;
mod scratch;
mod steps;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Usher's development commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what the tests need, then check formatting, lints and documentation, and run all tests
    Test {
        /// Also run the long loops: a hundred kills, fuzzing, big property tests
        #[arg(long)]
        full: bool,
    },
    /// Install what the tests need, and say what is missing
    Setup,
    /// Run the side-by-side benchmarks and print their table
    Bench {
        /// Arguments of the benchmark program (see `cargo xtask bench -- --help`)
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Write the generated reference pages under docs/reference anew
    Generate,
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Test { full } => {
            let instruments = instruments::set_up()?;
            steps::test(
                &instruments,
                if full {
                    steps::Loops::Long
                } else {
                    steps::Loops::Short
                },
            )
        }
        Command::Setup => instruments::set_up().map(drop),
        Command::Bench { arguments } => steps::bench(&arguments),
        Command::Generate => steps::generate(),
    }
}
