//! What is secret is in no answer but the one that gives it out, in no event, and in no row as it is.

use serde_json::{Value, json};
use usher_model::Role;

use crate::support::*;

const CANARY: &str = "canary-Zebra-Quartz-91";

#[tokio::test]
async fn a_value_of_the_wrong_kind_is_not_repeated() {
    let app = App::sqlite().await;
    for body in [
        json!({"email": CANARY, "password": {"is": CANARY}}),
        json!({"email": [CANARY], "password": CANARY}),
        json!({"email": "a@example.org", "password": CANARY, "code": [CANARY]}),
        json!({"email": CANARY, "password": CANARY}),
    ] {
        let answer = app.post(&Sender::Visitor, "/auth/sign-in", body).await;
        assert!(!answer.text.contains(CANARY), "{answer:?}");
    }
    let answer = app
        .post(&Sender::Visitor, "/auth/set-up", json!(CANARY))
        .await;
    assert!(!answer.text.contains(CANARY), "{answer:?}");
}

/// Everything that is given out once, on the way of an administrator from link to token.
async fn secrets(app: &App, root: &Sender) -> Vec<String> {
    let body = json!({"email": "ada@example.org", "name": "Ada", "role": "auditor"});
    let created = app
        .post(root, "/administrators", body)
        .await
        .expect(201)
        .json();
    let link = created["invitation"]["token"].clone();
    let accept = json!({"token": link, "password": CANARY});
    app.post(&Sender::Visitor, "/auth/accept-invitation", accept)
        .await
        .expect(200);
    let signed_in = app.sign_in("ada@example.org", CANARY).await.expect(200);
    let ada = Sender::InPerson(signed_in.cookie());
    let body = json!({"name": "mine", "scopes": ["inventory:read"]});
    let token = app.post(&ada, "/me/tokens", body).await.expect(201).json();
    let session = signed_in.cookie().split_once('=').unwrap().1.to_owned();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    vec![
        CANARY.to_owned(),
        text(&link),
        session,
        text(&token["token"]),
    ]
}

#[tokio::test]
async fn what_was_given_out_once_is_nowhere_else() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    let secrets = secrets(&app, &root).await;
    let log = app.get(&root, "/events?limit=500").await.expect(200).text;
    let people = app.get(&root, "/administrators").await.expect(200).text;
    for secret in &secrets {
        assert!(!log.contains(secret), "{secret} is in the log");
        assert!(!people.contains(secret), "{secret} is in the list");
    }
    assert!(!people.contains("$argon2id$"));
}

#[tokio::test]
async fn the_database_file_holds_hashes_only() {
    let directory = tempfile::tempdir().unwrap();
    let (app, file) = App::sqlite_in(&directory).await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    let secrets = secrets(&app, &root).await;
    app.store.close().await;
    let mut bytes = Vec::new();
    for name in [file.clone(), file.with_extension("db-wal")] {
        bytes.extend(std::fs::read(name).unwrap_or_default());
    }
    assert!(bytes.len() > 10_000);
    for secret in secrets {
        let found = bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} is in the file");
    }
}

#[tokio::test]
async fn the_programs_log_holds_no_secret() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    let secrets = secrets(&app, &root).await;
    let text = log.text();
    for secret in secrets {
        assert!(!text.contains(&secret), "{secret} is in the program's log");
    }
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
