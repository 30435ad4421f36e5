//! How people are told.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::notify::NoticeKind;

/// How people are told. The default tells nobody.
#[derive(Clone, Debug)]
pub struct NotifySettings {
    /// What they are told of.
    pub kinds: BTreeSet<NoticeKind>,
    /// By e-mail, and to whom.
    pub email: Option<EmailSettings>,
    /// By webhook, and where.
    pub webhooks: Vec<WebhookSettings>,
    /// PEM file with further certificate authorities to trust.
    pub ca_file: Option<PathBuf>,
}

impl Default for NotifySettings {
    fn default() -> Self {
        Self {
            kinds: NoticeKind::ALL.into_iter().collect(),
            email: None,
            webhooks: Vec::new(),
            ca_file: None,
        }
    }
}

/// An SMTP server, and who is written to.
#[derive(Clone, Debug)]
pub struct EmailSettings {
    /// The server's name or address.
    pub host: String,
    /// Its port; 587 with STARTTLS, 465 with TLS, 25 in the clear if absent.
    pub port: Option<u16>,
    /// How the connection is secured.
    pub security: SmtpSecurity,
    /// With which name and password, if any.
    pub login: Option<Login>,
    /// The sender: an address, or `Name <address>`.
    pub from: String,
    /// The recipients.
    pub to: Vec<String>,
    /// Longest wait for one reply of the server.
    pub timeout: Duration,
}

/// How a connection to an SMTP server is secured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// It begins in the clear and must turn to TLS before anything is said.
    #[default]
    StartTls,
    /// It is TLS from the first byte.
    Tls,
    /// It stays in the clear; only to this machine, where a relay listens.
    PlainToLoopback,
}

impl SmtpSecurity {
    /// The port that goes with it.
    pub fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::PlainToLoopback => 25,
        }
    }
}

/// A name and a password.
#[derive(Clone, Debug)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// A receiver of webhooks.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// What the settings call it; the address may hold a secret and is never shown.
    pub name: String,
    /// Where.
    pub url: Url,
    /// What calls are signed with: `whsec_…`.
    pub secret: SecretString,
    /// How often a call is tried, the first time included.
    pub attempts: u32,
    /// The pause before the second attempt; each one after is four times as long, up to a minute.
    pub first_pause: Duration,
    /// Longest time for one attempt.
    pub timeout: Duration,
}

impl WebhookSettings {
    /// A receiver with the usual patience: five attempts within about 45 seconds.
    pub fn new(name: impl Into<String>, url: Url, secret: SecretString) -> Self {
        Self {
            name: name.into(),
            url,
            secret,
            attempts: 5,
            first_pause: Duration::from_millis(500),
            timeout: Duration::from_secs(15),
        }
    }

    /// The pause after an attempt, counted from 1.
    pub fn pause_after(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).saturating_mul(2).min(20);
        self.first_pause
            .saturating_mul(1 << doublings)
            .min(Duration::from_secs(60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_fourfold_up_to_a_minute() {
        let url = Url::parse("https://hooks.example.org").unwrap();
        let hook = WebhookSettings::new("alerts", url, SecretString::from("x"));
        let pauses: Vec<_> = (1..6)
            .map(|attempt| hook.pause_after(attempt).as_millis())
            .collect();
        assert_eq!(pauses, [500, 2000, 8000, 32_000, 60_000]);
    }
}
