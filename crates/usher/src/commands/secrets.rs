//! `usher secrets …`: the key that stored secrets are encrypted with.

mod init;
mod rotate;
mod status;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::listing::ListArguments;

/// `usher secrets …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take the first key into use; make it where keys are kept in a file
    Init(InitArguments),
    /// Show the versions of the key, and whether each is at hand
    Status(StatusArguments),
    /// Take a newer key into use, and encrypt everything with it
    Rotate(RotateArguments),
}

/// Arguments of `usher secrets init`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "The key is never in the database: it comes from secrets.key_file (which is made, readable by its owner only, if it is \
not there), from USHER_SECRETS_KEYS, or from a program, secrets.key_command. Keep a copy of it apart from the database and \
its backups: whoever has both can read the secrets, and without it nobody can.

Examples:
  USHER_SECRETS_KEY_FILE=/etc/usher/keys usher secrets init
  USHER_SECRETS_KEYS=1:$(openssl rand -base64 32) usher secrets init"
)]
pub struct InitArguments {}

/// Arguments of `usher secrets status`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher secrets status
  usher secrets status --json")]
pub struct StatusArguments {
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

/// Arguments of `usher secrets rotate`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "Everything goes on running meanwhile. Where keys are kept in a file, a new one is added to it, unless it has a newer \
one already. Where several machines have a copy of the file, or keys come from the environment or a program, first add the \
new line VERSION:KEY everywhere, and then run this. A rotation that was interrupted goes on when it is run again. Keep old \
keys as long as backups are kept that need them.

Examples:
  usher secrets rotate"
)]
pub struct RotateArguments {}

/// Runs `usher secrets …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Init(_) => init::run(context).await,
        Command::Status(arguments) => status::run(arguments, context).await,
        Command::Rotate(_) => rotate::run(context).await,
    }
}
