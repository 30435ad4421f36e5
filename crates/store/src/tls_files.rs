//! Files that a PostgreSQL URL names for TLS: the driver takes an empty authority file as one that trusts nobody, and
//! reports a missing file as if the server were away.

use std::path::Path;

use crate::StoreError;
use crate::trouble::Trouble;
use crate::url::PostgresAddress;

/// Reads each file once, to say which one is no good.
pub(crate) fn check(address: &PostgresAddress, trouble: &Trouble) -> Result<(), StoreError> {
    for (parameter, path) in &address.tls_files {
        if let Some(why) = fault(parameter, path) {
            let why = format!("{parameter} names {}: {why}", path.display());
            return Err(trouble.tls(why));
        }
    }
    Ok(())
}

fn fault(parameter: &str, path: &Path) -> Option<String> {
    let (mark, what) = match parameter {
        "sslkey" => ("PRIVATE KEY-----", "private key"),
        _ => ("-----BEGIN CERTIFICATE-----", "certificate"),
    };
    match std::fs::read_to_string(path) {
        Ok(text) if text.contains(mark) => None,
        Err(error) if error.kind() != std::io::ErrorKind::InvalidData => Some(error.to_string()),
        _ => Some(format!("the file holds no {what} in PEM")),
    }
}
