//! Which servers are trusted.

use serde_json::json;
use usher_directory::{ErrorKind, Source};

use crate::certificates::Certificates;
use crate::slapd::{Flavour, Slapd, person, source};

fn encrypted(server: &Slapd) -> [String; 2] {
    [
        format!("ldap://localhost:{}", server.port),
        format!("ldaps://localhost:{}", server.tls_port),
    ]
}

#[tokio::test]
async fn ldaps_and_starttls_work_with_an_authority_of_ones_own() {
    let server = Slapd::start(&person("ada", ""));
    for url in encrypted(&server) {
        let more =
            json!({"url": url, "encryption": null, "ca_file": server.certificates.authority});
        let reading = source(server.settings("openldap", &more))
            .read(None)
            .await
            .unwrap();
        assert_eq!(reading.people.len(), 1, "{url}");
    }
}

#[tokio::test]
async fn an_unknown_authority_is_refused_and_the_fingerprint_told() {
    let server = Slapd::start(&person("ada", ""));
    for url in encrypted(&server) {
        let more = json!({"url": url, "encryption": null});
        let error = source(server.settings("openldap", &more))
            .read(None)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Untrusted, "{error}");
        let message = error.to_string();
        assert!(
            message.contains(
                "comes from an authority that is not trusted here; its SHA-256 fingerprint is "
            ),
            "{message}"
        );
        assert!(error.hint().unwrap().contains("ca_file"));
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let entries = person("ada", "");
    let server = Slapd::with(
        Flavour::OpenLdap,
        &entries,
        "",
        Certificates::for_another_name,
    );
    for url in encrypted(&server) {
        let more =
            json!({"url": url, "encryption": null, "ca_file": server.certificates.authority});
        let settings = server.settings("openldap", &more);
        let error = source(settings).read(None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Untrusted, "{error}");
        assert!(error.to_string().contains("is for another name"), "{error}");
    }
}

#[tokio::test]
async fn a_self_signed_server_is_trusted_by_its_fingerprint_and_by_nothing_else() {
    let server = Slapd::with(
        Flavour::OpenLdap,
        &person("ada", ""),
        "",
        Certificates::self_signed_authority,
    );
    let [start_tls, ldaps] = encrypted(&server);
    let more = json!({"url": ldaps, "encryption": null, "ca_file": server.certificates.authority});
    let error = source(server.settings("openldap", &more))
        .read(None)
        .await
        .unwrap_err();
    let message = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Untrusted, "{message}");
    assert!(
        message.contains("is that of an authority (self-signed, CA:TRUE)"),
        "{message}"
    );
    let fingerprint = message.split("fingerprint is ").nth(1).unwrap().to_owned();
    for url in [start_tls, ldaps.clone()] {
        let more = json!({"url": url, "encryption": null, "certificate_sha256": [fingerprint]});
        let reading = source(server.settings("openldap", &more))
            .read(None)
            .await
            .unwrap();
        assert_eq!(reading.people.len(), 1);
    }
    let other = "00".repeat(32);
    let more = json!({"url": ldaps, "encryption": null, "certificate_sha256": [other]});
    let error = source(server.settings("openldap", &more))
        .read(None)
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("is none of those in `certificate_sha256`"),
        "{error}"
    );
}
