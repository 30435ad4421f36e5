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

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| cause.source())
}

fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    causes(error)
        .find_map(|cause| cause.downcast_ref::<io::Error>())
        .map(io::Error::kind)
}

fn tls_problem(error: &(dyn Error + 'static)) -> Option<TlsProblem> {
    causes(error).find_map(|cause| {
        // An io::Error hides the error it was made of from `source()`.
        let inner = cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        let direct = cause.downcast_ref::<rustls::Error>();
        direct
            .or_else(|| inner?.downcast_ref::<rustls::Error>())
            .map(problem)
    })
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
