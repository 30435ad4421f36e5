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
    /// The plan has changes, and `--exit-code` asked to be told so.
    Changes,
    /// A plan waits for somebody's yes.
    Held,
    /// Some changes failed, the others were made.
    Partial,
    /// What was asked for no longer fits how things stand.
    Outdated,
    /// The connector is inactive, off, or in quarantine.
    NotReady,
    /// Another process is at work on the same organization.
    Busy,
    /// Stopped by Ctrl-C or a termination signal.
    Interrupted,
}

impl Exit {
    /// Every way to end, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::Success,
        Self::Failure,
        Self::Usage,
        Self::Credentials,
        Self::Upstream,
        Self::Suspect,
        Self::Database,
        Self::File,
        Self::Changes,
        Self::Held,
        Self::Partial,
        Self::Outdated,
        Self::NotReady,
        Self::Busy,
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
            Self::Changes => 8,
            Self::Held => 9,
            Self::Partial => 10,
            Self::Outdated => 11,
            Self::NotReady => 12,
            Self::Busy => 13,
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
            Self::Suspect => "a snapshot, or a reading of people, is not believed",
            Self::Database => "the database cannot be opened, is locked, full or foreign",
            Self::File => "a file cannot be read or written",
            Self::Changes => "the plan has changes (only with --exit-code)",
            Self::Held => "a plan waits for approval",
            Self::Partial => "some changes failed; the others were made",
            Self::Outdated => "the plan no longer fits how things stand",
            Self::NotReady => "the connector is inactive, off, or in quarantine",
            Self::Busy => "another process is at work on the organization",
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
                "Read the reasons. If things really changed that much, run `usher sync --accept`, or `usher people source accept`. Until then everything stays as it was."
            }
            Self::Database => {
                "Close what holds the file, free disk space, or point `--database` elsewhere. The inventory is as it was."
            }
            Self::File => "Check the path, its permissions and the free space.",
            Self::Changes => "Nothing, or `usher apply`.",
            Self::Held => {
                "Read what holds it (`usher plan show`), then `usher plan approve` or `usher plan reject`."
            }
            Self::Partial => {
                "`usher failures` lists what failed, why, and what to do; what is still wanted is tried again, less and less often, or at once after `usher failures retry`."
            }
            Self::Outdated => "Make a new plan with `usher plan`.",
            Self::NotReady => {
                "`usher connector status` says which it is; `usher connector activate`, `on` or `release` changes it."
            }
            Self::Busy => {
                "Wait until it is done, then run the command again. If it was killed, its claim ends by itself."
            }
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
