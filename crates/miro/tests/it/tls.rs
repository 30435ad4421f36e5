//! Secure connections and trust.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tempfile::TempDir;
use tokio::task::JoinSet;
use url::Url;
use usher_miro::{ErrorKind, MiroClient, MiroSettings, Permanence, TlsProblem, Unreachable};

struct Server {
    address: SocketAddr,
    authority: PathBuf,
    _folder: TempDir,
    _tasks: JoinSet<()>,
}

/// A server whose certificate is for `name`, by an authority of its own.
async fn serve(name: &str, change: impl Fn(&mut CertificateParams)) -> Server {
    // Either this or the client is first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    authority
        .distinguished_name
        .push(rcgen::DnType::CommonName, "test authority");
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    change(&mut params);
    let certificate = params.signed_by(&key, &authority).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let config = RustlsConfig::from_pem(certificate.pem().into(), key.serialize_pem().into());
    let config = config.await.unwrap();
    let router = Router::new().fallback(|version: axum::http::Version| async move {
        format!(r#"{{"type": "{version:?}"}}"#)
    });
    let handle = Handle::new();
    let server = axum_server::bind_rustls("127.0.0.1:0".parse().unwrap(), config)
        .handle(handle.clone())
        .serve(router.into_make_service());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { server.await.unwrap() });
    let address = handle.listening().await.unwrap();
    Server {
        address,
        authority: file,
        _folder: folder,
        _tasks: tasks,
    }
}

fn client(server: &Server, ca_file: Option<PathBuf>) -> MiroClient {
    let settings = MiroSettings {
        rest_url: Url::parse(&format!("https://localhost:{}/", server.address.port())).unwrap(),
        access_token: Some("token".into()),
        ca_file,
        retry_pause: Duration::from_millis(1),
        ..MiroSettings::default()
    };
    MiroClient::new(settings).unwrap()
}

async fn problem(server: &Server, ca_file: Option<PathBuf>) -> TlsProblem {
    let client = client(server, ca_file);
    let error = client.rest().unwrap().token_context().await.unwrap_err();
    assert_eq!(error.permanence(), Permanence::NeedsAdmin, "{error:?}");
    assert_eq!(error.attempts(), 1, "trying again cannot help");
    match error.kind() {
        ErrorKind::Unreachable(Unreachable::Tls(problem)) => *problem,
        other => panic!("{other:?}: {error:?}"),
    }
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_through_the_ca_file_over_http_2() {
    let server = serve("localhost", |_| {}).await;
    let client = client(&server, Some(server.authority.clone()));
    let context = client.rest().unwrap().token_context().await.unwrap();
    assert_eq!(context.kind, "HTTP/2.0");
}

#[tokio::test]
async fn an_unknown_authority_is_told_from_other_failures() {
    let server = serve("localhost", |_| {}).await;
    assert_eq!(problem(&server, None).await, TlsProblem::UnknownIssuer);
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let server = serve("miro.example", |_| {}).await;
    let authority = Some(server.authority.clone());
    assert_eq!(problem(&server, authority).await, TlsProblem::WrongHost);
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let server = serve("localhost", |params| {
        params.not_after = date_time_ymd(2001, 1, 1);
    })
    .await;
    let authority = Some(server.authority.clone());
    assert_eq!(
        problem(&server, authority).await,
        TlsProblem::OutsideValidity
    );
}

#[tokio::test]
async fn a_server_without_tls_is_told_from_a_broken_connection() {
    let fake = crate::fake::Fake::answering([crate::fake::Answer::ok("{}")]).await;
    let server = serve("localhost", |_| {}).await;
    let plain = Server {
        address: fake.address,
        ..server
    };
    assert_eq!(problem(&plain, None).await, TlsProblem::NotTls);
}

#[test]
fn a_ca_file_that_is_missing_or_holds_no_certificate_is_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "nothing here").unwrap();
    for (file, why) in [
        (folder.path().join("gone.pem"), "cannot be read"),
        (empty, "no certificate"),
    ] {
        let settings = MiroSettings {
            ca_file: Some(file),
            ..MiroSettings::default()
        };
        let error = MiroClient::new(settings).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Settings);
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn plain_http_to_another_machine_is_refused_before_anything_is_sent() {
    for (rest, scim) in [
        ("http://api.miro.com/", "https://miro.com/scim"),
        ("https://api.miro.com/", "http://miro.com/scim"),
    ] {
        let settings = MiroSettings {
            rest_url: Url::parse(rest).unwrap(),
            scim_url: Url::parse(scim).unwrap(),
            ..MiroSettings::default()
        };
        assert_eq!(
            MiroClient::new(settings).unwrap_err().kind(),
            &ErrorKind::Settings
        );
    }
}

/// Runs another test of this program on a machine without certificate authorities.
fn without_authorities(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    let nothing = folder.path().join("nothing.pem");
    std::fs::write(&nothing, "").unwrap();
    let run = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env("SSL_CERT_FILE", &nothing)
        .env("SSL_CERT_DIR", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn the_ca_file_works_on_a_machine_without_authorities() {
    without_authorities("tls::an_authority_of_ones_own_is_trusted_through_the_ca_file_over_http_2");
}

#[test]
fn plain_http_to_this_machine_works_on_a_machine_without_authorities() {
    without_authorities("failures::a_refresh_gives_both_new_tokens");
}

#[test]
fn a_machine_without_authorities_trusts_nobody() {
    without_authorities("tls::an_unknown_authority_is_told_from_other_failures");
}
