//! `usher restore`: a database from a backup.

mod kept;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use usher_model::EventKind;
use usher_store::{BackupFile, Overwrite, RestoredTokens, Restoring, Store};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::database_url;
use crate::output::humanize;
use crate::provisioning::{acting, actor};

/// Arguments of `usher restore`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "The file is read to its end and checked before anything is changed, and everything is put back in one step. A backup \
of an older Usher is brought up to date; one of a newer Usher is refused. It does not matter whether it was made of a SQLite \
file or of a PostgreSQL database: this is also the way from one to the other. End every `usher serve` on the database first.

Everybody has to sign in anew, and one-time links are void. Tokens are as they were when the backup was made, so that what was \
revoked since works again: those that work are listed, to be looked through; --revoke-tokens revokes them all.

Examples:
  usher restore usher-2026-11-27.backup
  usher restore --database postgres://usher@db.internal/usher usher-2026-11-27.backup
  usher restore --replace usher-2026-11-27.backup      loses what is in the database now"
)]
pub struct Arguments {
    /// The backup
    pub file: PathBuf,
    /// Lose what is in the database now
    #[arg(long)]
    pub replace: bool,
    /// Revoke every API token and every token of a source that is in the backup
    #[arg(long)]
    pub revoke_tokens: bool,
}

/// Runs `usher restore`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let backup = BackupFile::open(&arguments.file)?;
    let clock = Arc::clone(&context.clock);
    let how = how(arguments);
    let store = Store::restore(&database_url(context)?, clock, &backup, how).await?;
    context.opened.lock().push(store.clone());
    let events = store.verify_events().await?;
    let actor = actor(context);
    let file = arguments.file.display().to_string();
    let summary = &backup.summary;
    let data = json!({"file": file, "rows": summary.rows, "sha256": summary.sha256, "made_at": summary.made_at,
        "tokens_revoked": how.tokens == RestoredTokens::Revoke});
    let event = acting(&store, &actor, context).event(EventKind::BackupRestored, "database", data);
    store.append_events(&[event]).await?;
    let kept = kept::tokens(&store, context.now()).await?;
    if context.output.is_json() {
        context
            .output
            .json(&json!({"file": file, "backup": summary, "events": events, "tokens": kept}))?;
        return Ok(Exit::Success);
    }
    context.output.line(format!(
        "{}: {}, as of {}; the log of {} is whole",
        store.database(),
        humanize::counted(summary.rows, "row"),
        humanize::exact(summary.made_at),
        humanize::counted(events, "event"),
    ))?;
    kept::show(&kept, context)?;
    Ok(Exit::Success)
}

fn how(arguments: &Arguments) -> Restoring {
    Restoring {
        overwrite: if arguments.replace {
            Overwrite::Lose
        } else {
            Overwrite::Refuse
        },
        tokens: if arguments.revoke_tokens {
            RestoredTokens::Revoke
        } else {
            RestoredTokens::Keep
        },
    }
}
