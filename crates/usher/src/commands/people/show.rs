//! `usher people show`.

use clap::Args;
use serde_json::{Value, json};
use usher_model::{Person, Subject};
use usher_plan::GroupIndex;
use usher_store::{PersonDetails, Store};

use crate::assignment_text::Labels;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;
use crate::output::{humanize, style};
use crate::people::find_person;

/// Arguments of `usher people show`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher people show ada@example.org
  usher people show 'Ada Lovelace' --json")]
pub struct Arguments {
    /// The person, by e-mail address, name or id
    pub person: String,
}

/// What goes with a person in one organization.
struct Standing {
    organization: String,
    account: Option<String>,
    assignments: Vec<String>,
}

/// Runs `usher people show`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let store = open_existing(context).await?;
    let person = find_person(&store, &arguments.person).await?;
    let details = store.person_details(&person.id).await?.ok_or_else(|| {
        Failure::usage("the person is gone meanwhile").hint("`usher people list` lists the others")
    })?;
    let groups = store.groups().await?;
    let index = GroupIndex::build(&groups);
    let names: Vec<String> = index
        .group_names(&person.id)
        .into_iter()
        .map(str::to_owned)
        .collect();
    let standings = standings(&store, &person, &index).await?;
    if context.output.is_json() {
        context.output.json(&object(&details, &names, &standings))?;
        return Ok(Exit::Success);
    }
    let manager = manager(&store, &person).await?;
    for line in lines(&details, manager, &names, (&standings, context.now())) {
        context.output.line(line)?;
    }
    Ok(Exit::Success)
}

async fn manager(store: &Store, person: &Person) -> Result<Option<String>, Failure> {
    let Some(id) = &person.manager else {
        return Ok(None);
    };
    let manager = store.person(id).await?;
    Ok(Some(
        manager.map_or_else(|| id.to_string(), |one| one.label()),
    ))
}

/// Accounts and assignments, organization by organization.
async fn standings(
    store: &Store,
    person: &Person,
    groups: &GroupIndex,
) -> Result<Vec<Standing>, Failure> {
    let mut standings = Vec::new();
    for organization in store.organizations().await? {
        let link = store.link_of_person(&organization.id, &person.id).await?;
        let mut assignments = store.assignments(&organization.id).await?;
        assignments.retain(|one| match &one.subject {
            Subject::Person(id) => *id == person.id,
            Subject::Group(id) => groups.contains(id, &person.id),
        });
        let names = crate::provisioning_names::names(store, &organization.id).await?;
        let labels = Labels {
            teams: names.teams,
            user_groups: names.user_groups,
            groups: names.groups,
            ..Labels::default()
        };
        let words = |one: &usher_model::Assignment| match &one.subject {
            Subject::Person(_) => labels.target(&one.target),
            group @ Subject::Group(_) => {
                format!(
                    "{}, through {}",
                    labels.target(&one.target),
                    labels.subject(group)
                )
            }
        };
        standings.push(Standing {
            organization: names
                .organization
                .unwrap_or_else(|| organization.id.to_string()),
            account: link.map(|link| format!("{} ({})", link.account, link.how.as_str())),
            assignments: assignments.iter().map(words).collect(),
        });
    }
    Ok(standings)
}

fn object(details: &PersonDetails, groups: &[String], standings: &[Standing]) -> Value {
    let standings: Vec<Value> = standings
        .iter()
        .map(|one| {
            json!({
                "organization": one.organization,
                "account": one.account,
                "assignments": one.assignments,
            })
        })
        .collect();
    let mut value = json!(details);
    if let Some(members) = value.as_object_mut() {
        members.insert("group_names".to_owned(), json!(groups));
        members.insert("organizations".to_owned(), json!(standings));
    }
    value
}

fn lines(
    details: &PersonDetails,
    manager: Option<String>,
    groups: &[String],
    (standings, now): (&[Standing], jiff::Timestamp),
) -> Vec<String> {
    let person = &details.person;
    let mut lines = vec![style::heading(&person.label())];
    let mut fact = |name: &str, text: String| lines.push(format!("  {name:<18} {text}"));
    fact("id", person.id.to_string());
    fact("status", person.status.as_str().to_owned());
    for (name, value) in person.attributes.iter() {
        let source = source_of(details.provenance.as_ref(), name.as_str());
        let source = source.map_or_else(String::new, |source| {
            format!("  {}", style::faint(&format!("from {source}")))
        });
        fact(name.as_str(), format!("{value}{source}"));
    }
    if let Some(manager) = manager {
        fact("manager", manager);
    }
    if !groups.is_empty() {
        fact("groups", groups.join(", "));
    }
    let sources: Vec<String> = details
        .keys
        .iter()
        .map(|key| format!("{} ({})", key.source, key.key))
        .collect();
    fact("sources", sources.join(", "));
    fact("changed", humanize::relative(details.changed_at, now));
    for standing in standings {
        let account = standing.account.clone();
        let account = account.unwrap_or_else(|| "none".to_owned());
        fact(&standing.organization, format!("account {account}"));
        for assignment in &standing.assignments {
            fact("", format!("assigned: {assignment}"));
        }
    }
    lines
}

/// Which source an attribute's value came from. What is kept is a list of pairs of attribute and source.
fn source_of(provenance: Option<&Value>, name: &str) -> Option<String> {
    let pairs = provenance?.as_array()?;
    let source = pairs.iter().find_map(|pair| {
        let attribute = pair.get(0)?.as_str()?;
        attribute.eq_ignore_ascii_case(name).then(|| pair.get(1))?
    })?;
    source.as_str().map(str::to_owned)
}
