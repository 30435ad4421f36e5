//! Keeping the organization across runs.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::sync::atomic::Ordering;

use crate::error::SandboxError;
use crate::state::SandboxState;
use crate::world::World;

/// Reads the organization; `None` when the file is not there yet.
pub(crate) fn load(path: &Path) -> Result<Option<World>, SandboxError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            let path = path.to_owned();
            return Err(SandboxError::File { path, source });
        }
    };
    let world = serde_json::from_reader(BufReader::new(file));
    world.map(Some).map_err(|source| SandboxError::StateFile {
        path: path.to_owned(),
        source,
    })
}

/// Writes the organization beside the file and puts it in its place, so that the file is always whole.
pub(crate) fn save(state: &SandboxState) -> Result<(), SandboxError> {
    let Some(path) = &state.state_file else {
        return Ok(());
    };
    if !state.changed.swap(false, Ordering::AcqRel) && path.exists() {
        return Ok(());
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    let write = || -> io::Result<()> {
        let mut file = BufWriter::new(File::create(beside)?);
        serde_json::to_writer(&mut file, &*state.world.read())?;
        file.flush()?;
        file.get_ref().sync_all()?;
        fs::rename(beside, path)
    };
    write().map_err(|source| {
        state.touch();
        let path = path.clone();
        SandboxError::File { path, source }
    })
}
