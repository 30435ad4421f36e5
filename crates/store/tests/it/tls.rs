//! PostgreSQL over TLS: a server with a certificate of a private authority.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use usher_store::postgres_for_tests::TlsServerForTests;
use usher_store::*;

use crate::support::*;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// What all tests share: a server takes seconds to start.
struct Ours {
    authority: String,
    /// Its certificate is for `localhost` only.
    server: TlsServerForTests,
}

static OURS: LazyLock<Ours> = LazyLock::new(|| {
    let authority = authority("Ours");
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let server = TlsServerForTests::start(&certificate.pem(), &key.serialize_pem());
    Ours {
        authority: authority.pem(),
        server: server.unwrap_or_else(|why| panic!("{why}")),
    }
});

struct Office {
    files: tempfile::TempDir,
}

impl Office {
    fn new() -> Self {
        let files = tempfile::tempdir().unwrap();
        let office = Self { files };
        office.write("ca.pem", &OURS.authority);
        office.write("other-ca.pem", &authority("Somebody else's").pem());
        office.write("empty.pem", "");
        office
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).unwrap();
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.files.path().join(name)
    }

    async fn open(&self, host: &str, sslmode: &str, authority: Option<&str>) -> Opened {
        let mut url = format!(
            "postgres://usher@{host}:{}/postgres?sslmode={sslmode}",
            OURS.server.port
        );
        if let Some(name) = authority {
            url += "&sslrootcert=";
            url += &self.file(name).display().to_string();
        }
        let clock = std::sync::Arc::new(usher_model::FixedClock::new(at("2026-03-01T08:00:00Z")));
        Store::open(&url.parse().unwrap(), clock).await
    }
}

type Opened = Result<Store, StoreError>;

/// The whole message, causes included.
fn refusal(opened: Opened) -> String {
    let error = opened.unwrap_err();
    assert!(matches!(error, StoreError::Tls { .. }), "{error:?}");
    let source = std::error::Error::source(&error).unwrap();
    format!("{error}: {source}")
}

#[tokio::test]
async fn a_server_is_believed_that_the_named_authority_vouches_for() {
    let office = Office::new();
    for (host, mode) in [
        ("localhost", "verify-full"),
        ("127.0.0.1", "verify-ca"),
        ("127.0.0.1", "require"),
    ] {
        // The server takes no connection without TLS.
        let store = office.open(host, mode, Some("ca.pem")).await.unwrap();
        assert!(store.check().await.unwrap().writable, "{mode}");
        store.close().await;
    }
    office.open("localhost", "require", None).await.unwrap();
    let plain = office.open("localhost", "disable", None).await.unwrap_err();
    assert!(matches!(plain, StoreError::Refused { .. }), "{plain:?}");
}

#[tokio::test]
async fn a_server_is_refused_that_the_named_authority_does_not_vouch_for() {
    let office = Office::new();
    for mode in ["verify-full", "verify-ca", "require"] {
        let refusal = refusal(office.open("localhost", mode, Some("other-ca.pem")).await);
        assert!(refusal.contains("UnknownIssuer"), "{mode}: {refusal}");
        assert!(
            refusal.contains("check sslmode and sslrootcert"),
            "{refusal}"
        );
    }
    let nobody = refusal(office.open("localhost", "verify-full", None).await);
    assert!(nobody.contains("UnknownIssuer"), "{nobody}");
}

#[tokio::test]
async fn verify_full_refuses_a_name_that_is_not_in_the_certificate() {
    let office = Office::new();
    let refusal = refusal(
        office
            .open("127.0.0.1", "verify-full", Some("ca.pem"))
            .await,
    );
    assert!(refusal.contains("127.0.0.1"), "{refusal}");
    assert!(
        refusal.contains("a name in the server's certificate"),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_file_that_is_missing_or_holds_no_certificate_is_named() {
    let office = Office::new();
    for (name, why) in [
        ("missing.pem", "No such file"),
        ("empty.pem", "holds no certificate"),
    ] {
        let refusal = refusal(office.open("localhost", "verify-full", Some(name)).await);
        assert!(refusal.contains(why), "{refusal}");
        let path: &Path = &office.file(name);
        assert!(refusal.contains(&path.display().to_string()), "{refusal}");
    }
}
