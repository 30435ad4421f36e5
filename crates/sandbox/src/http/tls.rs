//! Certificates: given, or made by a certificate authority of our own.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::SandboxError;

/// Names that a self-signed server certificate is good for: Miro's two hosts and this machine.
pub const SELF_SIGNED_NAMES: [&str; 5] =
    ["api.miro.com", "miro.com", "localhost", "127.0.0.1", "::1"];

/// Where the server's certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsSource {
    /// A certificate chain and its key, both PEM.
    Files {
        /// The chain, the server's certificate first.
        certificate: PathBuf,
        /// The private key.
        key: PathBuf,
    },
    /// A folder in which `ca.pem`, `server.pem` and `server-key.pem` are made unless they are there.
    SelfSigned(PathBuf),
}

impl TlsSource {
    /// The server's TLS settings; makes the self-signed certificates where needed.
    pub(crate) fn server_config(&self) -> Result<ServerConfig, SandboxError> {
        let (certificate, key) = match self {
            Self::Files { certificate, key } => (certificate.clone(), key.clone()),
            Self::SelfSigned(folder) => self_signed(folder)?,
        };
        let unreadable = |path: &Path, error: &dyn std::fmt::Display| SandboxError::Certificate {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let chain = CertificateDer::pem_file_iter(&certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unreadable(&certificate, &error))?;
        let private =
            PrivateKeyDer::from_pem_file(&key).map_err(|error| unreadable(&key, &error))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder
                    .with_no_client_auth()
                    .with_single_cert(chain, private)
            })
            .map_err(|error| unreadable(&certificate, &error))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn self_signed(folder: &Path) -> Result<(PathBuf, PathBuf), SandboxError> {
    let paths = ["ca.pem", "server.pem", "server-key.pem"].map(|name| folder.join(name));
    if !paths.iter().all(|path| path.exists()) {
        let made =
            make_certificates().map_err(|source| SandboxError::MakeCertificate { source })?;
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(folder)?;
            for (path, pem) in paths.iter().zip([&made.authority, &made.server]) {
                fs::write(path, pem)?;
            }
            write_private(&folder.join("server-key.pem"), &made.key)
        };
        write().map_err(|source| SandboxError::File {
            path: folder.to_owned(),
            source,
        })?;
    }
    let [_, certificate, key] = paths;
    Ok((certificate, key))
}

fn write_private(path: &Path, pem: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(pem.as_bytes())
}

struct Made {
    authority: String,
    server: String,
    key: String,
}

/// A certificate authority and a server certificate signed by it. The authority's key is thrown away, so that
/// whoever trusts the authority trusts nothing but this one server.
fn make_certificates() -> Result<Made, rcgen::Error> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.distinguished_name = named("Usher sandbox authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let mut server = CertificateParams::new(SELF_SIGNED_NAMES.map(str::to_owned))?;
    server.distinguished_name = named("Usher sandbox");
    server.is_ca = IsCa::ExplicitNoCa;
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = server.signed_by(&key, &authority)?;
    Ok(Made {
        authority: authority.pem(),
        server: certificate.pem(),
        key: key.serialize_pem(),
    })
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}
