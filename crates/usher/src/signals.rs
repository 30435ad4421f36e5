//! Ctrl-C and termination.

use std::future::Future;

use crate::exit::Exit;
use crate::failure::Failure;

/// Who ends a command when the user says stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// The command is dropped where it stands.
    Here,
    /// The command listens itself.
    ByCommand,
}

/// Runs `command` until it ends or the user says stop.
pub async fn until_interrupted(
    command: impl Future<Output = Result<Exit, Failure>>,
    handling: Handling,
) -> Result<Exit, Failure> {
    if handling == Handling::ByCommand {
        return command.await;
    }
    tokio::select! {
        result = command => result,
        () = stop() => Err(Failure::new(Exit::Interrupted, "interrupted")
            .hint("the inventory is as it was; a sync that is run again goes on where it stopped")),
    }
}

/// Ends when the user presses Ctrl-C or the system asks the program to end.
pub async fn stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            // Without a handler the system's own way of ending applies.
            let _ = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _ = interrupt.await;
    }
}
