//! Which events are meant.

use usher_model::{AccountId, Actor, AdministratorId, EventKind, PlanId};
use usher_store::{AdministratorFilter, AdministratorKind, Direction, EventFilter, Store};

use super::Arguments;
use crate::config::suggest::nearest;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::people::find_person;
use crate::when::{Edge, Towards, moment};

/// The filter that the arguments describe.
pub async fn filter(
    arguments: &Arguments,
    store: &Store,
    context: &Context,
) -> Result<EventFilter, Failure> {
    let now = context.now();
    let time = |flag: &str, text: &Option<String>, edge| {
        text.as_deref()
            .map(|text| moment(flag, text, (edge, Towards::Past), now))
            .transpose()
    };
    let person = match &arguments.person {
        Some(text) => Some(find_person(store, text).await?.id),
        None => None,
    };
    let administrator = match &arguments.actor {
        Some(text) => administrator(text, store).await?,
        None => None,
    };
    Ok(EventFilter {
        after: arguments.after,
        before: None,
        kinds: kinds(&arguments.kinds)?,
        subject: arguments.subject.clone(),
        actor: match &administrator {
            Some(_) => None,
            None => arguments.actor.as_deref().map(actor),
        },
        administrator,
        origin: None,
        since: time("--since", &arguments.since, Edge::Beginning)?,
        until: time("--until", &arguments.until, Edge::End)?,
        person,
        account: arguments.account.as_deref().map(AccountId::new),
        plan: arguments.plan.as_deref().map(PlanId::new),
        direction: if arguments.last.is_some() {
            Direction::Descending
        } else {
            Direction::Ascending
        },
        limit: arguments.last.or(arguments.list.pushed_limit()),
    })
}

/// Who uses Usher by this e-mail address, name or id: an administrator, or a service account.
async fn administrator(text: &str, store: &Store) -> Result<Option<AdministratorId>, Failure> {
    let filter = AdministratorFilter {
        search: (!text.contains('@')).then(|| text.to_owned()),
        kind: Some(AdministratorKind::ServiceAccount),
        ..AdministratorFilter::default()
    };
    let id = AdministratorId::new(text);
    let mut found = match store.administrator_by_email(text).await? {
        None => store.administrator(&id).await?,
        found => found,
    };
    if found.is_none() {
        let accounts = store.administrators(&filter).await?;
        found = accounts.into_iter().find(|account| account.name == text);
    }
    Ok(found.map(|found| found.id))
}

/// `system`, `visitor`, `source NAME` or the name of an operator, as events show them.
fn actor(name: &str) -> Actor {
    match (name, name.strip_prefix("source ")) {
        ("system", _) => Actor::System,
        ("visitor", _) => Actor::Visitor { address: None },
        (_, Some(source)) => Actor::Source {
            token: None,
            address: None,
            name: source.into(),
        },
        _ => Actor::Operator {
            name: name.to_owned(),
        },
    }
}

fn kinds(words: &[String]) -> Result<Vec<EventKind>, Failure> {
    words.iter().map(|word| kind(word.trim())).collect()
}

fn kind(word: &str) -> Result<EventKind, Failure> {
    let folded = word.replace('-', "_");
    folded.parse().map_err(|_| {
        let words = EventKind::ALL.iter().map(|kind| kind.as_str());
        let failure = Failure::usage(format!("there is no kind of event `{word}`"));
        match nearest(word, words) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint("`usher events --kind help` lists them"),
        }
    })
}

/// Prints every kind.
pub fn print_kinds(output: &Output) -> Result<Exit, Failure> {
    for kind in EventKind::ALL {
        output.line(kind.as_str())?;
    }
    Ok(Exit::Success)
}
