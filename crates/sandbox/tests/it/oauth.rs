//! Tokens: who may do what, for how long.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;
use url::Url;
use usher_sandbox::http::tokens::Scope;
use usher_sandbox::{ExtraToken, SandboxSettings};

use crate::support::{Miro, Reply, send, small};

async fn authorize(miro: &Miro) -> String {
    let path = "/oauth/authorize?response_type=code&client_id=sandbox-client\
                &redirect_uri=https%3A%2F%2Fapp.example%2Fback%3Fx%3D1&state=s%201";
    let reply = send(miro.request("GET", path)).await;
    assert_eq!(reply.status, 302, "{}", reply.text);
    let target: Url = reply.header("location").unwrap().parse().unwrap();
    assert_eq!(target.host_str(), Some("app.example"));
    let pairs: std::collections::HashMap<_, _> = target.query_pairs().into_owned().collect();
    assert_eq!((pairs["x"].as_str(), pairs["state"].as_str()), ("1", "s 1"));
    pairs["code"].clone()
}

async fn token(miro: &Miro, fields: &[(&str, &str)]) -> Reply {
    let mut form = vec![
        ("client_id", "sandbox-client"),
        ("client_secret", "sandbox-secret"),
    ];
    form.extend(fields);
    send(miro.request("POST", "/v1/oauth/token").form(&form)).await
}

async fn first_pair(miro: &Miro) -> (String, String) {
    let code = authorize(miro).await;
    let exchange = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", "https://app.example/back?x=1"),
    ];
    let pair = token(miro, &exchange).await.expect(200);
    assert_eq!(
        (&pair["token_type"], &pair["expires_in"]),
        (&json!("bearer"), &json!(3599))
    );
    assert!(
        pair["scope"]
            .as_str()
            .unwrap()
            .contains("organizations:teams:read")
    );
    (
        pair["access_token"].as_str().unwrap().to_owned(),
        pair["refresh_token"].as_str().unwrap().to_owned(),
    )
}

async fn context_status(miro: &Miro, token: &str) -> u16 {
    send(miro.request("GET", "/v1/oauth-token").bearer_auth(token))
        .await
        .status
        .as_u16()
}

#[tokio::test]
async fn m9_a_code_becomes_a_token_and_a_refresh_kills_the_old_pair() {
    let miro = Miro::start(small()).await;
    let (access, refresh) = first_pair(&miro).await;
    assert_eq!(context_status(&miro, &access).await, 200);
    let renew = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
    ];
    let second = token(&miro, &renew).await.expect(200);
    assert_eq!(context_status(&miro, &access).await, 401);
    assert_eq!(
        context_status(&miro, second["access_token"].as_str().unwrap()).await,
        200
    );
    assert_eq!(
        token(&miro, &renew).await.expect(400)["code"],
        "invalidParameters"
    );
}

#[tokio::test]
async fn m9_an_access_token_expires_after_an_hour_of_the_sandboxs_time() {
    let miro = Miro::start(small()).await;
    let (access, _) = first_pair(&miro).await;
    send(miro.request("POST", "/_sandbox/clock?advance=59m"))
        .await
        .expect(200);
    assert_eq!(context_status(&miro, &access).await, 200);
    send(miro.request("POST", "/_sandbox/clock?advance=1m"))
        .await
        .expect(200);
    let refused = send(miro.request("GET", "/v1/oauth-token").bearer_auth(&access)).await;
    let body = refused.expect(401);
    assert_eq!(body["code"], "tokenNotProvided");
    assert!(body["message"].as_str().unwrap().contains("expired"));
}

#[tokio::test]
async fn m9_a_revoked_token_dies_with_its_refresh_token() {
    let miro = Miro::start(small()).await;
    let (access, refresh) = first_pair(&miro).await;
    let body = json!({"accessToken": access, "clientId": "sandbox-client", "clientSecret": "sandbox-secret"});
    let revoke = || send(miro.request("POST", "/v2/oauth/revoke").json(&body));
    revoke().await.expect(204);
    assert_eq!(context_status(&miro, &access).await, 401);
    let renew = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
    ];
    token(&miro, &renew).await.expect(400);
    assert_eq!(revoke().await.expect(404)["code"], "notFound");

    let (access, _) = first_pair(&miro).await;
    let path = format!("/v1/oauth/revoke?access_token={access}");
    send(miro.request("POST", &path)).await.expect(204);
    send(miro.request("POST", &path)).await.expect(400);
    let logged = miro.control("requests").await.to_string();
    assert!(!logged.contains(&access), "a token stands in the log");
}

#[tokio::test]
async fn m9_a_missing_scope_is_a_403_that_names_it() {
    let settings = SandboxSettings {
        extra_tokens: vec![ExtraToken {
            token: SecretString::from("narrow"),
            user: None,
            scopes: [Scope::OrganizationsRead].into(),
            expires_in: None,
        }],
        ..small()
    };
    let miro = Miro::start(settings).await;
    let org = miro.org().await;
    let get = |path: String| send(miro.request("GET", &path).bearer_auth("narrow"));
    get(format!("/v2/orgs/{org}/members")).await.expect(200);
    let refused = get(format!("/v2/orgs/{org}/teams")).await.expect(403);
    assert_eq!(refused["code"], "forbiddenAccess");
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("organizations:teams:read"),
        "{refused}"
    );
}

#[tokio::test]
async fn m9_calls_need_a_token_of_an_active_company_admin_of_that_organization() {
    let mut settings = small();
    let miro = Miro::start(settings.clone()).await;
    let member = miro.member_with("organization_internal_user").await;
    settings.extra_tokens = vec![
        ExtraToken {
            token: SecretString::from("of a member"),
            user: Some(member),
            scopes: Scope::ALL.iter().copied().collect(),
            expires_in: None,
        },
        ExtraToken {
            token: SecretString::from("short"),
            user: None,
            scopes: Scope::ALL.iter().copied().collect(),
            expires_in: Some(Duration::from_secs(5)),
        },
    ];
    let miro = Miro::start(settings).await;
    let org = miro.org().await;
    let path = format!("/v2/orgs/{org}/members");
    let none = send(miro.request("GET", &path)).await.expect(401);
    assert_eq!(
        (&none["code"], &none["type"]),
        (&json!("tokenNotProvided"), &json!("error"))
    );
    let with = |token: &'static str, path: &str| send(miro.request("GET", path).bearer_auth(token));
    with("unknown", &path).await.expect(401);
    assert_eq!(
        with("of a member", &path).await.expect(403)["code"],
        "forbiddenAccess"
    );
    with("of a member", "/v1/oauth-token").await.expect(200);
    with("short", &path).await.expect(200);
    send(miro.request("POST", "/_sandbox/clock?advance=5s"))
        .await
        .expect(200);
    with("short", &path).await.expect(401);
    miro.get("/v2/orgs/1/members").await.expect(404);
    send(miro.request("GET", "/api/v1/scim/Users"))
        .await
        .expect(401);
}
