//! `usher serve` and `usher administrators`, as processes of their own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::Home;

const PASSWORD: &str = "correct horse battery staple";

struct Serving {
    child: Child,
    url: String,
    set_up_link: Option<String>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(home: &Home) -> Serving {
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--json"];
    let mut child = home
        .command(&arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    Serving {
        child,
        url: said["url"].as_str().unwrap().to_owned(),
        set_up_link: said["set_up_link"].as_str().map(str::to_owned),
    }
}

impl Serving {
    /// Sends a request, and returns the status and what came back.
    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        Runtime::new().unwrap().block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let url = format!("{}api/v1{path}", self.url);
            let answer = client.post(url).json(body).send().await.unwrap();
            let status = answer.status().as_u16();
            (
                status,
                serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default(),
            )
        })
    }

    fn sign_in(&self, password: &str) -> u16 {
        let body = json!({"email": "ada@example.org", "password": password});
        self.post("/auth/sign-in", &body).0
    }
}

fn token(link: &str) -> &str {
    link.split_once('#').unwrap().1
}

#[test]
fn the_first_start_prints_a_link_that_sets_usher_up_and_later_ones_do_not() {
    let home = Home::new();
    let serving = serve(&home);
    let link = serving.set_up_link.clone().unwrap();
    assert!(
        link.starts_with(&format!("{}set-up#", serving.url)),
        "{link}"
    );
    let body = json!({"token": token(&link), "email": "ada@example.org", "name": "Ada", "password": PASSWORD});
    let (status, made) = serving.post("/auth/set-up", &body);
    assert_eq!(
        (status, &made["role"]),
        (201, &json!("super_administrator"))
    );
    assert_eq!(serving.sign_in(PASSWORD), 200);
    drop(serving);
    assert_eq!(serve(&home).set_up_link, None);
}

#[test]
fn the_operator_adds_and_disables_administrators_and_lets_them_in_again() {
    let home = Home::new();
    let added = home.json(&[
        "administrators",
        "add",
        "ada@example.org",
        "--role",
        "super-administrator",
    ]);
    let serving = serve(&home);
    assert_eq!(serving.set_up_link, None, "there is somebody");
    let accept = json!({"token": added["token"], "password": PASSWORD});
    assert_eq!(serving.post("/auth/accept-invitation", &accept).0, 200);
    assert_eq!(serving.sign_in(PASSWORD), 200);
    let last = home
        .run(&["administrators", "disable", "ada@example.org"])
        .expect(2);
    assert!(
        last.stderr().contains("last active Super Administrator"),
        "{last:?}"
    );
    home.json(&[
        "administrators",
        "add",
        "bob@example.org",
        "--role",
        "super-administrator",
    ]);
    home.run(&["administrators", "disable", "ada@example.org"])
        .expect(0);
    assert_eq!(serving.sign_in(PASSWORD), 401);
    home.run(&["administrators", "enable", "ada@example.org"])
        .expect(0);
    assert_eq!(serving.sign_in(PASSWORD), 200);
    let list = home.json(&["administrators", "list"]);
    assert_eq!(list[0]["email"], "ada@example.org");
    let events = home
        .run(&["events", "--kind", "administrator_disabled"])
        .expect(0);
    assert!(events.stdout().contains("tester"), "{events:?}");
}

#[test]
fn a_password_that_was_reset_is_another_one_once_the_link_is_used() {
    let home = Home::new();
    let added = home.json(&[
        "administrators",
        "add",
        "ada@example.org",
        "--role",
        "auditor",
    ]);
    let serving = serve(&home);
    let accept = |token: &Value, password: &str| {
        serving
            .post(
                "/auth/accept-invitation",
                &json!({"token": token, "password": password}),
            )
            .0
    };
    assert_eq!(accept(&added["token"], PASSWORD), 200);
    let reset = home.json(&["administrators", "reset-password", "ada@example.org"]);
    assert_eq!(serving.sign_in(PASSWORD), 200);
    assert_eq!(accept(&reset["token"], "another good password"), 200);
    assert_eq!(serving.sign_in(PASSWORD), 401);
    assert_eq!(serving.sign_in("another good password"), 200);
}

#[test]
fn what_the_operator_asks_wrongly_is_refused_with_a_remedy() {
    let home = Home::new();
    home.json(&[
        "administrators",
        "add",
        "ada@example.org",
        "--role",
        "auditor",
    ]);
    let again = home
        .run(&[
            "administrators",
            "add",
            "Ada@Example.org",
            "--role",
            "auditor",
        ])
        .expect(2);
    assert!(again.stderr().contains("is there already"), "{again:?}");
    let role = home
        .run(&["administrators", "add", "bob@example.org", "--role", "king"])
        .expect(2);
    assert!(role.stderr().contains("super_administrator"), "{role:?}");
    let nobody = home
        .run(&["administrators", "disable", "nobody@example.org"])
        .expect(2);
    assert!(
        nobody.stderr().contains("usher administrators list"),
        "{nobody:?}"
    );
}
