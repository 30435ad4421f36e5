//! `usher unassign`: take assignments back.

use clap::Args;
use serde_json::json;
use usher_model::{Assignment, AssignmentId, AssignmentOrigin, EventKind, Subject};

use super::assign::{TargetArguments, labels, person_of, subjects};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::note;
use crate::provisioning::{OrganizationArguments, Provisioning, acting, actor};

/// Arguments of `usher unassign`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "What was given because of it is taken away by the next plan; what was there before Usher came stays.

Examples:
  usher unassign 0199f0c2-77aa-7000-8000-000000000001
  usher unassign ada@example.org --team Design
  usher unassign --group Engineering --app-role User
  usher unassign ada@example.org --all"
)]
pub struct Arguments {
    /// Assignments, by id, or people
    #[arg(value_name = "ASSIGNMENT|PERSON", required_unless_present = "groups")]
    pub what: Vec<String>,
    /// Groups of the directory
    #[arg(long = "group", value_name = "GROUP")]
    pub groups: Vec<String>,
    /// Everything that somebody entered for these people or groups
    #[arg(long)]
    pub all: bool,
    /// What.
    #[command(flatten)]
    pub target: TargetArguments,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Runs `usher unassign`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let known = provisioning.store.assignments(provisioning.id()).await?;
    let found = find(arguments, &known, &provisioning).await?;
    refuse_of_directory(&found)?;
    let labels = labels(&provisioning).await?;
    remove(&found, &provisioning, context).await?;
    if context.output.is_json() {
        context.output.json(&found)?;
        return Ok(Exit::Success);
    }
    for one in &found {
        let (who, what) = (labels.subject(&one.subject), labels.target(&one.target));
        context
            .output
            .line(format!("no longer assigned: {who}, {what}"))?;
    }
    context.output.flush()?;
    note("`usher plan` shows what follows from it");
    Ok(Exit::Success)
}

async fn find(
    arguments: &Arguments,
    known: &[Assignment],
    provisioning: &Provisioning,
) -> Result<Vec<Assignment>, Failure> {
    if arguments.target.is_empty() && !arguments.all {
        return by_id(arguments, known);
    }
    let subjects = subjects(&arguments.what, &arguments.groups, provisioning).await?;
    let target = if arguments.all {
        None
    } else {
        Some(arguments.target.resolve(provisioning).await?)
    };
    let mut found = Vec::new();
    for subject in &subjects {
        let of_subject = known.iter().filter(|one| {
            one.subject == *subject
                && target.as_ref().is_none_or(|target| one.target == *target)
                && (!arguments.all || is_manual(one))
        });
        let before = found.len();
        found.extend(of_subject.cloned());
        if found.len() == before {
            return Err(nothing(subject, arguments));
        }
    }
    Ok(found)
}

fn is_manual(assignment: &Assignment) -> bool {
    matches!(assignment.origin, AssignmentOrigin::Manual { .. })
}

fn nothing(subject: &Subject, arguments: &Arguments) -> Failure {
    let which = match subject {
        Subject::Person(_) => arguments.what.first(),
        Subject::Group(_) => arguments.groups.first(),
    };
    let which = which.map_or("", String::as_str);
    Failure::usage(format!("nothing like that is assigned to {which} directly")).hint(format!(
        "`usher assignments {which}` lists what reaches them, groups counted in"
    ))
}

fn by_id(arguments: &Arguments, known: &[Assignment]) -> Result<Vec<Assignment>, Failure> {
    if arguments.what.is_empty() {
        return Err(Failure::usage("nothing is said of what to take back")
            .hint("name what was assigned, such as --team TEAM, or give --all"));
    }
    arguments
        .what
        .iter()
        .map(|text| {
            let is_meant =
                |one: &&Assignment| text.len() >= 8 && one.id.as_str().starts_with(text);
            let mut found = known.iter().filter(is_meant);
            match (found.next(), found.next()) {
                (Some(one), None) => Ok(one.clone()),
                (Some(_), Some(_)) => Err(Failure::usage(format!(
                    "several assignments begin with `{text}`"
                ))
                .hint("give more of the id")),
                (None, _) => Err(Failure::usage(format!("there is no assignment `{text}`")).hint(
                    "give an id from `usher assignments`, or a person together with what was assigned, such as --team TEAM",
                )),
            }
        })
        .collect()
}

/// What a source says comes back with its next reading.
fn refuse_of_directory(found: &[Assignment]) -> Result<(), Failure> {
    let of_source = found.iter().find_map(|one| match &one.origin {
        AssignmentOrigin::Directory { source } => Some((one, source)),
        _ => None,
    });
    match of_source {
        None => Ok(()),
        Some((one, source)) => Err(Failure::usage(format!(
            "assignment {} comes from the directory source {source}",
            one.id
        ))
        .hint("take it back there; Usher reads it anew with every cycle")),
    }
}

async fn remove(
    found: &[Assignment],
    provisioning: &Provisioning,
    context: &Context,
) -> Result<(), Failure> {
    let actor = actor(context);
    let acting = acting(&provisioning.store, &actor, context);
    let events: Vec<_> = found
        .iter()
        .map(|one| {
            let data = json!({
                "organization": provisioning.id(),
                "person": person_of(&one.subject),
                "before": one,
            });
            let subject = format!("assignment:{}", one.id);
            acting.event(EventKind::AssignmentRemoved, subject, data)
        })
        .collect();
    let ids: Vec<AssignmentId> = found.iter().map(|one| one.id.clone()).collect();
    provisioning
        .store
        .write_assignments(provisioning.id(), &[], &ids, &events)
        .await?;
    Ok(())
}
