//! Calling webhooks.

use std::path::Path;

use usher_miro::{OutboundSettings, outbound_client};
use usher_model::Clock;

use crate::notify::notifier::{Failure, NotifyError};
use crate::notify::{Notice, SigningSecret, WebhookSettings};

/// A receiver of webhooks, ready to be called.
#[derive(Debug)]
pub(super) struct Webhook {
    settings: WebhookSettings,
    secret: SigningSecret,
    client: reqwest::Client,
}

/// What an attempt's outcome means.
enum Outcome {
    Accepted,
    /// Trying again cannot help.
    Refused(String),
    /// Trying again may help.
    Failed(String),
}

impl Webhook {
    /// Checks the settings; calls nothing yet.
    pub fn new(settings: &WebhookSettings, ca_file: Option<&Path>) -> Result<Self, NotifyError> {
        let named = format!("webhook `{}`", settings.name);
        let secret = SigningSecret::parse(&settings.secret)
            .map_err(|why| NotifyError::Webhook(format!("{named}: {why}")))?;
        let outbound = OutboundSettings {
            ca_file: ca_file.map(Path::to_owned),
            timeout: settings.timeout,
            ..OutboundSettings::default()
        };
        let client = outbound_client(&outbound, &settings.url, &named)
            .map_err(|error| NotifyError::Webhook(error.to_string()))?;
        Ok(Self {
            settings: settings.clone(),
            secret,
            client,
        })
    }

    /// What the settings call it.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Calls it until it accepts or patience ends, and says how many attempts that took.
    pub async fn call(&self, notice: &Notice, clock: &dyn Clock) -> Result<u32, Failure> {
        let body = notice.payload().to_string();
        let mut attempt = 1;
        loop {
            let (why, is_last) = match self.attempt(notice, &body, clock).await {
                Outcome::Accepted => return Ok(attempt),
                Outcome::Refused(why) => (why, true),
                Outcome::Failed(why) => (why, attempt >= self.settings.attempts),
            };
            if is_last {
                return Err(Failure {
                    why,
                    attempts: attempt,
                });
            }
            tokio::time::sleep(self.settings.pause_after(attempt)).await;
            attempt += 1;
        }
    }

    /// One call. It is signed anew each time: a receiver refuses an old time.
    async fn attempt(&self, notice: &Notice, body: &str, clock: &dyn Clock) -> Outcome {
        let now = clock.now();
        let reply = self
            .client
            .post(self.settings.url.clone())
            .header("content-type", "application/json")
            .header("webhook-id", &notice.id)
            .header("webhook-timestamp", now.as_second().to_string())
            .header("webhook-signature", self.secret.sign(&notice.id, now, body))
            .body(body.to_owned())
            .send()
            .await;
        match reply {
            Ok(reply) if reply.status().is_success() => Outcome::Accepted,
            Ok(reply) if reply.status() == reqwest::StatusCode::GONE => {
                Outcome::Refused("the receiver says it is gone (410)".to_owned())
            }
            Ok(reply) => Outcome::Failed(format!("the receiver answered {}", reply.status())),
            // The address may hold a secret.
            Err(error) => Outcome::Failed(why_no_reply(&error.without_url())),
        }
    }
}

fn why_no_reply(error: &reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "the receiver did not answer in time"
    } else if error.is_connect() {
        "the receiver cannot be reached"
    } else {
        "the call failed"
    };
    match std::error::Error::source(error) {
        Some(cause) => format!("{kind}: {cause}"),
        None => kind.to_owned(),
    }
}
