//! The configured ways to tell people that something needs them.

use std::time::Duration;

use secrecy::ExposeSecret;
use usher_engine::notify::{
    EmailSettings, Login, Notifier, NotifySettings, SmtpSecurity, WebhookSettings,
};

use crate::config::Configuration;
use crate::config::value::Security;
use crate::context::Context;
use crate::failure::Failure;

/// How long one reply of the SMTP server may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The configured notifier; it tells nobody when nothing is configured.
pub fn notifier(context: &Context) -> Result<Notifier, Failure> {
    let settings = settings(&context.configuration)?;
    Notifier::new(&settings).map_err(|error| {
        Failure::usage(error.to_string()).hint("correct it under [notify]; `usher config check` shows every setting and where it comes from")
    })
}

fn settings(configuration: &Configuration) -> Result<NotifySettings, Failure> {
    let notify = &configuration.notify;
    Ok(NotifySettings {
        kinds: notify.kinds.0.clone(),
        email: email(configuration)?,
        webhooks: webhook(configuration)?.into_iter().collect(),
        ca_file: notify.ca_file.clone(),
    })
}

fn email(configuration: &Configuration) -> Result<Option<EmailSettings>, Failure> {
    let notify = &configuration.notify;
    let Some(host) = notify.smtp_host.clone() else {
        return Ok(None);
    };
    let missing = |key: &str| {
        Failure::usage(format!("notify.smtp_host is set, but {key} is not")).hint(format!(
            "set {key}, or leave smtp_host out to send no e-mail"
        ))
    };
    let from = notify.email_from.clone();
    let to = notify.email_to.as_deref().unwrap_or_default();
    let to = to.split(',').map(str::trim).filter(|text| !text.is_empty());
    Ok(Some(EmailSettings {
        host,
        port: notify.smtp_port.map(|port| port.0),
        security: match notify.smtp_security {
            Security::StartTls => SmtpSecurity::StartTls,
            Security::Tls => SmtpSecurity::Tls,
            Security::None => SmtpSecurity::PlainToLoopback,
        },
        login: login(configuration)?,
        from: from.ok_or_else(|| missing("notify.email_from"))?,
        to: to.map(str::to_owned).collect(),
        timeout: TIMEOUT,
    }))
}

fn login(configuration: &Configuration) -> Result<Option<Login>, Failure> {
    let notify = &configuration.notify;
    let password = configuration.secret(
        notify.smtp_password.as_ref(),
        "notify.smtp_password",
        notify.smtp_password_file.as_deref(),
    )?;
    match (notify.smtp_user.clone(), password) {
        (Some(user), Some(password)) => Ok(Some(Login { user, password })),
        (None, None) => Ok(None),
        _ => Err(
            Failure::usage("notify.smtp_user and notify.smtp_password belong together")
                .hint("set both, or neither"),
        ),
    }
}

fn webhook(configuration: &Configuration) -> Result<Option<WebhookSettings>, Failure> {
    let notify = &configuration.notify;
    let url = configuration.secret(
        notify.webhook_url.as_ref(),
        "notify.webhook_url",
        notify.webhook_url_file.as_deref(),
    )?;
    let secret = configuration.secret(
        notify.webhook_secret.as_ref(),
        "notify.webhook_secret",
        notify.webhook_secret_file.as_deref(),
    )?;
    let (Some(url), Some(secret)) = (&url, &secret) else {
        return match (url, secret) {
            (None, None) => Ok(None),
            _ => Err(Failure::usage(
                "notify.webhook_url and notify.webhook_secret belong together",
            )
            .hint("set both, or neither; a webhook is always signed")),
        };
    };
    let url = url
        .expose_secret()
        .parse()
        .map_err(|error: url::ParseError| {
            Failure::usage("notify.webhook_url is no address")
                .because(error)
                .hint("write https://HOST/PATH")
        })?;
    Ok(Some(WebhookSettings::new("webhook", url, secret.clone())))
}
