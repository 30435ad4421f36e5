//! Telling people that something needs them: by e-mail and by signed webhook.
//!
//! ```text
//! Notice ──▶ Notifier ─┬─▶ e-mail (SMTP)
//!                      └─▶ webhooks (Standard Webhooks: id, timestamp, HMAC-SHA256 signature)
//! ```
//!
//! A notification that fails fails nothing else: [`announce`] writes what became of it into the audit log and
//! returns. No notice holds a secret: what it says is what the audit log says too.

mod announce;
mod email;
mod notice;
mod notifier;
mod settings;
mod signature;
mod webhook;

pub(crate) use announce::subject as announced_subject;
pub use announce::{Announcer, announce};
pub use notice::{Notice, NoticeKind};
pub use notifier::{Channel, Delivery, Failure, Notifier, NotifyError};
pub use settings::{EmailSettings, Login, NotifySettings, SmtpSecurity, WebhookSettings};
pub use signature::{BadSecret, BadSignature, SigningSecret, TOLERANCE, verify};
