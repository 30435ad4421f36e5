//! Signatures, right and wrong.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::json;

use super::*;

fn encode(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// A key pair on P-256, and its public half as a JWK.
fn elliptic(id: &str) -> (EcdsaKeyPair, Value) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
    let key = json!({"kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "alg": "ES256", "x": x, "y": y});
    (pair, key)
}

fn set(keys: &[&Value]) -> Keys {
    Keys::read(&json!({"keys": keys})).unwrap()
}

fn signed(pair: &EcdsaKeyPair, head: &Value, claims: &Value) -> String {
    let message = message(head, claims);
    let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    format!("{message}.{}", encode(signature.as_ref()))
}

fn message(head: &Value, claims: &Value) -> String {
    let part = |value: &Value| encode(value.to_string().as_bytes());
    format!("{}.{}", part(head), part(claims))
}

fn head(id: &str) -> Value {
    json!({"alg": "ES256", "kid": id})
}

#[test]
fn a_token_of_the_providers_is_read() {
    let (pair, key) = elliptic("one");
    let token = signed(&pair, &head("one"), &json!({"sub": "7", "exp": 1}));
    let claims = set(&[&key]).verify(&token).unwrap();
    assert_eq!(claims["sub"], "7");
    let nameless = signed(&pair, &json!({"alg": "ES256"}), &json!({"sub": "7"}));
    assert!(set(&[&elliptic("two").1, &key]).verify(&nameless).is_ok());
}

#[test]
fn an_rsa_signature_is_read_too() {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = pair.public_key();
    let n = encode(public.modulus().big_endian_without_leading_zero());
    let e = encode(public.exponent().big_endian_without_leading_zero());
    let key = json!({"kty": "RSA", "kid": "r", "n": n, "e": e});
    let message = message(&json!({"alg": "RS256", "kid": "r"}), &json!({"sub": "7"}));
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message.as_bytes(),
        &mut signature,
    )
    .unwrap();
    let token = format!("{message}.{}", encode(&signature));
    assert_eq!(set(&[&key]).verify(&token).unwrap()["sub"], "7");
}

#[test]
fn a_token_that_was_altered_anywhere_is_refused() {
    let (pair, key) = elliptic("one");
    let keys = set(&[&key]);
    let token = signed(&pair, &head("one"), &json!({"sub": "7"}));
    let parts: Vec<&str> = token.split('.').collect();
    let other = encode(json!({"sub": "8"}).to_string().as_bytes());
    let forged = format!("{}.{other}.{}", parts[0], parts[2]);
    assert_eq!(keys.verify(&forged), Err(SignatureProblem::Altered));
    for cut in [
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
    ] {
        assert_eq!(keys.verify(&cut), Err(SignatureProblem::Altered), "{cut}");
    }
    let (stranger, _) = elliptic("one");
    let theirs = signed(&stranger, &head("one"), &json!({"sub": "7"}));
    assert_eq!(keys.verify(&theirs), Err(SignatureProblem::Altered));
}

#[test]
fn what_is_not_signed_or_signed_with_a_shared_secret_is_refused() {
    let (_, key) = elliptic("one");
    let keys = set(&[&key]);
    for algorithm in ["none", "None", "HS256", "HS512", "", "ES256K", "es256"] {
        let message = message(
            &json!({"alg": algorithm, "kid": "one"}),
            &json!({"sub": "7"}),
        );
        for token in [format!("{message}."), format!("{message}.AAAA")] {
            let refused = keys.verify(&token);
            assert_eq!(
                refused,
                Err(SignatureProblem::Algorithm(algorithm.to_owned()))
            );
        }
    }
}

/// The public key is no secret: whoever signs with it as if it were one must not be believed.
#[test]
fn a_public_key_is_not_taken_for_a_shared_secret() {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let (_, key) = elliptic("one");
    let secret = key["x"].as_str().unwrap();
    let keys = set(&[&key, &json!({"kty": "oct", "kid": "one", "k": secret})]);
    let message = message(&json!({"alg": "HS256", "kid": "one"}), &json!({"sub": "7"}));
    let secret = BASE64URL_NOPAD.decode(secret.as_bytes()).unwrap();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&secret).unwrap();
    mac.update(message.as_bytes());
    let token = format!("{message}.{}", encode(&mac.finalize().into_bytes()));
    assert_eq!(
        keys.verify(&token),
        Err(SignatureProblem::Algorithm("HS256".to_owned()))
    );
}

#[test]
fn a_key_that_is_not_published_or_not_for_signing_does_not_count() {
    let (pair, mut key) = elliptic("one");
    let token = signed(&pair, &head("one"), &json!({"sub": "7"}));
    assert_eq!(set(&[]).verify(&token), Err(SignatureProblem::UnknownKey));
    let renamed = signed(&pair, &head("two"), &json!({"sub": "7"}));
    assert_eq!(
        set(&[&key]).verify(&renamed),
        Err(SignatureProblem::UnknownKey)
    );
    key["use"] = json!("enc");
    assert_eq!(
        set(&[&key]).verify(&token),
        Err(SignatureProblem::UnknownKey)
    );
}

#[test]
fn an_extension_that_is_not_known_is_not_passed_over() {
    let (pair, key) = elliptic("one");
    let head = json!({"alg": "ES256", "kid": "one", "crit": ["b64"], "b64": false});
    let token = signed(&pair, &head, &json!({"sub": "7"}));
    assert_eq!(
        set(&[&key]).verify(&token),
        Err(SignatureProblem::Extension)
    );
}

#[test]
fn keys_of_strange_kinds_are_left_out_and_the_others_stay() {
    let (_, key) = elliptic("one");
    let strange = json!({"kty": "PQ", "kid": "x"});
    let curve = json!({"kty": "OKP", "crv": "X448", "x": "AAAA"});
    assert_eq!(set(&[&strange, &curve, &json!(7), &key]).count(), 1);
    assert!(Keys::read(&json!({"error": "no"})).is_none());
}

#[test]
fn nonsense_is_no_token() {
    let keys = set(&[&elliptic("one").1]);
    for text in ["", ".", "..", "a.b.c", "{}", "e30.e30.e30.e30"] {
        assert!(keys.verify(text).is_err(), "{text}");
    }
}
