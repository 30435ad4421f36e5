//! `usher demo`: the main job, on a Miro that it brings along.

mod company;
mod place;
mod second_half;
mod serving;
mod simulated;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use futures::TryStreamExt;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use usher_engine::apply::Pace;
use usher_engine::sync::{SyncOptions, SyncReport};
use usher_miro::{MiroClient, MiroSettings};
use usher_model::{Account, OrganizationId};
use usher_sandbox::{RunningSandbox, Sandbox};
use usher_store::{
    AccountFilter, DatabaseUrl, Direction, Population, Store, Summary, TeamFilter, TeamOrder,
    TeamRow,
};

use self::place::Place;
use self::second_half::SecondHalf;
use self::simulated::TIME_SCALE;
use super::sync::{actor, observed, outcome};
use crate::config::Origin;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::collect;
use crate::output::{humanize, style};
use crate::{signals, summary};

/// Arguments of `usher demo`.
#[derive(Args, Debug)]
#[command(
    after_help = "It needs neither a Miro nor a network: a simulated Miro runs inside the program, with Miro's rate limits \
at sixty times their speed. The inventory goes into a temporary database, or the one that --database \
names. With --serve, Usher then runs as a service on it, with a schedule of cycles and an administrator whose password and \
API token it prints; neither the environment nor usher.toml has a say in that.

Examples:
  usher demo
  usher demo --exit
  usher demo --users 20000 --database sqlite://demo.db
  usher demo --serve
  usher demo --serve --data demo --listen 127.0.0.1:9090"
)]
pub struct Arguments {
    /// People in the simulated organization
    #[arg(long, value_name = "NUMBER", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(10..=200_000))]
    pub users: u64,
    /// End after the summary instead of keeping the simulated Miro for trying things
    #[arg(long)]
    pub exit: bool,
    /// Then run Usher as a service on it
    #[arg(long, conflicts_with = "exit")]
    pub serve: bool,
    /// With --serve: where it listens
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        requires = "serve",
        default_value = "127.0.0.1:8080"
    )]
    pub listen: SocketAddr,
    /// With --serve: keep everything in this folder, and go on with it the next time
    #[arg(long, value_name = "DIR", requires = "serve")]
    pub data: Option<PathBuf>,
}

/// Runs `usher demo`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    refuse_what_is_half_kept(arguments, context)?;
    let place = Place::make(arguments.data.as_deref())?;
    let demo = Demo::start(arguments, context, &place).await?;
    tokio::select! {
        shown = demo.show(arguments, context) => shown?,
        () = signals::stop() => return Err(Failure::silent(Exit::Interrupted)),
    }
    if arguments.serve {
        let served = Box::pin(demo.serve(arguments, context)).await;
        demo.end().await?;
        return served;
    }
    if !arguments.exit {
        signals::stop().await;
    }
    demo.end().await?;
    Ok(Exit::Success)
}

/// A database that outlives the simulated Miro and the directory that belong to it could not be gone on with.
fn refuse_what_is_half_kept(arguments: &Arguments, context: &Context) -> Result<(), Failure> {
    let layers = &context.configuration.layers;
    let is_named = matches!(
        layers.get("database.url").map(|value| &value.origin),
        Some(Origin::Flag(_))
    );
    if arguments.serve && arguments.data.is_none() && is_named {
        let text = "--serve with --database needs --data: Miro and the directory are kept with the database";
        return Err(Failure::usage(text).hint("add --data DIR"));
    }
    Ok(())
}

struct Demo {
    sandbox: RunningSandbox,
    database: DatabaseUrl,
    store: Store,
    /// Where the directory's tables are.
    folder: PathBuf,
}

impl Demo {
    async fn start(
        arguments: &Arguments,
        context: &Context,
        place: &Place,
    ) -> Result<Self, Failure> {
        let users = humanize::count(arguments.users);
        say(
            context,
            &format!(
                "starting a simulated Miro of {users} people, its clockwork sixty times as fast as Miro's"
            ),
        )?;
        let sandbox = Sandbox::start(simulated::settings(arguments, place)).await?;
        let database = database(context, place)?;
        let store = Store::open(&database, Arc::clone(&context.clock)).await?;
        Ok(Self {
            sandbox,
            database,
            store,
            folder: place.folder().to_owned(),
        })
    }

