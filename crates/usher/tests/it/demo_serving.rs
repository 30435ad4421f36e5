//! `usher demo --serve`, as a process of its own, over HTTP.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::serving::wait_until;
use crate::support::{Home, read};

struct Demo {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    runtime: Runtime,
}

impl Demo {
    fn start(home: &Home, more: &[&str]) -> Self {
        let arguments = [
            "demo",
            "--serve",
            "--users",
            "60",
            "--listen",
            "127.0.0.1:0",
        ];
        let mut child = home
            .command(&[&arguments[..], more].concat())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            lines: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
            runtime: Runtime::new().unwrap(),
        }
    }

    /// The rest of the first line that begins like this.
    fn line(&mut self, begin: &str) -> String {
        let mut lines = self.lines.by_ref().map_while(Result::ok);
        let found = lines.find_map(|line| line.trim_start().strip_prefix(begin).map(str::to_owned));
        found.unwrap_or_else(|| panic!("it says no `{begin}`"))
    }

    /// What it says for programs once it serves.
    fn serving(&mut self) -> Value {
        let lines = self.lines.by_ref().map_while(Result::ok);
        lines
            .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
            .find(|event| event["event"] == "serving")
            .expect("it serves")
    }

    fn get(&self, said: &Value, path: &str) -> Value {
        let url = format!("{}api/v1{path}", said["url"].as_str().unwrap());
        self.runtime.block_on(async {
            let asked = reqwest::Client::new().get(url);
            let asked = asked.bearer_auth(said["token"].as_str().unwrap());
            let answer = asked.send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 200, "{path}");
            answer.json().await.unwrap()
        })
    }

    fn sign_in(&self, url: &str, password: &str) -> u16 {
        let body = json!({"email": "demo@meridian.example", "password": password});
        let sent = reqwest::Client::new()
            .post(format!("{url}api/v1/auth/sign-in"))
            .json(&body)
            .send();
        self.runtime.block_on(sent).unwrap().status().as_u16()
    }

    /// Ctrl-C.
    fn interrupt(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status();
        assert!(sent.unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The person who joined in the demo's story, as Miro has her.
fn amara(demo: &Demo, said: &Value) -> Value {
    let organizations = demo.get(said, "/organizations");
    let organization = organizations["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/organizations/{organization}/accounts?search=amara.osei");
    demo.get(said, &path)["items"][0].clone()
}

#[test]
fn the_demo_serves_a_provisioned_organization_and_keeps_it_in_step_until_ctrl_c() {
    let home = Home::new();
    let mut demo = Demo::start(&home, &["--json"]);
    let said = demo.serving();
    let (url, password) = (said["url"].as_str().unwrap(), said["password"].as_str());
    assert_eq!(demo.sign_in(url, password.unwrap()), 200);
    assert_eq!(demo.sign_in(url, "another good password"), 401);
    assert_eq!(amara(&demo, &said)["status"], "active");
    assert!(
        !demo.get(&said, "/people?limit=1")["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let miro = reqwest::get(said["miro"].as_str().unwrap());
    let page = demo.runtime.block_on(miro).unwrap();
    assert_eq!(page.status().as_u16(), 200, "the simulated Miro's page");
    let people = Path::new(said["people"].as_str().unwrap());
    let gone: String = read(people)
        .lines()
        .map(|line| {
            let leaves = line.contains("amara.osei@");
            let line = if leaves {
                line.replace(",active", ",disabled")
            } else {
                line.to_owned()
            };
            line + "\n"
        })
        .collect();
    std::fs::write(people, gone).unwrap();
    let beside = Home::new().with("USHER_DATABASE", said["database"].as_str().unwrap());
    beside.run(&["schedules", "run-now", "cycle"]).expect(0);
    wait_until("she is deactivated", || {
        amara(&demo, &said)["status"] == "deactivated"
    });
    let folder = people.parent().unwrap().to_owned();
    assert!(folder.exists());
    assert_eq!(demo.interrupt(), Some(0));
    assert!(!folder.exists(), "nothing is left behind");
}

#[test]
fn the_demo_goes_on_with_the_data_of_the_last_time() {
    let home = Home::new();
    let mut first = Demo::start(&home, &["--json", "--data", "kept"]);
    let said = first.serving();
    let before = amara(&first, &said);
    assert_eq!(before["status"], "active");
    assert_eq!(first.interrupt(), Some(0));
    let mut second = Demo::start(&home, &["--data", "kept"]);
    second.line("going on with the organization of the last time");
    let url = second.line("Usher is at ");
    let url = url.split_whitespace().next().unwrap();
    let password = second.line("password").trim().to_owned();
    let token = second.line("API token").trim().to_owned();
    let token = token.split_whitespace().next().unwrap();
    second.line("Try next");
    second.line("Each minute");
    assert_eq!(second.sign_in(url, &password), 200);
    let old = said["password"].as_str().unwrap();
    assert_eq!(
        second.sign_in(url, old),
        401,
        "each start has its own password"
    );
    let said = json!({"url": url, "token": token});
    assert_eq!(amara(&second, &said)["id"], before["id"]);
    assert_eq!(second.interrupt(), Some(0));
    assert!(home.path("kept/usher.db").exists());
}

#[test]
fn what_belongs_to_serving_is_refused_without_it() {
    let home = Home::new();
    let data = home.run(&["demo", "--data", "kept"]).expect(2);
    assert!(data.stderr().contains("--serve"), "{}", data.transcript());
    home.run(&["demo", "--serve", "--exit"]).expect(2);
    assert!(!home.path("kept").exists());
}
