//! `usher serve`, from outside: jobs, takeover, metrics, secrets and backups.

mod backups;
mod limits;
mod probing;
mod schedules;
mod secrets;
mod takeover;
mod traces;
mod watching;

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::support::{Home, read};

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(240);

/// A running `usher serve`; it is killed when it is dropped.
pub struct Serving {
    child: Child,
    pub url: String,
    /// What sets Usher up, as long as nobody uses it.
    pub set_up_link: Option<String>,
    log: PathBuf,
    pub runtime: Runtime,
}

impl Serving {
    /// On any free port.
    pub fn start(home: &Home) -> Self {
        Self::start_with(home, &[])
    }

    pub fn start_with(home: &Home, more: &[&str]) -> Self {
        let log = home.path(&format!("serve-{}.log", count()));
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--json"];
        let mut command = home.command(&[&arguments[..], more].concat());
        let log_file = std::fs::File::create(&log).unwrap();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(log_file)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let event: Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{error}: {line} {}", read(&log)));
        std::thread::spawn(move || {
            let mut rest = String::new();
            let _ = out.read_to_string(&mut rest);
        });
        Self {
            child,
            url: event["url"].as_str().unwrap().to_owned(),
            set_up_link: event["set_up_link"].as_str().map(str::to_owned),
            log,
            runtime: Runtime::new().unwrap(),
        }
    }

    /// Its process id, as it stands in the owner of what it does.
    pub fn owns(&self, owner: &str) -> bool {
        owner.contains(&format!("/{}/", self.child.id()))
    }

    pub fn log(&self) -> String {
        read(&self.log)
    }

    /// Asks for a page; its status, headers and text.
    pub fn get(&self, path: &str) -> (u16, reqwest::header::HeaderMap, String) {
        self.get_as(path, "test-1")
    }

    /// Asks under a request id.
    pub fn get_as(&self, path: &str, id: &str) -> (u16, reqwest::header::HeaderMap, String) {
        let url = format!("{}{path}", self.url);
        self.runtime.block_on(async {
            let sent = reqwest::Client::new().get(url).header("x-request-id", id);
            let reply = sent.send().await.unwrap();
            let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
            (status, headers, reply.text().await.unwrap())
        })
    }

    /// Sends a body below an address; the status, and the JSON that came back.
    pub fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        self.runtime.block_on(async {
            let reply = request.send().await.unwrap();
            let status = reply.status().as_u16();
            let bytes = reply.bytes().await.unwrap();
            (status, serde_json::from_slice(&bytes).unwrap_or_default())
        })
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and the way it ends.
    pub fn stop(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-TERM", &id])
            .status();
        assert!(sent.unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn count() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

/// Waits until something is so.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The jobs, newest first.
pub fn jobs(home: &Home) -> Vec<Value> {
    let jobs = home.json(&["jobs", "--columns", "all"]);
    jobs.as_array().unwrap().clone()
}

/// Waits until no job waits or runs.
pub fn wait_for_jobs(home: &Home) {
    wait_until("all jobs end", || {
        let jobs = jobs(home);
        let is_open = |job: &Value| job["state"] == "waiting" || job["state"] == "running";
        !jobs.iter().any(is_open)
    });
}
