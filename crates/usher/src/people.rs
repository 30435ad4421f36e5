//! People, groups and accounts by the words that somebody types for them.

use futures::TryStreamExt;
use usher_model::{Account, AccountId, Group, OrganizationId, Person};
use usher_store::{AccountFilter, PersonFilter, Store};

use crate::config::suggest::nearest;
use crate::failure::Failure;

/// The one person that is meant by `text`: an id, an e-mail address, a user name, or part of a name.
pub async fn find_person(store: &Store, text: &str) -> Result<Person, Failure> {
    let mut found = store.find_people(text).await?;
    if found.is_empty() {
        let everybody = store.load_people(&PersonFilter::default()).await?;
        let near = nearest_person(&everybody, text);
        found = everybody;
        found.retain(|person| is_called(person, text));
        if found.is_empty() {
            return Err(no_person(text, near));
        }
    }
    match found.len() {
        1 => found.pop().ok_or_else(|| no_person(text, None)),
        count => {
            let labels: Vec<String> = found.iter().take(5).map(named).collect();
            Err(
                Failure::usage(format!("{count} people match `{text}`")).hint(format!(
                    "give one's e-mail address or id: {}",
                    labels.join(", ")
                )),
            )
        }
    }
}

fn named(person: &Person) -> String {
    person
        .email()
        .map_or_else(|| person.id.to_string(), |email| email.to_string())
}

fn no_person(text: &str, near: Option<String>) -> Failure {
    let failure = Failure::usage(format!("there is no person `{text}` in the directory"));
    match near {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`usher people list` lists everybody the directory knows"),
    }
}

/// Whether `text` is part of the name that given and family name make, for people whose source has no full name.
fn is_called(person: &Person, text: &str) -> bool {
    let name = person.full_name().unwrap_or_default();
    !text.trim().is_empty() && name.to_lowercase().contains(&text.to_lowercase())
}

/// The nearest address or name, for somebody who has mistyped one.
fn nearest_person(everybody: &[Person], text: &str) -> Option<String> {
    let words: Vec<String> = everybody
        .iter()
        .flat_map(|person| {
            let email = person.email().map(|email| email.to_string());
            [email, Some(person.label())]
        })
        .flatten()
        .collect();
    nearest(text, words.iter().map(String::as_str)).map(str::to_owned)
}

/// The one group that is meant by `text`: an id, a name, or part of a name.
pub async fn find_group(store: &Store, text: &str) -> Result<Group, Failure> {
    let mut found = store.find_groups(text).await?;
    match found.len() {
        1 => found.pop().ok_or_else(|| no_group(text, None)),
        0 => {
            let groups = store.groups().await?;
            let near = nearest(text, groups.iter().map(|group| group.name.as_str()));
            Err(no_group(text, near))
        }
        count => {
            let ids: Vec<String> = found
                .iter()
                .take(5)
                .map(|group| format!("{} ({})", group.id, group.name))
                .collect();
            Err(Failure::usage(format!("{count} groups match `{text}`"))
                .hint(format!("give one's id: {}", ids.join(", "))))
        }
    }
}

fn no_group(text: &str, near: Option<&str>) -> Failure {
    let failure = Failure::usage(format!("there is no group `{text}` in the directory"));
    match near {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`usher people groups` lists them"),
    }
}

/// The account with this e-mail address or id.
pub async fn find_account(
    store: &Store,
    organization: &OrganizationId,
    text: &str,
) -> Result<Account, Failure> {
    let filter = AccountFilter {
        search: text.contains('@').then(|| text.to_owned()),
        ..AccountFilter::of(organization.clone())
    };
    let mut accounts = store.accounts(&filter);
    let mut addresses = Vec::new();
    while let Some(row) = accounts.try_next().await? {
        let account = row.account;
        let is_meant =
            account.id == AccountId::new(text) || account.email.folded() == text.to_lowercase();
        if is_meant {
            return Ok(account);
        }
        addresses.push(account.email.to_string());
    }
    let near = nearest(text, addresses.iter().map(String::as_str));
    let failure = Failure::usage(format!("there is no account `{text}` in the inventory"));
    Err(match near {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`usher accounts` lists them; `usher sync` reads them anew"),
    })
}
