//! Signing webhooks as the Standard Webhooks specification says: HMAC-SHA256 over `id.timestamp.body`. Pure.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use sha2::Sha256;
use usher_model::Timestamp;

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// What a signature of this kind begins with.
const VERSION: &str = "v1,";

/// How far the clocks of sender and receiver may differ: an older call is a recording that somebody plays again.
pub const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// The secret that a webhook's sender and receiver share.
#[derive(Clone, Debug)]
pub struct SigningSecret(SecretSlice<u8>);

/// A text that is no signing secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// It is not base64.
    #[error("a webhook's secret is `whsec_` and base64 behind it")]
    NotBase64,
    /// It is too short or too long.
    #[error("a webhook's secret has 24 to 64 bytes, and this one has {0}")]
    Length(usize),
}

/// Why a call is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// None of its signatures is right.
    #[error("the signature does not match")]
    Mismatch,
    /// It is too old, or from the future.
    #[error("the call's time is more than five minutes off")]
    OutOfTime,
}

impl SigningSecret {
    /// Reads `whsec_` and base64.
    pub fn parse(text: &SecretString) -> Result<Self, BadSecret> {
        let text = text.expose_secret().trim();
        let encoded = text.strip_prefix(PREFIX).unwrap_or(text);
        let bytes = STANDARD.decode(encoded).map_err(|_| BadSecret::NotBase64)?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(BadSecret::Length(bytes.len()));
        }
        Ok(Self(bytes.into()))
    }

    /// The value of the header `webhook-signature`.
    pub fn sign(&self, id: &str, at: Timestamp, body: &str) -> String {
        let code = self.code(id, at.as_second(), body).finalize();
        format!("{VERSION}{}", STANDARD.encode(code.into_bytes()))
    }

    fn code(&self, id: &str, second: i64, body: &str) -> Hmac<Sha256> {
        // HMAC takes keys of any length.
        let Ok(mut code) = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()) else {
            unreachable!("a key of any length will do")
        };
        code.update(format!("{id}.{second}.{body}").as_bytes());
        code
    }
}

/// What a receiver does: checks that one of the signatures in the header is right, in constant time, and that the
/// call is not older than [`TOLERANCE`].
pub fn verify(
    secret: &SigningSecret,
    headers: (&str, &str, &str),
    body: &str,
    now: Timestamp,
) -> Result<(), BadSignature> {
    let (id, second, signatures) = headers;
    let second: i64 = second.parse().map_err(|_| BadSignature::OutOfTime)?;
    if now.as_second().abs_diff(second) > TOLERANCE.as_secs() {
        return Err(BadSignature::OutOfTime);
    }
    let right = signatures
        .split(' ')
        .filter_map(|signature| STANDARD.decode(signature.strip_prefix(VERSION)?).ok())
        .any(|bytes| secret.code(id, second, body).verify_slice(&bytes).is_ok());
    if right {
        Ok(())
    } else {
        Err(BadSignature::Mismatch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> SigningSecret {
        let text = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        SigningSecret::parse(&text).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// The example of the specification's reference implementations.
    #[test]
    fn the_published_example_comes_out() {
        let signature = secret().sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            at(1_614_265_330),
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_was_signed_verifies_beside_signatures_of_other_kinds() {
        let signature = secret().sign("id", at(1000), "body");
        let several = format!("v1a,AAAA v1,AAAA {signature}");
        let headers = ("id", "1000", several.as_str());
        assert_eq!(verify(&secret(), headers, "body", at(1100)), Ok(()));
    }

    #[test]
    fn a_changed_body_id_or_time_does_not_verify() {
        let signature = secret().sign("id", at(1000), "body");
        let check = |id, second, body| verify(&secret(), (id, second, &signature), body, at(1000));
        assert_eq!(check("id", "1000", "body"), Ok(()));
        assert_eq!(check("id", "1000", "Body"), Err(BadSignature::Mismatch));
        assert_eq!(check("di", "1000", "body"), Err(BadSignature::Mismatch));
        assert_eq!(check("id", "1001", "body"), Err(BadSignature::Mismatch));
    }

    #[test]
    fn an_old_call_does_not_verify() {
        let signature = secret().sign("id", at(1000), "body");
        let late = verify(&secret(), ("id", "1000", &signature), "body", at(1301));
        assert_eq!(late, Err(BadSignature::OutOfTime));
    }

    #[test]
    fn a_secret_that_is_short_or_no_base64_is_refused() {
        let parse = |text: &str| SigningSecret::parse(&SecretString::from(text)).map(drop);
        assert_eq!(parse("whsec_c2hvcnQ="), Err(BadSecret::Length(5)));
        assert_eq!(parse("whsec_???"), Err(BadSecret::NotBase64));
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        assert!(!format!("{:?}", secret()).contains("49"), "{:?}", secret());
        assert!(format!("{:?}", secret()).contains("REDACTED"));
    }
}
