//! What another site makes a browser send is not done.

use reqwest::Method;
use serde_json::json;
use url::Url;
use usher_model::Role;
use usher_server::ServerSettings;
use usher_server::api::{OPERATIONS, Verb};

use crate::support::*;

#[tokio::test]
async fn writes_from_another_site_are_refused_and_looks_are_not() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    for operation in OPERATIONS
        .iter()
        .filter(|operation| !operation.changes.is_empty() && operation.verb != Verb::Return)
    {
        let request = app
            .request(&root, &operation.verb.method(), operation.path)
            .header("sec-fetch-site", "cross-site")
            .header("origin", "https://evil.example")
            .json(&json!({}));
        let refused = app.send(request).await.expect(403);
        assert_eq!(refused.problem(), "forbidden", "{}", operation.id);
    }
    let look = app
        .request(&root, &Method::GET, "/me")
        .header("sec-fetch-site", "cross-site");
    app.send(look).await.expect(200);
}

#[tokio::test]
async fn writes_from_usher_itself_and_from_programs_are_done() {
    let public_url = Some(Url::parse("https://usher.example.org/").unwrap());
    let app = App::sqlite_with(ServerSettings {
        public_url,
        ..ServerSettings::default()
    })
    .await;
    let body = json!({"email": "nobody@example.org", "password": "x"});
    for (name, value, expected) in [
        ("sec-fetch-site", "same-origin", 401),
        ("origin", "https://usher.example.org", 401),
        ("x-nothing", "of the kind", 401),
        ("origin", "https://usher.example.org.evil.example", 403),
        ("sec-fetch-site", "same-site", 403),
    ] {
        let request = app.request(&Sender::Visitor, &Method::POST, "/auth/sign-in");
        app.send(request.header(name, value).json(&body))
            .await
            .expect(expected);
    }
}
