//! Why no reply came.

use std::error::Error;
use std::io;

use super::{TlsProblem, Unreachable};

/// Reads the chain of causes of a failed request.
pub(crate) fn unreachable_kind(error: &reqwest::Error) -> Unreachable {
    if let Some(problem) = tls_problem(error) {
        return Unreachable::Tls(problem);
    }
    if error.is_dns() {
        return Unreachable::Dns;
    }
    if error.is_timeout() {
        return Unreachable::Timeout;
    }
    match io_kind(error) {
        Some(io::ErrorKind::ConnectionRefused) => Unreachable::Refused,
        Some(io::ErrorKind::TimedOut) => Unreachable::Timeout,
        _ => Unreachable::Broken,
    }
}

/// An error and what it was made of. An `io::Error` hides that from `source()`, sometimes twice over.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| {
        match cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => cause.source(),
        }
    })
}

fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let mut kinds = causes(error)
        .filter_map(|cause| cause.downcast_ref())
        .map(io::Error::kind);
    kinds.find(|kind| *kind != io::ErrorKind::Other)
}

fn tls_problem(error: &(dyn Error + 'static)) -> Option<TlsProblem> {
    causes(error)
        .find_map(|cause| cause.downcast_ref::<rustls::Error>())
        .map(problem)
}

fn problem(error: &rustls::Error) -> TlsProblem {
    use rustls::CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            Certificate::UnknownIssuer => TlsProblem::UnknownIssuer,
            Certificate::Expired
            | Certificate::ExpiredContext { .. }
            | Certificate::NotValidYet
            | Certificate::NotValidYetContext { .. } => TlsProblem::OutsideValidity,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                TlsProblem::WrongHost
            }
            _ => TlsProblem::Other,
        },
        rustls::Error::InvalidMessage(_) => TlsProblem::NotTls,
        _ => TlsProblem::Other,
    }
}
