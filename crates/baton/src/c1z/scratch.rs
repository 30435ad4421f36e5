//! A private folder for files that hold an organization's people and must not stay behind.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::C1zError;

/// Temporary folders end in this.
const SUFFIX: &str = ".tmp";
/// The file in it that its owner holds locked while it lives.
const LOCK: &str = "lock";

/// A folder that only this user can enter, and that is removed when it is dropped.
///
/// A process that is killed cannot remove it. The next one that makes such a folder at the same place
/// does: the lock tells a living owner from a dead one.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: TempDir,
    /// Released after the folder is gone.
    _lock: File,
}

impl Scratch {
    /// A new folder in `parent` whose name begins with `prefix`, after leftovers of that name are removed.
    pub(crate) fn create(parent: &Path, prefix: &str) -> Result<Self, C1zError> {
        let failed = |source| C1zError::Io {
            action: "create a temporary folder in",
            path: parent.to_owned(),
            source,
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(prefix).suffix(SUFFIX).rand_bytes(10);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o700));
        }
        let folder = builder.tempdir_in(parent).map_err(failed)?;
        let lock = take_lock(folder.path()).map_err(failed)?;
        remove_leftovers(parent, prefix, folder.path());
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// A file's place in the folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Creates a file that only this user can read.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// The lock gets its name only after it is held, so that nobody finds it free in between.
fn take_lock(folder: &Path) -> io::Result<File> {
    let unnamed = folder.join("lock.new");
    let lock = create_private(&unnamed)?;
    lock.try_lock()?;
    fs::rename(&unnamed, folder.join(LOCK))?;
    Ok(lock)
}

/// Removes the folders of owners that are gone. Failing to is no reason to stop.
fn remove_leftovers(parent: &Path, prefix: &str, own: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let path = entry.path();
        if name.starts_with(prefix) && name.ends_with(SUFFIX) && path != own {
            remove_if_left(&path, own);
        }
    }
}

fn remove_if_left(folder: &Path, own: &Path) {
    let lock = folder.join(LOCK);
    let is_plain_file = |path: &Path| path.symlink_metadata().is_ok_and(|m| m.is_file());
    if !has_same_owner(folder, own) || !is_plain_file(&lock) {
        return;
    }
    let Ok(lock) = File::open(&lock) else { return };
    if lock.try_lock().is_ok() {
        let _ = fs::remove_dir_all(folder);
    }
}

#[cfg(unix)]
fn has_same_owner(folder: &Path, own: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (folder.symlink_metadata(), own.symlink_metadata()) {
        (Ok(folder), Ok(own)) => folder.is_dir() && folder.uid() == own.uid(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn has_same_owner(folder: &Path, _own: &Path) -> bool {
    folder.symlink_metadata().is_ok_and(|m| m.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_removed_and_a_living_one_is_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        let living = Scratch::create(parent.path(), ".x.").unwrap();
        let killed = parent.path().join(".x.killed.tmp");
        fs::create_dir(&killed).unwrap();
        fs::write(killed.join(LOCK), "").unwrap();
        fs::write(killed.join("image.db"), "people").unwrap();
        let foreign = parent.path().join(".x.foreign.tmp");
        fs::create_dir(&foreign).unwrap();

        let next = Scratch::create(parent.path(), ".x.").unwrap();
        assert!(!killed.exists());
        assert!(living.path().exists());
        assert!(next.path().exists());
        assert!(
            foreign.exists(),
            "a folder without a lock is not one of ours"
        );
    }

    #[test]
    fn the_folder_goes_when_its_owner_does() {
        let parent = tempfile::tempdir().unwrap();
        let scratch = Scratch::create(parent.path(), ".x.").unwrap();
        fs::write(scratch.file("image.db"), "people").unwrap();
        drop(scratch);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
