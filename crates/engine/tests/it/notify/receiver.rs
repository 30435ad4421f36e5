//! A receiver of webhooks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;
use usher_engine::notify::WebhookSettings;

pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A call as it came.
#[derive(Clone, Debug)]
pub struct Call {
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub body: String,
}

#[derive(Clone, Default)]
struct Kept {
    calls: Arc<Mutex<Vec<Call>>>,
    replies: Arc<Mutex<VecDeque<StatusCode>>>,
}

/// Answers as it was told to, then with 204. Ends when it is dropped.
pub struct Receiver {
    kept: Kept,
    url: Url,
    _server: JoinSet<()>,
}

impl Receiver {
    pub async fn answering(replies: &[u16]) -> Self {
        let kept = Kept::default();
        kept.replies.lock().unwrap().extend(
            replies
                .iter()
                .map(|code| StatusCode::from_u16(*code).unwrap()),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "http://{}/hook?key=in-the-address",
            listener.local_addr().unwrap()
        );
        let router = axum::Router::new()
            .route("/hook", axum::routing::post(take))
            .with_state(kept.clone());
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self {
            kept,
            url: url.parse().unwrap(),
            _server: server,
        }
    }

    pub fn settings(&self) -> WebhookSettings {
        WebhookSettings {
            first_pause: std::time::Duration::from_millis(1),
            ..WebhookSettings::new("alerts", self.url.clone(), SecretString::from(SECRET))
        }
    }

    pub fn calls(&self) -> Vec<Call> {
        self.kept.calls.lock().unwrap().clone()
    }
}

async fn take(State(kept): State<Kept>, headers: HeaderMap, body: String) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    kept.calls.lock().unwrap().push(Call {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body,
    });
    let reply = kept.replies.lock().unwrap().pop_front();
    reply.unwrap_or(StatusCode::NO_CONTENT)
}
