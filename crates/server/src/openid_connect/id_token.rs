//! The ID token's claims about itself: who it is from, for whom, when, and for which sign-in (OpenID Connect Core 1.0
//! §3.1.3.7).

use jiff::Timestamp;
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use super::keys::Claims;

/// By how many seconds a provider's clock may differ from ours.
const LEEWAY: i64 = 60;
/// The most characters of a subject (OpenID Connect Core 1.0 §2).
const LONGEST_SUBJECT: usize = 255;

/// What an ID token has to say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The provider's issuer identifier.
    pub issuer: &'a str,
    /// The name that the provider gave Usher.
    pub client_id: &'a str,
    /// What the sign-in was begun with.
    pub nonce: &'a str,
    /// Now.
    pub now: Timestamp,
}

/// Why an ID token is not for this sign-in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenProblem {
    /// Something that it must say is missing, or of the wrong kind.
    #[error("it has no usable `{0}`")]
    Missing(&'static str),
    /// Another provider made it.
    #[error("it is of another issuer")]
    Issuer,
    /// It is for another client.
    #[error("it is for another client")]
    Audience,
    /// It is for another sign-in.
    #[error("it belongs to another sign-in")]
    Nonce,
    /// Its time is over.
    #[error("it expired at {0}")]
    Expired(Timestamp),
    /// Its time has not come.
    #[error("it holds from {0} on only")]
    Early(Timestamp),
}

/// Whether an ID token is this provider's, for this client, of now, and of this sign-in. Returns its subject.
pub fn check(claims: &Claims, expected: Expected<'_>) -> Result<String, IdTokenProblem> {
    if text(claims, "iss")? != expected.issuer {
        return Err(IdTokenProblem::Issuer);
    }
    audience(claims, expected.client_id)?;
    times(claims, expected.now)?;
    // Secret enough to be compared without telling by time how much of it was right.
    let nonce = text(claims, "nonce")?;
    if !bool::from(nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
        return Err(IdTokenProblem::Nonce);
    }
    let subject = text(claims, "sub")?;
    if subject.is_empty() || subject.chars().count() > LONGEST_SUBJECT {
        return Err(IdTokenProblem::Missing("sub"));
    }
    Ok(subject.to_owned())
}

/// The token may be for others too; then it says that it was given to this client.
fn audience(claims: &Claims, client_id: &str) -> Result<(), IdTokenProblem> {
    let several = match claims.get("aud") {
        Some(Value::String(one)) if one == client_id => false,
        Some(Value::Array(all)) if all.iter().any(|one| one == client_id) => all.len() > 1,
        Some(Value::String(_) | Value::Array(_)) => return Err(IdTokenProblem::Audience),
        _ => return Err(IdTokenProblem::Missing("aud")),
    };
    match claims.get("azp") {
        Some(party) if party == client_id => Ok(()),
        None if !several => Ok(()),
        _ => Err(IdTokenProblem::Audience),
    }
}

fn times(claims: &Claims, now: Timestamp) -> Result<(), IdTokenProblem> {
    let now = now.as_second();
    let (expiry, made) = (needed_time(claims, "exp")?, needed_time(claims, "iat")?);
    if now >= expiry.as_second().saturating_add(LEEWAY) {
        return Err(IdTokenProblem::Expired(expiry));
    }
    let begins = time(claims, "nbf")?.unwrap_or(made).max(made);
    if begins.as_second() > now.saturating_add(LEEWAY) {
        return Err(IdTokenProblem::Early(begins));
    }
    Ok(())
}

fn needed_time(claims: &Claims, name: &'static str) -> Result<Timestamp, IdTokenProblem> {
    time(claims, name)?.ok_or(IdTokenProblem::Missing(name))
}

/// Seconds since 1970, perhaps with a fraction (RFC 7519 §2).
fn time(claims: &Claims, name: &'static str) -> Result<Option<Timestamp>, IdTokenProblem> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let wrong = IdTokenProblem::Missing(name);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what does not fit is no time, and refused right behind it"
    )]
    let seconds = value
        .as_i64()
        .or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64));
    let found = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    found.map(Some).ok_or(wrong)
}

