//! A server that answers with what a test tells it to, and remembers what it was asked.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Request, Response, Uri};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;
use usher_miro::{LimitProfile, MiroClient, MiroSettings};

pub const TOKEN: &str = "canary-access-token-7f3a";
pub const SCIM_TOKEN: &str = "canary-scim-token-91cc";

#[derive(Clone, Debug)]
pub struct Asked {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: String,
}

#[derive(Clone, Debug)]
pub enum Answer {
    Status(u16, &'static str),
    With(u16, Vec<(&'static str, String)>, String),
    /// Reads the request and closes the connection.
    Reset,
    /// Says it will send more than it does.
    Truncated(&'static str),
    /// Never answers.
    Silence,
}

impl Answer {
    pub fn ok(body: impl Into<String>) -> Self {
        Self::With(200, Vec::new(), body.into())
    }

    pub fn json(body: impl Borrow<serde_json::Value>) -> Self {
        Self::ok(body.borrow().to_string())
    }

    fn response(&self) -> Response<Body> {
        match self {
            Self::Status(status, body) => Response::builder()
                .status(*status)
                .body(Body::from(*body))
                .unwrap(),
            Self::With(status, headers, body) => {
                let mut response = Response::builder().status(*status);
                for (name, value) in headers {
                    response = response.header(*name, value);
                }
                response.body(Body::from(body.clone())).unwrap()
            }
            Self::Truncated(body) => {
                let chunks: Vec<Result<Bytes, std::io::Error>> =
                    vec![Ok(Bytes::from(*body)), Err(std::io::Error::other("cut"))];
                Response::new(Body::from_stream(futures::stream::iter(chunks)))
            }
            Self::Reset | Self::Silence => unreachable!("handled before"),
        }
    }
}

type Handler = dyn Fn(&Asked) -> Answer + Send + Sync;

struct Shared {
    asked: Mutex<Vec<Asked>>,
    handler: Box<Handler>,
}

/// A running server; it stops when dropped.
pub struct Fake {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

impl Fake {
    /// Answers the n-th request with the n-th answer, and the last one from then on.
    pub async fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers: Mutex<VecDeque<Answer>> = Mutex::new(answers.into_iter().collect());
        Self::start(move |_| {
            let mut answers = answers.lock().unwrap();
            let first = answers.pop_front().expect("at least one answer");
            if answers.is_empty() {
                answers.push_back(first.clone());
            }
            first
        })
        .await
    }

    pub async fn start(handler: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared {
            asked: Mutex::default(),
            handler: Box::new(handler),
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            shared,
            _tasks: tasks,
        }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    pub fn settings(&self) -> MiroSettings {
        MiroSettings {
            rest_url: self.url("/"),
            scim_url: self.url("/api/v1/scim"),
            access_token: Some(TOKEN.into()),
            scim_token: Some(SCIM_TOKEN.into()),
            retry_pause: Duration::from_millis(1),
            time_scale: 1000.0,
            limits: LimitProfile::unlimited(),
            timeout: Duration::from_secs(20),
            jitter_seed: Some(1),
            ..MiroSettings::default()
        }
    }

    pub fn client(&self) -> MiroClient {
        MiroClient::new(self.settings()).unwrap()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let asked = Asked {
        method: head.method,
        uri: head.uri,
        headers: head.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let answer = (shared.handler)(&asked);
    shared.asked.lock().unwrap().push(asked);
    match answer {
        // A handler that is gone takes its connection with it.
        Answer::Reset => std::panic::resume_unwind(Box::new("reset")),
        Answer::Silence => std::future::pending().await,
        answer => answer.response(),
    }
}
