//! `usher administrators add`.

use clap::Args;
use serde_json::json;
use usher_model::{EventKind, Role};
use usher_server::administrators::add_and_invite;
use usher_store::{AdministratorKind, NewAdministrator};

use super::show_link;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open;
use crate::provisioning::{acting, actor};

/// Arguments of `usher administrators add`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  usher administrators add ada@example.org --name 'Ada Lovelace' --role super-administrator
  usher administrators add eve@example.org --role auditor --json")]
pub struct Arguments {
    /// Their e-mail address
    pub email: String,
    /// Their name [default: the e-mail address]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// What they are there for: super-administrator, connector-administrator, reviewer, auditor or member
    #[arg(long, value_name = "ROLE")]
    pub role: String,
}

/// Runs `usher administrators add`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let role: Role = arguments
        .role
        .replace('-', "_")
        .parse()
        .map_err(|why| Failure::usage(format!("--role: {why}")))?;
    let email = arguments.email.trim();
    if !email.contains('@') {
        return Err(Failure::usage(format!("`{email}` is no e-mail address")));
    }
    let store = open(context).await?;
    let new = NewAdministrator {
        id: store.new_administrator_id(),
        kind: AdministratorKind::Person,
        name: arguments.name.clone().unwrap_or_else(|| email.to_owned()),
        email: Some(email.to_owned()),
        role,
        password: None,
    };
    let actor = actor(context);
    let acting = acting(&store, &actor, context);
    let event = acting.event(
        EventKind::AdministratorAdded,
        format!("administrator:{}", new.id),
        json!({"email": new.email, "role": new.role, "how": "command_line"}),
    );
    let (added, link) = add_and_invite(acting, &new, event).await?;
    show_link(&link, &added, context)
}
