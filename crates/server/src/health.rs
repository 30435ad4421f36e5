//! `/livez` and `/readyz`: for whoever restarts it, and for whoever sends it requests.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use usher_engine::jobs::Pulse;
use usher_engine::secrets::Vault;

use crate::Server;

/// The two addresses. Neither asks who is there.
pub fn routes() -> Router<Server> {
    Router::new()
        .route("/livez", get(alive))
        .route("/readyz", get(ready))
}

/// It answers, so it lives: a database that is away is no reason to restart it.
async fn alive() -> &'static str {
    "ok\n"
}

/// What has to be well, besides the database, before requests are sent here.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    /// The worker, where one works in this process.
    pub worker: Option<Pulse>,
    /// The vault, where secrets may be stored.
    pub secrets: Option<Vault>,
}

/// How long what was found out about the key for secrets holds where a program prints it: whoever asks often has it run no
/// more often than this.
const LOOKED: Duration = Duration::from_secs(30);

/// What was found out last about the key for secrets.
#[derive(Debug, Default)]
pub(crate) struct LastLook(Mutex<Option<Look>>);

#[derive(Clone, Debug)]
struct Look {
    began: Instant,
    /// What is wrong with the key, once that is known.
    trouble: Option<String>,
}

impl LastLook {
    /// What is wrong with the key, as of a moment ago. One look at a time; the others wait for it.
    async fn trouble(&self, vault: &Vault) -> Option<String> {
        let mut last = self.0.lock().await;
        let holds = |look: &&Look| vault.runs_a_program() && look.began.elapsed() < LOOKED;
        if let Some(look) = last.as_ref().filter(holds) {
            return look.trouble.clone();
        }
        // Whoever asks may go away meanwhile. What was known before holds then: hanging up makes nothing unready.
        let unknown = || Some("the key has not been read to the end yet".to_owned());
        let before = last.take().map_or_else(unknown, |look| look.trouble);
        let look = last.insert(Look {
            began: Instant::now(),
            trouble: before,
        });
        let trouble = vault.trouble().await;
        look.trouble = trouble.unwrap_or_else(|error| Some(error.to_string()));
        look.trouble.clone()
    }
}

/// Whether requests can be answered now, and if not, why.
#[derive(Debug, Serialize)]
struct Readiness {
    /// Whether.
    ready: bool,
    /// One entry for each thing that a request needs.
    checks: Vec<Checked>,
}

/// One thing that a request needs.
#[derive(Debug, Serialize)]
struct Checked {
    name: &'static str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Checked {
    fn new(name: &'static str, trouble: Option<String>) -> Self {
        Self {
            name,
            ok: trouble.is_none(),
            reason: trouble,
        }
    }
}

async fn ready(State(server): State<Server>) -> Response {
    let checks = checked(&server).await;
    let readiness = Readiness {
        ready: checks.iter().all(|check| check.ok),
        checks,
    };
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(readiness)).into_response()
}

async fn checked(server: &Server) -> Vec<Checked> {
    let database = server.store().ping().await.err();
    let is_away = database.is_some();
    let mut checks = vec![Checked::new(
        "database",
        database.map(|error| error.to_string()),
    )];
    if !is_away {
        let schema = server.store().schema_trouble().await;
        let schema = schema.unwrap_or_else(|error| Some(error.to_string()));
        checks.push(Checked::new("schema", schema));
        if let Some(vault) = &server.checks().secrets {
            let trouble = server.last_look().trouble(vault).await;
            checks.push(Checked::new("secrets", trouble));
        }
    }
    if let Some(pulse) = &server.checks().worker {
        checks.push(Checked::new("worker", pulse.trouble(server.clock().now())));
    }
    checks
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::Arc;

    use futures::FutureExt as _;
    use usher_engine::Acting;
    use usher_engine::secrets::KeySource;
    use usher_model::{Actor, Origin, SystemClock};
    use usher_store::{DatabaseUrl, Store};

    use super::*;

    #[tokio::test]
    async fn the_key_is_read_once_in_a_while_however_often_somebody_asks() {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::sqlite(folder.path().join("usher.db"));
        let store = Store::open(&url, Arc::new(SystemClock)).await.unwrap();
        let (script, runs) = (folder.path().join("keys.sh"), folder.path().join("runs"));
        let key = "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let text = format!("echo run >> {}\necho {key}\n", runs.display());
        std::fs::write(&script, text).unwrap();
        let words = ["sh".to_owned(), script.display().to_string()];
        let vault = Vault::new(store.clone(), Some(KeySource::Command(words.to_vec())));
        let acting = Acting {
            store: &store,
            clock: &SystemClock,
            actor: &Actor::System,
            origin: Origin::CommandLine,
        };
        vault.begin(acting).await.unwrap();
        let count = || std::fs::read_to_string(&runs).unwrap().lines().count();
        let before = count();
        let look = LastLook::default();
        let asked = (0..5).map(|_| look.trouble(&vault));
        let answers = futures::future::join_all(asked).await;
        assert!(answers.iter().all(Option::is_none), "{answers:?}");
        assert_eq!(count(), before + 1);
        let stale = Instant::now().checked_sub(LOOKED).unwrap();
        if let Some(last) = look.0.lock().await.as_mut() {
            last.began = stale;
        }
        let hung_up = look.trouble(&vault).now_or_never();
        assert!(hung_up.is_none(), "{hung_up:?}");
        assert_eq!(
            look.trouble(&vault).await,
            None,
            "nobody makes it unready by hanging up"
        );
    }
}
