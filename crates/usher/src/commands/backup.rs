//! `usher backup`: the database as a file.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use usher_model::EventKind;
use usher_store::{BackupSummary, Store};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;
use crate::output::{humanize, note};
use crate::provisioning::{acting, actor};

/// Arguments of `usher backup`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "The backup is of one moment, whatever is written meanwhile: nothing has to be stopped. It holds everything that is in \
the database, personal data included; stored secrets are in it as they are in the database, encrypted under a key that is \
in neither. The file is readable by its owner only, and appears whole or not at all.

Examples:
  usher backup usher-2026-11-27.backup
  usher backup --database postgres://usher@db.internal/usher nightly.backup
  usher backup --json nightly.backup"
)]
pub struct Arguments {
    /// The file; one that is there is replaced
    pub file: PathBuf,
}

/// Runs `usher backup`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let store = open_existing(context).await?;
    let written = write(&store, &arguments.file).await?;
    let actor = actor(context);
    let file = arguments.file.display().to_string();
    let data = json!({"file": file, "rows": written.rows, "sha256": written.sha256});
    let event = acting(&store, &actor, context).event(EventKind::BackupWritten, "database", data);
    store.append_events(&[event]).await?;
    if context.output.is_json() {
        context
            .output
            .json(&json!({"file": file, "backup": written}))?;
        return Ok(Exit::Success);
    }
    let rows = humanize::counted(written.rows, "row");
    context.output.line(format!("{file}: {rows}"))?;
    context.output.flush()?;
    note(
        "`usher restore` makes a database from it; the key for secrets, if there is one, is not in it",
    );
    Ok(Exit::Success)
}

/// Writes beside the file, and puts it in its place when it is whole. Temporary files are readable by their owner only.
async fn write(store: &Store, path: &Path) -> Result<BackupSummary, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(Exit::File, format!("could not write {}", path.display()))
            .because(error)
            .hint("check the folder, its permissions and the space left")
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(failed)?;
    let written = store
        .write_backup(std::io::BufWriter::new(file.as_file()))
        .await?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(written)
}
