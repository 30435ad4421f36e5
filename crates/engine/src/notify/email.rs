//! Sending e-mail by SMTP.

use std::path::Path;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use secrecy::ExposeSecret as _;

use crate::notify::notifier::{Failure, NotifyError};
use crate::notify::{EmailSettings, Notice, SmtpSecurity};

/// A connection to an SMTP server, and who is written to.
#[derive(Debug)]
pub(super) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl Mailer {
    /// Checks the settings; connects to nothing yet.
    pub fn new(settings: &EmailSettings, ca_file: Option<&Path>) -> Result<Self, NotifyError> {
        let from = mailbox(&settings.from)?;
        let to: Vec<_> = settings
            .to
            .iter()
            .map(|text| mailbox(text))
            .collect::<Result<_, _>>()?;
        if to.is_empty() {
            return Err(NotifyError::NoRecipient);
        }
        let port = settings.port.unwrap_or(settings.security.port());
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(port)
            .timeout(Some(settings.timeout))
            .tls(tls(settings, ca_file)?);
        if let Some(login) = &settings.login {
            let password = login.password.expose_secret().to_owned();
            transport = transport.credentials(Credentials::new(login.user.clone(), password));
        }
        Ok(Self {
            transport: transport.build(),
            from,
            to,
        })
    }

    /// Who is written to, in words.
    pub fn recipients(&self) -> String {
        let addresses: Vec<_> = self.to.iter().map(|to| to.email.to_string()).collect();
        addresses.join(", ")
    }

    /// Sends one message to all recipients.
    pub async fn send(&self, notice: &Notice) -> Result<(), Failure> {
        let message = self.message(notice).map_err(Failure::once)?;
        // A reply of the server names addresses, never the password.
        let sent = self.transport.send(message).await;
        sent.map(drop)
            .map_err(|error| Failure::once(in_full(&error)))
    }

    fn message(&self, notice: &Notice) -> Result<Message, String> {
        let domain = self.from.email.domain();
        let mut message = Message::builder()
            .from(self.from.clone())
            .date(notice.at.into())
            .message_id(Some(format!("<{}@{domain}>", notice.id)))
            .subject(notice.subject());
        for to in &self.to {
            message = message.to(to.clone());
        }
        // RFC 3834: keeps absence notes from answering a program.
        let name = HeaderName::new_from_ascii_str("Auto-Submitted");
        let message = message.raw_header(HeaderValue::new(name, "auto-generated".to_owned()));
        message.body(notice.text()).map_err(|error| in_full(&error))
    }
}

fn mailbox(text: &str) -> Result<Mailbox, NotifyError> {
    text.parse()
        .map_err(|_| NotifyError::Address(text.to_owned()))
}

fn tls(settings: &EmailSettings, ca_file: Option<&Path>) -> Result<Tls, NotifyError> {
    if settings.security == SmtpSecurity::PlainToLoopback {
        return if usher_model::is_loopback(&settings.host) {
            Ok(Tls::None)
        } else {
            Err(NotifyError::PlainToElsewhere(settings.host.clone()))
        };
    }
    let refuse = |why: String| NotifyError::Tls(why);
    let mut parameters = TlsParameters::builder(settings.host.clone());
    if let Some(path) = ca_file {
        let pem =
            std::fs::read(path).map_err(|error| refuse(format!("{}: {error}", path.display())))?;
        for certificate in split_pem(&pem) {
            let certificate = Certificate::from_pem(certificate.as_bytes())
                .map_err(|error| refuse(format!("{}: {error}", path.display())))?;
            parameters = parameters.add_root_certificate(certificate);
        }
    }
    let parameters = parameters
        .build()
        .map_err(|error| refuse(in_full(&error)))?;
    Ok(match settings.security {
        SmtpSecurity::Tls => Tls::Wrapper(parameters),
        _ => Tls::Required(parameters),
    })
}

/// The certificates of a bundle, one by one.
fn split_pem(pem: &[u8]) -> Vec<String> {
    const END: &str = "-----END CERTIFICATE-----";
    let text = String::from_utf8_lossy(pem);
    text.split_inclusive(END)
        .filter(|part| part.contains(END))
        .map(ToOwned::to_owned)
        .collect()
}

/// An error and what caused it, in one line.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words.push_str(": ");
            words.push_str(&more);
        }
        cause = error.source();
    }
    words
}
