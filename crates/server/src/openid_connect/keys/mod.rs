//! A provider's keys, and whether a token was signed with one of them.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

/// The claims of a token.
pub type Claims = Map<String, Value>;

/// How a token may be signed: with a key whose other half only the provider has. What is signed with a shared secret, or not at
/// all, proves nothing.
const ALGORITHMS: [(&str, Algorithm); 9] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

/// The keys of a provider (RFC 7517).
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<Jwk>);

/// Why a token is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureProblem {
    /// It is no JSON Web Token.
    #[error("it is no signed token")]
    NoToken,
    /// It is signed in a way that proves nothing, or that Usher does not know.
    #[error("it is signed with `{0}`, which is not accepted")]
    Algorithm(String),
    /// It wants to be understood in a way that Usher does not know.
    #[error("it needs an extension that Usher does not know")]
    Extension,
    /// No key of the provider fits.
    #[error("it is signed with a key that the provider does not publish")]
    UnknownKey,
    /// The signature is not right.
    #[error("its signature is not right")]
    Altered,
}

impl Keys {
    /// Reads a key set. Keys of kinds that Usher does not know are left out; they sign nothing that it believes.
    pub fn read(document: &Value) -> Option<Self> {
        let keys = document.get("keys")?.as_array()?;
        let keys = keys
            .iter()
            .filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok())
            .filter(|key| {
                let mut algorithms = ALGORITHMS.iter();
                algorithms.any(|(_, algorithm)| is_of_kind(&key.algorithm, *algorithm))
            });
        Some(Self(keys.collect()))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The claims of a token that was signed with one of these keys. They are not judged yet.
    pub fn verify(&self, token: &str) -> Result<Claims, SignatureProblem> {
        let head = Head::read(token)?;
        let mut fitting = self.0.iter().filter(|key| head.fits(key)).peekable();
        if fitting.peek().is_none() {
            return Err(SignatureProblem::UnknownKey);
        }
        fitting
            .find_map(|key| claims(token, head.algorithm, key))
            .ok_or(SignatureProblem::Altered)
    }
}

/// What a token says about its signature.
struct Head {
    algorithm: Algorithm,
    key_id: Option<String>,
}

impl Head {
    fn read(token: &str) -> Result<Self, SignatureProblem> {
        let (head, _) = token.split_once('.').ok_or(SignatureProblem::NoToken)?;
        let bytes = BASE64URL_NOPAD.decode(head.as_bytes());
        let head: Claims = bytes
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or(SignatureProblem::NoToken)?;
        // RFC 7515 §4.1.11: whoever does not know an extension must not believe the token.
        if head.contains_key("crit") {
            return Err(SignatureProblem::Extension);
        }
        let named = head.get("alg").and_then(Value::as_str).unwrap_or_default();
        let known = ALGORITHMS.iter().find(|(name, _)| *name == named);
        let (_, algorithm) = known.ok_or_else(|| {
            SignatureProblem::Algorithm(
                named
                    .chars()
                    .filter(char::is_ascii_graphic)
                    .take(20)
                    .collect(),
            )
        })?;
        Ok(Self {
            algorithm: *algorithm,
            key_id: head.get("kid").and_then(Value::as_str).map(str::to_owned),
        })
    }

    /// Whether a key is of the kind that the algorithm needs, is there for signing, and has the name that the token gives.
    fn fits(&self, key: &Jwk) -> bool {
        let named = key.common.key_id.as_ref();
        let is_named = match (&self.key_id, named) {
            (Some(wanted), Some(named)) => wanted == named,
            _ => true,
        };
        let signs = key.common.public_key_use != Some(PublicKeyUse::Encryption);
        let same = key.common.key_algorithm.is_none_or(|algorithm| {
            ALGORITHMS
                .iter()
                .any(|(name, known)| *known == self.algorithm && *name == algorithm.to_string())
        });
        is_named && signs && same && is_of_kind(&key.algorithm, self.algorithm)
    }
}

fn is_of_kind(key: &AlgorithmParameters, algorithm: Algorithm) -> bool {
    match (key, algorithm) {
        (
            AlgorithmParameters::RSA(_),
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512,
        ) => true,
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES256) => {
            key.curve == EllipticCurve::P256
        }
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES384) => {
            key.curve == EllipticCurve::P384
        }
        (AlgorithmParameters::OctetKeyPair(key), Algorithm::EdDSA) => {
            key.curve == EllipticCurve::Ed25519
        }
        _ => false,
    }
}

/// The claims, if the signature is right. When and for whom they hold is judged elsewhere, by our own clock.
fn claims(token: &str, algorithm: Algorithm, key: &Jwk) -> Option<Claims> {
    let key = DecodingKey::from_jwk(key).ok()?;
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let token = jsonwebtoken::decode::<Claims>(token, &key, &validation).ok()?;
    Some(token.claims)
}

#[cfg(test)]
mod tests;
