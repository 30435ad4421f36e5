//! `usher administrators reset-password`.

use clap::Args;
use serde_json::json;
use usher_model::EventKind;
use usher_server::administrators::invite;
use usher_store::{AdministratorKind, AdministratorState};

use super::{find, show_link};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;
use crate::output::note;
use crate::provisioning::{acting, actor};

/// Arguments of `usher administrators reset-password`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "The password in use works until the link is used; then it is another one, and all sessions end.

Examples:
  usher administrators reset-password ada@example.org
  usher administrators reset-password ada@example.org --remove-second-factor"
)]
pub struct Arguments {
    /// The administrator, by e-mail address or id
    pub administrator: String,
    /// Ask for no second factor any more: the authenticator app and the recovery codes are lost
    #[arg(long)]
    pub remove_second_factor: bool,
}

/// Runs `usher administrators reset-password`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let store = open_existing(context).await?;
    let found = find(&store, &arguments.administrator).await?;
    if found.kind != AdministratorKind::Person {
        return Err(Failure::usage("a service account does not sign in")
            .hint("make another API token for it, and take the old one back"));
    }
    if found.state != AdministratorState::Active {
        return Err(Failure::usage("the administrator is disabled")
            .hint("`usher administrators enable` lets them in again"));
    }
    let actor = actor(context);
    let acting = acting(&store, &actor, context);
    if arguments.remove_second_factor && found.has_second_factor {
        let event = acting.event(
            EventKind::SecondFactorRemoved,
            format!("administrator:{}", found.id),
            json!({"how": "command_line"}),
        );
        if store.remove_second_factor(&found.id, &[event]).await? {
            note("the second factor is asked for no longer");
        }
    }
    let link = invite(acting, &found).await?;
    show_link(&link, &found, context)
}
