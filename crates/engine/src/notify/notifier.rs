//! Sending a notice by every way that is set up.

use std::collections::BTreeSet;

use serde::Serialize;
use usher_boxed::boxed;
use usher_model::Clock;

use crate::notify::email::Mailer;
use crate::notify::webhook::Webhook;
use crate::notify::{Notice, NoticeKind, NotifySettings};

/// Settings that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotifyError {
    /// An address is none.
    #[error("`{0}` is no e-mail address")]
    Address(String),
    /// Nobody would get the e-mail.
    #[error("notifications by e-mail are set up without a recipient")]
    NoRecipient,
    /// E-mail in the clear, and not to this machine.
    #[error(
        "e-mail in the clear is sent to this machine only, and the SMTP server is {0}; use STARTTLS or TLS"
    )]
    PlainToElsewhere(String),
    /// TLS cannot be set up.
    #[error("TLS for the SMTP server cannot be set up: {0}")]
    Tls(String),
    /// A webhook's settings are wrong.
    #[error("{0}")]
    Webhook(String),
}

/// By which way a notice went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "channel", rename_all = "snake_case")]
pub enum Channel {
    /// By e-mail.
    Email {
        /// The recipients.
        to: String,
    },
    /// To a webhook.
    Webhook {
        /// What the settings call it.
        name: String,
    },
}

/// Why a notice did not arrive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Why, in words without secrets.
    pub why: String,
    /// How often it was tried.
    pub attempts: u32,
}

impl Failure {
    /// A failure at the only attempt.
    pub(super) fn once(why: String) -> Self {
        Self { why, attempts: 1 }
    }
}

/// What became of a notice on one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The way.
    pub channel: Channel,
    /// After how many attempts it arrived, or why it did not.
    pub outcome: Result<u32, Failure>,
}

/// Sends notices by every way that is set up.
#[derive(Debug, Default)]
pub struct Notifier {
    kinds: BTreeSet<NoticeKind>,
    mailer: Option<Mailer>,
    webhooks: Vec<Webhook>,
}

impl Notifier {
    /// Checks the settings; connects to nothing yet.
    pub fn new(settings: &NotifySettings) -> Result<Self, NotifyError> {
        let ca_file = settings.ca_file.as_deref();
        let mailer = settings
            .email
            .as_ref()
            .map(|email| Mailer::new(email, ca_file))
            .transpose()?;
        let webhooks = settings
            .webhooks
            .iter()
            .map(|webhook| Webhook::new(webhook, ca_file))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            kinds: settings.kinds.clone(),
            mailer,
            webhooks,
        })
    }

    /// Tells nobody.
    pub fn off() -> Self {
        Self::default()
    }

    /// Whether a notice of this kind goes anywhere.
    pub fn wants(&self, kind: NoticeKind) -> bool {
        let is_on = kind == NoticeKind::Test || self.kinds.contains(&kind);
        is_on && (self.mailer.is_some() || !self.webhooks.is_empty())
    }

    /// Sends a notice by all ways side by side, and says what became of it on each. Nothing is sent of a kind that is
    /// switched off.
    #[boxed]
    pub async fn send(&self, notice: &Notice, clock: &dyn Clock) -> Vec<Delivery> {
        if !self.wants(notice.kind) {
            return Vec::new();
        }
        let mail = async {
            let mailer = self.mailer.as_ref()?;
            Some(Delivery {
                channel: Channel::Email {
                    to: mailer.recipients(),
                },
                outcome: mailer.send(notice).await.map(|()| 1),
            })
        };
        let calls = self.webhooks.iter().map(|webhook| async {
            Delivery {
                channel: Channel::Webhook {
                    name: webhook.name().to_owned(),
                },
                outcome: webhook.call(notice, clock).await,
            }
        });
        let (mail, calls) = futures::future::join(mail, futures::future::join_all(calls)).await;
        mail.into_iter().chain(calls).collect()
    }
}
