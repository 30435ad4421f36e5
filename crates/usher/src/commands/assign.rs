//! `usher assign`: somebody should hold something.

mod target;

use clap::Args;
use jiff::Timestamp;
use serde_json::json;
use usher_model::{Assignment, AssignmentOrigin, AssignmentTarget, Event, EventKind, Subject};

use crate::assignment_text::Labels;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::note;
use crate::people::{find_group, find_person};
use crate::provisioning::{OrganizationArguments, Provisioning, acting, actor};
use crate::when::{Edge, Towards, moment};

pub use target::TargetArguments;

/// Arguments of `usher assign`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "An assignment says what somebody should hold; `usher plan` shows what follows from it. Whoever is assigned \
anything is also in scope, but for the app role 'Default Access', which gives nothing.

Examples:
  usher assign ada@example.org --app-role User
  usher assign --group Engineering --app-role User
  usher assign ada@example.org bob@example.org --team Design
  usher assign ada@example.org --team Design --role admin
  usher assign ada@example.org --org-role admin --until 2026-12-31 --note 'stands in for Bob'
  usher assign --group Staff --license full --from 2026-07-01"
)]
pub struct Arguments {
    /// People, by e-mail address, name or id
    #[arg(value_name = "PERSON", required_unless_present = "groups")]
    pub people: Vec<String>,
    /// Groups of the directory: everybody in them, directly or through groups in them
    #[arg(long = "group", value_name = "GROUP")]
    pub groups: Vec<String>,
    /// What.
    #[command(flatten)]
    pub target: TargetArguments,
    /// From when on: a date, a time, or a length of time from now
    #[arg(long, value_name = "WHEN")]
    pub from: Option<String>,
    /// Until when: a date (that day included), a time, or a length of time from now
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Runs `usher assign`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let span = span(arguments, context.now())?;
    let target = arguments.target.resolve(&provisioning).await?;
    let subjects = subjects(&arguments.people, &arguments.groups, &provisioning).await?;
    let known = provisioning.store.assignments(provisioning.id()).await?;
    let mut saved = Vec::new();
    for subject in subjects {
        let wanted = wanted(subject, &target, span, arguments, context);
        saved.push(place(wanted, &known, &provisioning));
    }
    store(&saved, &provisioning, context).await?;
    report(&saved, &provisioning, context).await
}

/// An assignment and what becomes of it.
pub struct Placed {
    assignment: Assignment,
    before: Option<Assignment>,
}

impl Placed {
    fn is_unchanged(&self) -> bool {
        self.before.as_ref() == Some(&self.assignment)
    }

    fn word(&self) -> &'static str {
        match &self.before {
            None => "assigned",
            Some(_) if self.is_unchanged() => "assigned already",
            Some(_) => "changed",
        }
    }
}

type Span = (Option<Timestamp>, Option<Timestamp>);

fn span(arguments: &Arguments, now: Timestamp) -> Result<Span, Failure> {
    let read = |flag: &str, text: &Option<String>, edge| {
        text.as_deref()
            .map(|text| moment(flag, text, (edge, Towards::Future), now))
            .transpose()
    };
    let from = read("--from", &arguments.from, Edge::Beginning)?;
    let until = read("--until", &arguments.until, Edge::End)?;
    let refused = match (from, until) {
        (_, Some(until)) if until <= now => "it would be over already",
        (Some(from), Some(until)) if until <= from => "it would end before it begins",
        _ => return Ok((from, until)),
    };
    Err(Failure::usage(format!("nothing was assigned: {refused}"))
        .hint("give --until a later date, or leave it out"))
}

/// The people and groups that were named, in order.
pub async fn subjects(
    people: &[String],
    groups: &[String],
    provisioning: &Provisioning,
) -> Result<Vec<Subject>, Failure> {
    let mut subjects = Vec::new();
    for text in people {
        let person = find_person(&provisioning.store, text).await?;
        subjects.push(Subject::Person(person.id));
    }
    for text in groups {
        let group = find_group(&provisioning.store, text).await?;
        subjects.push(Subject::Group(group.id));
    }
    Ok(subjects)
}

