//! Where a request comes from.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;

use crate::network::Network;

/// The network address of whoever sent a request. What `X-Forwarded-For` says counts as far as trusted proxies wrote it: the
/// last address in it that is no proxy's.
pub fn address(parts: &Parts, trusted: &[Network]) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    let peer = peer.0.ip().to_canonical();
    let is_proxy = |address| trusted.iter().any(|network| network.contains(address));
    if !is_proxy(peer) {
        return Some(peer);
    }
    let headers = parts.headers.get_all("x-forwarded-for").into_iter();
    let said: Vec<&str> = headers
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let mut nearest = peer;
    for text in said.into_iter().rev() {
        let Ok(address) = text.parse::<IpAddr>() else {
            break;
        };
        nearest = address.to_canonical();
        if !is_proxy(nearest) {
            break;
        }
    }
    Some(nearest)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn from(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut request = Request::builder();
        for value in forwarded {
            request = request.header("x-forwarded-for", *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let peer: IpAddr = peer.parse().unwrap();
        parts
            .extensions
            .insert(ConnectInfo(SocketAddr::new(peer, 1)));
        let trusted: Vec<Network> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        address(&parts, &trusted).unwrap().to_string()
    }

    #[test]
    fn nobody_can_say_that_they_come_from_elsewhere() {
        assert_eq!(
            from("198.51.100.1", &["203.0.113.9"], &["10.0.0.1"]),
            "198.51.100.1"
        );
        assert_eq!(
            from("10.0.0.1", &["1.1.1.1, 203.0.113.9"], &["10.0.0.1"]),
            "203.0.113.9"
        );
        assert_eq!(from("10.0.0.1", &["nonsense"], &["10.0.0.1"]), "10.0.0.1");
    }

    #[test]
    fn proxies_behind_proxies_are_seen_through() {
        let trusted = ["10.0.0.1", "10.0.0.2"];
        assert_eq!(
            from("10.0.0.1", &["203.0.113.9", "10.0.0.2"], &trusted),
            "203.0.113.9"
        );
        assert_eq!(
            from("::ffff:10.0.0.1", &["203.0.113.9"], &trusted),
            "203.0.113.9"
        );
        assert_eq!(
            from("10.0.0.7", &["203.0.113.9, 10.0.0.2"], &["10.0.0.0/24"]),
            "203.0.113.9"
        );
    }
}
