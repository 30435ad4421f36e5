//! The Deployment's pods as processes of this machine: what they mount as folders, what they are asked by their probes,
//! and how they end.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::runtime::Runtime;

use super::kubernetes::Rendered;
use crate::serving::wait_until;
use crate::support::Home;

/// The password that the Secret holds.
const PASSWORD: &str = "right";

/// The database, for a user who needs a password; without the password.
fn database(runtime: &Runtime) -> String {
    runtime.block_on(async {
        let url = usher_store::postgres_for_tests::new_database_url()
            .await
            .unwrap();
        let mut admin = PgConnection::connect(&url).await.unwrap();
        let role = "DO $$ BEGIN CREATE ROLE needs_password LOGIN SUPERUSER PASSWORD 'right';
                    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$";
        admin.execute(role).await.unwrap();
        url.replacen("usher@", "needs_password@", 1)
    })
}

/// A machine's folders as a pod sees them.
struct Pod<'a> {
    home: Home,
    rendered: &'a Rendered,
}

impl<'a> Pod<'a> {
    /// With the configuration that the manifests have, but for what another machine has elsewhere.
    fn new(rendered: &'a Rendered, database: &str) -> Self {
        let home = Home::new();
        let secrets = home.path("secrets");
        std::fs::create_dir(&secrets).unwrap();
        let configuration = rendered
            .configuration()
            .replace("/run/secrets/usher", &secrets.display().to_string())
            .replace("0.0.0.0:8080", "127.0.0.1:0")
            .replace(
                "postgres://usher@postgresql.usher.svc.cluster.local/usher",
                database,
            );
        assert!(configuration.contains(database), "{configuration}");
        home.write("usher.toml", configuration);
        let pod = Self { home, rendered };
        pod.secret("database-password", PASSWORD);
        pod.secret(
            "secrets-key",
            "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        );
        pod.secret("miro-access-token", "access");
        pod.secret("miro-scim-token", "scim");
        pod
    }

    /// A file of the Secret's volume, with the rights that it has there: root's, and its group's to read.
    fn secret(&self, name: &str, content: &str) {
        let path = self.home.path(&format!("secrets/{name}"));
        std::fs::write(&path, content).unwrap();
        let mode = if super::is_root() { 0o440 } else { 0o400 };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn configured(&self) -> Value {
        let variables = self.variables();
        let mut command = self.home.command(&["config", "check", "--json"]);
        let output = command.envs(variables).output().unwrap();
        assert!(output.status.success(), "{}", super::said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn setting(&self, key: &str) -> String {
        let configured = self.configured();
        let settings = configured["settings"].as_array().unwrap();
        let found = settings.iter().find(|one| one["setting"] == key).unwrap();
        found["value"].as_str().unwrap().to_owned()
    }

    /// The container's variables, with the paths of this machine.
    fn variables(&self) -> Vec<(String, PathBuf)> {
        let variables = self.rendered.container()["env"].as_array().unwrap().iter();
        variables
            .map(|one| {
                let name = one["name"].as_str().unwrap().to_owned();
                assert_eq!(one["value"], "/etc/usher/usher.toml");
                (name, self.home.path("usher.toml"))
            })
            .collect()
    }

    /// Starts a replica as the manifests say.
    fn start(&self) -> Replica {
        let arguments = super::texts(&self.rendered.container()["args"]);
        let mut child = self
            .home
            .command(&[&arguments[..], &["--json"]].concat())
            .envs(self.variables())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let event: Value = serde_json::from_str(&line).expect("it says where it listens");
        let url = event["url"].as_str().unwrap().to_owned();
        Replica { child, url }
    }
}

struct Replica {
    child: Child,
    url: String,
}

impl Replica {
    /// The status with which a probe is answered.
    fn probed(&self, probe: &Value, runtime: &Runtime) -> u16 {
        let path = probe["httpGet"]["path"].as_str().unwrap();
        let url = format!("{}{}", self.url, path.trim_start_matches('/'));
        let asked = runtime.block_on(reqwest::get(url)).unwrap();
        asked.status().as_u16()
    }

    fn terminate(&mut self) -> (Option<i32>, Duration) {
        let began = Instant::now();
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-TERM", &id])
            .status();
        assert!(sent.unwrap().success());
        (self.child.wait().unwrap().code(), began.elapsed())
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn c11_replicas_become_ready_as_their_probes_ask_and_end_in_time() {
    let Some(rendered) = Rendered::of("base") else {
        return;
    };
    let runtime = Runtime::new().unwrap();
    let pod = Pod::new(&rendered, &database(&runtime));
    let container = rendered.container();
    let replicas = rendered.get("Deployment", "usher")["spec"]["replicas"].as_u64();
    let mut replicas: Vec<Replica> = (0..replicas.unwrap()).map(|_| pod.start()).collect();
    assert_eq!(replicas.len(), 2);
    for replica in &replicas {
        for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
            let probe = &container[probe];
            wait_until("a probe", || replica.probed(probe, &runtime) == 200);
        }
    }
    let pause = container["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64();
    let grace = rendered.pod()["terminationGracePeriodSeconds"].as_u64();
    let left = Duration::from_secs(grace.unwrap() - pause.unwrap());
    assert_eq!(pod.setting("server.stop_patience"), "20s");
    assert!(left >= Duration::from_secs(20 + 10), "{left:?}");
    for replica in &mut replicas {
        let (code, took) = replica.terminate();
        assert_eq!(code, Some(0));
        assert!(took < left, "{took:?}");
    }
}

#[test]
fn a_password_file_opens_the_database_and_a_wrong_or_second_one_is_refused() {
    let Some(rendered) = Rendered::of("base") else {
        return;
    };
    let runtime = Runtime::new().unwrap();
    let url = database(&runtime);
    let pod = Pod::new(&rendered, &url);
    let list = |more: &[(&str, &str)]| {
        let mut command = pod.home.command(&["administrators", "list", "--json"]);
        command.envs(pod.variables()).envs(more.iter().copied());
        command.output().unwrap()
    };
    let added = pod
        .home
        .command(&[
            "administrators",
            "add",
            "ada@example.org",
            "--role",
            "auditor",
        ])
        .envs(pod.variables())
        .output()
        .unwrap();
    assert!(added.status.success(), "{}", super::said(&added));
    let listed = list(&[]);
    assert!(
        super::said(&listed).contains("ada@example.org"),
        "{listed:?}"
    );
    let wrong = list(&[("USHER_DATABASE_PASSWORD", "wrong-one")]);
    assert_eq!(wrong.status.code(), Some(6));
    assert!(super::said(&wrong).contains("refused user"), "{wrong:?}");
    assert!(!super::said(&wrong).contains("wrong-one"), "{wrong:?}");
    let second = url.replacen("needs_password@", "needs_password:other@", 1);
    let second = list(&[("USHER_DATABASE", &second)]);
    assert_eq!(second.status.code(), Some(2));
    assert!(super::said(&second).contains("set twice"), "{second:?}");
    assert!(!super::said(&second).contains("other@"), "{second:?}");
}
