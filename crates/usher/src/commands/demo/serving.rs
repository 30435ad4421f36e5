//! `usher demo --serve`: Usher as a service on the demo's organization.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use usher_engine::Acting;
use usher_engine::connector::set_provisioning;
use usher_engine::jobs::{Schedule, set_schedule};
use usher_model::{Actor, EventKind, Origin as By, Role};
use usher_server::administrators::{Passwords, Purpose, Secret};
use usher_store::{
    AdministratorKind, AdministratorRecord, JobTask, NewAdministrator, NewToken, ProvisioningStatus,
};

use super::{Arguments, Demo, show_suggestions};
use crate::commands::serve;
use crate::config::{Configuration, Layers, Origin};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::choose;
use crate::output::style;

/// Who the demo's administrator is.
const EMAIL: &str = "demo@meridian.example";

/// How long the API token works.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How often a cycle is due: soon enough to watch.
const OFTEN: Duration = Duration::from_secs(60);

/// With what somebody gets in.
struct Entrance {
    password: SecretString,
    token: Secret,
}

impl Demo {
    /// Serves until somebody says stop.
    pub(super) async fn serve(
        &self,
        arguments: &Arguments,
        context: &Context,
    ) -> Result<Exit, Failure> {
        let acting = Acting {
            store: &self.store,
            clock: &*context.clock,
            actor: &Actor::System,
            origin: By::CommandLine,
        };
        let organization = choose(&self.store, None).await?.id;
        set_provisioning(acting, &organization, ProvisioningStatus::On).await?;
        let task = JobTask::Cycle { organization };
        set_schedule(acting, &task, &Schedule::Every(OFTEN), "the demo").await?;
        let entrance = entrance(acting).await?;
        let service = context.with(self.configuration(arguments, context)?);
        let tell = |url: &str| self.tell_how(url, &entrance, context);
        let served = Box::pin(serve::serving(&service, |url, _| tell(url))).await;
        service.close().await;
        served
    }

    /// What the service runs with: nothing but what the demo brings along.
    fn configuration(
        &self,
        arguments: &Arguments,
        context: &Context,
    ) -> Result<Configuration, Failure> {
        let mut layers = self.database_layers(context);
        let sandbox = &self.sandbox;
        let tokens = [&sandbox.access_token, &sandbox.scim_token];
        let [access, scim] = tokens.map(|token| token.expose_secret().to_owned());
        for (key, value) in [
            ("miro.rest_url", sandbox.rest_url().to_string()),
            ("miro.scim_url", sandbox.scim_url().to_string()),
            ("miro.access_token", access),
            ("miro.scim_token", scim),
            ("miro.time_scale", super::TIME_SCALE.to_string()),
            ("server.listen", arguments.listen.to_string()),
            ("jobs.poll", "1s".to_owned()),
        ] {
            layers.set(key, value, Origin::Flag("--serve"));
        }
        Configuration::of(layers)
    }

    /// The demo's own database, or what was said of the one that --database names.
    fn database_layers(&self, context: &Context) -> Layers {
        let mut layers = Layers::default();
        if self.database.path().is_some() {
            let url = self.database.to_string();
            layers.set("database.url", url, Origin::Flag("--serve"));
            return layers;
        }
        let said = &context.configuration.layers;
        for key in [
            "database.url",
            "database.password",
            "database.password_file",
        ] {
            if let Some(value) = said.get(key) {
                layers.set(key, value.text.clone(), value.origin.clone());
            }
        }
        layers
    }

    /// Where everything is, and what to try.
    fn tell_how(&self, url: &str, entrance: &Entrance, context: &Context) -> Result<(), Failure> {
        let output = &context.output;
        let (password, token) = (entrance.password.expose_secret(), entrance.token.reveal());
        let people = self.folder.join("people.csv").display().to_string();
        if output.is_json() {
            return output.json_line(&json!({
                "event": "serving", "url": url, "email": EMAIL, "password": password, "token": token,
                "miro": self.sandbox.rest_url(), "people": people, "database": self.database.to_string(),
            }));
        }
        output.line(format!("\nUsher is at {url}  (Ctrl-C ends it)\n"))?;
        let miro = self.sandbox.rest_url();
        for (what, value) in [
            ("sign in as", EMAIL),
            ("password", password),
            ("API token", format!("{token}  (for 24 hours)").as_str()),
            ("directory", people.as_str()),
            ("simulated Miro", miro.as_str()),
        ] {
            output.line(format!("  {what:<16} {value}"))?;
        }
        output.line(style::heading("\nTry next, in another terminal:\n"))?;
        self.show_variables(context)?;
        show_suggestions(&suggestions(url, token, &people), context)?;
        output.line(format!(
            "\nEach minute a cycle reads the directory and Miro, and brings the two in step. {url}api/v1/docs has every operation."
        ))?;
        output.flush()
    }
}

