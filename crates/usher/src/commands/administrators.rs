//! `usher administrators …`: who uses Usher's server. For the machine's operator: to begin with, and when nobody gets in.

mod add;
mod list;
mod reset_password;
mod switch;

use clap::{Args, Subcommand};
use serde_json::json;
use url::Url;
use usher_server::administrators::InvitationLink;
use usher_store::{AdministratorRecord, Store};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::humanize;

/// `usher administrators …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List administrators and service accounts
    List(list::Arguments),
    /// Add an administrator, and print the one-time link with which they set a password
    Add(add::Arguments),
    /// Let an administrator in no longer: their sessions, API tokens and links end
    Disable(Whom),
    /// Let an administrator in again
    Enable(Whom),
    /// Print a one-time link with which an administrator sets another password
    ResetPassword(reset_password::Arguments),
}

/// Which administrator.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher administrators disable ada@example.org
  usher administrators enable ada@example.org")]
pub struct Whom {
    /// The administrator, by e-mail address or id
    pub administrator: String,
}

/// Runs `usher administrators …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::List(arguments) => list::run(arguments, context).await,
        Command::Add(arguments) => add::run(arguments, context).await,
        Command::Disable(whom) => switch::disable(whom, context).await,
        Command::Enable(whom) => switch::enable(whom, context).await,
        Command::ResetPassword(arguments) => reset_password::run(arguments, context).await,
    }
}

/// The administrator that `text` names.
async fn find(store: &Store, text: &str) -> Result<AdministratorRecord, Failure> {
    let found = match store.administrator_by_email(text).await? {
        Some(found) => Some(found),
        None => store.administrator(&text.into()).await?,
    };
    found.ok_or_else(|| {
        Failure::usage(format!("there is no administrator `{text}`"))
            .hint("`usher administrators list` lists them")
    })
}

/// How the server is reached, as far as the configuration says.
pub fn base(context: &Context) -> Option<Url> {
    let server = &context.configuration.server;
    let scheme = if server.tls_certificate.is_some() {
        "https"
    } else {
        "http"
    };
    let listening = || Url::parse(&format!("{scheme}://{}/", server.listen)).ok();
    server.public_url.clone().or_else(listening)
}

/// Prints a one-time link.
fn show_link(
    link: &InvitationLink,
    administrator: &AdministratorRecord,
    context: &Context,
) -> Result<Exit, Failure> {
    let url = base(context).map(|base| link.url(&base, "invitation"));
    let token = link.secret.reveal();
    let output = &context.output;
    if output.is_json() {
        output.json(&json!({
            "administrator": administrator.id, "email": administrator.email, "token": token, "link": url,
            "expires_at": link.expires_at,
        }))?;
        return Ok(Exit::Success);
    }
    let who = administrator
        .email
        .as_deref()
        .unwrap_or(&administrator.name);
    output.line(format!(
        "One-time link for {who}, until {}:",
        humanize::exact(link.expires_at)
    ))?;
    output.line(url.as_deref().unwrap_or(token))?;
    Ok(Exit::Success)
}
