//! Reading sources with their secrets, and saying how it went.

use secrecy::SecretString;
use serde_json::Value;
use usher_directory::{OpenSource, SecretReference, SourceSettings};
use usher_engine::people::{RefreshOptions, RefreshOutcome, Refreshed, refresh};
use usher_model::SourceName;
use usher_store::{Delta, SourceRecord, Store};

use crate::commands::people::problems;
use crate::config::Environment;
use crate::config::suggest::nearest;
use crate::config::value::SettingValue;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{humanize, note};
use crate::provisioning::{acting, actor};

/// The sources that were named, or all.
pub async fn chosen(names: &[String], store: &Store) -> Result<Vec<SourceRecord>, Failure> {
    let all = store.sources().await?;
    if all.is_empty() {
        return Err(Failure::usage("there is no source of people yet")
            .hint("`usher people source add` adds one; `usher people add` enters people by hand"));
    }
    if names.is_empty() {
        return Ok(all);
    }
    let mut found = Vec::new();
    for name in names {
        let record = all
            .iter()
            .find(|record| record.definition.name == SourceName::new(name));
        let record = record.ok_or_else(|| {
            let names = all.iter().map(|record| record.definition.name.as_str());
            let failure = Failure::usage(format!("there is no source `{name}`"));
            match nearest(name, names) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("`usher people sources` lists them"),
            }
        })?;
        found.push(record.clone());
    }
    Ok(found)
}

/// Reads one source; `None` for one that is pushed and not read.
pub async fn read_one(
    record: &SourceRecord,
    options: RefreshOptions,
    store: &Store,
    context: &Context,
) -> Result<Option<Refreshed>, Failure> {
    let Some(source) = open(record)? else {
        return Ok(None);
    };
    let actor = actor(context);
    let acting = acting(store, &actor, context);
    Ok(Some(refresh(acting, record, &source, options).await?))
}

/// Opens a source with its secret; `None` for one that is pushed and not read.
pub fn open(record: &SourceRecord) -> Result<Option<OpenSource>, Failure> {
    let settings = settings(record)?;
    let secret = settings.secret().map(secret).transpose()?;
    Ok(OpenSource::open(&settings, secret.as_ref())?)
}

/// The settings of a source, as they are stored.
pub fn settings(record: &SourceRecord) -> Result<SourceSettings, Failure> {
    let stored: Value = record.definition.settings.clone();
    serde_json::from_value(stored).map_err(|error| {
        let name = &record.definition.name;
        Failure::new(
            Exit::Database,
            format!("the settings of source {name} cannot be read"),
        )
        .because(error)
        .hint(format!(
            "`usher people source add … {name}` saves them anew"
        ))
    })
}

/// Fetches a secret from where it is kept.
pub fn secret(reference: &SecretReference) -> Result<SecretString, Failure> {
    let (text, place) = match reference {
        SecretReference::File(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                Failure::usage(format!("could not read the secret in {}", path.display()))
                    .because(error)
                    .hint("check the path and its permissions")
            })?;
            (text, path.display().to_string())
        }
        SecretReference::Environment(name) => {
            let text = Environment::one(name).ok_or_else(|| {
                Failure::usage(format!("the environment variable {name} is not set"))
                    .hint("it holds the secret of a source; set it")
            })?;
            (text, format!("environment {name}"))
        }
    };
    let text = text.trim_end_matches(['\r', '\n']);
    <String as SettingValue>::parse(text)
        .ok()
        .filter(|text| !text.is_empty())
        .map(SecretString::from)
        .ok_or_else(|| {
            Failure::usage(format!("the secret in {place} is empty"))
                .hint("put the secret there and nothing else")
        })
}

/// Says how reading went; the worst outcome decides the exit code.
pub fn report(all: &[Refreshed], context: &Context) -> Result<Exit, Failure> {
    for one in all {
        problems::list(&one.problems);
        if let RefreshOutcome::Written { directory, .. } = &one.outcome {
            problems::of_merging(&directory.problems);
        }
    }
    if context.output.is_json() {
        context.output.json(&all)?;
    } else if all.is_empty() {
        note("no source is of a kind that is read");
    } else {
        for one in all {
            context.output.line(line(one))?;
        }
    }
    context.output.flush()?;
    let doubtful: Vec<&Refreshed> = all.iter().filter(|one| one.outcome.is_doubtful()).collect();
    doubtful
        .first()
        .map_or(Ok(Exit::Success), |one| Err(doubt(one)))
}

fn line(one: &Refreshed) -> String {
    let name = &one.source;
    let read = format!(
        "{}, {}",
        humanize::people(one.people),
        humanize::counted(one.groups, "group")
    );
    match &one.outcome {
        RefreshOutcome::Unchanged => format!("{name}: as it was"),
        RefreshOutcome::Written { directory, .. } => {
            let people = delta(directory.people);
            let mut text = format!("{name}: {read}; people {people}");
            if directory.gone > 0 {
                text = format!("{text}, {} gone", humanize::count(directory.gone));
            }
            if !directory.assignments.is_empty() {
                text = format!("{text}; assignments {}", delta(directory.assignments));
            }
            text
        }
        RefreshOutcome::Suspect { .. } => format!("{name}: {read}; not believed"),
        RefreshOutcome::Failed { .. } => format!("{name}: could not be read"),
    }
}

fn delta(delta: Delta) -> String {
    let parts: Vec<String> = [
        (delta.added, "new"),
        (delta.changed, "changed"),
        (delta.removed, "removed"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{} {word}", humanize::count(count)))
    .collect();
    if parts.is_empty() {
        return "as they were".to_owned();
    }
    parts.join(", ")
}

/// A reading that changed nothing because it is not believed, or did not come about.
fn doubt(one: &Refreshed) -> Failure {
    let name = &one.source;
    match &one.outcome {
        RefreshOutcome::Suspect { reasons } => {
            let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
            Failure::new(
                Exit::Suspect,
                format!(
                    "the reading of {name} is not believed, and nothing was changed\n  - {}",
                    reasons.join("\n  - ")
                ),
            )
            .hint("check the source: a filter, a file that was cut off, a right that was taken")
            .hint(format!(
                "if it is really so, `usher people source accept {name}`"
            ))
        }
        RefreshOutcome::Failed { why, hint } => {
            Failure::new(Exit::Upstream, format!("{name} could not be read: {why}"))
                .maybe_hint(hint.clone())
        }
        _ => Failure::silent(Exit::Success),
    }
}
