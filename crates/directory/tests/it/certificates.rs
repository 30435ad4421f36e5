//! Certificates of a test's own authority.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// Files with an authority's certificate and a server's.
pub struct Certificates {
    pub authority: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Certificates {
    /// A server's certificate for this machine, of a new authority.
    pub fn signed(folder: &Path) -> Self {
        Self::signed_for(folder, names())
    }

    /// The same for another machine.
    pub fn for_another_name(folder: &Path) -> Self {
        Self::signed_for(folder, vec!["elsewhere.example.com".to_owned()])
    }

    fn signed_for(folder: &Path, names: Vec<String>) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let server_key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(names)
            .unwrap()
            .signed_by(&server_key, &issuer)
            .unwrap();
        Self::write(folder, &authority, &server.pem(), &server_key)
    }

    /// One certificate that is authority and server at once, as Active Directory makes them.
    pub fn self_signed_authority(folder: &Path) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(names()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().pem();
        Self::write(folder, &certificate, &certificate, &key)
    }

    fn write(folder: &Path, authority: &str, certificate: &str, key: &KeyPair) -> Self {
        let write = |name: &str, content: &str| {
            let path = folder.join(name);
            std::fs::write(&path, content).unwrap();
            path
        };
        Self {
            authority: write("authority.pem", authority),
            certificate: write("server.pem", certificate),
            key: write("server.key", &key.serialize_pem()),
        }
    }
}

fn names() -> Vec<String> {
    vec!["localhost".to_owned(), "127.0.0.1".to_owned()]
}
