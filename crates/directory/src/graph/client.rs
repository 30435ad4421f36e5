//! Requests to Microsoft Graph: a token, patience, and nothing sent to strangers.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Client, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};
use url::Url;
use usher_boxed::boxed;

use super::errors::Refusal;
use super::settings::GraphSettings;
use super::transport::http_client;
use crate::{DirectoryError, ErrorKind};

/// A longer wait than this is left to whoever decides when to read again.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// A token is renewed so long before its end.
const BEFORE_END: Duration = Duration::from_secs(120);

/// A client of one tenant.
#[derive(Debug)]
pub(super) struct GraphClient {
    http: Client,
    settings: GraphSettings,
    secret: SecretString,
    token: Mutex<Option<Token>>,
}

#[derive(Debug)]
struct Token {
    text: SecretString,
    until: Instant,
}

/// Why a request gave nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// Graph refused.
    Refused(Refusal),
    /// Something else.
    Other(DirectoryError),
}

impl Failure {
    pub fn error(self, doing: &str) -> DirectoryError {
        match self {
            Self::Refused(refusal) => refusal.error(doing),
            Self::Other(error) => error,
        }
    }
}

impl GraphClient {
    pub fn new(settings: GraphSettings, secret: SecretString) -> Result<Self, DirectoryError> {
        Ok(Self {
            http: http_client(&settings)?,
            settings,
            secret,
            token: Mutex::new(None),
        })
    }

    /// The address of something in Graph.
    pub fn address(&self, path: &str, query: &[(&str, &str)]) -> Result<Url, DirectoryError> {
        let mut base = self.settings.graph_url.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let mut url = base.join(path).map_err(|error| {
            DirectoryError::new(ErrorKind::Settings, format!("`{path}` makes no address"))
                .caused_by(error)
        })?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// An address that Graph gave us. One that leads elsewhere is not followed: the token would go there.
    pub fn given(&self, link: &str) -> Result<Url, DirectoryError> {
        let strange = || {
            DirectoryError::new(
                ErrorKind::Unreadable,
                "Microsoft Graph gave an address that leads elsewhere",
            )
            .with_hint("check `graph_url`; nothing was sent there")
        };
        let url = Url::parse(link).map_err(|_| strange())?;
        if url.origin() == self.settings.graph_url.origin() {
            Ok(url)
        } else {
            Err(strange())
        }
    }

    /// Reads something, with as many attempts as the settings allow.
    #[boxed]
    pub async fn get(&self, url: &Url) -> Result<Value, Failure> {
        let mut renewed = false;
        let mut attempt = 0;
        loop {
            let token = self.token().await.map_err(Failure::Other)?;
            let request = self
                .http
                .get(url.clone())
                .bearer_auth(token.expose_secret())
                .header("Prefer", "odata.maxpagesize=999");
            let failure = match self.send(request).await {
                Ok(body) => return parse(&body),
                Err(failure) => failure,
            };
            // A token may be withdrawn before its time.
            if let Failure::Refused(refusal) = &failure
                && refusal.status == StatusCode::UNAUTHORIZED
                && !renewed
            {
                renewed = true;
                *self.token.lock().await = None;
                continue;
            }
            self.pause(attempt, failure).await?;
            attempt += 1;
        }
    }

    /// Waits before the next attempt, or gives the failure back when there is none.
    async fn pause(&self, attempt: u8, failure: Failure) -> Result<(), Failure> {
        let passing = match &failure {
            Failure::Refused(refusal) => refusal.is_passing(),
            Failure::Other(error) => error.kind() == ErrorKind::Unreachable,
        };
        if !passing || attempt >= self.settings.max_retries {
            return Err(failure);
        }
        let asked = match &failure {
            Failure::Refused(refusal) => refusal.retry_after,
            Failure::Other(_) => None,
        };
        let first = Duration::from_millis(self.settings.retry_pause_milliseconds.into());
        let own = first.saturating_mul(1 << attempt.min(6));
        let wait = asked.unwrap_or(own);
        if wait > LONGEST_WAIT {
            return Err(failure);
        }
        tracing::debug!(
            ?wait,
            attempt,
            "waiting before asking Microsoft Graph again"
        );
        sleep(wait).await;
        Ok(())
    }

    async fn send(&self, request: RequestBuilder) -> Result<Vec<u8>, Failure> {
        let unreachable = |error: reqwest::Error| {
            let error = error.without_url();
            Failure::Other(
                DirectoryError::new(ErrorKind::Unreachable, "Microsoft cannot be reached")
                    .caused_by(error)
                    .with_hint(
                        "check the network, proxies and, behind one that inspects TLS, `ca_file`",
                    ),
            )
        };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.trim().parse().ok())
            .map(Duration::from_secs);
        let body = response.bytes().await.map_err(unreachable)?.to_vec();
        if status.is_success() {
            return Ok(body);
        }
        Err(Failure::Refused(Refusal::read(status, retry_after, &body)))
    }

    /// A token that holds for a while.
    async fn token(&self) -> Result<SecretString, DirectoryError> {
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref()
            && Instant::now() < token.until
        {
            return Ok(token.text.clone());
        }
        let mut attempt = 0;
        let token = loop {
            let failure = match self.sign_in().await {
                Ok(token) => break token,
                Err(failure) => failure,
            };
            let refused = |failure| match failure {
                Failure::Refused(refusal) => {
                    Refusal::sign_in_error(&refusal, &self.settings.tenant)
                }
                Failure::Other(error) => error,
            };
            self.pause(attempt, failure).await.map_err(refused)?;
            attempt += 1;
        };
        let text = token.text.clone();
        *held = Some(token);
        Ok(text)
    }

    async fn sign_in(&self) -> Result<Token, Failure> {
        let mut url = self.settings.login_url.clone();
        url.set_path(&format!(
            "{}/{}/oauth2/v2.0/token",
            url.path().trim_end_matches('/'),
            self.settings.tenant
        ));
        let scope = format!(
            "{}/.default",
            self.settings.graph_url.origin().ascii_serialization()
        );
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.settings.client_id.as_str()),
            ("client_secret", self.secret.expose_secret()),
            ("scope", scope.as_str()),
        ];
        let body = self.send(self.http.post(url).form(&form)).await?;
        let answer = parse(&body)?;
        let text = answer.get("access_token").and_then(Value::as_str);
        let seconds = answer
            .get("expires_in")
            .and_then(Value::as_u64)
            .unwrap_or(0);
        let Some(text) = text else {
            return Err(Failure::Other(DirectoryError::new(
                ErrorKind::Unreadable,
                "the sign-in service gave no token",
            )));
        };
        Ok(Token {
            text: SecretString::from(text),
            until: Instant::now() + Duration::from_secs(seconds).saturating_sub(BEFORE_END),
        })
    }
}

fn parse(body: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        Failure::Other(
            DirectoryError::new(ErrorKind::Unreadable, "Microsoft's answer is not JSON")
                .caused_by(error)
                .with_hint("check `graph_url` and `login_url`, and proxies between"),
        )
    })
}
