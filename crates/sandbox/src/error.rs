//! Why a sandbox did not start.

use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// Why a sandbox did not start, or could not keep its state.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// An address cannot be listened on.
    #[error(
        "cannot listen on {address}; end the program that does, or let --listen name another address (port 0 takes a free one)"
    )]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file cannot be read or written.
    #[error("cannot read or write {}; check the path and its permissions", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A certificate or key is unusable.
    #[error("cannot use the certificate or key {}: {reason}; name files in PEM", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No self-signed certificate could be made.
    #[error("cannot make a self-signed certificate")]
    MakeCertificate {
        /// What went wrong.
        #[source]
        source: rcgen::Error,
    },
    /// The state file is no state of a sandbox.
    #[error(
        "the state file {} cannot be understood; move it away to start with a fresh organization",
        path.display()
    )]
    StateFile {
        /// The file.
        path: PathBuf,
        /// Where it breaks.
        #[source]
        source: serde_json::Error,
    },
    /// The organization file is wrong.
    #[error("cannot build the organization: {0}; docs/sandbox.md shows the form of the file")]
    Organization(String),
    /// The settings contradict themselves.
    #[error("{0}")]
    Settings(String),
}
