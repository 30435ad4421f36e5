//! A provider at run time: what it says of itself, its keys, and the calls to it.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::sync::{Mutex, OnceCell};
use url::{Url, form_urlencoded};
use usher_engine::outbound::{OutboundSettings, outbound_client};
use usher_model::{Clock, Timestamp};

use super::discovery::{self, Metadata, TokenAuth};
use super::fetch;
use super::keys::{Claims, Keys, SignatureProblem};
use super::refusal::{Refusal, tame};
use super::settings::{ClientSecret, OpenIdConnectSettings};

/// How long what a provider says of itself is believed.
const BELIEVED: Duration = Duration::from_secs(3600);
/// How long to wait before keys are looked for again because one is missing: tokens that nobody signed must not make Usher ask
/// again and again.
const PATIENCE: Duration = Duration::from_secs(60);

/// All providers.
#[derive(Debug, Default)]
pub struct Providers(Vec<Arc<Provider>>);

impl Providers {
    /// The providers of the settings. Nothing is called yet.
    pub fn new(settings: &[OpenIdConnectSettings]) -> Self {
        let providers = settings.iter().cloned().map(Provider::new).map(Arc::new);
        Self(providers.collect())
    }

    /// The provider of this name.
    pub fn named(&self, name: &str) -> Option<&Arc<Provider>> {
        let mut providers = self.0.iter();
        providers.find(|provider| provider.settings.name.as_str() == name)
    }
}

/// A provider.
#[derive(Debug)]
pub struct Provider {
    /// What the settings say.
    pub settings: OpenIdConnectSettings,
    client: OnceCell<Client>,
    /// Held while the provider is asked, so that many at once ask once.
    known: Mutex<Known>,
}

/// What is known of a provider, and since when.
#[derive(Debug, Default)]
struct Known {
    metadata: Option<(Timestamp, Arc<Metadata>)>,
    keys: Option<(Timestamp, Arc<Keys>)>,
}

/// What a code was exchanged for.
pub struct Exchanged {
    /// Says who it is.
    pub id_token: SecretString,
    /// Opens what more the provider says.
    pub access_token: Option<SecretString>,
}

/// What [`look`] found.
#[derive(Clone, Debug)]
pub struct Discovered {
    /// How many keys the provider publishes.
    pub keys: usize,
    /// Whether signing out of Usher can sign out there too.
    pub signs_out: bool,
}

/// Looks whether a provider can be used: its discovery document, its keys, and the client's secret.
pub async fn look(
    settings: &OpenIdConnectSettings,
    clock: &dyn Clock,
) -> Result<Discovered, Refusal> {
    let provider = Provider::new(settings.clone());
    provider.secret().await?;
    let metadata = provider.metadata(clock.now()).await?;
    let keys = provider.keys(clock.now(), Duration::ZERO).await?;
    if keys.count() == 0 {
        return Err(Refusal::Signature(SignatureProblem::UnknownKey));
    }
    Ok(Discovered {
        keys: keys.count(),
        signs_out: metadata.end_session_endpoint.is_some(),
    })
}

impl Provider {
    /// A provider. Nothing is called yet.
    pub fn new(settings: OpenIdConnectSettings) -> Self {
        Self {
            settings,
            client: OnceCell::new(),
            known: Mutex::new(Known::default()),
        }
    }

    /// What it says of itself.
    pub async fn metadata(&self, now: Timestamp) -> Result<Arc<Metadata>, Refusal> {
        let mut known = self.known.lock().await;
        if let Some((since, metadata)) = &known.metadata
            && age(*since, now) < BELIEVED
        {
            return Ok(Arc::clone(metadata));
        }
        let request = self
            .client()
            .await?
            .get(self.settings.issuer.discovery_url());
        let document = fetch::successful(request, "discovery document").await?;
        let read = discovery::read(&document, &self.settings.issuer);
        let metadata = Arc::new(read.map_err(Refusal::Discovery)?);
        known.metadata = Some((now, Arc::clone(&metadata)));
        Ok(metadata)
    }

    /// Its keys, not older than this.
    async fn keys(&self, now: Timestamp, oldest: Duration) -> Result<Arc<Keys>, Refusal> {
        let metadata = self.metadata(now).await?;
        let mut known = self.known.lock().await;
        if let Some((since, keys)) = &known.keys
            && age(*since, now) < oldest
        {
            return Ok(Arc::clone(keys));
        }
        let request = self.client().await?.get(metadata.jwks_uri.clone());
        let document = fetch::successful(request, "key set").await?;
        let keys = Keys::read(&document).ok_or_else(|| Refusal::Unreachable {
            what: "key set",
            why: "it is no key set".to_owned(),
        })?;
        let keys = Arc::new(keys);
        known.keys = Some((now, Arc::clone(&keys)));
        Ok(keys)
    }

