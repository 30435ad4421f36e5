//! Tokens and bodies stay out of logs and messages.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing::instrument::WithSubscriber;
use tracing_subscriber::fmt::MakeWriter;
use usher_miro::{MiroClient, MiroSettings, OAuthApp, ScimUserDraft};

use crate::fake::{Answer, Fake, SCIM_TOKEN, TOKEN};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_log_at_any_level_and_no_message_holds_a_token_or_a_body() {
    // A server that gives everything back that it is sent, in an error.
    let fake = Fake::start(|asked| {
        let sent = asked
            .headers
            .get("authorization")
            .and_then(|value| value.to_str().ok());
        let message = format!("you sent {} and {}", sent.unwrap_or_default(), asked.body);
        Answer::With(
            500,
            Vec::new(),
            json!({"message": message, "status": 500}).to_string(),
        )
    })
    .await;
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let client = MiroClient::new(MiroSettings {
        max_retries: 1,
        ..fake.settings()
    })
    .unwrap();
    let app = OAuthApp {
        client_id: "app".into(),
        client_secret: "canary-client".into(),
    };
    let messages = async {
        let rest = client.rest().unwrap().token_context().await.unwrap_err();
        let draft = ScimUserDraft {
            user_name: "a@example.com".into(),
            ..ScimUserDraft::default()
        };
        let scim = client
            .scim()
            .unwrap()
            .create_user(&draft)
            .await
            .unwrap_err();
        let old = "canary-refresh".into();
        let oauth = client.oauth().refresh_token(&app, &old).await.unwrap_err();
        format!("{rest} {rest:?} {scim} {scim:?} {oauth} {oauth:?} {client:?} {app:?}")
    }
    .with_subscriber(subscriber)
    .await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("GET /v1/oauth-token"),
        "the calls were logged: {log}"
    );
    for secret in [TOKEN, SCIM_TOKEN, "canary"] {
        assert!(!log.contains(secret), "{secret} in the log");
        assert!(!messages.contains(secret), "{secret} in {messages}");
    }
    assert!(!log.contains("schemas"), "a body in the log: {log}");
}

#[tokio::test]
async fn the_span_of_a_call_tells_lane_wait_attempts_and_status() {
    let fake = Fake::answering([Answer::Status(500, ""), Answer::Status(404, "{}")]).await;
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let client = fake.client();
    async { client.rest().unwrap().token_context().await.unwrap_err() }
        .with_subscriber(subscriber)
        .await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let closed = log
        .lines()
        .find(|line| line.contains("close"))
        .expect("the span ended");
    for field in [
        "route=\"GET /v1/oauth-token\"",
        "lane_wait_ms=",
        "attempts=2",
        "status=404",
    ] {
        assert!(closed.contains(field), "{field} in {closed}");
    }
}
