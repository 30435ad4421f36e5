//! What a client is made from.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::LimitProfile;

/// Settings of a [`MiroClient`](crate::MiroClient). `Default` has Miro's addresses and limits, and no token.
#[derive(Clone, Debug)]
pub struct MiroSettings {
    /// Base of the REST API, with or without a slash at its end. `https://api.miro.com/`.
    pub rest_url: Url,
    /// Base of the SCIM API, with or without a slash at its end. `https://miro.com/api/v1/scim/`.
    pub scim_url: Url,
    /// OAuth access token for the REST API. Without it there is no [`Rest`](crate::Rest).
    pub access_token: Option<SecretString>,
    /// SCIM token. Without it there is no [`Scim`](crate::Scim).
    pub scim_token: Option<SecretString>,
    /// PEM file with further certificate authorities to trust.
    pub ca_file: Option<PathBuf>,
    /// Miro's limits.
    pub limits: LimitProfile,
    /// Divides the windows of all limits: a simulator whose minute lasts 0.6 s has 100. 1 for Miro.
    pub time_scale: f64,
    /// Longest time for one attempt of one call, from connecting to the end of the body.
    pub timeout: Duration,
    /// Longest time to connect.
    pub connect_timeout: Duration,
    /// How often a call is tried again after its first attempt, once for failures and once for 429s.
    pub max_retries: u32,
    /// First pause before trying again after a failure; doubles each time, up to 40 times this.
    pub retry_pause: Duration,
    /// SCIM user pages that are asked for at the same time. At least 1.
    pub scim_pages_in_flight: usize,
    /// Seed for the jitter of pauses; `None` takes one at random.
    pub jitter_seed: Option<u64>,
}

impl Default for MiroSettings {
    fn default() -> Self {
        Self {
            rest_url: constant("https://api.miro.com/"),
            scim_url: constant("https://miro.com/api/v1/scim/"),
            access_token: None,
            scim_token: None,
            ca_file: None,
            limits: LimitProfile::default(),
            time_scale: 1.0,
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            max_retries: 5,
            retry_pause: Duration::from_millis(250),
            scim_pages_in_flight: 4,
            jitter_seed: None,
        }
    }
}

#[expect(
    clippy::expect_used,
    reason = "both arguments are constants, and a test parses them"
)]
fn constant(url: &str) -> Url {
    Url::parse(url).expect("the constant is an address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_addresses_are_miros_and_debug_hides_tokens() {
        let settings = MiroSettings {
            access_token: Some(SecretString::from("canary")),
            ..MiroSettings::default()
        };
        assert_eq!(settings.rest_url.as_str(), "https://api.miro.com/");
        assert_eq!(settings.scim_url.as_str(), "https://miro.com/api/v1/scim/");
        assert!(!format!("{settings:?}").contains("canary"));
    }
}
