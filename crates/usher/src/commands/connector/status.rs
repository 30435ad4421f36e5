//! `usher connector status`.

use serde_json::json;
use usher_model::{GroupModel, Known};
use usher_store::{ConnectorRecord, CycleRecord, Lifecycle, ProvisioningStatus};

use super::StatusArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{humanize, style};
use crate::provisioning::Provisioning;

/// Runs `usher connector status`.
pub async fn run(arguments: &StatusArguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let (store, id) = (&provisioning.store, provisioning.id());
    let record = store.connector(id).await?.unwrap_or_default();
    let last = store.cycles(id, Some(1)).await?.pop();
    if context.output.is_json() {
        let mut value = json!(record);
        if let Some(members) = value.as_object_mut() {
            members.insert("organization".to_owned(), json!(id));
            members.insert("newest_cycle".to_owned(), json!(last));
        }
        context.output.json(&value)?;
        return Ok(Exit::Success);
    }
    for line in lines(&record, last.as_ref(), context) {
        context.output.line(line)?;
    }
    Ok(Exit::Success)
}

fn lines(record: &ConnectorRecord, last: Option<&CycleRecord>, context: &Context) -> Vec<String> {
    let now = context.now();
    let since = |time: Option<jiff::Timestamp>| {
        time.map_or_else(|| "never".to_owned(), |time| humanize::relative(time, now))
    };
    let mut lines = Vec::new();
    let mut fact = |name: &str, text: String| lines.push(format!("{name:<14} {text}"));
    fact(
        "lifecycle",
        match record.lifecycle {
            Lifecycle::Active => format!("active, activated {}", since(record.activated_at)),
            Lifecycle::Inactive => {
                "inactive: `usher connector activate` proves the tokens".to_owned()
            }
        },
    );
    fact(
        "provisioning",
        match record.provisioning {
            ProvisioningStatus::On => "on".to_owned(),
            ProvisioningStatus::Off => {
                "off: cycles change nothing until `usher connector on`".to_owned()
            }
        },
    );
    fact("quarantine", quarantine(record, context));
    fact(
        "group model",
        match &record.group_model {
            Known::Known(GroupModel::Team) => "SCIM groups are teams".to_owned(),
            Known::Known(GroupModel::UserGroup) => "SCIM groups are user groups".to_owned(),
            Known::Unknown => "?".to_owned(),
        },
    );
    fact("first cycle", since(record.first_cycle_at));
    fact("full pass", since(record.full_pass_at));
    fact(
        "last cycle",
        last.map_or_else(
            || "never".to_owned(),
            |cycle| {
                let when = humanize::relative(cycle.started_at, now);
                let why = cycle.failure.clone();
                let why = why.map_or_else(String::new, |why| format!(": {why}"));
                format!(
                    "{} {}, {when}{why}",
                    cycle.kind.as_str(),
                    cycle.state.as_str()
                )
            },
        ),
    );
    lines
}

fn quarantine(record: &ConnectorRecord, context: &Context) -> String {
    let Some(quarantine) = &record.quarantine else {
        return "no".to_owned();
    };
    let now = context.now();
    let next = quarantine.next_try_at.map_or_else(String::new, |next| {
        format!(", next try {}", humanize::relative(next, now))
    });
    format!(
        "{} since {}, after {}{next}: {}",
        style::removed("yes"),
        humanize::relative(quarantine.since, now),
        humanize::counted(quarantine.attempts.into(), "attempt"),
        quarantine.reason
    )
}
