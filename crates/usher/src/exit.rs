//! Exit codes: the one table of how a command can end.

use std::fmt::Write as _;
use std::process::ExitCode;

/// How the program ended. The numbers are part of the interface and never change meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done.
    Success,
    /// Failed for a reason that has no number of its own.
    Failure,
    /// A wrong argument, flag, variable or setting.
    Usage,
    /// A token is missing, refused, expired, or lacks a scope.
    Credentials,
    /// Miro cannot be reached, or keeps failing.
    Upstream,
    /// A snapshot was stored and is not believed.
    Suspect,
    /// The database cannot be used.
    Database,
    /// A file cannot be read or written.
    File,
    /// Stopped by Ctrl-C or a termination signal.
    Interrupted,
}

impl Exit {
    /// Every way to end, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::Success,
        Self::Failure,
        Self::Usage,
        Self::Credentials,
        Self::Upstream,
        Self::Suspect,
        Self::Database,
        Self::File,
        Self::Interrupted,
    ];

    /// The number given to the operating system.
    pub fn number(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Credentials => 3,
            Self::Upstream => 4,
            Self::Suspect => 5,
            Self::Database => 6,
            Self::File => 7,
            // 128 + SIGINT, as shells report it.
            Self::Interrupted => 130,
        }
    }

    /// What the number means, in a line.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Success => "done",
            Self::Failure => "failed for a reason that has no code of its own",
            Self::Usage => "wrong argument, flag, environment variable or setting",
            Self::Credentials => "a token is missing, refused, expired, or lacks a scope",
            Self::Upstream => "Miro cannot be reached, or keeps failing",
            Self::Suspect => "a snapshot was stored, but is not believed",
            Self::Database => "the database cannot be opened, is locked, full or foreign",
            Self::File => "a file cannot be read or written",
            Self::Interrupted => "stopped by Ctrl-C or a termination signal",
        }
    }

    /// What somebody who sees the number should do, for the reference page.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Success => "Nothing.",
            Self::Failure => "Read the message; run again with `-v` for the log.",
            Self::Usage => {
                "Correct what the message names; `usher config check` shows every setting and where it comes from."
            }
            Self::Credentials => {
                "Run `usher doctor`: it names the token and the scope, and where to get them."
            }
            Self::Upstream => {
                "Try again later; `usher doctor` tells a wrong address from a failing service. The inventory is as it was."
            }
            Self::Suspect => {
                "Read the reasons. If the organization really changed that much, run `usher sync --accept`. Until then the inventory stays as it was."
            }
            Self::Database => {
                "Close what holds the file, free disk space, or point `--database` elsewhere. The inventory is as it was."
            }
            Self::File => "Check the path, its permissions and the free space.",
            Self::Interrupted => {
                "Run the command again; an interrupted sync goes on where it stopped."
            }
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

/// The table for `--help`.
pub fn help_table() -> String {
    let mut text = String::from("Exit codes:\n");
    for exit in Exit::ALL {
        let _ = writeln!(text, "  {:>3}  {}", exit.number(), exit.meaning());
    }
    text
}
