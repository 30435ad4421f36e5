//! `usher serve` and `usher administrators`, as processes of their own.

use serde_json::{Value, json};

use crate::serving::Serving;
use crate::support::Home;

const PASSWORD: &str = "correct horse battery staple";

fn post(serving: &Serving, path: &str, body: &Value) -> (u16, Value) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}api/v1{path}", serving.url);
    serving.send(client.post(url).json(body))
}

fn sign_in(serving: &Serving, password: &str) -> u16 {
    let body = json!({"email": "ada@example.org", "password": password});
    post(serving, "/auth/sign-in", &body).0
}

fn token(link: &str) -> &str {
    link.split_once('#').unwrap().1
}

#[test]
fn the_first_start_prints_a_link_that_sets_usher_up_and_later_ones_do_not() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let link = serving.set_up_link.clone().unwrap();
    assert!(
        link.starts_with(&format!("{}set-up#", serving.url)),
        "{link}"
    );
    let body = json!({"token": token(&link), "email": "ada@example.org", "name": "Ada", "password": PASSWORD});
    let (status, made) = post(&serving, "/auth/set-up", &body);
    assert_eq!(
        (status, &made["role"]),
        (201, &json!("super_administrator"))
    );
    assert_eq!(sign_in(&serving, PASSWORD), 200);
    drop(serving);
    assert_eq!(Serving::start(&home).set_up_link, None);
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
    let serving = Serving::start(&home);
    assert_eq!(serving.set_up_link, None, "there is somebody");
    let accept = json!({"token": added["token"], "password": PASSWORD});
    assert_eq!(post(&serving, "/auth/accept-invitation", &accept).0, 200);
    assert_eq!(sign_in(&serving, PASSWORD), 200);
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
    assert_eq!(sign_in(&serving, PASSWORD), 401);
    home.run(&["administrators", "enable", "ada@example.org"])
        .expect(0);
    assert_eq!(sign_in(&serving, PASSWORD), 200);
    let hers = home.json(&["events", "--actor", "ada@example.org", "--limit", "0"]);
    let hers = hers.as_array().unwrap();
    assert!(
        hers.iter().any(|event| event["kind"] == "signed_in"),
        "{hers:?}"
    );
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
    let serving = Serving::start(&home);
    let accept = |token: &Value, password: &str| {
        post(
            &serving,
            "/auth/accept-invitation",
            &json!({"token": token, "password": password}),
        )
        .0
    };
    assert_eq!(accept(&added["token"], PASSWORD), 200);
    let reset = home.json(&["administrators", "reset-password", "ada@example.org"]);
    assert_eq!(sign_in(&serving, PASSWORD), 200);
    assert_eq!(accept(&reset["token"], "another good password"), 200);
    assert_eq!(sign_in(&serving, PASSWORD), 401);
    assert_eq!(sign_in(&serving, "another good password"), 200);
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
