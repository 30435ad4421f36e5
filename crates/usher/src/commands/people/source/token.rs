//! `usher people source token …`: by what an identity provider proves who it is.

use clap::{Args, Subcommand};
use secrecy::ExposeSecret as _;
use serde_json::json;
use usher_engine::people::{TokenLifetime, create_source_token, revoke_source_token};
use usher_model::SourceName;
use usher_store::{SourceToken, SourceTokenState};

use super::reading::chosen;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};
use crate::output::note;
use crate::provisioning::{acting, actor};
use crate::provisioning_keys::worded;
use crate::when::{Edge, Towards, moment};

/// `usher people source token …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a token; it is shown once and nowhere stored
    Create(CreateArguments),
    /// List a source's tokens: when they were made and used, and whether they still open anything
    List(TokenListArguments),
    /// Make a token open nothing any more
    Revoke(RevokeArguments),
}

/// Arguments of `usher people source token create`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "Several tokens may be valid at once: make a new one, enter it at the identity provider, and revoke the old one when \
`usher people source token list` shows that the new one is used.

Examples:
  usher people source token create okta
  usher people source token create entra --until 365d
  usher people source token create okta --json | jq -r .token"
)]
pub struct CreateArguments {
    /// The source, one of the kind scim
    pub source: String,
    /// When it expires: a date, a time, or a length of time such as 365d [default: when it is revoked]
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
}

/// Arguments of `usher people source token list`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher people source token list okta
  usher people source token list okta --json")]
pub struct TokenListArguments {
    /// The source
    pub source: String,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

/// Arguments of `usher people source token revoke`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher people source token revoke okta 0197a3c2-5d1e-7000-8a4f-3b1c9d2e7f60")]
pub struct RevokeArguments {
    /// The source
    pub source: String,
    /// The token's id, as the list shows it
    pub id: String,
}

/// Runs `usher people source token …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Create(arguments) => create(arguments, context).await,
        Command::List(arguments) => list(arguments, context).await,
        Command::Revoke(arguments) => revoke(arguments, context).await,
    }
}

async fn create(arguments: &CreateArguments, context: &Context) -> Result<Exit, Failure> {
    let now = context.now();
    let until = arguments.until.as_deref();
    let until = until.map(|text| moment("--until", text, (Edge::End, Towards::Future), now));
    let lifetime = match until.transpose()? {
        Some(end) if end <= now => {
            return Err(Failure::usage("--until is over already"));
        }
        Some(end) => TokenLifetime::Until(end),
        None => TokenLifetime::UntilRevoked,
    };
    let store = open_existing(context).await?;
    chosen(std::slice::from_ref(&arguments.source), &store).await?;
    let actor = actor(context);
    let source = SourceName::new(&arguments.source);
    let acting = acting(&store, &actor, context);
    let (secret, token) = create_source_token(acting, &source, lifetime).await?;
    if context.output.is_json() {
        let shown = json!({
            "id": token.id, "source": token.source, "token": secret.expose_secret(),
            "created_at": token.created_at, "expires_at": token.expires_at,
        });
        context.output.json(&shown)?;
        return Ok(Exit::Success);
    }
    context.output.line(secret.expose_secret())?;
    context.output.flush()?;
    note(
        "this is the only time it is shown; enter it at the identity provider, with the address https://YOUR-USHER/scim/v2",
    );
    Ok(Exit::Success)
}

/// A token and whether it opens anything now.
struct Row {
    token: SourceToken,
    state: SourceTokenState,
}

const COLUMNS: &[Column<Row>] = &[
    Column::new("id", |row| Cell::text(row.token.id.as_str())),
    Column::new("state", |row| Cell::text(worded(&row.state))),
    Column::new("created_at", |row| Cell::Time(row.token.created_at)),
    Column::new("used_at", |row| {
        row.token.used_at.map_or(Cell::Never, Cell::Time)
    }),
    Column::new("expires_at", |row| {
        row.token.expires_at.map_or(Cell::Never, Cell::Time)
    }),
    Column::extra("revoked_at", |row| {
        row.token.revoked_at.map_or(Cell::Never, Cell::Time)
    }),
];

async fn list(arguments: &TokenListArguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let store = open_existing(context).await?;
    chosen(std::slice::from_ref(&arguments.source), &store).await?;
    let now = context.now();
    let tokens = store
        .source_tokens(&SourceName::new(&arguments.source))
        .await?;
    let rows = tokens.into_iter().map(|token| Row {
        state: token.state(now),
        token,
    });
    show(
        rows.collect(),
        COLUMNS,
        &arguments.list,
        (&context.output, Noun("token"), now),
    )?;
    Ok(Exit::Success)
}

async fn revoke(arguments: &RevokeArguments, context: &Context) -> Result<Exit, Failure> {
    let store = open_existing(context).await?;
    chosen(std::slice::from_ref(&arguments.source), &store).await?;
    let actor = actor(context);
    let source = SourceName::new(&arguments.source);
    let acting = acting(&store, &actor, context);
    if !revoke_source_token(acting, &source, &arguments.id).await? {
        let failure = Failure::usage(format!(
            "source {source} has no token `{}` that opens anything",
            arguments.id
        ));
        let hint = format!("`usher people source token list {source}` lists them");
        return Err(failure.hint(hint));
    }
    if context.output.is_json() {
        let shown = json!({"id": arguments.id, "source": source, "revoked": true});
        context.output.json(&shown)?;
        return Ok(Exit::Success);
    }
    context
        .output
        .line(format!("revoked: token {}", arguments.id))?;
    Ok(Exit::Success)
}
