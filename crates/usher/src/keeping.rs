//! The vault of stored secrets, with the key source that is configured.

use usher_engine::secrets::{KeySource, Vault};
use usher_store::Store;

use crate::context::Context;
use crate::failure::Failure;

/// The vault of the database.
pub fn vault(store: &Store, context: &Context) -> Result<Vault, Failure> {
    Ok(Vault::new(store.clone(), source(context)?))
}

/// Where the keys come from; one place only.
fn source(context: &Context) -> Result<Option<KeySource>, Failure> {
    let secrets = &context.configuration.secrets;
    let file = secrets.key_file.clone().map(KeySource::File);
    let given = secrets.keys.clone().map(KeySource::Given);
    let command = secrets.key_command.as_ref().map(|line| {
        let words = line.split_whitespace().map(str::to_owned);
        KeySource::Command(words.collect())
    });
    let mut sources = [file, given, command].into_iter().flatten();
    let source = sources.next();
    if sources.next().is_some() {
        return Err(Failure::usage("more than one place is named for the keys of secrets")
            .hint("leave one of secrets.key_file, secrets.keys and secrets.key_command; `usher config check` shows where each is set"));
    }
    Ok(source)
}
