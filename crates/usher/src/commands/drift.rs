//! `usher drift`: differences that somebody made in Miro by hand.

use clap::Args;
use usher_engine::provisioning::drift;
use usher_plan::{Drift, DriftOutcome};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};
use crate::output::note;
use crate::provisioning::{OrganizationArguments, Provisioning, acting, actor};

/// Arguments of `usher drift`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "What is listed was set by Usher and is something else in Miro now. `usher provisioning set drift.ATTRIBUTE` says \
what happens to it: correct, report or adopt.

Examples:
  usher drift
  usher drift --columns account,what,observed,desired,by
  usher drift --json"
)]
pub struct Arguments {
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

const COLUMNS: &[Column<Drift>] = &[
    Column::new("account", |row| Cell::text(row.label.clone())),
    Column::new("what", |row| Cell::text(row.what.clone())),
    Column::new("desired", |row| {
        Cell::optional(row.desired.as_ref().map(ToString::to_string))
    }),
    Column::new("observed", |row| {
        Cell::optional(row.observed.as_ref().map(ToString::to_string))
    }),
    Column::new("by", |row| Cell::optional(row.by.clone())),
    Column::new("outcome", |row| Cell::Word {
        value: word(row.outcome).to_owned(),
        label: words(row.outcome),
    }),
    Column::extra("account_id", |row| Cell::text(row.account.as_str())),
    Column::extra("attribute", |row| {
        Cell::optional(row.attribute.map(|attribute| attribute.path().to_owned()))
    }),
];

fn word(outcome: DriftOutcome) -> &'static str {
    match outcome {
        DriftOutcome::Corrected => "corrected",
        DriftOutcome::Reported => "reported",
        DriftOutcome::Adopted => "adopted",
    }
}

fn words(outcome: DriftOutcome) -> &'static str {
    match outcome {
        DriftOutcome::Corrected => "the next plan sets it back",
        DriftOutcome::Reported => "left as it is",
        DriftOutcome::Adopted => "stands until the directory changes",
    }
}

/// Runs `usher drift`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let actor = actor(context);
    let found = drift(
        acting(&provisioning.store, &actor, context),
        provisioning.id(),
    )
    .await?;
    show(
        found,
        COLUMNS,
        &arguments.list,
        (&context.output, Noun("difference"), context.now()),
    )?;
    note("as of the last sync; `usher plan` says who made them, where Miro's audit log tells");
    Ok(Exit::Success)
}
