//! `usher diff FROM TO`: what access changed.

use clap::Args;
use serde_json::{Value, json};
use usher_engine::attribution::{Attribution, AuditIndex};
use usher_model::Known;
use usher_store::{AccessChange, Change, ChangeClass};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::{Inventory, InventoryArguments, collect};
use crate::moment::Moment;
use crate::output::{Format, humanize, note, style};

/// Arguments of `usher diff`.
#[derive(Args, Debug)]
#[command(
    after_help = "FROM and TO are dates (meaning their end, in UTC), times, ids of syncs, `latest` or `previous`.

Examples:
  usher diff                          what the last sync changed
  usher diff 2026-03-01 2026-04-01    what changed in a month
  usher diff previous latest --json"
)]
pub struct Arguments {
    /// The state before
    #[arg(default_value = "previous")]
    pub from: Moment,
    /// The state after
    #[arg(default_value = "latest")]
    pub to: Moment,
    /// Also list what only came into view, as after a token with more rights was added
    #[arg(long)]
    pub visibility: bool,
    /// The organization, when the database holds several
    #[arg(long, value_name = "ID")]
    pub organization: Option<String>,
}

/// Runs `usher diff`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let inventory = InventoryArguments {
        as_of: None,
        organization: arguments.organization.clone(),
    };
    let inventory = Inventory::open(context, &inventory).await?;
    let syncs = inventory.store.syncs(&inventory.id()).await?;
    let (from, to) = (
        arguments.from.resolve(&syncs)?,
        arguments.to.resolve(&syncs)?,
    );
    if from > to {
        let (from, to) = (humanize::exact(from), humanize::exact(to));
        let failure = Failure::usage(format!("{from} is after {to}"));
        return Err(failure.hint("the earlier one comes first"));
    }
    let mut changes = collect(inventory.store.diff(&inventory.id(), from, to)).await?;
    let hidden = changes.len();
    changes.retain(|change| arguments.visibility || change.class == ChangeClass::Access);
    let hidden = hidden - changes.len();
    let audit = AuditIndex::load(&inventory.store, &inventory.id(), from, to).await?;
    if context.output.format == Format::Json {
        let changes: Vec<_> = changes
            .iter()
            .map(|change| object(change, &audit))
            .collect();
        context
            .output
            .json(&json!({"from": from, "to": to, "changes": changes}))?;
        return Ok(Exit::Success);
    }
    for change in &changes {
        context
            .output
            .line(line(change, audit.who(change).as_ref()))?;
    }
    context.output.flush()?;
    summarize(changes.len(), hidden);
    Ok(Exit::Success)
}

/// The change, and who made it if Miro's audit log says.
fn object(change: &AccessChange, audit: &AuditIndex) -> Value {
    let mut value = json!(change);
    if let (Some(members), Some(who)) = (value.as_object_mut(), audit.who(change)) {
        members.insert("by".to_owned(), json!(who));
    }
    value
}

fn summarize(changes: usize, hidden: usize) {
    note(match changes {
        0 => "no access changed".to_owned(),
        count => humanize::counted(count as u64, "change"),
    });
    if hidden > 0 {
        let hidden = humanize::counted(hidden as u64, "thing");
        note(format!(
            "{hidden} only came into view; --visibility lists them"
        ));
    }
}

fn line(change: &AccessChange, who: Option<&Attribution>) -> String {
    let (sign, text) = describe(&change.change);
    let sign = match sign {
        '+' => style::added("+"),
        '-' => style::removed("-"),
        _ => style::changed("~"),
    };
    match who {
        Some(who) => format!("{sign} {text}  {}", style::faint(&format!("by {}", who.by))),
        None => format!("{sign} {text}"),
    }
}

fn describe(change: &Change) -> (char, String) {
    match change {
        Change::TeamAdded { team } => ('+', format!("team {} ({})", team.name, team.id)),
        Change::TeamRemoved { team } => ('-', format!("team {} ({})", team.name, team.id)),
        Change::TeamRenamed {
            team,
            before,
            after,
        } => ('~', format!("team {team}  name {before} -> {after}")),
        Change::UserGroupAdded { user_group: group } => {
            ('+', format!("user group {} ({})", group.name, group.id))
        }
        Change::UserGroupRemoved { user_group: group } => {
            ('-', format!("user group {} ({})", group.name, group.id))
        }
        Change::UserGroupRenamed {
            user_group,
            before,
            after,
        } => (
            '~',
            format!("user group {user_group}  name {before} -> {after}"),
        ),
        Change::AccountAdded { account } => ('+', format!("account {}", account.email)),
        Change::AccountRemoved { account } => ('-', format!("account {}", account.email)),
        Change::AccountChanged {
            email,
            attribute,
            before,
            after,
            ..
        } => {
            let attribute = plain(&json!(attribute)).replace('_', " ");
            (
                '~',
                format!(
                    "account {email}  {attribute} {} -> {}",
                    known(before),
                    known(after)
                ),
            )
        }
        Change::GrantAdded {
            grant,
            email,
            resource_name,
        } => ('+', held(grant, email.as_ref(), resource_name.as_deref())),
        Change::GrantRemoved {
            grant,
            email,
            resource_name,
        } => ('-', held(grant, email.as_ref(), resource_name.as_deref())),
    }
}

fn held(
    grant: &usher_model::Grant,
    email: Option<&usher_model::Email>,
    resource: Option<&str>,
) -> String {
    let who = email.map_or_else(|| format!("account {}", grant.account), ToString::to_string);
    let name = resource.map_or_else(String::new, |name| format!(" ({name})"));
    format!("{who}  {}{name}", grant.entitlement)
}

fn known(value: &Known<Value>) -> String {
    match value {
        Known::Known(value) => plain(value),
        Known::Unknown => "?".to_owned(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}
