//! Where the demo keeps its files.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::exit::Exit;
use crate::failure::Failure;

/// Where the demo keeps its files.
pub enum Place {
    /// In a folder that ends with it.
    Temporary(TempDir),
    /// In one that somebody named, and that stays.
    Kept(PathBuf),
}

impl Place {
    /// Makes the folder if need be.
    pub fn make(named: Option<&Path>) -> Result<Self, Failure> {
        let Some(named) = named else {
            let made = tempfile::Builder::new().prefix("usher-demo-").tempdir();
            return made.map(Self::Temporary).map_err(|error| {
                Failure::new(Exit::File, "could not make a temporary folder").because(error)
            });
        };
        let folder = std::path::absolute(named)
            .and_then(|folder| std::fs::create_dir_all(&folder).map(|()| folder));
        folder.map(Self::Kept).map_err(|error| {
            let message = format!("could not make the folder {}", named.display());
            Failure::new(Exit::File, message)
                .because(error)
                .hint("--data names a folder that this user may write to")
        })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(folder) => folder,
        }
    }

    /// Where the simulated Miro keeps its organization, if that is to outlive it.
    pub fn organization(&self) -> Option<PathBuf> {
        match self {
            Self::Temporary(_) => None,
            Self::Kept(folder) => Some(folder.join("miro.json")),
        }
    }
}
