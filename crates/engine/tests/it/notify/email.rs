//! E-mail. `USHER_AIOSMTPD` names the Python that has aiosmtpd, and `cargo xtask test` installs it.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use usher_engine::notify::{
    EmailSettings, Login, NoticeKind, Notifier, NotifyError, NotifySettings, SmtpSecurity,
};
use usher_model::SystemClock;

use super::notice;
use super::plain_smtp::Sink;

fn email(port: u16, security: SmtpSecurity) -> EmailSettings {
    EmailSettings {
        host: "localhost".into(),
        port: Some(port),
        security,
        login: None,
        from: "Usher <usher@acme.com>".into(),
        to: vec!["ops@acme.com".into(), "Security <sec@acme.com>".into()],
        timeout: Duration::from_secs(10),
    }
}

fn by(email: EmailSettings) -> NotifySettings {
    NotifySettings {
        email: Some(email),
        ..NotifySettings::default()
    }
}

#[tokio::test]
async fn e5_a_failure_is_told_by_e_mail() {
    let sink = Sink::start().await;
    let settings = by(EmailSettings {
        host: "127.0.0.1".into(),
        ..email(sink.port, SmtpSecurity::PlainToLoopback)
    });
    let notifier = Notifier::new(&settings).unwrap();
    let notice = notice(NoticeKind::CycleFailed);
    let deliveries = notifier.send(&notice, &SystemClock).await;
    assert_eq!(deliveries[0].outcome, Ok(1), "{deliveries:?}");
    let [message] = sink.messages().try_into().unwrap();
    for part in [
        "RCPT TO:<ops@acme.com>",
        "RCPT TO:<sec@acme.com>",
        "From: Usher <usher@acme.com>",
        "Message-ID: <019ac000-notice@acme.com>",
        "Auto-Submitted: auto-generated",
    ] {
        assert!(message.contains(part), "{part} is not in:\n{message}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_listen_is_a_failure_and_no_panic() {
    let port = {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        taken.local_addr().unwrap().port()
    };
    let settings = by(EmailSettings {
        host: "127.0.0.1".into(),
        ..email(port, SmtpSecurity::PlainToLoopback)
    });
    let notifier = Notifier::new(&settings).unwrap();
    let deliveries = notifier.send(&notice(NoticeKind::Test), &SystemClock).await;
    assert!(deliveries[0].outcome.is_err());
}

#[test]
fn e_mail_in_the_clear_stays_on_this_machine() {
    let settings = by(EmailSettings {
        host: "mail.example.org".into(),
        ..email(25, SmtpSecurity::PlainToLoopback)
    });
    let refused = Notifier::new(&settings).unwrap_err();
    assert_eq!(
        refused,
        NotifyError::PlainToElsewhere("mail.example.org".into())
    );
}

#[test]
fn addresses_are_checked_at_the_start() {
    let settings = by(EmailSettings {
        to: vec!["not an address".into()],
        ..email(587, SmtpSecurity::StartTls)
    });
    let refused = Notifier::new(&settings).unwrap_err();
    assert_eq!(refused, NotifyError::Address("not an address".into()));
    let settings = by(EmailSettings {
        to: Vec::new(),
        ..email(587, SmtpSecurity::StartTls)
    });
    assert_eq!(
        Notifier::new(&settings).unwrap_err(),
        NotifyError::NoRecipient
    );
}

/// aiosmtpd with a certificate of its own; killed when it is dropped.
struct MailServer {
    port: u16,
    lines: Lines<BufReader<ChildStdout>>,
    folder: tempfile::TempDir,
    _child: Child,
}

impl MailServer {
    /// `None` where aiosmtpd is not installed.
    async fn start(mode: &str) -> Option<Self> {
        let Some(python) = std::env::var_os("USHER_AIOSMTPD") else {
            let mut notes = std::io::stderr();
            let _ = writeln!(
                notes,
                "left out: the SMTP server (USHER_AIOSMTPD does not name a Python; run `cargo xtask test`)"
            );
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) = (
            folder.path().join("cert.pem"),
            folder.path().join("key.pem"),
        );
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/notify/sink.py");
        let mut child = Command::new(python)
            .arg(script)
            .args([certificate.as_os_str(), key.as_os_str()])
            .arg(mode)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .next_line()
            .await
            .unwrap()
            .expect("the server names its port");
        Some(Self {
            port: port.parse().unwrap(),
            lines,
            folder,
            _child: child,
        })
    }

    fn settings(&self, security: SmtpSecurity, password: &str) -> NotifySettings {
        NotifySettings {
            ca_file: Some(self.folder.path().join("cert.pem")),
            ..by(EmailSettings {
                login: Some(Login {
                    user: "usher".into(),
                    password: SecretString::from(password),
                }),
                ..email(self.port, security)
            })
        }
    }

    async fn message(&mut self) -> serde_json::Value {
        let line = self.lines.next_line().await.unwrap().unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

async fn arrives_encrypted(mode: &str, security: SmtpSecurity) {
    let Some(mut post) = MailServer::start(mode).await else {
        return;
    };
    let notifier = Notifier::new(&post.settings(security, "correct horse")).unwrap();
    let notice = notice(NoticeKind::PlanAwaitingApproval);
    let deliveries = notifier.send(&notice, &SystemClock).await;
    assert_eq!(deliveries[0].outcome, Ok(1), "{deliveries:?}");
    let message = post.message().await;
    assert_eq!(message["tls"], true);
    assert_eq!(message["user"], "usher");
    assert_eq!(
        message["to"],
        serde_json::json!(["ops@acme.com", "sec@acme.com"])
    );
    let text = message["text"].as_str().unwrap();
    assert!(text.contains("Subject: Usher"), "{text}");
    assert!(!text.contains("correct horse"), "{text}");
}

#[tokio::test]
async fn e5_an_independent_server_takes_e_mail_by_starttls_with_a_password() {
    arrives_encrypted("starttls", SmtpSecurity::StartTls).await;
}

#[tokio::test]
async fn e5_an_independent_server_takes_e_mail_by_tls_with_a_password() {
    arrives_encrypted("tls", SmtpSecurity::Tls).await;
}

#[tokio::test]
async fn a_wrong_password_is_told_without_the_password() {
    let Some(post) = MailServer::start("starttls").await else {
        return;
    };
    let notifier = Notifier::new(&post.settings(SmtpSecurity::StartTls, "guessed")).unwrap();
    let deliveries = notifier.send(&notice(NoticeKind::Test), &SystemClock).await;
    let failure = deliveries[0].outcome.clone().unwrap_err();
    assert!(failure.why.contains("535"), "{failure:?}");
    assert!(!failure.why.contains("guessed"), "{failure:?}");
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_refused() {
    let Some(post) = MailServer::start("starttls").await else {
        return;
    };
    let settings = NotifySettings {
        ca_file: None,
        ..post.settings(SmtpSecurity::StartTls, "correct horse")
    };
    let notifier = Notifier::new(&settings).unwrap();
    let deliveries = notifier.send(&notice(NoticeKind::Test), &SystemClock).await;
    assert!(deliveries[0].outcome.is_err());
}
