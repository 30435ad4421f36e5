//! Networks, such as the one that proxies are in.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// All addresses that begin with the same bits (RFC 4632, RFC 4291 §2.3); a single address is one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    /// How many bits, from the first.
    prefix: u32,
}

/// A text that is no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// It is neither an address nor an address with a length behind it.
    #[error("`{0}` is neither an IP address nor a network such as 10.0.0.0/8")]
    Form(String),
    /// The address goes on behind the length.
    #[error("`{given}` is an address within a network; the network is {network}")]
    Within {
        /// What was given.
        given: String,
        /// The network it is in.
        network: Network,
    },
}

impl Network {
    /// Whether an address is in it. An IPv4 address that is written as an IPv6 one counts as what it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                behind(
                    u128::from(base.to_bits() ^ address.to_bits()),
                    32 - self.prefix,
                ) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                behind(base.to_bits() ^ address.to_bits(), 128 - self.prefix) == 0
            }
            _ => false,
        }
    }

    fn of(address: IpAddr, prefix: u32) -> Self {
        let base = match address {
            IpAddr::V4(address) => {
                let kept = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
                IpAddr::V4((address.to_bits() & kept).into())
            }
            IpAddr::V6(address) => {
                let kept = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
                IpAddr::V6((address.to_bits() & kept).into())
            }
        };
        Self { base, prefix }
    }
}

/// What is left of the bits when so many of the last ones are dropped.
fn behind(bits: u128, dropped: u32) -> u128 {
    bits.checked_shr(dropped).unwrap_or(0)
}

/// An IPv4 network that is written as an IPv6 one is what it is, so that [`Network::contains`] finds addresses in it.
fn canonical(address: IpAddr, prefix: u32) -> (IpAddr, u32) {
    match (address.to_canonical(), prefix.checked_sub(96)) {
        (short @ IpAddr::V4(_), Some(left)) if address.is_ipv6() => (short, left),
        _ => (address, prefix),
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        let address = address.to_canonical();
        Self::of(address, width(address))
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || NetworkError::Form(text.to_owned());
        let Some((address, prefix)) = text.split_once('/') else {
            return text.parse::<IpAddr>().map(Self::from).map_err(|_| form());
        };
        let address: IpAddr = address.parse().map_err(|_| form())?;
        if !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(form());
        }
        let prefix: u32 = prefix.parse().map_err(|_| form())?;
        if prefix > width(address) {
            return Err(form());
        }
        let (address, prefix) = canonical(address, prefix);
        let network = Self::of(address, prefix);
        if network.base != address {
            return Err(NetworkError::Within {
                given: text.to_owned(),
                network,
            });
        }
        Ok(network)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.prefix == width(self.base) {
            write!(f, "{}", self.base)
        } else {
            write!(f, "{}/{}", self.base, self.prefix)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_contains_what_begins_with_its_bits() {
        for (of, inside, outside) in [
            ("10.244.0.0/16", "10.244.255.7", "10.245.0.0"),
            ("10.0.0.5", "10.0.0.5", "10.0.0.4"),
            ("10.0.0.5/32", "::ffff:10.0.0.5", "10.0.0.6"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
            ("192.0.2.128/25", "192.0.2.255", "192.0.2.127"),
        ] {
            let of = network(of);
            assert!(of.contains(inside.parse().unwrap()), "{inside} in {of}");
            assert!(!of.contains(outside.parse().unwrap()), "{outside} in {of}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused_and_an_address_within_one_names_it() {
        for text in [
            "",
            "10.0.0",
            "10.0.0.0/33",
            "10.0.0.0/",
            "::/129",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "host/8",
        ] {
            let error = text.parse::<Network>().unwrap_err();
            assert!(matches!(error, NetworkError::Form(_)), "{text}: {error}");
        }
        let error = "10.1.2.3/8".parse::<Network>().unwrap_err();
        assert!(error.to_string().ends_with("10.0.0.0/8"), "{error}");
    }

    #[test]
    fn an_ipv4_network_that_is_written_as_an_ipv6_one_is_what_it_is() {
        assert_eq!(network("::ffff:10.0.0.0/104"), network("10.0.0.0/8"));
        assert!("::ffff:10.0.0.0/95".parse::<Network>().is_err());
    }

    proptest! {
        #[test]
        fn an_address_is_in_each_network_that_is_cut_from_it(bits: u32, prefix in 0u32..=32) {
            let address = IpAddr::V4(bits.into());
            let of = Network::of(address, prefix);
            prop_assert!(of.contains(address));
            prop_assert_eq!(network(&of.to_string()), of);
            if prefix > 0 {
                let other = IpAddr::V4((bits ^ (1 << (32 - prefix))).into());
                prop_assert!(!of.contains(other));
            }
        }
    }
}
