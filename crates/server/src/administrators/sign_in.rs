//! Signing in with a password: counted, checked, and answered the same whether there is such an account or not.

use std::net::IpAddr;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;
use usher_model::{Actor, EventKind, Origin, Timestamp};
use usher_store::{
    AdministratorKind, AdministratorRecord, AdministratorState, Attempt, Counted, Credentials,
    Limit, SignInMethod, StoreError,
};

use super::beginning::{NewSignIn, SignedIn, begin};
use super::secret::fingerprint;
use super::totp::{RecoveryCodes, TotpSecret};
use crate::Server;
use crate::problem::Problem;

/// How often one account may be tried.
const OF_AN_ACCOUNT: Limit = Limit {
    attempts: 10,
    within: Duration::from_secs(15 * 60),
};
/// How often one address may try, whatever the account. Many people may be behind one address.
const FROM_AN_ADDRESS: Limit = Limit {
    attempts: 60,
    within: Duration::from_secs(15 * 60),
};

/// Somebody who wants to sign in.
#[derive(Debug)]
pub struct SignIn<'a> {
    /// Whom they say they are.
    pub email: &'a str,
    /// Their password.
    pub password: &'a SecretString,
    /// The code of their app, or a recovery code.
    pub code: Option<&'a SecretString>,
    /// Where they come from.
    pub address: Option<IpAddr>,
    /// What their browser calls itself.
    pub user_agent: Option<&'a str>,
    /// The hash of the session's token that they came with, which ends.
    pub replaced: Option<String>,
}

/// Why somebody was not signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInRefusal {
    /// E-mail address, password or code are wrong, or the account is disabled: nobody is told which.
    Wrong,
    /// The password is right, and a code is needed too.
    CodeNeeded,
    /// It was tried too often.
    TooOften {
        /// When to try again.
        until: Timestamp,
    },
}

/// Signs somebody in.
pub async fn sign_in(
    server: &Server,
    request: SignIn<'_>,
) -> Result<Result<SignedIn, SignInRefusal>, Problem> {
    let visitor = Actor::Visitor {
        address: request.address,
    };
    if let Some(refusal) = count(server, &visitor, request.email, request.address).await? {
        return Ok(Err(refusal));
    }
    let found = server.store().credentials_by_email(request.email).await?;
    let method = check(server, &request, found.as_ref()).await?;
    let refusal = match (method, &found) {
        (Ok(method), Some(found)) => {
            match begin(server, new_sign_in(&request, found, method)).await? {
                Ok(signed_in) => return Ok(Ok(signed_in)),
                Err(refusal) => refusal,
            }
        }
        (refused, _) => refused.err().unwrap_or(SignInRefusal::Wrong),
    };
    let whose = found.as_ref().map(|found| &found.administrator);
    note_failure(server, &visitor, whose, refusal).await?;
    // Asking for the code is half of coming in, and no attempt of the address that failed.
    if let (SignInRefusal::CodeNeeded, Some(address)) = (refusal, request.address) {
        let store = server.store();
        store.discount_sign_in(&address_key(address)).await?;
    }
    Ok(Err(refusal))
}

fn new_sign_in<'a>(
    request: &SignIn<'a>,
    found: &Credentials,
    method: SignInMethod,
) -> NewSignIn<'a> {
    NewSignIn {
        administrator: found.administrator.clone(),
        method,
        password: found.password.clone(),
        counted: Some(request.email),
        address: request.address,
        user_agent: request.user_agent,
        replaced: request.replaced.clone(),
        at: None,
    }
}

/// Counts the attempt before it is made, so that many at once are not more than one after the other.
pub async fn count(
    server: &Server,
    actor: &Actor,
    email: &str,
    address: Option<IpAddr>,
) -> Result<Option<SignInRefusal>, Problem> {
    let mut attempts = vec![Attempt {
        key: account_key(email),
        limit: OF_AN_ACCOUNT,
    }];
    attempts.extend(address.map(from_an_address));
    let Counted::Refused { until, is_first } = server.store().count_sign_in(&attempts).await?
    else {
        return Ok(None);
    };
    let refusal = SignInRefusal::TooOften { until };
    // Whoever goes on trying does not fill the log.
    if is_first {
        let whose = server.store().administrator_by_email(email).await?;
        note_failure(server, actor, whose.as_ref(), refusal).await?;
    }
    Ok(Some(refusal))
}

