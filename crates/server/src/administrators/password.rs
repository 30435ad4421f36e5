//! Passwords: argon2id, in threads of their own, some at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

use super::secret::random;
use crate::problem::Problem;

/// How many passwords are hashed at a time: each takes 19 MB and some ten milliseconds of a processor.
const AT_A_TIME: usize = 4;
/// The fewest characters of a password.
const SHORTEST: usize = 12;
/// The most bytes of a password.
const LONGEST: usize = 1024;

/// What is verified where there is no account or no password: it takes as long as any other, and fits nothing.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$dXNoZXItbm9ib2R5LXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    /// Too few characters.
    #[error("a password has at least {} characters", SHORTEST)]
    TooShort,
    /// Too many bytes.
    #[error("a password has at most {} bytes", LONGEST)]
    TooLong,
    /// Anybody would try it first.
    #[error(
        "a password is not the e-mail address or a part of it, and not one character again and again"
    )]
    Guessable,
}

/// Hashes and verifies passwords.
#[derive(Clone, Debug)]
pub struct Passwords(Arc<Turns>);

#[derive(Debug)]
struct Turns {
    free: Arc<Semaphore>,
    verified: AtomicU64,
}

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Turns {
            free: Arc::new(Semaphore::new(AT_A_TIME)),
            verified: AtomicU64::new(0),
        }))
    }
}

impl Passwords {
    /// A new password of 120 random bits.
    pub fn make() -> Result<SecretString, Problem> {
        let random: [u8; 15] = random()?;
        Ok(BASE64URL_NOPAD.encode(&random).into())
    }

    /// Whether a password can be taken by whoever has this e-mail address.
    pub fn check(password: &SecretString, email: &str) -> Result<(), PasswordProblem> {
        let text = password.expose_secret();
        if text.chars().count() < SHORTEST {
            return Err(PasswordProblem::TooShort);
        }
        if text.len() > LONGEST {
            return Err(PasswordProblem::TooLong);
        }
        let folded = text.to_lowercase();
        let first = text.chars().next();
        if email.to_lowercase().contains(&folded) || text.chars().all(|one| Some(one) == first) {
            return Err(PasswordProblem::Guessable);
        }
        Ok(())
    }

    /// The hash of a password, with a salt of its own.
    pub async fn hash(&self, password: &SecretString) -> Result<String, Problem> {
        let password = password.clone();
        self.in_a_thread(move || {
            let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|error| {
                tracing::error!(%error, "a password could not be hashed");
                Problem::bug()
            })
        })
        .await?
    }

    /// Whether a password has this hash. Without a hash the work is the same, and the answer is no: how long it takes does not
    /// tell whether there is one.
    pub async fn verify(
        &self,
        password: &SecretString,
        hash: Option<&str>,
    ) -> Result<bool, Problem> {
        let password = password.clone();
        let (hash, there) = (hash.unwrap_or(NOBODY).to_owned(), hash.is_some());
        let turns = Arc::clone(&self.0);
        let work = move || verify(&password, &hash, &turns.verified);
        Ok(self.in_a_thread(work).await? && there)
    }

    /// How many passwords were hashed to be verified: as much work was done for attempts at signing in.
    pub fn verified(&self) -> u64 {
        self.0.verified.load(Ordering::Relaxed)
    }

    async fn in_a_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = Arc::clone(&self.0.free).acquire_owned().await;
        let turn = turn.map_err(Problem::bug_of)?;
        // The turn lasts as long as the work does, also when whoever asked is gone.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(Problem::bug_of)
    }
}

/// Counts when the work is done, and not where there is none.
fn verify(password: &SecretString, hash: &str, done: &AtomicU64) -> bool {
    // What is longer than any password is not hashed: that would be work for nothing.
    let text = password.expose_secret();
    let text = text
        .get(..LONGEST)
        .filter(|_| text.len() > LONGEST)
        .unwrap_or(text);
    PasswordHash::new(hash).is_ok_and(|parsed| {
        let verified = Argon2::default().verify_password(text.as_bytes(), &parsed);
        done.fetch_add(1, Ordering::Relaxed);
        verified.is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_and_no_other() {
        let passwords = Passwords::default();
        let hash = passwords
            .hash(&"correct horse battery".into())
            .await
            .unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(
            passwords
                .verify(&"correct horse battery".into(), Some(&hash))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify(&"incorrect horse battery".into(), Some(&hash))
                .await
                .unwrap()
        );
    }

    #[test]
    fn a_password_that_was_made_can_be_taken_and_is_no_other() {
        let [one, other] = [Passwords::make().unwrap(), Passwords::make().unwrap()];
        assert_eq!(Passwords::check(&one, "ada@example.org"), Ok(()));
        assert_ne!(one.expose_secret(), other.expose_secret());
    }

    #[tokio::test]
    async fn without_an_account_the_same_work_is_done() {
        let real = Passwords::default()
            .hash(&"correct horse battery".into())
            .await
            .unwrap();
        let (real, nobody) = (
            PasswordHash::new(&real).unwrap(),
            PasswordHash::new(NOBODY).unwrap(),
        );
        assert_eq!(real.algorithm, nobody.algorithm);
        assert_eq!(real.version, nobody.version);
        assert_eq!(real.params.to_string(), nobody.params.to_string());
        assert!(
            !Passwords::default()
                .verify(&"anything at all".into(), None)
                .await
                .unwrap()
        );
    }

    #[test]
    fn short_and_guessable_passwords_are_refused() {
        let check = |text: &str| Passwords::check(&text.into(), "Ada.Lovelace@example.org");
        assert_eq!(check("short"), Err(PasswordProblem::TooShort));
        assert_eq!(check(&"ab".repeat(600)), Err(PasswordProblem::TooLong));
        assert_eq!(check("ada.lovelace"), Err(PasswordProblem::Guessable));
        assert_eq!(check("aaaaaaaaaaaaaa"), Err(PasswordProblem::Guessable));
        assert_eq!(check("correct horse"), Ok(()));
    }
}
