//! Which hosts are this machine.

use std::net::IpAddr;

/// Whether a host, as it stands in an address, is this machine: `localhost` or a loopback address. Names below
/// `localhost` are not: they are looked up like any other, and whoever answers may be elsewhere.
pub fn is_loopback(host: &str) -> bool {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let is_address = bare
        .parse::<IpAddr>()
        .is_ok_and(|address| address.to_canonical().is_loopback());
    is_address || host.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_localhost_and_loopback_addresses_are_this_machine() {
        for host in [
            "localhost",
            "LocalHost",
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
            "::1",
            "::ffff:127.0.0.1",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "miro.localhost",
            "localhost.example.org",
            "127.0.0.1.example.org",
            "10.0.0.1",
            "::2",
            "[localhost]",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
