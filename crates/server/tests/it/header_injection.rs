//! Nothing that somebody sends becomes a header of an answer.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use usher_model::Role;

use crate::openid_connect::Scene;
use crate::support::*;

/// How a line break, and a header behind it, may be smuggled in.
const SMUGGLED: [&str; 6] = [
    "x%0d%0aX-Injected:%20yes",
    "x%0aX-Injected:%20yes",
    "x%0dX-Injected:%20yes",
    "x%E5%98%8D%E5%98%8AX-Injected:%20yes",
    "x%00%0d%0aX-Injected:%20yes",
    "x%250d%250aX-Injected:%20yes",
];

#[track_caller]
fn is_clean(answer: &Answer) {
    assert!(answer.headers.get("x-injected").is_none(), "{answer:?}");
    assert!(
        answer.status.as_u16() < 500 || answer.status == 503,
        "{answer:?}"
    );
    for (name, value) in &answer.headers {
        let bytes = value.as_bytes();
        assert!(
            !bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)),
            "{name}: {value:?}"
        );
    }
}

#[tokio::test]
async fn what_stands_in_an_address_stays_out_of_the_headers() {
    let scene = Scene::sqlite(|_| {}).await;
    let root = scene.app.in_person("root", Role::SuperAdministrator).await;
    for text in SMUGGLED {
        for path in [
            format!("/auth/openid-connect/sso?return_to=/{text}"),
            format!("/auth/openid-connect/{text}"),
            format!(
                "/auth/openid-connect/sso/callback?state={text}&code={text}&error={text}&iss={text}"
            ),
            format!("/administrators/{text}"),
            format!("/organizations/{text}/accounts?search={text}"),
            format!("/events?kind={text}&cursor={text}"),
            format!("/{text}"),
        ] {
            is_clean(&scene.app.get(&root, &path).await);
        }
    }
}

#[tokio::test]
async fn what_stands_in_a_body_or_a_header_stays_out_of_the_headers() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    let text = "x\r\nX-Injected: yes";
    for body in [
        json!({"email": format!("a{text}@example.org"), "name": "A", "role": "member"}),
        json!({"email": "a@example.org", "name": text, "role": "member"}),
        json!({"email": "a@example.org", "name": "A", "role": text}),
        json!({text: "x"}),
    ] {
        is_clean(&app.post(&root, "/administrators", body).await);
    }
    for name in [
        "x-request-id",
        "idempotency-key",
        "if-match",
        "user-agent",
        "accept",
        "origin",
        "cookie",
    ] {
        let request = app
            .request(&Sender::Visitor, &Method::GET, "/me")
            .header(name, "x%0d%0aX-Injected: yes\tand \"more\"");
        is_clean(&app.send(request).await);
    }
}

/// What no well-behaved client can be made to send.
#[tokio::test]
async fn a_line_break_within_a_header_is_no_part_of_an_answer() {
    let app = App::sqlite().await;
    let address = app.url.strip_prefix("http://").unwrap().to_owned();
    for head in [
        "GET /api/v1/me HTTP/1.1\r\nHost: a\r\nX-Request-Id: x\rX-Injected: yes\r\nConnection: close\r\n\r\n",
        "GET /api/v1/me HTTP/1.1\r\nHost: a\r\nX-Request-Id: x\r\n X-Injected: yes\r\nConnection: close\r\n\r\n",
        "GET /api/v1/me HTTP/1.1\r\nHost: a\r\nX-Request-Id: x\0\r\nConnection: close\r\n\r\n",
        "GET /api/v1/me\rX-Injected: yes HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ] {
        let address = address.clone();
        let answer = tokio::task::spawn_blocking(move || raw(&address, head))
            .await
            .unwrap();
        let (headers, _) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        assert!(
            !headers.to_ascii_lowercase().contains("\nx-injected"),
            "{headers}"
        );
        assert!(
            !headers.replace("\r\n", "").contains(['\r', '\n']),
            "{headers:?}"
        );
    }
}

fn raw(address: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