fn wanted(
    subject: Subject,
    target: &AssignmentTarget,
    (starts_at, expires_at): Span,
    arguments: &Arguments,
    context: &Context,
) -> Assignment {
    Assignment {
        id: "".into(),
        subject,
        target: target.clone(),
        origin: AssignmentOrigin::Manual {
            by: context.operator.clone(),
        },
        starts_at,
        expires_at,
        note: arguments.note.clone(),
    }
}

/// A manual assignment of the same thing to the same subject is changed, not doubled.
fn place(wanted: Assignment, known: &[Assignment], provisioning: &Provisioning) -> Placed {
    let is_same = |one: &&Assignment| {
        one.subject == wanted.subject
            && one.target == wanted.target
            && matches!(one.origin, AssignmentOrigin::Manual { .. })
    };
    let before = known.iter().find(is_same).cloned();
    let id = match &before {
        Some(before) => before.id.clone(),
        None => provisioning.store.new_assignment_id(),
    };
    // Who entered it first stays who entered it, unless something is changed.
    let origin = match &before {
        Some(before) if same_terms(before, &wanted) => before.origin.clone(),
        _ => wanted.origin.clone(),
    };
    Placed {
        assignment: Assignment {
            id,
            origin,
            ..wanted
        },
        before,
    }
}

fn same_terms(one: &Assignment, other: &Assignment) -> bool {
    (one.starts_at, one.expires_at, &one.note) == (other.starts_at, other.expires_at, &other.note)
}

async fn store(
    placed: &[Placed],
    provisioning: &Provisioning,
    context: &Context,
) -> Result<(), Failure> {
    let changed: Vec<&Placed> = placed.iter().filter(|one| !one.is_unchanged()).collect();
    let actor = actor(context);
    let acting = acting(&provisioning.store, &actor, context);
    let events: Vec<Event> = changed
        .iter()
        .map(|one| {
            let data = json!({
                "organization": provisioning.id(),
                "person": person_of(&one.assignment.subject),
                "before": one.before,
                "after": one.assignment,
            });
            let subject = format!("assignment:{}", one.assignment.id);
            acting.event(EventKind::AssignmentCreated, subject, data)
        })
        .collect();
    let saved: Vec<Assignment> = changed.iter().map(|one| one.assignment.clone()).collect();
    if !saved.is_empty() {
        let store = &provisioning.store;
        store
            .write_assignments(provisioning.id(), &saved, &[], &events)
            .await?;
    }
    Ok(())
}

/// The person's id, by which the log can be searched.
pub fn person_of(subject: &Subject) -> Option<&str> {
    match subject {
        Subject::Person(person) => Some(person.as_str()),
        Subject::Group(_) => None,
    }
}

async fn report(
    placed: &[Placed],
    provisioning: &Provisioning,
    context: &Context,
) -> Result<Exit, Failure> {
    if context.output.is_json() {
        let assignments: Vec<&Assignment> = placed.iter().map(|one| &one.assignment).collect();
        context.output.json(&assignments)?;
        return Ok(Exit::Success);
    }
    let labels = labels(provisioning).await?;
    for one in placed {
        let who = labels.subject(&one.assignment.subject);
        let what = labels.target(&one.assignment.target);
        context
            .output
            .line(format!("{}: {who}, {what}", one.word()))?;
    }
    context.output.flush()?;
    note("`usher plan` shows what follows from it");
    Ok(Exit::Success)
}

/// Names of everything that assignments mention.
pub async fn labels(provisioning: &Provisioning) -> Result<Labels, Failure> {
    let directory = provisioning.directory().await?;
    let names = crate::provisioning_names::names(&provisioning.store, provisioning.id()).await?;
    Ok(Labels {
        teams: names.teams,
        user_groups: names.user_groups,
        ..Labels::of(&directory.people, &directory.groups)
    })
}