    /// Syncs and tells what there is; then plans, applies, and tells what became of it. Where all of that was done the
    /// last time, there is nothing to show.
    async fn show(&self, arguments: &Arguments, context: &Context) -> Result<(), Failure> {
        if arguments.serve && self.store.has_administrators().await? {
            return say(context, "going on with the organization of the last time");
        }
        let client = MiroClient::new(self.miro_settings())?;
        let options = SyncOptions {
            actor: actor(context),
            ..SyncOptions::default()
        };
        let report = observed(&self.store, &client, &options, context).await?;
        outcome::show(&report, context)?;
        let biggest = self.tell(&report, context).await?;
        let settings = self.miro_settings();
        let second_half = SecondHalf {
            store: &self.store,
            client: &client,
            organization: &report.organization,
            folder: &self.folder,
            pace: Pace::new(settings.limits, settings.time_scale),
        };
        second_half.show(context).await?;
        if !context.output.is_json() && !arguments.serve {
            self.tell_what_next(arguments, &report.organization, biggest.first(), context)
                .await?;
        }
        context.output.flush()
    }

    /// What the organization looks like. Returns its biggest teams.
    async fn tell(&self, report: &SyncReport, context: &Context) -> Result<Vec<TeamRow>, Failure> {
        let organization = &report.organization;
        let found = self.store.summary(organization, context.now()).await?;
        let found = found.ok_or_else(|| Failure::new(Exit::Failure, "the demo found nothing"))?;
        let biggest = self.biggest_teams(organization).await?;
        if context.output.is_json() {
            self.tell_programs(&found, context)?;
            return Ok(biggest);
        }
        context.output.line("")?;
        for line in summary::lines(&found, &biggest) {
            context.output.line(line)?;
        }
        Ok(biggest)
    }

    async fn tell_what_next(
        &self,
        arguments: &Arguments,
        organization: &OrganizationId,
        team: Option<&TeamRow>,
        context: &Context,
    ) -> Result<(), Failure> {
        if arguments.exit {
            return context.output.line(
                "\nWithout --exit, the simulated Miro stays for trying `plan`, `explain`, `accounts`, `diff` and `export` on it.",
            );
        }
        let admin = self.an_admin(organization).await?;
        self.what_next(admin.as_ref(), team, context)
    }

    fn tell_programs(&self, found: &Summary, context: &Context) -> Result<(), Failure> {
        context.output.json_line(&json!({
            "event": "demo",
            "summary": found,
            "database": self.database.to_string(),
            "rest_url": self.sandbox.rest_url(),
            "scim_url": self.sandbox.scim_url(),
        }))
    }

    async fn biggest_teams(&self, organization: &OrganizationId) -> Result<Vec<TeamRow>, Failure> {
        let filter = TeamFilter {
            order: TeamOrder::Members,
            direction: Direction::Descending,
            limit: Some(4),
            ..TeamFilter::of(organization.clone())
        };
        collect(self.store.teams(&filter)).await
    }

    async fn an_admin(&self, organization: &OrganizationId) -> Result<Option<Account>, Failure> {
        let filter = AccountFilter {
            population: Population::Admins,
            limit: Some(1),
            ..AccountFilter::of(organization.clone())
        };
        let row = self.store.accounts(&filter).try_next().await?;
        Ok(row.map(|row| row.account))
    }

    /// Commands to copy, against the Miro that still runs.
    fn what_next(
        &self,
        admin: Option<&Account>,
        team: Option<&TeamRow>,
        context: &Context,
    ) -> Result<(), Failure> {
        let output = &context.output;
        output.line(style::heading("\nTry next, in another terminal:\n"))?;
        self.show_variables(context)?;
        let admin = admin.map_or("ada@example.org", |admin| admin.email.as_str());
        let team = team.map_or("Design", |team| team.team.name.as_str());
        show_suggestions(&suggestions(admin, team), context)?;
        output.line(format!(
            "\nThe simulated Miro shows itself at {}. Ctrl-C ends it{}.",
            self.sandbox.rest_url(),
            if self.is_temporary() {
                ", and its database is removed"
            } else {
                ""
            },
        ))
    }

