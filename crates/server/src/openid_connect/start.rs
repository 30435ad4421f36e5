//! A sign-in begins: the browser gets a cookie, the database a row, and the provider a visitor.

use std::net::IpAddr;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use url::Url;
use usher_store::SignInFlow;

use super::discovery::Metadata;
use super::provider::Provider;
use super::refusal::Refusal;
use super::return_to::ReturnTo;
use crate::Server;
use crate::administrators::{Purpose, Secret, count_address};
use crate::problem::Problem;

/// How long somebody has to sign in at the provider, and to show a second factor behind that.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// A sign-in that began.
#[derive(Debug)]
pub struct Started {
    /// Where the browser goes.
    pub location: Url,
    /// What the browser holds.
    pub browser: Secret,
}

/// Begins a sign-in.
pub async fn start(
    server: &Server,
    provider: &Provider,
    return_to: &ReturnTo,
    address: Option<IpAddr>,
) -> Result<Result<Started, Refusal>, Problem> {
    if let Some(until) = count_address(server, address).await? {
        return Ok(Err(Refusal::TooOften { until }));
    }
    let now = server.clock().now();
    let metadata = match provider.metadata(now).await {
        Ok(metadata) => metadata,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (state, browser) = (Secret::new(Purpose::State)?, Secret::new(Purpose::SignIn)?);
    let flow = SignInFlow {
        browser: browser.hash.clone(),
        provider: provider.settings.name.to_string(),
        return_to: return_to.as_str().to_owned(),
        proven: None,
    };
    let expires_at = now.saturating_add(PATIENCE).unwrap_or(now);
    server
        .store()
        .begin_flow(&state.hash, &flow, expires_at)
        .await?;
    let proofs = Proofs::of(&browser.token, state.reveal());
    let redirect_uri = redirect_uri(server, provider)?;
    let location = authorization_url(provider, &metadata, &redirect_uri, (&state, &proofs));
    Ok(Ok(Started { location, browser }))
}

/// What ties the provider's answers to a sign-in. Made from what the browser holds and nobody else knows, so that it need not
/// be stored.
#[derive(Debug)]
pub struct Proofs {
    /// Stands in the ID token.
    pub nonce: String,
    /// Whoever exchanges the code has to know it (RFC 7636).
    pub verifier: SecretString,
}

impl Proofs {
    /// The proofs of a sign-in, by what its browser holds and its state.
    pub fn of(browser: &SecretString, state: &str) -> Self {
        let derived = |purpose: &str| {
            let mut hash = Sha256::new();
            for part in [purpose, browser.expose_secret(), state] {
                hash.update(part.as_bytes());
                hash.update([0]);
            }
            BASE64URL_NOPAD.encode(&hash.finalize())
        };
        Self {
            nonce: derived("nonce"),
            verifier: derived("verifier").into(),
        }
    }

    /// What the provider is shown of the verifier.
    pub fn challenge(&self) -> String {
        BASE64URL_NOPAD.encode(&Sha256::digest(self.verifier.expose_secret().as_bytes()))
    }
}

/// Where the provider sends browsers back: exactly what has to be registered there.
pub fn redirect_uri(server: &Server, provider: &Provider) -> Result<Url, Problem> {
    let text = provider
        .settings
        .redirect_uri(&server.settings().base_url());
    Url::parse(&text).map_err(|error| {
        tracing::error!(%error, "the public address makes no redirect address");
        Problem::bug()
    })
}

/// Where the browser goes (OpenID Connect Core 1.0 §3.1.2.1).
fn authorization_url(
    provider: &Provider,
    metadata: &Metadata,
    redirect_uri: &Url,
    (state, proofs): (&Secret, &Proofs),
) -> Url {
    let settings = &provider.settings;
    let mut url = metadata.authorization_endpoint.clone();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &settings.client_id)
        .append_pair("redirect_uri", redirect_uri.as_str())
        .append_pair("scope", &settings.scopes.join(" "))
        .append_pair("state", state.reveal())
        .append_pair("nonce", &proofs.nonce)
        .append_pair("code_challenge", &proofs.challenge())
        .append_pair("code_challenge_method", "S256");
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proofs_are_of_one_browser_and_one_state() {
        let (ours, theirs) = (SecretString::from("ours"), SecretString::from("theirs"));
        let proofs = Proofs::of(&ours, "state");
        let same = Proofs::of(&ours, "state");
        assert_eq!(proofs.nonce, same.nonce);
        assert_eq!(proofs.challenge(), same.challenge());
        for other in [Proofs::of(&theirs, "state"), Proofs::of(&ours, "other")] {
            assert_ne!(proofs.nonce, other.nonce);
            assert_ne!(proofs.challenge(), other.challenge());
        }
        assert_ne!(proofs.nonce, proofs.verifier.expose_secret());
        // RFC 7636 §4.1.
        assert_eq!(proofs.verifier.expose_secret().len(), 43);
    }

    /// The example of RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_that_of_rfc_7636() {
        let proofs = Proofs {
            nonce: String::new(),
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into(),
        };
        assert_eq!(
            proofs.challenge(),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
