//! The control API, the page, the state file, TLS.

use serde_json::{Value, json};
use usher_sandbox::http::tls::TlsSource;
use usher_sandbox::{OrganizationSource, SandboxSettings};

use crate::support::{Miro, send, small};

#[tokio::test]
async fn requests_are_counted_by_route_and_status_until_they_are_forgotten() {
    let miro = Miro::start(small()).await;
    let org = miro.org().await;
    miro.get(&format!("/v2/orgs/{org}/members?limit=1"))
        .await
        .expect(200);
    miro.get(&format!("/v2/orgs/{org}/members?limit=0"))
        .await
        .expect(400);
    let report = miro.control("requests").await;
    assert_eq!(report["total"], 3);
    assert_eq!(report["by_route"]["GET /v2/orgs/{org}/members"], 2);
    assert_eq!(report["by_status"], json!({"200": 2, "400": 1}));
    assert_eq!(
        (&report["credits"], &report["rest_credits"]),
        (&json!(1050), &json!(1050))
    );
    assert_eq!(report["max_in_window"]["rest"], 1050);
    assert_eq!(
        report["recent"][1]["path"],
        format!("/v2/orgs/{org}/members?limit=1")
    );
    send(miro.request("DELETE", "/_sandbox/requests"))
        .await
        .expect(204);
    assert_eq!(miro.control("requests").await["total"], 0);
}

#[tokio::test]
async fn drift_is_made_behind_miros_back_and_undone_by_a_restore() {
    let miro = Miro::start(small()).await;
    let org = miro.org().await;
    let email = miro.member_with("organization_internal_user").await;
    let members = format!("/v2/orgs/{org}/members?emails={email}");
    let audit = "/v2/audit/logs?createdAfter=2000-01-01T00:00:00.000Z&createdBefore=2100-01-01T00:00:00.000Z";
    let (before, log) = (
        miro.get(&members).await.expect(200),
        miro.all(audit).await.len(),
    );
    send(miro.request("POST", "/_sandbox/snapshot?name=a"))
        .await
        .expect(204);
    let edit = |body: Value| send(miro.request("POST", "/_sandbox/edit").json(&body));
    edit(json!({"edit": "set_user", "user": email, "set": {"active": false}}))
        .await
        .expect(204);
    assert_eq!(miro.get(&members).await.expect(200)[0]["active"], false);
    assert_eq!(miro.all(audit).await.len(), log, "nothing tells of it");
    edit(json!({"edit": "delete_user", "user": email, "audited": true}))
        .await
        .expect(204);
    assert_eq!(miro.get(&members).await.expect(200), json!([]));
    assert!(miro.all(audit).await.len() > log, "this one was to be told");
    edit(json!({"edit": "set_user", "user": "nobody", "set": {}}))
        .await
        .expect(400);
    send(miro.request("POST", "/_sandbox/restore?name=a"))
        .await
        .expect(204);
    assert_eq!(miro.get(&members).await.expect(200), before);
    send(miro.request("POST", "/_sandbox/restore?name=b"))
        .await
        .expect(404);
}

#[tokio::test]
async fn a_reset_brings_back_the_organization_of_the_settings() {
    let miro = Miro::start(small()).await;
    let org = miro.org().await;
    let teams = format!("/v2/orgs/{org}/teams");
    let before = miro.all(&teams).await;
    miro.call("POST", &teams, json!({"name": "New"}))
        .await
        .expect(201);
    send(miro.request("POST", "/_sandbox/reset"))
        .await
        .expect(204);
    assert_eq!(miro.all(&teams).await, before);
}

