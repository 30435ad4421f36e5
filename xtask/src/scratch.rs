//! Where tests put their databases.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Memory that looks like a folder.
const MEMORY: &str = "/dev/shm";
/// What the tests of one program may need at a time, in bytes.
const ROOM: u64 = 4 << 30;

/// A folder in memory for the tests' files, where this machine has the room: they wait for a disk more than they
/// compute. `None` when it has not, or when `TMPDIR` says where to put them.
pub fn in_memory() -> Option<TempDir> {
    if std::env::var_os("TMPDIR").is_some() || room(Path::new(MEMORY))? < ROOM {
        return None;
    }
    // The PostgreSQL server runs as another user and has to get in.
    tempfile::Builder::new()
        .prefix("usher-tests-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir_in(MEMORY)
        .ok()
}

/// The bytes that are free in a folder in memory; `None` where there is none.
fn room(folder: &Path) -> Option<u64> {
    let answer = Command::new("df")
        .args(["--type=tmpfs", "--block-size=1", "--output=avail"])
        .arg(folder)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(answer.stdout).ok()?;
    text.lines().nth(1)?.trim().parse().ok()
}
