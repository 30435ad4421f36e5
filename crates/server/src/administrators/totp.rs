//! The second factor: time-based one-time codes (RFC 6238) of an authenticator app, and recovery codes.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;
use usher_engine::EngineError;
use usher_engine::secrets::Vault;
use usher_model::Timestamp;
use usher_store::KeptSeed;

use super::secret::{fingerprint, random};
use crate::problem::{Problem, ProblemType};

/// How long a code holds, in seconds.
const STEP: u64 = 30;
/// How many digits a code has.
const DIGITS: usize = 6;
/// How many recovery codes there are.
const RECOVERY_CODES: usize = 10;

/// What an authenticator app makes its codes from.
#[derive(Clone)]
pub struct TotpSecret(Vec<u8>);

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

impl TotpSecret {
    /// A new one, of 160 bits as RFC 4226 asks for.
    pub fn new() -> Result<Self, Problem> {
        random::<20>().map(|bytes| Self(bytes.to_vec()))
    }

    /// One that was stored.
    pub async fn open(vault: &Vault, kept: &KeptSeed) -> Result<Self, Problem> {
        let seed = vault.second_factor(kept).await.map_err(|error| {
            if let EngineError::Store(error) = error {
                return Problem::from(error);
            }
            tracing::error!(
                error = &error as &dyn std::error::Error,
                hint = error.hint(),
                "codes of second factors cannot be checked"
            );
            Problem::new(
                ProblemType::Unavailable,
                "codes of authenticator apps cannot be checked now",
            )
            .hint("a recovery code works meanwhile; an operator finds the reason at /readyz and in the log")
        })?;
        Self::parse(seed.expose_secret())
            .ok_or_else(|| Problem::bug_of("a stored seed is not in base 32"))
    }

    /// One in base 32.
    pub fn parse(text: &str) -> Option<Self> {
        BASE32_NOPAD.decode(text.as_bytes()).ok().map(Self)
    }

    /// In base 32, as apps take it.
    pub fn to_text(&self) -> SecretString {
        BASE32_NOPAD.encode(&self.0).into()
    }

    /// As an address that apps read from a QR code.
    pub fn to_url(&self, email: &str) -> SecretString {
        let label = utf8_percent_encode(email, NON_ALPHANUMERIC);
        let secret = self.to_text();
        format!(
            "otpauth://totp/Usher:{label}?secret={}&issuer=Usher&algorithm=SHA1&digits={DIGITS}&period={STEP}",
            secret.expose_secret()
        )
        .into()
    }

    /// The time step for which `code` is right at `now`: the current one, the one before or the one behind, because clocks
    /// differ. All three are looked at in any case.
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<u64> {
        let current = u64::try_from(now.as_second()).unwrap_or(0) / STEP;
        let mut found = None;
        for step in current.saturating_sub(1)..=current + 1 {
            if bool::from(self.code(step).as_bytes().ct_eq(code.as_bytes())) {
                found = Some(step);
            }
        }
        found
    }

    /// The code of a time step.
    pub fn code(&self, step: u64) -> String {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&self.0) else {
            return String::new();
        };
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let at = usize::from(hash.last().copied().unwrap_or(0) & 0x0f);
        let four = hash.iter().skip(at).take(4);
        let number = four.fold(0u32, |number, byte| (number << 8) | u32::from(*byte)) & 0x7fff_ffff;
        format!("{:0width$}", number % 10u32.pow(6), width = DIGITS)
    }
}

/// Codes that stand for the second factor when the app is lost, each once.
#[derive(Clone)]
pub struct RecoveryCodes(Vec<String>);

impl std::fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCodes(…)")
    }
}

impl RecoveryCodes {
    /// New ones, of 80 random bits each.
    pub fn new() -> Result<Self, Problem> {
        let codes = (0..RECOVERY_CODES).map(|_| random::<10>().map(|bytes| spell(&bytes)));
        codes.collect::<Result<_, _>>().map(Self)
    }

    /// The codes, for the one answer that holds them.
    pub fn reveal(&self) -> &[String] {
        &self.0
    }

    /// Their hashes, for the database.
    pub fn hashes(&self) -> Vec<String> {
        self.0.iter().map(|code| Self::hash(code)).collect()
    }

    /// The hash of what somebody typed.
    pub fn hash(typed: &str) -> String {
        let letters = typed.chars().filter(char::is_ascii_alphanumeric);
        fingerprint(&letters.collect::<String>().to_ascii_lowercase())
    }

    /// Whether somebody typed something as long as a recovery code, and not a code of an app.
    pub fn looks_like_one(typed: &str) -> bool {
        typed.chars().filter(char::is_ascii_alphanumeric).count() == 16
    }
}

/// `abcd-efgh-ijkl-mnop`.
fn spell(bytes: &[u8; 10]) -> String {
    let text = BASE32_NOPAD.encode(bytes).to_ascii_lowercase();
    let mut spelled = String::new();
    for (at, letter) in text.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            spelled.push('-');
        }
        spelled.push(letter);
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B.
    fn rfc() -> TotpSecret {
        TotpSecret(b"12345678901234567890".to_vec())
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(rfc().code(second / 30), code, "at {second}");
        }
    }

    #[test]
    fn a_code_holds_a_step_before_and_a_step_behind_its_own() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let code = rfc().code(10);
        for (second, expected) in [
            (269, None),
            (270, Some(10)),
            (300, Some(10)),
            (359, Some(10)),
            (360, None),
        ] {
            assert_eq!(rfc().step_of(&code, at(second)), expected, "at {second}");
        }
        assert_eq!(rfc().step_of("", at(300)), None);
    }

    #[test]
    fn a_secret_reads_back_and_its_address_names_the_account() {
        let secret = TotpSecret::new().unwrap();
        let text = secret.to_text();
        let read = TotpSecret::parse(text.expose_secret()).unwrap();
        assert_eq!(read.code(7), secret.code(7));
        let url = secret.to_url("ada@example.org");
        assert!(
            url.expose_secret()
                .starts_with("otpauth://totp/Usher:ada%40example%2Eorg?secret=")
        );
        assert!(!format!("{secret:?}").contains(text.expose_secret()));
    }

    #[test]
    fn a_recovery_code_is_found_however_it_is_typed() {
        let codes = RecoveryCodes::new().unwrap();
        let code = &codes.reveal()[0];
        assert_eq!(code.len(), 19);
        assert!(RecoveryCodes::looks_like_one(code));
        assert!(!RecoveryCodes::looks_like_one("123456"));
        assert_eq!(
            RecoveryCodes::hash(&code.to_uppercase().replace('-', " ")),
            codes.hashes()[0]
        );
    }
}