#[tokio::test]
async fn a_web_page_of_another_site_may_not_use_the_control_api() {
    let miro = Miro::start(small()).await;
    let from = |origin: &'static str| {
        send(
            miro.request("POST", "/_sandbox/reset")
                .header("origin", origin),
        )
    };
    from("https://evil.example").await.expect(403);
    from("null").await.expect(403);
    let rebound = miro
        .request("GET", "/_sandbox/organization")
        .header("host", "evil.example");
    send(rebound).await.expect(403);
    let own = miro.url("");
    send(
        miro.request("GET", "/_sandbox/organization")
            .header("origin", own),
    )
    .await
    .expect(200);
}

#[tokio::test]
async fn the_page_is_one_document_that_asks_nobody_else() {
    let miro = Miro::start(small()).await;
    let page = send(miro.request("GET", "/")).await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-security-policy")
            .unwrap()
            .contains("default-src 'none'")
    );
    assert!(!page.text.contains("http://") && !page.text.contains("https://"));
    let summary = miro.control("organization").await;
    assert!(summary["members"].as_u64().unwrap() > 0, "{summary}");
}

#[tokio::test]
async fn the_state_file_brings_the_organization_back() {
    let folder = tempfile::tempdir().unwrap();
    let settings = || SandboxSettings {
        state_file: Some(folder.path().join("state.json")),
        ..small()
    };
    let miro = Miro::start(settings()).await;
    let org = miro.org().await;
    let team = miro
        .call(
            "POST",
            &format!("/v2/orgs/{org}/teams"),
            json!({"name": "Kept"}),
        )
        .await
        .expect(201);
    miro.sandbox.shutdown().await.unwrap();
    let miro = Miro::start(settings()).await;
    let found = miro
        .get(&format!("/v2/orgs/{org}/teams?name=kept"))
        .await
        .expect(200);
    assert_eq!(found["data"], json!([team]));

    std::fs::write(folder.path().join("state.json"), "{").unwrap();
    let error = usher_sandbox::Sandbox::start(settings()).await.unwrap_err();
    assert!(error.to_string().contains("state.json"), "{error}");
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "a client that trusts only the sandbox's authority"
)]
async fn both_of_miros_hosts_are_served_with_a_self_signed_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SandboxSettings {
        tls: Some(TlsSource::SelfSigned(folder.path().to_owned())),
        ..small()
    };
    let miro = Miro::start(settings).await;
    let address = miro.sandbox.addresses[0];
    let authority = std::fs::read(folder.path().join("ca.pem")).unwrap();
    let authority = reqwest::Certificate::from_pem(&authority).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([authority])
        .no_proxy()
        .resolve("api.miro.com", address)
        .resolve("miro.com", address)
        .build()
        .unwrap();
    let port = address.port();
    let page = client
        .get(format!("https://api.miro.com:{port}/v1/oauth-token"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (page.status().as_u16(), page.version()),
        (401, reqwest::Version::HTTP_2)
    );
    let scim = client
        .get(format!("https://miro.com:{port}/api/v1/scim/Users"))
        .send()
        .await
        .unwrap();
    assert_eq!(scim.status(), 401);
    assert_eq!(
        miro.sandbox.rest_url().as_str(),
        format!("https://localhost:{port}/")
    );
    miro.sandbox.shutdown().await.unwrap();
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_with_a_reason() {
    let nowhere = SandboxSettings {
        listen: Vec::new(),
        ..small()
    };
    let error = usher_sandbox::Sandbox::start(nowhere).await.unwrap_err();
    assert!(error.to_string().contains("at least one address"));
    let missing = SandboxSettings {
        organization: OrganizationSource::File("/nonexistent/org.yaml".into()),
        ..small()
    };
    let error = usher_sandbox::Sandbox::start(missing).await.unwrap_err();
    assert!(error.to_string().contains("org.yaml"), "{error}");
    let first = Miro::start(small()).await;
    let taken = SandboxSettings {
        listen: first.sandbox.addresses.clone(),
        ..small()
    };
    let error = usher_sandbox::Sandbox::start(taken).await.unwrap_err();
    assert!(
        error.to_string().contains("cannot listen on 127.0.0.1"),
        "{error}"
    );
}
