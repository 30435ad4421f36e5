//! `usher`, the command line.
//!
//! ```text
//!  flags ─┐
//!  environment ─┼─▶ Configuration ─▶ Context ─▶ commands::NAME::run ─▶ Exit, or Failure (error:, hint:)
//!  usher.toml ─┘                       │
//!                                      ├─ Output: results, on standard output
//!                                      └─ progress, notes and log, on standard error
//! ```
//!
//! A command is a file in [`commands`]: its arguments with their help, and `run`. What it knows of the other
//! crates' errors stands in one table, [`errors`]; how the program can end in another, [`exit`].

#![allow(
    rustdoc::bare_urls,
    reason = "clap shows these comments as help, without markup"
)]
#![expect(
    clippy::doc_markdown,
    reason = "the documentation of a flag is its help text, where backticks would be in the way"
)]

mod assignment_text;
mod attributes;
mod cli;
mod command_line;
mod commands;
mod config;
mod context;
mod errors;
mod exit;
mod failure;
mod inventory;
mod keeping;
mod log;
mod moment;
mod notifying;
mod output;
mod people;
mod plan_eta;
mod plan_view;
mod progress;
mod provisioning;
mod provisioning_keys;
mod provisioning_names;
mod role_words;
mod scope_text;
mod settings_file;
mod sign_in;
mod signals;
mod stored_plan;
mod summary;
mod traces;
mod when;

use std::process::ExitCode;

use clap::Parser;
use indicatif::MultiProgress;
use usher_model::SystemClock;

use cli::{Cli, Command};
use config::{Configuration, Environment};
use context::{Context, ProgressChoice};
use exit::Exit;
use failure::Failure;
use output::{Format, Output, note, style};
use traces::Traces;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return command_line_error(&error),
    };
    let format = if cli.global.json {
        Format::Json
    } else {
        Format::Human
    };
    match start(&cli, format) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            report(&failure, format);
            failure.exit().into()
        }
    }
}

/// Help and version are no error, unless a command was missing; the rest is a wrong command line.
fn command_line_error(error: &clap::Error) -> ExitCode {
    if let Some(failure) = command_line::failure(error) {
        let wants_json = std::env::args().any(|argument| argument == "--json");
        let format = if wants_json {
            Format::Json
        } else {
            Format::Human
        };
        report(&failure, format);
        return failure.exit().into();
    }
    // Nobody is left to tell when this fails.
    let _ = error.print();
    if error.use_stderr() {
        Exit::Usage.into()
    } else {
        Exit::Success.into()
    }
}

fn start(cli: &Cli, format: Format) -> Result<Exit, Failure> {
    // The one TLS provider; a second installation, which cannot happen here, would change nothing.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let context = context(cli, format)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| {
        Failure::new(Exit::Failure, "could not start the asynchronous runtime").because(error)
    })?;
    let exit = runtime.block_on(async {
        let command = Box::pin(commands::run(&cli.command, &context));
        let exit = signals::until_interrupted(command, handles_signals(&cli.command)).await;
        context.close().await;
        exit
    });
    context.traces.end();
    // A command that failed has its own story to tell, whatever becomes of its output.
    let flushed = context.output.flush();
    exit.and_then(|exit| flushed.map(|()| exit))
}

/// Whether the command ends by itself when the user says stop.
fn handles_signals(command: &Command) -> signals::Handling {
    match command {
        Command::Sandbox(_)
        | Command::Demo(_)
        | Command::Apply(_)
        | Command::Provision(_)
        | Command::Cycle(_)
        | Command::Serve(_) => signals::Handling::ByCommand,
        Command::Sync(arguments) if arguments.watch.is_some() => signals::Handling::ByCommand,
        Command::Events(arguments) if arguments.follow => signals::Handling::ByCommand,
        _ => signals::Handling::Here,
    }
}

fn context(cli: &Cli, format: Format) -> Result<Context, Failure> {
    let environment = Environment::capture();
    #[cfg(feature = "fault-points")]
    if let Some(place) = Environment::one("FAULT_POINT") {
        usher_engine::fault_point::configure(&place);
    }
    let configuration = if needs_no_configuration(&cli.command) {
        Configuration::defaults()?
    } else {
        Configuration::load(&environment, cli.global.config.as_deref(), cli.layer())?
    };
    style::choose(configuration.output.color, &environment);
    let bars = MultiProgress::new();
    let traces = Traces::configured(&configuration.traces)?;
    log::start(&configuration.log, &traces, &bars);
    Ok(Context {
        configuration,
        output: Output::new(format),
        clock: std::sync::Arc::new(SystemClock),
        progress: if cli.global.quiet {
            ProgressChoice::Quiet
        } else {
            ProgressChoice::Shown
        },
        bars,
        traces,
        opened: parking_lot::Mutex::default(),
        operator: environment.get("USER").unwrap_or("unknown").to_owned(),
        program: std::env::args()
            .next()
            .unwrap_or_else(|| "usher".to_owned()),
    })
}

/// What only prints what is built in must work under a broken configuration.
fn needs_no_configuration(command: &Command) -> bool {
    matches!(command, Command::Completions(_) | Command::GenerateDocs(_))
}

/// Says what failed, why, and what to do.
fn report(failure: &Failure, format: Format) {
    if failure.is_silent() {
        return;
    }
    if format == Format::Json {
        return note(failure.to_json().to_string());
    }
    note(format!("{} {failure}", style::error_label()));
    for cause in failure.causes() {
        note(format!("  caused by: {cause}"));
    }
    for hint in failure.hints() {
        note(format!("{} {hint}", style::hint_label()));
    }
}