fn text<'a>(claims: &'a Claims, name: &'static str) -> Result<&'a str, IdTokenProblem> {
    let found = claims.get(name).and_then(Value::as_str);
    found.ok_or(IdTokenProblem::Missing(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_772_352_000;

    fn expected() -> Expected<'static> {
        Expected {
            issuer: "https://id.example.org",
            client_id: "usher",
            nonce: "n-0S6",
            now: Timestamp::from_second(NOW).unwrap(),
        }
    }

    fn claims() -> Value {
        json!({
            "iss": "https://id.example.org", "sub": "7", "aud": "usher", "nonce": "n-0S6",
            "iat": NOW - 5, "exp": NOW + 300,
        })
    }

    fn checked(claims: &Value) -> Result<String, IdTokenProblem> {
        check(claims.as_object().unwrap(), expected())
    }

    fn with(name: &str, value: Value) -> Result<String, IdTokenProblem> {
        let mut claims = claims();
        claims[name] = value;
        checked(&claims)
    }

    #[test]
    fn a_token_of_this_sign_in_gives_its_subject() {
        assert_eq!(checked(&claims()), Ok("7".to_owned()));
        assert!(with("aud", json!(["usher"])).is_ok());
        assert!(with("exp", json!(1_772_352_300.5)).is_ok());
    }

    #[test]
    fn each_claim_is_needed() {
        for name in ["iss", "sub", "aud", "nonce", "iat", "exp"] {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(name);
            assert_eq!(checked(&claims), Err(IdTokenProblem::Missing(name)));
            assert_eq!(with(name, json!({})), Err(IdTokenProblem::Missing(name)));
        }
        assert_eq!(with("sub", json!("")), Err(IdTokenProblem::Missing("sub")));
    }

    #[test]
    fn another_issuer_client_or_sign_in_is_refused() {
        for issuer in [
            "https://id.example.org/",
            "https://evil.example",
            "HTTPS://id.example.org",
        ] {
            assert_eq!(with("iss", json!(issuer)), Err(IdTokenProblem::Issuer));
        }
        for audience in [
            json!("other"),
            json!([]),
            json!(["other", "ushers"]),
            json!(""),
        ] {
            assert_eq!(with("aud", audience), Err(IdTokenProblem::Audience));
        }
        for nonce in ["n-0S7", "n-0S6 ", ""] {
            assert_eq!(with("nonce", json!(nonce)), Err(IdTokenProblem::Nonce));
        }
    }

    #[test]
    fn a_token_for_several_says_to_whom_it_was_given() {
        let mut several = claims();
        several["aud"] = json!(["usher", "other"]);
        assert_eq!(checked(&several), Err(IdTokenProblem::Audience));
        several["azp"] = json!("other");
        assert_eq!(checked(&several), Err(IdTokenProblem::Audience));
        several["azp"] = json!("usher");
        assert!(checked(&several).is_ok());
        assert_eq!(with("azp", json!("other")), Err(IdTokenProblem::Audience));
    }

    #[test]
    fn clocks_may_differ_by_a_minute_and_no_more() {
        assert!(with("exp", json!(NOW - LEEWAY + 1)).is_ok());
        let over = with("exp", json!(NOW - LEEWAY));
        assert!(matches!(over, Err(IdTokenProblem::Expired(_))), "{over:?}");
        for name in ["iat", "nbf"] {
            assert!(with(name, json!(NOW + LEEWAY)).is_ok());
            let early = with(name, json!(NOW + LEEWAY + 1));
            assert!(matches!(early, Err(IdTokenProblem::Early(_))), "{early:?}");
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-z:/.0-9-]{0,24}".prop_map(Value::from),
            prop::collection::vec("[a-z]{0,6}", 0..3).prop_map(Value::from),
        ]
    }

    proptest! {
        /// Whatever one of the claims becomes: it is refused, or it says the same as before.
        #[test]
        fn no_single_claim_can_be_another_one(at in 0usize..4, value in any_value()) {
            let name = ["iss", "aud", "nonce", "azp"][at];
            let same = match name {
                "azp" => value == "usher",
                "aud" => value == "usher" || value == json!(["usher"]),
                _ => value == claims()[name],
            };
            prop_assert_eq!(with(name, value).is_ok(), same);
        }

        #[test]
        fn a_token_holds_exactly_from_its_making_to_its_end(made in -10_000i64..10_000, lasts in -10_000i64..10_000) {
            let mut token = claims();
            token["iat"] = json!(NOW + made);
            token["exp"] = json!(NOW + made + lasts);
            let holds = made <= LEEWAY && made + lasts > -LEEWAY;
            prop_assert_eq!(checked(&token).is_ok(), holds);
        }
    }
}
