//! `usher hold list`.

use serde_json::json;
use usher_model::{Hold, HoldSubject};

use super::HoldListArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};
use crate::people::find_account;
use crate::provisioning::Provisioning;

struct Row {
    hold: Hold,
    subject: String,
    state: &'static str,
}

const COLUMNS: &[Column<Row>] = &[
    Column::new("id", |row| Cell::text(row.hold.id.as_str())),
    Column::new("subject", |row| Cell::text(row.subject.clone())),
    Column::new("kind", |row| Cell::text(row.hold.kind.as_str())),
    Column::new("state", |row| Cell::text(row.state)),
    Column::new("reason", |row| Cell::text(row.hold.reason.clone())),
    Column::new("expires_at", |row| {
        row.hold.expires_at.map_or(Cell::Empty, Cell::Time)
    }),
    Column::extra("origin", |row| Cell::text(row.hold.origin.to_string())),
    Column::extra("created_at", |row| Cell::Time(row.hold.created_at)),
    Column::extra("hold", |row| Cell::Detail(String::new(), json!(row.hold))),
];

/// Runs `usher hold list`.
pub async fn run(arguments: &HoldListArguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let mut rows = Vec::new();
    for hold in provisioning.store.holds(provisioning.id()).await? {
        rows.push(Row {
            subject: label(&hold.subject, &provisioning).await?,
            state: if hold.holds_at(context.now()) {
                "holds"
            } else {
                "over"
            },
            hold,
        });
    }
    show(
        rows,
        COLUMNS,
        &arguments.list,
        (&context.output, Noun("hold"), context.now()),
    )?;
    Ok(Exit::Success)
}

/// Who a hold is about, for people.
pub async fn label(subject: &HoldSubject, provisioning: &Provisioning) -> Result<String, Failure> {
    let (store, organization) = (&provisioning.store, provisioning.id());
    Ok(match subject {
        HoldSubject::Person(id) => match store.person(id).await? {
            Some(person) => person
                .email()
                .map_or_else(|| person.label(), |email| email.to_string()),
            None => format!("person {id}"),
        },
        HoldSubject::Account(id) => match find_account(store, organization, id.as_str()).await {
            Ok(account) => format!("account {}", account.email),
            Err(_) => format!("account {id}"),
        },
    })
}