/// Counts an attempt from an address alone, where nobody has said yet who they are. Returns until when it is refused.
pub async fn count_address(
    server: &Server,
    address: Option<IpAddr>,
) -> Result<Option<Timestamp>, Problem> {
    let attempts: Vec<Attempt> = address.map(from_an_address).into_iter().collect();
    let Counted::Refused { until, is_first } = server.store().count_sign_in(&attempts).await?
    else {
        return Ok(None);
    };
    if is_first {
        let refusal = SignInRefusal::TooOften { until };
        note_failure(server, &Actor::Visitor { address }, None, refusal).await?;
    }
    Ok(Some(until))
}

fn from_an_address(address: IpAddr) -> Attempt {
    Attempt {
        key: address_key(address),
        limit: FROM_AN_ADDRESS,
    }
}

/// People type passwords where an e-mail address belongs: what they typed is not stored.
fn account_key(email: &str) -> String {
    fingerprint(&format!("account {}", email.to_lowercase()))
}

/// Whoever has an IPv6 address has the rest of its /64 too.
fn address_key(address: IpAddr) -> String {
    let text = match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    };
    fingerprint(&format!("address {text}"))
}

/// The password is verified in any case; only then is looked whose it is.
async fn check(
    server: &Server,
    request: &SignIn<'_>,
    found: Option<&Credentials>,
) -> Result<Result<SignInMethod, SignInRefusal>, Problem> {
    let hash = found.and_then(|found| found.password.as_deref());
    let fits = server.passwords().verify(request.password, hash).await?;
    let Some(found) = found.filter(|found| fits && may_sign_in(&found.administrator)) else {
        return Ok(Err(SignInRefusal::Wrong));
    };
    let factor = check_factor(server, found, request.code).await?;
    Ok(factor.map(|factor| match factor {
        Factor::None => SignInMethod::Password,
        Factor::Code => SignInMethod::PasswordAndCode,
        Factor::RecoveryCode => SignInMethod::PasswordAndRecoveryCode,
    }))
}

/// Whether an administrator signs in at all.
pub fn may_sign_in(administrator: &AdministratorRecord) -> bool {
    administrator.state == AdministratorState::Active
        && administrator.kind == AdministratorKind::Person
}

/// A second factor that was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// They have none, so none was asked for.
    None,
    /// The code of an authenticator app.
    Code,
    /// A recovery code.
    RecoveryCode,
}

/// Whether the code is right, where one is needed. It is used up with that.
pub async fn check_factor(
    server: &Server,
    found: &Credentials,
    code: Option<&SecretString>,
) -> Result<Result<Factor, SignInRefusal>, Problem> {
    let Some(seed) = &found.totp else {
        return Ok(Ok(Factor::None));
    };
    let Some(code) = code else {
        return Ok(Err(SignInRefusal::CodeNeeded));
    };
    let code = secrecy::ExposeSecret::expose_secret(code);
    let (store, id) = (server.store(), &found.administrator.id);
    if RecoveryCodes::looks_like_one(code) {
        let used = store
            .use_recovery_code(id, &RecoveryCodes::hash(code))
            .await?;
        return Ok(used
            .then_some(Factor::RecoveryCode)
            .ok_or(SignInRefusal::Wrong));
    }
    let secret = TotpSecret::open(&server.vault(), seed).await?;
    let Some(step) = secret.step_of(code.trim(), server.clock().now()) else {
        return Ok(Err(SignInRefusal::Wrong));
    };
    let unused = store.use_totp_step(id, step).await?;
    Ok(unused.then_some(Factor::Code).ok_or(SignInRefusal::Wrong))
}

/// Forgets the attempts at an account: whoever has its link is let in again at once.
pub async fn forget_attempts(server: &Server, email: &str) -> Result<(), Problem> {
    Ok(server.store().forget_sign_in(&account_key(email)).await?)
}

/// Whether somebody who is signed in knows their password. Counted like a sign-in, and a failure is on record like one. Of
/// what was tried only this attempt is forgotten: a password that is known must not open the way for more codes.
pub async fn verify_password(
    server: &Server,
    actor: &Actor,
    administrator: &AdministratorRecord,
    password: &SecretString,
) -> Result<(), Problem> {
    verify_counted(server, actor, administrator, password).await?;
    let account = account_key(administrator.email.as_deref().unwrap_or_default());
    Ok(server.store().discount_sign_in(&account).await?)
}

