//! Which server certificates are trusted: those of the machine's authorities and of `ca_file`, or exactly those
//! whose fingerprint is in the settings.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use sha2::{Digest, Sha256};

use super::settings::LdapSettings;
use crate::settings::refuse;
use crate::{DirectoryError, ErrorKind};

/// SHA-256 of a certificate.
pub(crate) type Fingerprint = [u8; 32];

/// A fingerprint from its text.
pub(crate) fn fingerprint(text: &str) -> Result<Fingerprint, DirectoryError> {
    let wrong = || {
        refuse(
            "certificate_sha256",
            format!("`{text}` is no SHA-256 fingerprint: 64 hexadecimal digits, colons allowed"),
        )
    };
    let digits: Vec<u8> = text
        .chars()
        .filter(|character| !": ".contains(*character))
        .map(|character| {
            character
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect::<Option<_>>()
        .ok_or_else(wrong)?;
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
        .collect();
    if digits.len() != 64 {
        return Err(wrong());
    }
    Fingerprint::try_from(bytes).map_err(|_| wrong())
}

/// A fingerprint as administrators compare it.
pub(super) fn shown(fingerprint: &Fingerprint) -> String {
    let pairs: Vec<String> = fingerprint
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    pairs.join(":")
}

/// The certificate that a server showed last, for the message when it is not trusted.
pub(super) type Shown = Arc<Mutex<Option<Fingerprint>>>;

/// The TLS settings of a source.
pub(super) fn client_config(
    settings: &LdapSettings,
    shown: &Shown,
) -> Result<ClientConfig, DirectoryError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let unusable = |error: Box<dyn std::error::Error + Send + Sync>| {
        DirectoryError::new(ErrorKind::Settings, "no TLS connection can be prepared")
            .caused_by(error)
    };
    let pins = settings
        .certificate_sha256
        .iter()
        .map(|text| fingerprint(text))
        .collect::<Result<Vec<_>, _>>()?;
    let rule = if pins.is_empty() {
        let roots = Arc::new(authorities(settings.ca_file.as_deref())?);
        if roots.is_empty() {
            return Err(refuse(
                "ca_file",
                "this machine has no certificate authorities, and no file is named",
            )
            .with_hint(
                "install the machine's CA certificates, or name the authority's file in `ca_file`",
            ));
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
            .build()
            .map_err(|error| unusable(error.into()))?;
        Rule::Authorities(verifier)
    } else {
        Rule::Pinned(pins)
    };
    let verifier = Verifier {
        rule,
        provider: Arc::clone(&provider),
        shown: Arc::clone(shown),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.into()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

/// The machine's authorities and the file's.
fn authorities(ca_file: Option<&Path>) -> Result<RootCertStore, DirectoryError> {
    let mut store = RootCertStore::empty();
    let machine = rustls_native_certs::load_native_certs();
    for error in &machine.errors {
        tracing::warn!(%error, "a CA certificate of this machine cannot be used");
    }
    store.add_parsable_certificates(machine.certs);
    if let Some(path) = ca_file {
        let place = path.display();
        let certificates = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| {
                refuse(
                    "ca_file",
                    format!("{place} cannot be read as a PEM file of certificates"),
                )
                .caused_by(error)
            })?;
        let (added, _) = store.add_parsable_certificates(certificates);
        if added == 0 {
            return Err(refuse("ca_file", format!("{place} holds no certificate")));
        }
    }
    Ok(store)
}

enum Rule {
    Authorities(Arc<WebPkiServerVerifier>),
    Pinned(Vec<Fingerprint>),
}

/// Checks a certificate by the rule, and remembers its fingerprint.
struct Verifier {
    rule: Rule,
    provider: Arc<CryptoProvider>,
    shown: Shown,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.rule {
            Rule::Authorities(_) => "Verifier by authorities",
            Rule::Pinned(_) => "Verifier by fingerprint",
        })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let found: Fingerprint = Sha256::digest(certificate).into();
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        match &self.rule {
            Rule::Authorities(verifier) => {
                verifier.verify_server_cert(certificate, intermediates, name, ocsp, now)
            }
            Rule::Pinned(pins) if pins.contains(&found) => Ok(ServerCertVerified::assertion()),
            Rule::Pinned(_) => Err(rustls::Error::InvalidCertificate(
                CertificateError::ApplicationVerificationFailure,
            )),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_reads_with_and_without_colons() {
        let plain = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";
        let print = fingerprint(plain).unwrap();
        assert_eq!(fingerprint(&shown(&print)).unwrap(), print);
        for wrong in ["", "00:11", &plain.replace('f', "g"), &format!("{plain}00")] {
            let error = fingerprint(wrong).unwrap_err().to_string();
            assert!(error.contains("64 hexadecimal digits"), "{error}");
        }
    }
}
