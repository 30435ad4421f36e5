//! `usher link list`.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use usher_model::{AccountId, GroupLink, GroupLinkTarget, Link};
use usher_store::AccountFilter;

use super::LinkListArguments;
use crate::assignment_text::Labels;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};
use crate::plan_view::Names;
use crate::provisioning::Provisioning;
use crate::provisioning_names;

struct Row {
    link: Link,
    person: String,
    account: String,
}

const COLUMNS: &[Column<Row>] = &[
    Column::new("person", |row| Cell::text(row.person.clone())),
    Column::new("account", |row| Cell::text(row.account.clone())),
    Column::new("how", |row| Cell::text(row.link.how.as_str())),
    Column::new("since", |row| Cell::Time(row.link.since)),
    Column::extra("disabled_at", |row| {
        row.link.disabled_at.map_or(Cell::Empty, Cell::Time)
    }),
    Column::extra("person_id", |row| Cell::text(row.link.person.as_str())),
    Column::extra("account_id", |row| Cell::text(row.link.account.as_str())),
];

struct GroupRow {
    link: GroupLink,
    group: String,
    target: String,
}

const GROUP_COLUMNS: &[Column<GroupRow>] = &[
    Column::new("group", |row| Cell::text(row.group.clone())),
    Column::new("target", |row| Cell::text(row.target.clone())),
    Column::new("how", |row| Cell::text(row.link.how.as_str())),
    Column::new("since", |row| Cell::Time(row.link.since)),
    Column::extra("group_id", |row| Cell::text(row.link.group.as_str())),
    Column::extra("target_id", |row| match &row.link.target {
        GroupLinkTarget::Team(id) => Cell::text(id.as_str()),
        GroupLinkTarget::UserGroup(id) => Cell::text(id.as_str()),
    }),
];

/// Runs `usher link list`.
pub async fn run(arguments: &LinkListArguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() && arguments.groups {
        return ListArguments::print_names(GROUP_COLUMNS, &context.output);
    }
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let how = (&context.output, Noun("link"), context.now());
    if arguments.groups {
        show(
            group_rows(&provisioning).await?,
            GROUP_COLUMNS,
            &arguments.list,
            how,
        )?;
    } else {
        show(rows(&provisioning).await?, COLUMNS, &arguments.list, how)?;
    }
    Ok(Exit::Success)
}

async fn rows(provisioning: &Provisioning) -> Result<Vec<Row>, Failure> {
    let directory = provisioning.directory().await?;
    let labels = Labels::of(&directory.people, &[]);
    let accounts: BTreeMap<AccountId, String> = provisioning
        .store
        .accounts(&AccountFilter::of(provisioning.id().clone()))
        .map_ok(|row| (row.account.id, row.account.email.to_string()))
        .try_collect()
        .await?;
    let links = provisioning.store.links(provisioning.id()).await?;
    let rows = links.into_iter().map(|link| Row {
        person: labels.subject(&usher_model::Subject::Person(link.person.clone())),
        account: accounts
            .get(&link.account)
            .cloned()
            .unwrap_or_else(|| link.account.to_string()),
        link,
    });
    Ok(rows.collect())
}

async fn group_rows(provisioning: &Provisioning) -> Result<Vec<GroupRow>, Failure> {
    let names = provisioning_names::names(&provisioning.store, provisioning.id()).await?;
    let links = provisioning.store.group_links(provisioning.id()).await?;
    let rows = links.into_iter().map(|link| GroupRow {
        group: names.group(&link.group),
        target: target(&link.target, &names),
        link,
    });
    Ok(rows.collect())
}

/// What a group is tied to, for people.
pub fn target(target: &GroupLinkTarget, names: &Names) -> String {
    match target {
        GroupLinkTarget::Team(id) => format!("team {}", names.team(id)),
        GroupLinkTarget::UserGroup(id) => format!("user group {}", names.user_group(id)),
    }
}
