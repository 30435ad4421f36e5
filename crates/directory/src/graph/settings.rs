//! Settings of a Microsoft Graph source.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;
use usher_model::AttributeName;

use crate::settings::refuse;
use crate::{DirectoryError, SecretReference};

/// Settings of a Microsoft Entra tenant, read through Microsoft Graph as an app registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphSettings {
    /// The tenant: its id or a domain of it.
    pub tenant: String,
    /// The app registration's application (client) id.
    pub client_id: String,
    /// Where the client secret is.
    pub secret: SecretReference,
    /// Object id of the enterprise application (service principal) whose assignments are read; they are not
    /// read when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_principal: Option<String>,
    /// Whether groups are read.
    #[serde(default)]
    pub groups: GraphGroups,
    /// Which property of a user each attribute comes from, over the usual ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<AttributeName, String>,
    /// Base of Microsoft Graph; national clouds have others.
    #[serde(default = "GraphSettings::default_graph_url")]
    pub graph_url: Url,
    /// Base of the sign-in service; national clouds have others.
    #[serde(default = "GraphSettings::default_login_url")]
    pub login_url: Url,
    /// PEM file with further certificate authorities to trust.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Longest time for one request, in seconds.
    #[serde(default = "GraphSettings::default_timeout_seconds")]
    pub timeout_seconds: u16,
    /// How often a request is tried again after its first attempt.
    #[serde(default = "GraphSettings::default_max_retries")]
    pub max_retries: u8,
    /// The first pause before trying again when the server names none, in milliseconds; doubles each time.
    #[serde(default = "GraphSettings::default_retry_pause")]
    pub retry_pause_milliseconds: u32,
}

/// Whether groups are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GraphGroups {
    /// All groups.
    #[default]
    All,
    /// None.
    None,
}

impl GraphSettings {
    #[expect(clippy::expect_used, reason = "a constant, and a test parses it")]
    fn default_graph_url() -> Url {
        Url::parse("https://graph.microsoft.com/v1.0/").expect("the constant is an address")
    }

    #[expect(clippy::expect_used, reason = "a constant, and a test parses it")]
    fn default_login_url() -> Url {
        Url::parse("https://login.microsoftonline.com/").expect("the constant is an address")
    }

    fn default_timeout_seconds() -> u16 {
        60
    }

    fn default_max_retries() -> u8 {
        6
    }

    fn default_retry_pause() -> u32 {
        1000
    }

    /// Refuses settings that cannot work.
    pub fn check(&self) -> Result<(), DirectoryError> {
        let tame = |text: &str| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
        };
        if !tame(&self.tenant) {
            return Err(refuse(
                "tenant",
                "must be the tenant's id or a domain of it",
            ));
        }
        if !tame(&self.client_id) {
            return Err(refuse("client_id", "must be the application's id"));
        }
        if self
            .service_principal
            .as_deref()
            .is_some_and(|id| !tame(id))
        {
            return Err(refuse("service_principal", "must be an object id"));
        }
        check_address("graph_url", &self.graph_url)?;
        check_address("login_url", &self.login_url)
    }
}

/// Tokens travel over these addresses: in the clear only within this machine.
fn check_address(field: &str, url: &Url) -> Result<(), DirectoryError> {
    let inside = crate::graph::transport::is_loopback(url);
    match url.scheme() {
        "https" => Ok(()),
        "http" if inside => Ok(()),
        _ => Err(refuse(field, "must begin with https://")),
    }
}
