//! `usher people source add graph`.

use clap::Args;
use serde_json::{Map, Value, json};
use usher_directory::SourceSettings;

use super::add::{CommonArguments, SecretArguments};
use super::csv::pairs;
use crate::failure::Failure;

/// Arguments of `usher people source add graph`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "The app registration needs the application permissions User.Read.All, GroupMember.Read.All and, for \
--service-principal, Application.Read.All.

Examples:
  usher people source add graph entra --tenant example.com --client-id 11111111-2222-3333-4444-555555555555 \\
      --secret-file /run/secrets/entra
  usher people source add graph entra --tenant example.com --client-id … --secret-env ENTRA_SECRET \\
      --service-principal 66666666-7777-8888-9999-000000000000"
)]
pub struct Arguments {
    /// What to call it
    pub name: String,
    /// The tenant: its id, or a domain of it
    #[arg(long, value_name = "TENANT")]
    pub tenant: String,
    /// The app registration's application (client) id
    #[arg(long, value_name = "ID")]
    pub client_id: String,
    /// Where the client secret is.
    #[command(flatten)]
    pub secret: SecretArguments,
    /// Object id of the enterprise application whose assignments are read
    #[arg(long, value_name = "ID")]
    pub service_principal: Option<String>,
    /// Take this attribute from that property of a user; may be given several times
    #[arg(long = "attribute", value_name = "ATTRIBUTE=PROPERTY")]
    pub attributes: Vec<String>,
    /// Base address of Microsoft Graph; national clouds have others
    #[arg(long, value_name = "URL")]
    pub graph_url: Option<String>,
    /// Base address of the sign-in service; national clouds have others
    #[arg(long, value_name = "URL")]
    pub login_url: Option<String>,
    /// What every source has.
    #[command(flatten)]
    pub common: CommonArguments,
}

impl Arguments {
    /// The settings that were described.
    pub fn settings(&self) -> Result<SourceSettings, Failure> {
        let Some(secret) = self.secret.reference() else {
            return Err(
                Failure::usage("nothing is said of where the client secret is")
                    .hint("give --secret-file or --secret-env"),
            );
        };
        let mut document = Map::new();
        let mut set = |name: &str, value: Value| {
            if !value.is_null() {
                document.insert(name.to_owned(), value);
            }
        };
        set("kind", json!("graph"));
        set("tenant", json!(self.tenant));
        set("client_id", json!(self.client_id));
        set("secret", json!(secret));
        set("service_principal", json!(self.service_principal));
        set("attributes", json!(pairs(&self.attributes)?));
        set("graph_url", json!(self.graph_url));
        set("login_url", json!(self.login_url));
        serde_json::from_value(Value::Object(document)).map_err(|error| {
            Failure::usage("the settings of the source cannot be used")
                .because(error)
                .hint("see `usher people source add graph --help`")
        })
    }
}
