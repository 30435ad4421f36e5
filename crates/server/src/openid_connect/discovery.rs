//! The discovery document of a provider (OpenID Connect Discovery 1.0 §3), read.

use serde_json::Value;
use url::Url;

use super::issuer::Issuer;

/// What Usher needs to know of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Where browsers are sent.
    pub authorization_endpoint: Url,
    /// Where a code is exchanged.
    pub token_endpoint: Url,
    /// Where its keys are.
    pub jwks_uri: Url,
    /// Where it says more about somebody.
    pub userinfo_endpoint: Option<Url>,
    /// Where browsers are sent to sign out.
    pub end_session_endpoint: Option<Url>,
    /// How Usher proves who it is when it exchanges a code.
    pub token_auth: TokenAuth,
    /// Whether it says its name when it sends a browser back (RFC 9207).
    pub says_issuer: bool,
}

/// How a client proves who it is (OpenID Connect Core 1.0 §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenAuth {
    /// In a header.
    Basic,
    /// In the body.
    Post,
}

/// Why a discovery document cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryProblem {
    /// It is another provider's, or the same one's under another name.
    #[error(
        "its discovery document names the issuer `{found}`, and the settings name `{expected}`"
    )]
    OtherIssuer {
        /// What the document says.
        found: String,
        /// What the settings say.
        expected: String,
    },
    /// Something is missing or is no address.
    #[error("its discovery document has no usable `{0}`")]
    Missing(&'static str),
    /// An address that must not be called.
    #[error("its discovery document gives an address without TLS for `{0}`")]
    InTheClear(&'static str),
    /// It does not know PKCE as Usher does it.
    #[error("it does not support PKCE with S256, which Usher needs")]
    NoPkce,
}

/// Reads a discovery document of the provider with this issuer.
pub fn read(document: &Value, issuer: &Issuer) -> Result<Metadata, DiscoveryProblem> {
    let found = document.get("issuer").and_then(Value::as_str);
    if found != Some(issuer.as_str()) {
        return Err(DiscoveryProblem::OtherIssuer {
            found: shorten(found.unwrap_or_default()),
            expected: issuer.to_string(),
        });
    }
    let pkce = words(document, "code_challenge_methods_supported");
    if pkce.is_some_and(|methods| !methods.contains(&"S256")) {
        return Err(DiscoveryProblem::NoPkce);
    }
    let needed = |name: &'static str| {
        address(document, issuer, name)
            .and_then(|found| found.ok_or(DiscoveryProblem::Missing(name)))
    };
    Ok(Metadata {
        authorization_endpoint: needed("authorization_endpoint")?,
        token_endpoint: needed("token_endpoint")?,
        jwks_uri: needed("jwks_uri")?,
        userinfo_endpoint: address(document, issuer, "userinfo_endpoint")?,
        end_session_endpoint: address(document, issuer, "end_session_endpoint")?,
        token_auth: token_auth(document),
        says_issuer: document.get("authorization_response_iss_parameter_supported")
            == Some(&Value::Bool(true)),
    })
}

fn address(
    document: &Value,
    issuer: &Issuer,
    name: &'static str,
) -> Result<Option<Url>, DiscoveryProblem> {
    let Some(text) = document.get(name).and_then(Value::as_str) else {
        return Ok(None);
    };
    let url = Url::parse(text).map_err(|_| DiscoveryProblem::Missing(name))?;
    if !issuer.allows(&url) {
        return Err(DiscoveryProblem::InTheClear(name));
    }
    Ok(Some(url))
}

/// The header is what every provider must know (RFC 6749 §2.3.1), and what counts where none is named.
fn token_auth(document: &Value) -> TokenAuth {
    match words(document, "token_endpoint_auth_methods_supported") {
        Some(methods)
            if methods.contains(&"client_secret_post")
                && !methods.contains(&"client_secret_basic") =>
        {
            TokenAuth::Post
        }
        _ => TokenAuth::Basic,
    }
}

fn words<'a>(document: &'a Value, name: &str) -> Option<Vec<&'a str>> {
    let values = document.get(name)?.as_array()?;
    Some(values.iter().filter_map(Value::as_str).collect())
}

/// What a stranger wrote, short enough for a message.
fn shorten(text: &str) -> String {
    text.chars()
        .filter(|one| !one.is_control())
        .take(200)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn issuer() -> Issuer {
        Issuer::parse("https://id.example.org").unwrap()
    }

    fn document() -> Value {
        json!({
            "issuer": "https://id.example.org",
            "authorization_endpoint": "https://id.example.org/authorize?tenant=1",
            "token_endpoint": "https://tokens.example.org/token",
            "jwks_uri": "https://id.example.org/keys",
        })
    }

    fn with(name: &str, value: Value) -> Result<Metadata, DiscoveryProblem> {
        let mut document = document();
        document[name] = value;
        read(&document, &issuer())
    }

    #[test]
    fn what_is_optional_may_be_missing() {
        let found = read(&document(), &issuer()).unwrap();
        assert_eq!(found.token_auth, TokenAuth::Basic);
        assert!(found.userinfo_endpoint.is_none() && !found.says_issuer);
        assert_eq!(found.token_endpoint.host_str(), Some("tokens.example.org"));
    }

    #[test]
    fn a_document_of_another_issuer_is_refused_even_if_only_a_slash_differs() {
        for other in ["https://id.example.org/", "https://evil.example", ""] {
            let refused = with("issuer", other.into()).unwrap_err();
            assert!(
                matches!(refused, DiscoveryProblem::OtherIssuer { .. }),
                "{refused}"
            );
        }
    }

    #[test]
    fn an_address_without_tls_is_refused() {
        for name in [
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
            "userinfo_endpoint",
        ] {
            for address in [
                "http://id.example.org/x",
                "http://127.0.0.1/x",
                "file:///etc/passwd",
            ] {
                let refused = with(name, address.into()).unwrap_err();
                assert!(
                    matches!(refused, DiscoveryProblem::InTheClear(_)),
                    "{name}: {refused}"
                );
            }
        }
    }

    #[test]
    fn what_is_needed_and_missing_is_named() {
        for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
            for value in [Value::Null, json!("nonsense"), json!(7)] {
                let refused = with(name, value).unwrap_err().to_string();
                assert!(refused.contains(name), "{refused}");
            }
        }
    }

    #[test]
    fn a_provider_that_lists_other_methods_of_pkce_only_is_refused() {
        let refused = with("code_challenge_methods_supported", json!(["plain"]));
        assert_eq!(refused, Err(DiscoveryProblem::NoPkce));
        assert!(with("code_challenge_methods_supported", json!(["plain", "S256"])).is_ok());
    }

    #[test]
    fn the_secret_goes_into_the_body_only_where_the_header_is_not_taken() {
        let found = |methods: Value| {
            with("token_endpoint_auth_methods_supported", methods)
                .unwrap()
                .token_auth
        };
        assert_eq!(found(json!(["client_secret_post"])), TokenAuth::Post);
        let both = json!(["client_secret_post", "client_secret_basic"]);
        assert_eq!(found(both), TokenAuth::Basic);
        assert_eq!(found(json!(["private_key_jwt"])), TokenAuth::Basic);
    }
}
