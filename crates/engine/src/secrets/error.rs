//! What can be wrong with secrets and their keys.

use std::path::PathBuf;

/// Why a secret cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// Nothing says where the key is.
    #[error("no key for secrets is configured")]
    NotConfigured,
    /// The database knows no key yet.
    #[error("the key for secrets is not in use yet")]
    NotBegun,
    /// The key file cannot be read or written.
    #[error("the key file {} cannot be used: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Others than its owner could read the key file.
    #[error("others can read the key file {}: its mode is {mode:03o}", path.display())]
    Readable {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The command that prints the keys failed.
    #[error("the command that prints the keys failed: {0}")]
    Command(String),
    /// What should be keys is something else. Never says what it is.
    #[error("the keys cannot be read: {0}")]
    Keys(String),
    /// The key source does not have a version that is needed.
    #[error("version {version} of the key for secrets is missing")]
    Missing {
        /// The version.
        version: u32,
    },
    /// The key of this version is not the one that secrets were sealed with.
    #[error(
        "version {version} of the key for secrets is not the one that secrets were encrypted with"
    )]
    Wrong {
        /// The version.
        version: u32,
    },
    /// A secret does not open: it was changed, or moved to another place.
    #[error("the secret {id} cannot be decrypted: it was changed, or put in the place of another")]
    Damaged {
        /// The secret.
        id: String,
    },
    /// A key that only its keeper can make anew.
    #[error("there is no newer version of the key than {current}, which is in use")]
    NothingNewer {
        /// The version in use.
        current: u32,
    },
    /// Another rotation took a newer key into use meanwhile.
    #[error(
        "version {version} of the key for secrets is no longer the one in use: another rotation has begun"
    )]
    Overtaken {
        /// The version that secrets were being sealed with.
        version: u32,
    },
    /// The system gave no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

impl SecretError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NotConfigured => {
                "set secrets.key_file, USHER_SECRETS_KEYS or secrets.key_command, then run `usher secrets init`".to_owned()
            }
            Self::NotBegun => "run `usher secrets init`".to_owned(),
            Self::File { .. } => {
                "secrets.key_file names it; `usher secrets init` makes one where there is none".to_owned()
            }
            Self::Readable { path, .. } => format!("chmod 600 {}", path.display()),
            Self::Command(_) => "run it by hand: it has to print a line VERSION:KEY for each key".to_owned(),
            Self::Keys(_) => {
                "a line VERSION:KEY for each: a whole number, and 32 bytes in base64, as from `openssl rand -base64 32`".to_owned()
            }
            Self::Missing { version } => format!(
                "put the line that begins with {version}: back into the key source; without it, the secrets under it have to be entered anew"
            ),
            Self::Wrong { version } => format!(
                "the key source has another key as {version} than when it was taken into use: put the right one back, or look whether this is the right database"
            ),
            Self::Damaged { .. } => "enter it anew, or restore a backup".to_owned(),
            Self::NothingNewer { current } => format!(
                "add a line {}:KEY to the key source of every process, then run `usher secrets rotate` again",
                current + 1
            ),
            Self::Overtaken { .. } => {
                "the other one seals everything anew; `usher secrets status` shows how far it is".to_owned()
            }
            Self::NoRandomness => "try again".to_owned(),
        }
    }
}
