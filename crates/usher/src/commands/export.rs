//! `usher export`: the inventory as a file.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;
use usher_engine::export::{ExportRequest, Exported, Format, export};
use usher_model::{Event, EventKind, OrganizationId, Origin};
use usher_store::Store;

use super::sync::actor;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::{Inventory, InventoryArguments};
use crate::output::humanize;

/// Arguments of `usher export`.
#[derive(Args, Debug)]
#[command(
    after_help = "The format follows the name: sync.c1z is a Baton file, inventory.jsonl is JSON Lines, and a name without \
an extension is a folder that gets one CSV file per table. A file appears whole or not at all.

Examples:
  usher export sync.c1z
  usher export inventory.jsonl
  usher export tables                       accounts.csv, teams.csv, grants.csv, …
  usher export march.c1z --as-of 2026-03-31"
)]
pub struct Arguments {
    /// The file, or the folder for CSV
    pub path: PathBuf,
    /// The format, if the name does not say it
    #[arg(long, value_enum)]
    pub format: Option<FileFormat>,
    /// Which inventory.
    #[command(flatten)]
    pub inventory: InventoryArguments,
}

/// The formats of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FileFormat {
    /// A Baton file
    #[value(name = "c1z")]
    C1z,
    /// One JSON object per line
    #[value(name = "jsonl")]
    JsonLines,
    /// One file of comma-separated values per table
    #[value(name = "csv")]
    Csv,
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::C1z => Self::C1z,
            FileFormat::JsonLines => Self::JsonLines,
            FileFormat::Csv => Self::Csv,
        }
    }
}

/// Runs `usher export`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let format = format(arguments)?;
    let inventory = Inventory::open(context, &arguments.inventory).await?;
    let request = ExportRequest {
        organization: &inventory.organization.id,
        as_of: inventory.as_of,
        format,
        path: &arguments.path,
        clock: &context.clock,
    };
    let exported = write(&inventory.store, &request, context).await?;
    if context.output.is_json() {
        let path = arguments.path.display().to_string();
        context
            .output
            .json(&json!({"path": path, "format": format, "written": exported}))?;
    } else {
        context.output.line(said(&arguments.path, &exported))?;
    }
    Ok(Exit::Success)
}

fn format(arguments: &Arguments) -> Result<Format, Failure> {
    let path = &arguments.path;
    if let Some(format) = arguments.format {
        return Ok(format.into());
    }
    if path.is_dir() {
        return Ok(Format::Csv);
    }
    Format::of_path(path).ok_or_else(|| {
        Failure::usage(format!(
            "the name {} does not say which format to write",
            path.display()
        ))
        .hint("end it in .c1z or .jsonl, name a folder for CSV, or give --format")
    })
}

/// Writes the current inventory of an organization as a Baton file.
pub async fn write_c1z(
    store: &Store,
    organization: &OrganizationId,
    path: &Path,
    context: &Context,
) -> Result<(), Failure> {
    let request = ExportRequest {
        organization,
        as_of: None,
        format: Format::C1z,
        path,
        clock: &context.clock,
    };
    write(store, &request, context).await.map(drop)
}

async fn write(
    store: &Store,
    request: &ExportRequest<'_>,
    context: &Context,
) -> Result<Exported, Failure> {
    let exported = export(store, request).await?;
    let event = Event {
        id: store.new_event_id(),
        at: context.now(),
        actor: actor(context),
        origin: Origin::CommandLine,
        kind: EventKind::InventoryExported,
        subject: format!("organization:{}", request.organization),
        data: json!({
            "path": request.path.display().to_string(),
            "format": request.format,
            "as_of": request.as_of,
            "written": exported,
        }),
    };
    store.append_events(&[event]).await?;
    Ok(exported)
}

fn said(path: &Path, exported: &Exported) -> String {
    let parts = [
        humanize::counted(exported.accounts, "account"),
        humanize::counted(exported.teams, "team"),
        humanize::counted(exported.entitlements, "entitlement"),
        humanize::counted(exported.grants, "grant"),
    ];
    format!("wrote {}: {}", path.display(), parts.join(", "))
}