/// An administrator who can do everything, with a new password and a new API token.
async fn entrance(acting: Acting<'_>) -> Result<Entrance, Failure> {
    let password = Passwords::make()?;
    let hash = Passwords::default().hash(&password).await?;
    let administrator = administrator(acting, hash).await?;
    let token = token(acting, &administrator).await?;
    Ok(Entrance { password, token })
}

async fn administrator(acting: Acting<'_>, hash: String) -> Result<AdministratorRecord, Failure> {
    let store = acting.store;
    if let Some(found) = store.administrator_by_email(EMAIL).await? {
        let subject = format!("administrator:{}", found.id);
        let event = acting.event(EventKind::PasswordSet, subject, json!({"how": "demo"}));
        store.set_password(&found.id, &hash, None, &[event]).await?;
        return Ok(found);
    }
    let new = NewAdministrator {
        id: store.new_administrator_id(),
        kind: AdministratorKind::Person,
        name: "Demo".to_owned(),
        email: Some(EMAIL.to_owned()),
        role: Role::SuperAdministrator,
        password: Some(hash),
    };
    let event = acting.event(
        EventKind::AdministratorAdded,
        format!("administrator:{}", new.id),
        json!({"email": EMAIL, "role": new.role, "how": "demo"}),
    );
    Ok(store.add_administrator(&new, &[event]).await?)
}

async fn token(acting: Acting<'_>, whose: &AdministratorRecord) -> Result<Secret, Failure> {
    let secret = Secret::new(Purpose::ApiToken)?;
    let new = NewToken {
        session: None,
        id: acting.store.new_token_id(),
        hash: secret.hash.clone(),
        administrator: whose.id.clone(),
        name: "the demo's".to_owned(),
        scopes: whose.role.rights().to_vec(),
        expires_at: acting.now().saturating_add(DAY).ok(),
        created_by: Actor::System,
    };
    let event = acting.event(
        EventKind::TokenCreated,
        format!("token:{}", new.id),
        json!({"administrator": whose.id, "name": new.name, "scopes": new.scopes, "expires_at": new.expires_at}),
    );
    acting.store.create_token(&new, &[event]).await?;
    Ok(secret)
}

/// Commands, and what each is for.
fn suggestions(url: &str, token: &str, people: &str) -> [(String, &'static str); 8] {
    let get = |path: &str| format!("curl -H \"Authorization: Bearer $TOKEN\" '{url}api/v1/{path}'");
    [
        (format!("TOKEN={token}"), "what programs show"),
        (get("people?limit=3"), "the directory"),
        (get("events?limit=3"), "what Usher did"),
        (
            format!("sed -i 's/^\\(.*amara.osei.*\\),active$/\\1,disabled/' {people}"),
            "Amara Osei leaves",
        ),
        (
            "usher schedules run-now cycle && usher jobs".to_owned(),
            "do not wait for the minute",
        ),
        (
            "usher explain amara.osei@meridian.example".to_owned(),
            "what became of her account, and why",
        ),
        (
            "usher people source add scim okta && usher people source token create okta".to_owned(),
            "let an identity provider push to scim/v2",
        ),
        (
            format!("curl {url}readyz {url}metrics"),
            "what a load balancer and Prometheus see",
        ),
    ]
}

impl Context {
    /// The same program with another configuration: it tells nothing of its own, and opens its own databases.
    fn with(&self, configuration: Configuration) -> Self {
        Self {
            configuration,
            output: crate::output::Output::new(self.output.format),
            clock: Arc::clone(&self.clock),
            progress: crate::context::ProgressChoice::Quiet,
            bars: self.bars.clone(),
            traces: crate::traces::Traces::default(),
            program: self.program.clone(),
            operator: self.operator.clone(),
            opened: parking_lot::Mutex::default(),
        }
    }
}
