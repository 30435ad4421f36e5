//! What is tried again, what is not, and what is said about it.

use std::time::Duration;

use serde_json::json;
use url::Url;
use usher_miro::{
    ErrorKind, GroupModel, MiroClient, MiroSettings, OAuthApp, Patch, Permanence, ScimUserDraft,
    Scope, Unreachable,
};
use usher_model::{AccountId, OrganizationId, TeamId};

use crate::fake::{Answer, Fake};

const TEAM: &str = r#"{"id": "7", "name": "Design", "type": "team"}"#;

fn organization() -> OrganizationId {
    OrganizationId::new("100")
}

fn team() -> TeamId {
    TeamId::new("7")
}

fn draft() -> ScimUserDraft {
    ScimUserDraft {
        user_name: "ada@example.com".into(),
        ..ScimUserDraft::default()
    }
}

#[tokio::test]
async fn a_safe_call_is_tried_again_after_every_kind_of_passing_failure() {
    let failures = [
        Answer::Status(500, "{}"),
        Answer::Status(502, "<html><title>Bad Gateway</title></html>"),
        Answer::Reset,
        Answer::Truncated(r#"{"id": "7""#),
        Answer::Status(200, r#"{"id": "7""#),
        Answer::With(429, vec![("retry-after", "0".into())], "{}".into()),
    ];
    for failure in failures {
        let fake = Fake::answering([failure.clone(), Answer::ok(TEAM)]).await;
        let client = fake.client();
        let found = client.rest().unwrap().team(&organization(), &team()).await;
        assert_eq!(
            found.expect("the second attempt works").name,
            "Design",
            "{failure:?}"
        );
        assert_eq!(fake.asked().len(), 2, "{failure:?}");
        assert_eq!(client.meter().retries, 1, "{failure:?}");
    }
}

#[tokio::test]
async fn an_unsafe_call_whose_outcome_is_unknown_is_sent_once_and_called_ambiguous() {
    let failures = [
        Answer::Status(500, "{}"),
        Answer::Status(502, "<html></html>"),
        Answer::Reset,
        Answer::Truncated(r#"{"id": "7""#),
        Answer::Status(201, r#"{"id": "7""#),
        Answer::Silence,
    ];
    for failure in failures {
        let fake = Fake::answering([failure.clone()]).await;
        let settings = MiroSettings {
            timeout: Duration::from_millis(300),
            ..fake.settings()
        };
        let client = MiroClient::new(settings).unwrap();
        let error = client
            .scim()
            .unwrap()
            .create_user(&draft())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Ambiguous, "{failure:?}");
        assert!(error.hint().contains("look"), "{}", error.hint());
        assert_eq!(fake.asked().len(), 1, "{failure:?}");
    }
}

#[tokio::test]
async fn an_unsafe_call_is_tried_again_after_a_429_because_nothing_was_done() {
    let fake = Fake::answering([
        Answer::With(429, vec![("retry-after", "0".into())], "{}".into()),
        Answer::With(
            201,
            Vec::new(),
            r#"{"id": "9", "userName": "ada@example.com"}"#.into(),
        ),
    ])
    .await;
    let client = fake.client();
    let user = client.scim().unwrap().create_user(&draft()).await.unwrap();
    assert_eq!(user.id, "9");
    assert_eq!(client.meter().rate_limited, 1);
}

#[tokio::test]
async fn a_503_to_an_unsafe_call_is_a_plain_failure_since_nothing_was_done() {
    let fake = Fake::answering([Answer::Status(503, "")]).await;
    let error = fake
        .client()
        .scim()
        .unwrap()
        .create_user(&draft())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Server);
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn trying_again_ends_after_the_set_number_of_times() {
    for (answer, kind) in [
        (Answer::Status(500, ""), ErrorKind::Server),
        (
            Answer::With(429, vec![("retry-after", "0".into())], String::new()),
            ErrorKind::RateLimited {
                retry_after: Some(Duration::ZERO),
            },
        ),
        (Answer::Status(200, "nonsense"), ErrorKind::Protocol),
    ] {
        let fake = Fake::answering([answer]).await;
        let client = MiroClient::new(MiroSettings {
            max_retries: 2,
            ..fake.settings()
        })
        .unwrap();
        let error = client
            .rest()
            .unwrap()
            .team(&organization(), &team())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), &kind);
        assert_eq!(error.attempts(), 3);
        assert_eq!(error.permanence(), Permanence::Transient);
        assert_eq!(fake.asked().len(), 3);
    }
}

#[tokio::test]
async fn a_refusal_is_reported_at_once() {
    for status in [400, 401, 403, 404, 409] {
        let fake = Fake::answering([Answer::Status(status, "{}")]).await;
        let error = fake
            .client()
            .rest()
            .unwrap()
            .team(&organization(), &team())
            .await
            .unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert_eq!(error.route(), Some("GET /v2/orgs/{org_id}/teams/{team_id}"));
        assert_eq!(fake.asked().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_wrong_token_says_so_and_names_the_remedy_for_its_api() {
    let fake = Fake::answering([Answer::Status(401, "{}")]).await;
    let client = fake.client();
    let rest = client.rest().unwrap().token_context().await.unwrap_err();
    assert_eq!(rest.kind(), &ErrorKind::BadCredentials);
    assert!(rest.hint().contains("access token"), "{}", rest.hint());
    let scim = client.scim().unwrap().count_users(None).await.unwrap_err();
    assert!(scim.hint().contains("SCIM token"), "{}", scim.hint());
}

#[tokio::test]
async fn c3_a_missing_scope_is_named_with_what_cannot_be_done_without_it() {
    let fake = Fake::answering([Answer::Status(
        403,
        r#"{"type":"error","status":403,"code":"forbiddenAccess","message":"scope organizations:teams:read is missing"}"#,
    )])
    .await;
    let error = fake
        .client()
        .rest()
        .unwrap()
        .team(&organization(), &team())
        .await
        .unwrap_err();
    assert_eq!(
        error.kind(),
        &ErrorKind::MissingScope("organizations:teams:read".into())
    );
    assert!(error.to_string().contains("cannot read teams"), "{error}");
}

#[tokio::test]
async fn c3_unlisted_scopes_are_tried_out_with_reading_calls_only() {
    let fake = Fake::start(|asked| {
        if asked.uri.path().ends_with("/teams") {
            Answer::Status(403, "{}")
        } else {
            Answer::json(json!({"id": "100", "data": []}))
        }
    })
    .await;
    let client = fake.client();
    let needed = [
        Scope::OrganizationsRead,
        Scope::TeamsRead,
        Scope::TeamsWrite,
    ];
    let context = usher_miro::wire::TokenContext::default();
    let report = client
        .rest()
        .unwrap()
        .check_scopes(&context, &organization(), &needed)
        .await
        .unwrap();
    assert_eq!(report.granted, [Scope::OrganizationsRead]);
    assert_eq!(report.missing, [Scope::TeamsRead]);
    assert_eq!(report.unknown, [Scope::TeamsWrite]);
    assert_eq!(report.messages().len(), 1);
    assert!(fake.asked().iter().all(|asked| asked.method == "GET"));
}

#[tokio::test]
async fn a_removal_that_an_earlier_attempt_had_done_is_done() {
    let fake = Fake::answering([Answer::Reset, Answer::Status(404, "{}")]).await;
    let scim = fake.client();
    scim.scim()
        .unwrap()
        .delete_user(&AccountId::new("1"))
        .await
        .expect("it is gone");
    let fake = Fake::answering([Answer::Status(404, "{}")]).await;
    let error = fake
        .client()
        .scim()
        .unwrap()
        .delete_user(&AccountId::new("1"))
        .await
        .unwrap_err();
    assert_eq!(
        error.kind(),
        &ErrorKind::NotFound,
        "it was not there in the first place"
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_blamed_on_the_base_address() {
    let target = Fake::answering([Answer::ok("{}")]).await;
    let location = format!("{}secret?token=canary", target.url("/"));
    let fake = Fake::answering([Answer::With(
        302,
        vec![("location", location)],
        String::new(),
    )])
    .await;
    let error = fake
        .client()
        .rest()
        .unwrap()
        .token_context()
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Redirected { .. }),
        "{error:?}"
    );
    assert!(error.hint().contains("base address"), "{}", error.hint());
    assert!(!error.to_string().contains("canary"), "{error}");
    assert!(target.asked().is_empty());
}

#[tokio::test]
async fn a_port_where_nothing_listens_is_refused_after_the_retries() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let settings = MiroSettings {
        rest_url: Url::parse(&format!("http://{address}/")).unwrap(),
        access_token: Some("token".into()),
        max_retries: 1,
        retry_pause: Duration::from_millis(1),
        ..MiroSettings::default()
    };
    let client = MiroClient::new(settings).unwrap();
    let rest = client.rest().unwrap();
    let error = rest
        .create_team(&organization(), "Design")
        .await
        .unwrap_err();
    assert_eq!(
        error.kind(),
        &ErrorKind::Unreachable(Unreachable::Refused),
        "{error:?}"
    );
    assert_eq!(error.attempts(), 2, "what was never sent may be sent again");
}

#[tokio::test]
async fn an_unknown_host_name_is_told_from_a_dead_one() {
    let settings = MiroSettings {
        rest_url: Url::parse("https://no-such-host.invalid/").unwrap(),
        access_token: Some("token".into()),
        max_retries: 0,
        ..MiroSettings::default()
    };
    let client = MiroClient::new(settings).unwrap();
    let error = client.rest().unwrap().token_context().await.unwrap_err();
    assert_eq!(
        error.kind(),
        &ErrorKind::Unreachable(Unreachable::Dns),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_on_in_time() {
    let fake = Fake::answering([Answer::Silence]).await;
    let settings = MiroSettings {
        timeout: Duration::from_millis(100),
        max_retries: 1,
        ..fake.settings()
    };
    let client = MiroClient::new(settings).unwrap();
    let error = client.rest().unwrap().token_context().await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Unreachable(Unreachable::Timeout));
    assert_eq!(fake.asked().len(), 2);
}

#[tokio::test]
async fn the_group_model_is_found_out_without_creating_anything() {
    let replies = [
        (
            405,
            r#"{"error":{"message":"not allowed","reason":"methodNotAllowed","code":405}}"#,
        ),
        (
            400,
            r#"{"status":"400","scimType":"invalidValue","detail":"displayName is required"}"#,
        ),
    ];
    for ((status, body), model) in replies
        .into_iter()
        .zip([GroupModel::Team, GroupModel::UserGroup])
    {
        let fake = Fake::answering([Answer::Status(status, body)]).await;
        let client = fake.client();
        assert_eq!(
            client.scim().unwrap().probe_group_model().await.unwrap(),
            model
        );
        assert_eq!(fake.asked().len(), 1);
        assert!(!fake.asked()[0].body.contains("displayName"));
    }
}

#[tokio::test]
async fn a_group_change_that_is_too_large_is_not_sent() {
    let fake = Fake::answering([Answer::ok("{}")]).await;
    let members: Vec<AccountId> = (0..8001).map(|id| AccountId::new(id.to_string())).collect();
    let patch = Patch::new().add_members(&members);
    let error = fake
        .client()
        .scim()
        .unwrap()
        .patch_group("1", &patch)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::TooLarge);
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn a_refresh_sends_its_secrets_in_the_body_and_is_never_repeated() {
    let fake = Fake::answering([Answer::Reset]).await;
    let app = OAuthApp {
        client_id: "app".into(),
        client_secret: "client-canary".into(),
    };
    let client = fake.client();
    let error = client
        .oauth()
        .refresh_token(&app, &"refresh-canary".into())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Ambiguous);
    let asked = fake.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].uri.query(), None);
    assert!(
        asked[0].body.contains("refresh_token=refresh-canary"),
        "{}",
        asked[0].body
    );
    assert!(asked[0].headers.get("authorization").is_none());
}

#[tokio::test]
async fn a_refresh_gives_both_new_tokens() {
    let reply = json!({"user_id": "1", "team_id": 3_074_457_358_607_431_473_u64, "token_type": "bearer",
        "access_token": "new", "refresh_token": "newer", "scope": "boards:read organizations:read",
        "expires_in": 3599});
    let fake = Fake::answering([Answer::json(reply)]).await;
    let app = OAuthApp {
        client_id: "app".into(),
        client_secret: "secret".into(),
    };
    let tokens = fake
        .client()
        .oauth()
        .refresh_token(&app, &"old".into())
        .await
        .unwrap();
    assert_eq!(tokens.expires_in, Some(Duration::from_secs(3599)));
    assert_eq!(tokens.team_id.as_deref(), Some("3074457358607431473"));
    assert_eq!(tokens.scopes, ["boards:read", "organizations:read"]);
    assert!(tokens.refresh_token.is_some());
}

#[tokio::test]
async fn the_id_of_the_last_request_that_changed_something_can_be_had() {
    let with_id = |id: &str, body: &str| {
        Answer::With(200, vec![("x-request-id", id.to_owned())], body.to_owned())
    };
    let user = r#"{"id": "9", "userName": "ada@example.com"}"#;
    let answers = [
        with_id("written", user),
        with_id("read", TEAM),
        with_id("unasked", user),
        Answer::ok(user),
    ];
    let fake = Fake::answering(answers).await;
    let client = fake.client();
    let (scim, rest) = (client.scim().unwrap(), client.rest().unwrap());
    let work = async {
        scim.create_user(&draft()).await.unwrap();
        rest.team(&organization(), &team()).await.unwrap();
    };
    let ((), id) = usher_miro::with_request_id(work).await;
    assert_eq!(id.as_deref(), Some("written"), "reading changes nothing");
    scim.create_user(&draft()).await.unwrap();
    let draft = draft();
    let (_, id) = usher_miro::with_request_id(scim.create_user(&draft)).await;
    assert_eq!(id, None, "Miro sent none, and nothing is left of another's");
}