    /// What another terminal needs to have the same database and the same Miro.
    fn show_variables(&self, context: &Context) -> Result<(), Failure> {
        let output = &context.output;
        if context.program != "usher" {
            let alias = format!("alias usher={}", context.program);
            output.line(format!("  {}", style::command(&alias)))?;
        }
        for (name, value) in self.variables() {
            output.line(format!(
                "  {}",
                style::command(&format!("export {name}={value}"))
            ))?;
        }
        output.line("")
    }

    fn variables(&self) -> [(&'static str, String); 6] {
        let secret = |token: &SecretString| token.expose_secret().to_owned();
        [
            ("USHER_DATABASE", self.database.to_string()),
            ("USHER_REST_URL", self.sandbox.rest_url().to_string()),
            ("USHER_SCIM_URL", self.sandbox.scim_url().to_string()),
            ("USHER_ACCESS_TOKEN", secret(&self.sandbox.access_token)),
            ("USHER_SCIM_TOKEN", secret(&self.sandbox.scim_token)),
            ("USHER_TIME_SCALE", TIME_SCALE.to_string()),
        ]
    }

    fn is_temporary(&self) -> bool {
        let path = self.database.path();
        path.is_some_and(|path| path.starts_with(std::env::temp_dir()))
    }

    fn miro_settings(&self) -> MiroSettings {
        MiroSettings {
            rest_url: self.sandbox.rest_url(),
            scim_url: self.sandbox.scim_url(),
            access_token: Some(self.sandbox.access_token.clone()),
            scim_token: Some(self.sandbox.scim_token.clone()),
            time_scale: TIME_SCALE,
            ..MiroSettings::default()
        }
    }

    async fn end(self) -> Result<(), Failure> {
        self.store.close().await;
        self.sandbox.shutdown().await?;
        Ok(())
    }
}

/// Commands to copy, each with what it is for.
fn show_suggestions(
    suggestions: &[(String, &'static str)],
    context: &Context,
) -> Result<(), Failure> {
    for (command, purpose) in suggestions {
        let command = style::command(&format!("{command:<46}"));
        let purpose = style::faint(&format!("# {purpose}"));
        context.output.line(format!("  {command}  {purpose}"))?;
    }
    Ok(())
}

/// Commands, and what each is for.
fn suggestions(admin: &str, team: &str) -> [(String, &'static str); 10] {
    let leaver = r#"{"edit":"delete_user","user":"ADMIN","audited":true}"#.replace("ADMIN", admin);
    [
        (
            "usher accounts --inactive 90d --license full".to_owned(),
            "whose seats could be freed",
        ),
        ("usher accounts --admins".to_owned(), "who administers"),
        (
            "usher teams --empty".to_owned(),
            "teams with nobody in them",
        ),
        (format!("usher grants {admin}"), "all that one person holds"),
        (
            format!("usher accounts --team '{team}'"),
            "who is in the biggest team",
        ),
        ("usher export sync.c1z".to_owned(), "a Baton file"),
        (
            "usher plan show latest --all".to_owned(),
            "the plan that was applied, whole",
        ),
        (
            format!("usher explain {admin}"),
            "why somebody has what they have",
        ),
        (
            format!(
                "curl -d '{leaver}' -H 'content-type: application/json' ${{USHER_REST_URL}}_sandbox/edit"
            ),
            "she leaves",
        ),
        (
            "usher sync && usher diff".to_owned(),
            "what changed, and by whom",
        ),
    ]
}

/// The database that was named on the command line, or one of the demo's own: what the environment or a file
/// name is somebody's real inventory.
fn database(context: &Context, place: &Place) -> Result<DatabaseUrl, Failure> {
    let layered = context.configuration.layers.get("database.url");
    if layered.is_some_and(|value| matches!(value.origin, Origin::Flag(_))) {
        return crate::inventory::database_url(context);
    }
    Ok(DatabaseUrl::sqlite(place.folder().join("usher.db")))
}

/// Tells people something as soon as it is so.
fn say(context: &Context, text: &str) -> Result<(), Failure> {
    if context.output.is_json() {
        return Ok(());
    }
    context.output.line(text)?;
    context.output.flush()
}