    /// The claims of a token that it signed. Where none of the keys that are known fits, it may have new ones.
    pub async fn verify(&self, token: &SecretString, now: Timestamp) -> Result<Claims, Refusal> {
        let token = token.expose_secret();
        let keys = self.keys(now, BELIEVED).await?;
        let verified = match keys.verify(token) {
            Err(SignatureProblem::UnknownKey) => self.keys(now, PATIENCE).await?.verify(token),
            other => other,
        };
        verified.map_err(Refusal::Signature)
    }

    /// Exchanges a code (OpenID Connect Core 1.0 §3.1.3).
    pub async fn exchange(
        &self,
        code: &SecretString,
        verifier: &SecretString,
        redirect_uri: &Url,
        now: Timestamp,
    ) -> Result<Exchanged, Refusal> {
        let metadata = self.metadata(now).await?;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", redirect_uri.as_str()),
            ("code_verifier", verifier.expose_secret()),
        ];
        let secret = self.secret().await?;
        let client_id = self.settings.client_id.as_str();
        let mut request = self.client().await?.post(metadata.token_endpoint.clone());
        match (&secret, metadata.token_auth) {
            (Some(secret), TokenAuth::Basic) => request = authorized(request, client_id, secret),
            (Some(secret), TokenAuth::Post) => {
                form.push(("client_id", client_id));
                form.push(("client_secret", secret.expose_secret()));
            }
            (None, _) => form.push(("client_id", client_id)),
        }
        let (status, answer) = fetch::json(request.form(&form), "token endpoint").await?;
        if !status.is_success() {
            let error = answer.get("error").and_then(Value::as_str);
            let error = error.map_or_else(|| status.to_string(), tame);
            return Err(Refusal::Exchange { error });
        }
        let token = |name: &str| {
            answer
                .get(name)
                .and_then(Value::as_str)
                .map(SecretString::from)
        };
        Ok(Exchanged {
            id_token: token("id_token").ok_or(Refusal::Signature(SignatureProblem::NoToken))?,
            access_token: token("access_token"),
        })
    }

    /// What more it says of somebody (OpenID Connect Core 1.0 §5.3); `None` where it does not say more.
    pub async fn userinfo(
        &self,
        access_token: Option<&SecretString>,
        subject: &str,
        now: Timestamp,
    ) -> Result<Option<Claims>, Refusal> {
        let metadata = self.metadata(now).await?;
        let (Some(endpoint), Some(token)) = (&metadata.userinfo_endpoint, access_token) else {
            return Ok(None);
        };
        let request = self.client().await?.get(endpoint.clone());
        let request = request.bearer_auth(token.expose_secret());
        let answer = fetch::successful(request, "userinfo endpoint").await?;
        match answer {
            Value::Object(claims) if claims.get("sub").is_some_and(|said| said == subject) => {
                Ok(Some(claims))
            }
            _ => Err(Refusal::OtherSubject),
        }
    }

    async fn client(&self) -> Result<&Client, Refusal> {
        let settings = &self.settings;
        let make = || async {
            let outbound = OutboundSettings {
                ca_file: settings.ca_file.clone(),
                timeout: settings.timeout,
                ..OutboundSettings::default()
            };
            let issuer = Url::parse(settings.issuer.as_str()).map_err(|error| error.to_string())?;
            let made = outbound_client(&outbound, &issuer, "issuer");
            made.map_err(|error| error.to_string())
        };
        let client = self.client.get_or_try_init(make).await;
        client.map_err(|why| Refusal::Unreachable {
            what: "address",
            why,
        })
    }

    /// The client's secret, as it is now.
    async fn secret(&self) -> Result<Option<SecretString>, Refusal> {
        let path = match &self.settings.client_secret {
            None => return Ok(None),
            Some(ClientSecret::Given(secret)) => return Ok(Some(secret.clone())),
            Some(ClientSecret::File(path)) => path,
        };
        let read = tokio::fs::read_to_string(path).await;
        // Where it is goes to the log, not to whoever asked.
        let text = read.map_err(|error| {
            tracing::error!(path = %path.display(), %error, "a client secret cannot be read");
            Refusal::Secret
        })?;
        match text.trim() {
            "" => {
                tracing::error!(path = %path.display(), "the file of a client secret is empty");
                Err(Refusal::Secret)
            }
            secret => Ok(Some(secret.into())),
        }
    }
}

/// Name and secret in the header, each encoded as in a form first (RFC 6749 §2.3.1).
fn authorized(request: RequestBuilder, name: &str, secret: &SecretString) -> RequestBuilder {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    request.basic_auth(encode(name), Some(encode(secret.expose_secret())))
}

fn age(since: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(since)).unwrap_or_default()
}
