//! The place of a file that is written.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::C1zError;
use super::container::pack;
use super::scratch::Scratch;

/// Where the file will stand.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) path: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) name: String,
    pub(crate) exists: bool,
}

impl Target {
    /// Follows a symbolic link, so that the file that it names is replaced and not the link.
    pub(crate) fn resolve(path: &Path) -> Result<Self, C1zError> {
        let path = match fs::canonicalize(path) {
            Ok(path) => path,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(C1zError::io("find", path)(error)),
        };
        let exists = match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => true,
            Ok(_) => return Err(C1zError::NotAFile { path }),
            Err(_) => false,
        };
        let Some(name) = path.file_name() else {
            return Err(C1zError::NotAFile { path });
        };
        let name = name.to_string_lossy().into_owned();
        let folder = match path.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        Ok(Self {
            path,
            folder,
            name,
            exists,
        })
    }

    /// Says of an error in the existing file that the file was left alone; other errors are not about it.
    pub(crate) fn refused(&self, source: C1zError) -> C1zError {
        if !source.is_about_content() {
            return source;
        }
        C1zError::Target {
            path: self.path.clone(),
            source: Box::new(source),
        }
    }
}

/// Packs the database, and renames the result over the target. A new file can be read by its owner only;
/// one that is replaced passes its permissions on.
pub(crate) fn publish(
    target: &Target,
    scratch: &Scratch,
    level: i32,
) -> Result<(u64, u64), C1zError> {
    let (image, packed) = (scratch.file("image.db"), scratch.file("packed.c1z"));
    let file_bytes = pack(&image, &packed, level)?;
    let database_bytes = fs::metadata(&image)
        .map_err(C1zError::io("read", &image))?
        .len();
    if let Ok(existing) = fs::metadata(&target.path) {
        fs::set_permissions(&packed, existing.permissions())
            .map_err(C1zError::io("set the permissions of", &packed))?;
    }
    fs::rename(&packed, &target.path).map_err(C1zError::io("replace", &target.path))?;
    File::open(&target.folder)
        .and_then(|folder| folder.sync_all())
        .map_err(C1zError::io("flush the folder", &target.folder))?;
    Ok((file_bytes, database_bytes))
}
