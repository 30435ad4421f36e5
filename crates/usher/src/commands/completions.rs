//! `usher completions SHELL`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Arguments of `usher completions`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  usher completions bash > /etc/bash_completion.d/usher
  usher completions zsh > ~/.zfunc/_usher
  usher completions fish > ~/.config/fish/completions/usher.fish")]
pub struct Arguments {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Runs `usher completions`.
pub fn run(arguments: &Arguments, output: &Output) -> Result<Exit, Failure> {
    // clap_complete panics when its writer fails, so it gets one that cannot.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "usher", &mut script);
    output.write(|sink| std::io::Write::write_all(sink, &script))?;
    Ok(Exit::Success)
}
