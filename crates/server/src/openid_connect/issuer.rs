//! The name of a provider: an address.

use std::fmt;

use url::Url;
use usher_model::is_loopback;

/// A provider's issuer identifier, letter for letter as its ID tokens have it (OpenID Connect Core 1.0 §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    is_loopback: bool,
}

impl Issuer {
    /// Reads an issuer. Without TLS only on this machine.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("it is not an address: {error}"))?;
        let loopback = url.host_str().is_some_and(is_loopback);
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                return Err(
                    "http:// lets anybody on the way sign in as anybody; use https://".to_owned(),
                );
            }
            _ => return Err("it begins with https://".to_owned()),
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            return Err("it has no user name, no `?` and no `#`".to_owned());
        }
        Ok(Self {
            text: text.to_owned(),
            is_loopback: loopback && url.scheme() == "http",
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where its discovery document is (OpenID Connect Discovery 1.0 §4).
    pub fn discovery_url(&self) -> String {
        let base = self.text.trim_end_matches('/');
        format!("{base}/.well-known/openid-configuration")
    }

    /// Whether an address that the provider names may be called: by https, or on this machine if the provider is there.
    pub fn allows(&self, url: &Url) -> bool {
        let on_this_machine = url.host_str().is_some_and(is_loopback);
        url.scheme() == "https" || (self.is_loopback && url.scheme() == "http" && on_this_machine)
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_kept_letter_for_letter() {
        for text in ["https://id.example.org", "https://id.example.org/tenant/"] {
            assert_eq!(Issuer::parse(text).unwrap().as_str(), text);
        }
        let found = Issuer::parse("https://id.example.org/tenant/").unwrap();
        let expected = "https://id.example.org/tenant/.well-known/openid-configuration";
        assert_eq!(found.discovery_url(), expected);
    }

    #[test]
    fn an_issuer_in_the_clear_is_refused_but_on_this_machine() {
        assert!(Issuer::parse("http://127.0.0.1:9000").is_ok());
        for text in [
            "http://id.example.org",
            "http://localhost.example.org",
            "ftp://id.example.org",
            "id.example.org",
            "https://id.example.org?a=b",
            "https://id.example.org/#x",
            "https://me@id.example.org",
        ] {
            assert!(Issuer::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_provider_elsewhere_cannot_send_usher_to_this_machine() {
        let [local, remote] = ["http://127.0.0.1:9000", "https://id.example.org"]
            .map(|text| Issuer::parse(text).unwrap());
        let [in_the_clear, by_tls] = ["http://127.0.0.1:1/x", "https://elsewhere.example/x"]
            .map(|text| Url::parse(text).unwrap());
        assert!(local.allows(&in_the_clear) && !remote.allows(&in_the_clear));
        assert!(remote.allows(&by_tls));
    }
}
