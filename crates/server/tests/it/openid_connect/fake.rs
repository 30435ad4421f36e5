//! An identity provider of our own, which can also do what no real one should.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::extract::{Form, State};
use axum::http::header::{AUTHORIZATION, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::task::JoinSet;
use url::Url;

pub const CLIENT_ID: &str = "usher-client";
/// With what has to be encoded on its way through a header.
pub const CLIENT_SECRET: &str = "s3cret: of/usher+canary%Quartz";

/// How the provider misbehaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trick {
    /// Not at all.
    #[default]
    None,
    /// It changes a claim behind the signature.
    AlteredClaims,
    /// It changes the signature.
    AlteredSignature,
    /// It signs with nothing.
    Unsigned,
    /// It signs with its public key as a shared secret.
    SharedSecret,
    /// It signs with a key of its own that it does not publish.
    StrangeKey,
    /// It leaves the signature away.
    NoSignature,
    /// It answers without an ID token.
    NoToken,
    /// Its answers are too large.
    TooLarge,
    /// It sends whoever asks elsewhere.
    Redirects,
    /// It breaks.
    Breaks,
}

/// Somebody at the provider.
#[derive(Clone, Debug)]
pub struct Somebody {
    pub claims: Value,
    /// What only the userinfo endpoint says.
    pub more: Value,
}

struct Grant {
    challenge: String,
    redirect_uri: String,
    claims: Value,
    more: Value,
}

#[derive(Default)]
pub struct Inner {
    pub trick: Trick,
    /// What the discovery document says besides, or instead.
    pub discovery: BTreeMap<String, Value>,
    pub jwks_asked: usize,
    pub secret: String,
    keys: Vec<(String, EcdsaKeyPair)>,
    codes: BTreeMap<String, Grant>,
    tokens: BTreeMap<String, Value>,
    /// Verifiers that came, by code.
    pub verifiers: Vec<String>,
    numbers: usize,
}

#[derive(Clone)]
pub struct Fake {
    pub issuer: String,
    inner: Arc<Mutex<Inner>>,
}

pub struct Running {
    pub fake: Fake,
    _serving: JoinSet<()>,
}

impl Running {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Fake {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            inner: Arc::default(),
        };
        CLIENT_SECRET.clone_into(&mut fake.set().secret);
        fake.rotate();
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .with_state(fake.clone());
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            fake,
            _serving: serving,
        }
    }
}

impl Fake {
    pub fn set(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// A new key takes the place of the one before.
    pub fn rotate(&self) {
        let mut inner = self.set();
        inner.numbers += 1;
        let id = format!("key-{}", inner.numbers);
        inner.keys = vec![(id, new_key())];
    }

    /// Signs somebody in: what a browser that was sent to `location` brings back.
    pub fn authorize(&self, location: &Url, somebody: &Somebody) -> Brought {
        let asked: BTreeMap<_, _> = location.query_pairs().into_owned().collect();
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], CLIENT_ID);
        assert_eq!(asked["code_challenge_method"], "S256");
        let mut claims = somebody.claims.clone();
        let unset = |claims: &Value, name: &str| claims.get(name).is_none();
        for (name, value) in [
            ("iss", json!(self.issuer)),
            ("aud", json!(CLIENT_ID)),
            ("nonce", json!(asked["nonce"])),
        ] {
            if unset(&claims, name) {
                claims[name] = value;
            }
        }
        let mut inner = self.set();
        inner.numbers += 1;
        let code = format!("code-{}-canary-Quartz", inner.numbers);
        let grant = Grant {
            challenge: asked["code_challenge"].clone(),
            redirect_uri: asked["redirect_uri"].clone(),
            claims,
            more: somebody.more.clone(),
        };
        inner.codes.insert(code.clone(), grant);
        let back = Url::parse(&asked["redirect_uri"]).unwrap();
        Brought {
            path: back.path().to_owned(),
            parameters: BTreeMap::from([
                ("code".to_owned(), code),
                ("state".to_owned(), asked["state"].clone()),
            ]),
        }
    }
}

/// What a browser brings back.
#[derive(Clone, Debug)]
pub struct Brought {
    pub path: String,
    pub parameters: BTreeMap<String, String>,
}

impl Brought {
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.parameters.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.parameters.remove(name);
        self
    }

    pub fn to_path(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.parameters);
        format!("{}?{}", self.path, query.finish())
    }
}

fn new_key() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()
}