/// Whether somebody who is signed in knows their password and has their second factor. Both are one attempt, and what was
/// tried is forgotten only when both are right: else codes could be tried without end.
pub async fn verify_both_factors(
    server: &Server,
    actor: &Actor,
    administrator: &AdministratorRecord,
    (password, code): (&SecretString, &SecretString),
) -> Result<(), Problem> {
    let found = verify_counted(server, actor, administrator, password).await?;
    if let Err(refusal) = check_factor(server, &found, Some(code)).await? {
        note_failure(server, actor, Some(administrator), refusal).await?;
        return Err(Problem::forbidden("the code is not right")
            .hint("each code works once: wait for the next one, or use a recovery code")
            .at("/code"));
    }
    let email = administrator.email.as_deref().unwrap_or_default();
    forget_attempts(server, email).await
}

/// Counts an attempt and verifies the password.
async fn verify_counted(
    server: &Server,
    actor: &Actor,
    administrator: &AdministratorRecord,
    password: &SecretString,
) -> Result<Credentials, Problem> {
    let email = administrator.email.as_deref().unwrap_or_default();
    if let Some(refusal) = count(server, actor, email, None).await? {
        return Err(refusal.into_problem(server.clock().now()));
    }
    let found = server.store().credentials(&administrator.id).await?;
    let hash = found.as_ref().and_then(|found| found.password.as_deref());
    let fits = server.passwords().verify(password, hash).await?;
    match found.filter(|_| fits) {
        Some(found) => Ok(found),
        None => {
            note_failure(server, actor, Some(administrator), SignInRefusal::Wrong).await?;
            Err(Problem::forbidden("the password is not right")
                .hint("it is the one that you sign in with")
                .at("/password"))
        }
    }
}

/// Counts an attempt no longer: it succeeded. Those at the account are forgotten, if there were any; of those from its
/// address, this one. What is counted too much is no reason to say that they are not who they are.
pub async fn uncount(server: &Server, email: Option<&str>, address: Option<IpAddr>) {
    if let Err(error) = try_to_uncount(server, email, address).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "an attempt to sign in that succeeded stays counted"
        );
    }
}

async fn try_to_uncount(
    server: &Server,
    email: Option<&str>,
    address: Option<IpAddr>,
) -> Result<(), StoreError> {
    let store = server.store();
    if let Some(email) = email {
        store.forget_sign_in(&account_key(email)).await?;
    }
    match address {
        Some(address) => store.discount_sign_in(&address_key(address)).await,
        None => Ok(()),
    }
}

/// The log says that somebody was refused: one event, whether there is such an account or not.
pub async fn note_failure(
    server: &Server,
    actor: &Actor,
    whose: Option<&AdministratorRecord>,
    refusal: SignInRefusal,
) -> Result<(), Problem> {
    let subject = whose.map_or_else(
        || "administrator:unknown".to_owned(),
        |whose| format!("administrator:{}", whose.id),
    );
    let why = match refusal {
        SignInRefusal::CodeNeeded => "code_needed",
        SignInRefusal::TooOften { .. } => "too_often",
        SignInRefusal::Wrong => "wrong",
    };
    let data = json!({"why": why});
    let event = server
        .acting(actor, Origin::Http)
        .event(EventKind::SignInFailed, subject, data);
    Ok(server.store().append_events(&[event]).await?)
}

impl SignInRefusal {
    /// It was tried too often.
    pub fn too_often(until: Timestamp, now: Timestamp) -> Problem {
        let wait = until.as_second().saturating_sub(now.as_second()).max(1);
        Problem::new(
            crate::ProblemType::TooManyRequests,
            "too many attempts to sign in",
        )
        .hint("wait, then try again; an operator can reset the password with `usher administrators reset-password`")
        .retry_after(wait.unsigned_abs())
    }

    /// As an answer.
    pub fn into_problem(self, now: Timestamp) -> Problem {
        match self {
            Self::Wrong => Problem::new(
                crate::ProblemType::Unauthorized,
                "e-mail address, password or code are not right",
            )
            .hint("try again; for a forgotten password a Super Administrator makes a link, or an operator does with `usher administrators reset-password`"),
            Self::CodeNeeded => Problem::new(
                crate::ProblemType::SecondFactorNeeded,
                "a code of the authenticator app is needed too",
            )
            .hint("send it, or a recovery code, as `code`")
            .at("/code"),
            Self::TooOften { until } => Self::too_often(until, now),
        }
    }
}
