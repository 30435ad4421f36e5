//! How administrators and their sessions are shown, and what is the same for several operations.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use usher_model::{AdministratorId, EventKind, Role, SessionId};
use usher_store::{
    AdministratorKind, AdministratorRecord, AdministratorState, SessionRecord, SignInMethod,
};
use utoipa::ToSchema;

use super::super::caller::Call;
use crate::administrators::InvitationLink;
use crate::problem::Problem;

/// Somebody or something that uses Usher.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Administrator)]
pub struct AdministratorView {
    /// Its id.
    id: String,
    /// `person` or `service_account`.
    #[schema(value_type = String)]
    kind: AdministratorKind,
    /// Their name.
    name: String,
    /// Their e-mail address; a service account has none.
    email: Option<String>,
    /// What they are there for.
    #[schema(value_type = String, example = "auditor")]
    role: Role,
    /// `active` or `disabled`.
    #[schema(value_type = String)]
    state: AdministratorState,
    /// Counts what was changed about them; also the `ETag`.
    version: u64,
    /// When they were added.
    created_at: Timestamp,
    /// When something about them was changed last.
    changed_at: Timestamp,
    /// When they signed in last.
    signed_in_at: Option<Timestamp>,
    /// Whether they have set a password.
    has_password: bool,
    /// Whether they need a second factor to sign in.
    has_second_factor: bool,
}

impl From<AdministratorRecord> for AdministratorView {
    fn from(record: AdministratorRecord) -> Self {
        Self {
            id: record.id.to_string(),
            kind: record.kind,
            name: record.name,
            email: record.email,
            role: record.role,
            state: record.state,
            version: record.version,
            created_at: record.created_at,
            changed_at: record.changed_at,
            signed_in_at: record.signed_in_at,
            has_password: record.has_password,
            has_second_factor: record.has_second_factor,
        }
    }
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    /// Its id, which is no secret.
    id: String,
    /// How they proved who they are.
    #[schema(value_type = String, example = "password_and_code")]
    method: SignInMethod,
    /// The network address they came from.
    address: Option<String>,
    /// What their browser calls itself.
    user_agent: Option<String>,
    /// When they signed in.
    created_at: Timestamp,
    /// When it was used last, to within a minute.
    seen_at: Timestamp,
    /// The identity provider at which they signed in, by its name.
    provider: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
}

impl SessionView {
    /// A session; `current` is the one that asks.
    pub fn new(record: SessionRecord, current: Option<&SessionId>) -> Self {
        Self {
            current: current == Some(&record.id),
            id: record.id.to_string(),
            method: record.method,
            address: record.address,
            user_agent: record.user_agent,
            created_at: record.created_at,
            seen_at: record.seen_at,
            provider: record.provider,
        }
    }
}

/// A one-time link. Shown once.
#[derive(Serialize, ToSchema)]
#[schema(as = Invitation)]
pub struct InvitationView {
    /// Its token, for `auth.accept_invitation`.
    token: String,
    /// The link; absent where Usher does not know its public address.
    link: Option<String>,
    /// Until just before when it works.
    expires_at: Timestamp,
}

impl InvitationView {
    /// A link of this server.
    pub fn new(call: &Call, link: &InvitationLink) -> Self {
        let base = call.server.settings().public_url.as_ref();
        Self {
            token: link.secret.reveal().to_owned(),
            link: base.map(|base| link.url(base, "invitation")),
            expires_at: link.expires_at,
        }
    }
}

/// An administrator who has to be there.
pub async fn existing(call: &Call, id: &AdministratorId) -> Result<AdministratorRecord, Problem> {
    let found = call.store().administrator(id).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no administrator {id}")))
}

/// Ends a session.
pub async fn end(
    call: &Call,
    whose: &AdministratorId,
    session: &SessionId,
    data: Value,
) -> Result<StatusCode, Problem> {
    let subject = format!("session:{session}");
    let event = call
        .acting()
        .event(EventKind::SessionRevoked, subject, data);
    let ended = call.store().end_session(whose, session, &[event]).await?;
    let gone = || Problem::not_found(format!("there is no session {session}"));
    ended.then_some(StatusCode::NO_CONTENT).ok_or_else(gone)
}

/// A name that can be shown.
pub fn check_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        return Err(Problem::invalid("a name has 1 to 200 characters on one line").at("/name"));
    }
    Ok(name.to_owned())
}

/// Something that can be an e-mail address.
pub fn check_email(email: &str) -> Result<String, Problem> {
    let email = email.trim();
    let odd = |one: char| one.is_whitespace() || one.is_control();
    let parts = email.split_once('@').is_some_and(|(name, domain)| {
        !name.is_empty() && domain.contains('.') && !domain.contains('@')
    });
    if !parts || email.len() > 254 || email.chars().any(odd) {
        return Err(Problem::invalid("this is no e-mail address").at("/email"));
    }
    Ok(email.to_owned())
}
