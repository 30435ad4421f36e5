//! An identity provider pushes to `usher serve`, and the loop brings Miro in line with it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::serving::Serving;
use crate::support::{Home, Miro};

/// What comes back: the status and the body.
fn send(
    serving: &Serving,
    method: Method,
    path: &str,
    (token, body): (&str, &Value),
) -> (u16, Value) {
    let url = format!("{}scim/v2{path}", serving.url);
    let request = reqwest::Client::new().request(method, url);
    serving.send(request.bearer_auth(token).body(body.to_string()))
}

fn create(serving: &Serving, path: &str, token: &str, body: &Value) -> String {
    let (status, created) = send(serving, Method::POST, path, (token, body));
    assert_eq!(status, 201, "{created}");
    created["id"].as_str().unwrap().to_owned()
}

fn user(name: &str) -> Value {
    json!({"userName": name, "displayName": "Fay Newcomer", "emails": [{"value": name, "type": "work", "primary": true}]})
}

/// Plans, approves if need be, and applies.
fn provision(home: &Home) -> Value {
    let plan = home.json(&["plan"]);
    if plan["state"] == "held" {
        let approve = ["plan", "approve", "latest", "--reason", "as meant"];
        home.run(&approve).expect(0);
    }
    home.run(&["apply", "--yes"]).expect(0);
    plan
}

#[test]
fn whom_an_identity_provider_pushes_gets_an_account_and_loses_it_with_the_push() {
    let miro = Miro::small();
    let home = Home::beside(&miro);
    home.run(&["sync"]).expect(0);
    home.run(&["connector", "activate"]).expect(0);
    home.run(&["people", "source", "add", "scim", "okta"])
        .expect(0);
    let made = home.json(&["people", "source", "token", "create", "okta"]);
    let token = made["token"].as_str().unwrap();
    let serving = Serving::start(&home);
    let fay = create(&serving, "/Users", token, &user("fay@example.org"));
    let group = json!({"displayName": "Miro users", "members": [{"value": fay}]});
    create(&serving, "/Groups", token, &group);
    let people = home.json(&["people", "list"]);
    assert_eq!(people[0]["email"], "fay@example.org", "{people}");
    home.run(&["assign", "--group", "Miro users", "--app-role", "User"])
        .expect(0);
    let plan = provision(&home);
    assert!(plan.to_string().contains("fay@example.org"), "{plan}");
    assert!(miro.user("fay@example.org").unwrap().active);
    let off = json!({"Operations": [{"op": "replace", "path": "active", "value": false}]});
    let address = format!("/Users/{fay}");
    assert_eq!(
        send(&serving, Method::PATCH, &address, (token, &off)).0,
        200
    );
    provision(&home);
    assert!(!miro.user("fay@example.org").unwrap().active);
}

#[test]
fn tokens_are_made_listed_and_revoked_at_the_command_line() {
    let home = Home::new();
    home.run(&["people", "source", "add", "scim", "okta"])
        .expect(0);
    home.run(&["people", "source", "add", "builtin", "hand"])
        .expect(0);
    let create = ["people", "source", "token", "create", "okta"];
    let first = home.run(&create).expect(0);
    let first = first.stdout().trim().to_owned();
    assert!(first.starts_with("usher_scim_"), "{first}");
    let until = [&create[..], &["--until", "30d"]].concat();
    let second = home.json(&until);
    let serving = Serving::start(&home);
    let nothing = Value::Null;
    let get = |token: &str| send(&serving, Method::GET, "/Users", (token, &nothing)).0;
    assert_eq!(get(&first), 200);
    let list = home.json(&["people", "source", "token", "list", "okta"]);
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert!(
        list[0]["used_at"].is_string() && list[1]["used_at"].is_null(),
        "{list}"
    );
    assert!(list[1]["expires_at"].is_string(), "{list}");
    assert!(!list.to_string().contains(&first));
    let id = list[0]["id"].as_str().unwrap();
    let revoke = ["people", "source", "token", "revoke", "okta", id];
    home.run(&revoke).expect(0);
    home.run(&revoke).expect(2);
    assert_eq!(get(&first), 401);
    assert_eq!(get(second["token"].as_str().unwrap()), 200);
    let events = home.run(&["events", "--json"]).expect(0).stdout();
    assert!(events.contains("source_token_created") && events.contains("source_token_revoked"));
    assert!(!events.contains(&first));
    let wrong = home.run(&["people", "source", "token", "create", "hand"]);
    assert_ne!(wrong.code(), 0);
    assert!(
        wrong
            .stderr()
            .contains("not one that an identity provider pushes to"),
        "{}",
        wrong.stderr()
    );
}
