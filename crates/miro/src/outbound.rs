//! HTTP clients for other servers than Miro: webhook receivers, directories.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::base_url::{BaseUrl, Carries};
use crate::{MiroError, MiroSettings, transport};

/// What an HTTP client for another server than Miro is made from. Trust, user agent and proxy are as for Miro.
#[derive(Clone, Debug)]
pub struct OutboundSettings {
    /// PEM file with further certificate authorities to trust.
    pub ca_file: Option<PathBuf>,
    /// What is sent.
    pub carries: Carries,
    /// Longest time for one attempt, from connecting to the end of the body.
    pub timeout: Duration,
    /// Longest time to connect.
    pub connect_timeout: Duration,
}

impl Default for OutboundSettings {
    /// 15 seconds for an attempt, 10 to connect.
    fn default() -> Self {
        Self {
            ca_file: None,
            carries: Carries::Secrets,
            timeout: Duration::from_secs(15),
            connect_timeout: Duration::from_secs(10),
        }
    }
}

/// An HTTP client for calls to `to`, which `setting` names to the user. Redirects are not followed.
///
/// # Errors
/// When the address is neither `https://` nor on this machine, holds a user name, or the authorities cannot be read.
pub fn outbound_client(
    settings: &OutboundSettings,
    to: &Url,
    setting: &str,
) -> Result<reqwest::Client, MiroError> {
    let mut base = to.clone();
    base.set_query(None);
    let base = BaseUrl::carrying(settings.carries, &base, setting)?;
    let settings = MiroSettings {
        ca_file: settings.ca_file.clone(),
        timeout: settings.timeout,
        connect_timeout: settings.connect_timeout,
        ..MiroSettings::default()
    };
    transport::http_client(&settings, &base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(to: &str) -> Result<reqwest::Client, MiroError> {
        let to = Url::parse(to).unwrap();
        outbound_client(&OutboundSettings::default(), &to, "webhook `alerts`")
    }

    #[test]
    fn an_address_in_the_clear_is_refused_but_on_this_machine() {
        assert!(client("https://hooks.example.org/x?key=1").is_ok());
        assert!(client("http://127.0.0.1:9/x").is_ok());
        let refused = client("http://hooks.example.org/x?key=secret").unwrap_err();
        let words = refused.to_string();
        assert!(words.contains("webhook `alerts`"), "{words}");
        assert!(!words.contains("secret"), "{words}");
        let to = Url::parse("http://usher.example.org/readyz").unwrap();
        let settings = OutboundSettings {
            carries: Carries::NothingSecret,
            ..OutboundSettings::default()
        };
        assert!(outbound_client(&settings, &to, "the server to ask").is_ok());
    }
}