fn encode(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

fn coordinates(key: &EcdsaKeyPair) -> (String, String) {
    let point = key.public_key().as_ref();
    (encode(&point[1..33]), encode(&point[33..]))
}

async fn discovery(State(fake): State<Fake>) -> Response {
    let issuer = &fake.issuer;
    let inner = fake.set();
    match inner.trick {
        Trick::Breaks => return StatusCode::BAD_GATEWAY.into_response(),
        Trick::Redirects => {
            return (StatusCode::FOUND, [(LOCATION, format!("{issuer}/keys"))]).into_response();
        }
        Trick::TooLarge => return "x".repeat(2_000_000).into_response(),
        _ => {}
    }
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize?tenant=1"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "end_session_endpoint": format!("{issuer}/end"),
        "code_challenge_methods_supported": ["S256"],
    });
    for (name, value) in &inner.discovery {
        document[name] = value.clone();
    }
    Json(document).into_response()
}

async fn keys(State(fake): State<Fake>) -> Json<Value> {
    let mut inner = fake.set();
    inner.jwks_asked += 1;
    let keys = inner.keys.iter().map(|(id, key)| {
        let (x, y) = coordinates(key);
        json!({"kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "x": x, "y": y})
    });
    Json(json!({"keys": keys.collect::<Vec<_>>()}))
}

/// Whether the client proved who it is, in a header as RFC 6749 §2.3.1 has it.
fn is_client(headers: &HeaderMap, secret: &str) -> bool {
    let value = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let Some(text) = value.and_then(|value| value.strip_prefix("Basic ")) else {
        return false;
    };
    let text = String::from_utf8(BASE64.decode(text.as_bytes()).unwrap()).unwrap();
    let (name, given) = text.split_once(':').unwrap();
    let decode = |text: &str| {
        let pair = format!("x={text}");
        let mut pairs = url::form_urlencoded::parse(pair.as_bytes());
        pairs.next().unwrap().1.into_owned()
    };
    decode(name) == CLIENT_ID && decode(given) == secret
}

async fn token(
    State(fake): State<Fake>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    let refuse = |error: &str| {
        (
            StatusCode::BAD_REQUEST,
            Json(json!({"error": error, "error_description": "no"})),
        )
            .into_response()
    };
    let mut inner = fake.set();
    if !is_client(&headers, &inner.secret) {
        return refuse("invalid_client");
    }
    let Some(grant) = form.get("code").and_then(|code| inner.codes.remove(code)) else {
        return refuse("invalid_grant");
    };
    let verifier = form.get("code_verifier").cloned().unwrap_or_default();
    let challenge = encode(&Sha256::digest(verifier.as_bytes()));
    inner.verifiers.push(verifier);
    if challenge != grant.challenge || form.get("redirect_uri") != Some(&grant.redirect_uri) {
        return refuse("invalid_grant");
    }
    inner.numbers += 1;
    let access = format!("access-{}-canary-Quartz", inner.numbers);
    let mut more = grant.more;
    if more.get("sub").is_none() {
        more["sub"] = grant.claims["sub"].clone();
    }
    inner.tokens.insert(access.clone(), more);
    let mut answer = json!({"access_token": access, "token_type": "Bearer"});
    if inner.trick != Trick::NoToken {
        answer["id_token"] = mint(&inner, grant.claims).into();
    }
    Json(answer).into_response()
}

fn mint(inner: &Inner, mut claims: Value) -> String {
    let (id, key) = &inner.keys[0];
    let algorithm = match inner.trick {
        Trick::Unsigned => "none",
        Trick::SharedSecret => "HS256",
        _ => "ES256",
    };
    let head = encode(
        json!({"alg": algorithm, "kid": id, "typ": "JWT"})
            .to_string()
            .as_bytes(),
    );
    let message = format!("{head}.{}", encode(claims.to_string().as_bytes()));
    let strange = new_key();
    let key = if inner.trick == Trick::StrangeKey {
        &strange
    } else {
        key
    };
    let signature = key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    let mut signature = signature.as_ref().to_vec();
    match inner.trick {
        Trick::AlteredClaims => {
            claims["email"] = json!("root@example.org");
            let message = format!("{head}.{}", encode(claims.to_string().as_bytes()));
            return format!("{message}.{}", encode(&signature));
        }
        Trick::AlteredSignature => signature[7] ^= 1,
        Trick::Unsigned | Trick::NoSignature => signature.clear(),
        Trick::SharedSecret => {
            use hmac::{Hmac, KeyInit as _, Mac as _};
            let mut mac = Hmac::<Sha256>::new_from_slice(key.public_key().as_ref()).unwrap();
            mac.update(message.as_bytes());
            signature = mac.finalize().into_bytes().to_vec();
        }
        _ => {}
    }
    format!("{message}.{}", encode(&signature))
}

async fn userinfo(State(fake): State<Fake>, headers: HeaderMap) -> Response {
    let value = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.strip_prefix("Bearer "));
    let inner = fake.set();
    match token.and_then(|token| inner.tokens.get(token)) {
        Some(claims) => Json(claims.clone()).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}
