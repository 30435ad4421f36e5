//! Why a server could not be started.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a server could not be started, or ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A certificate or key that cannot be used.
    #[error("cannot use the TLS file {}: {reason}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The system stopped giving out connections.
    #[error("the server stopped")]
    Stopped(#[source] io::Error),
}
