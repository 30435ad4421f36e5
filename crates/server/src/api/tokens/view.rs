//! How API tokens are shown, made and taken back, whosever they are.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use usher_model::{AdministratorId, EventKind, Right, TokenId};
use usher_store::{AdministratorRecord, NewToken, TokenFilter, TokenRecord};
use utoipa::ToSchema;

use super::super::administrators::view::check_name;
use super::super::caller::Call;
use super::super::paging::{Page, limit, read_cursor};
use crate::administrators::{Purpose, Secret};
use crate::problem::Problem;

/// An API token. The token itself is known to nobody but whoever got it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiToken)]
pub struct TokenView {
    /// Its id, which is no secret.
    id: String,
    /// What it is for.
    name: String,
    /// What it may be used for.
    #[schema(value_type = Vec<String>)]
    scopes: Vec<Right>,
    /// When it was made.
    created_at: Timestamp,
    /// By whom.
    created_by: String,
    /// Until just before when; null: for good.
    expires_at: Option<Timestamp>,
    /// When it was used last, to within a minute.
    used_at: Option<Timestamp>,
    /// When it was taken back.
    revoked_at: Option<Timestamp>,
}

impl From<TokenRecord> for TokenView {
    fn from(record: TokenRecord) -> Self {
        Self {
            id: record.id.to_string(),
            name: record.name,
            scopes: record.scopes,
            created_at: record.created_at,
            created_by: record.created_by.label(),
            expires_at: record.expires_at,
            used_at: record.used_at,
            revoked_at: record.revoked_at,
        }
    }
}

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    /// What it is for.
    #[schema(example = "nightly report")]
    name: String,
    /// What it may be used for: rights of whose it is.
    #[schema(value_type = Vec<String>, example = json!(["inventory:read"]))]
    scopes: Vec<Right>,
    /// Until just before when; for good if absent.
    expires_at: Option<Timestamp>,
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
pub struct CreatedToken {
    /// The token, for `Authorization: Bearer`. It is shown here and never again.
    token: String,
    /// What is known of it.
    details: TokenView,
}

/// Makes a token for `whose`.
pub async fn create(
    call: &Call,
    whose: &AdministratorRecord,
    body: &CreateToken,
) -> Result<CreatedToken, Problem> {
    let scopes = check_scopes(whose, &body.scopes)?;
    call.caller.gives_no_more(&scopes)?;
    let secret = Secret::new(Purpose::ApiToken)?;
    let new = NewToken {
        id: call.store().new_token_id(),
        hash: secret.hash.clone(),
        administrator: whose.id.clone(),
        name: check_name(&body.name)?,
        scopes,
        expires_at: check_expiry(body.expires_at, call.now())?,
        created_by: call.caller.actor().clone(),
        session: call.caller.session().map(|session| session.id.clone()),
    };
    let event = call.acting().event(
        EventKind::TokenCreated,
        format!("token:{}", new.id),
        json!({"administrator": whose.id, "name": new.name, "scopes": new.scopes, "expires_at": new.expires_at}),
    );
    let record = call.store().create_token(&new, &[event]).await?;
    Ok(CreatedToken {
        token: secret.reveal().to_owned(),
        details: record.into(),
    })
}

fn check_scopes(whose: &AdministratorRecord, scopes: &[Right]) -> Result<Vec<Right>, Problem> {
    let mut scopes = scopes.to_vec();
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(Problem::invalid("a token without scopes could do nothing").at("/scopes"));
    }
    match scopes.iter().find(|scope| !whose.role.has(**scope)) {
        None => Ok(scopes),
        Some(beyond) => Err(Problem::invalid(format!(
            "`{beyond}` is beyond what the role {} may do",
            whose.role
        ))
        .at("/scopes")),
    }
}

fn check_expiry(
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, Problem> {
    if expires_at.is_some_and(|end| end <= now) {
        return Err(Problem::invalid("it would have expired already").at("/expires_at"));
    }
    Ok(expires_at)
}

/// A page of the tokens of `whose`.
pub async fn page(
    call: &Call,
    whose: AdministratorId,
    cursor: Option<&str>,
    wanted: Option<u64>,
) -> Result<Page<TokenView>, Problem> {
    let limit = limit(wanted)?;
    let filter = TokenFilter {
        administrator: Some(whose),
        after: read_cursor(cursor)?,
        limit: Some(limit + 1),
    };
    let tokens = call.store().tokens(&filter).await?;
    Ok(Page::of(
        tokens,
        limit,
        |last| last.id.clone(),
        TokenView::from,
    ))
}

/// Takes a token of `whose` back.
pub async fn revoke(
    call: &Call,
    whose: &AdministratorId,
    token: &TokenId,
) -> Result<StatusCode, Problem> {
    let gone = || Problem::not_found(format!("there is no API token {token} that still holds"));
    let found = call.store().token(token).await?;
    let found = found
        .filter(|found| found.administrator == *whose)
        .ok_or_else(gone)?;
    let data = json!({"administrator": whose, "name": found.name});
    let event = call
        .acting()
        .event(EventKind::TokenRevoked, format!("token:{token}"), data);
    let revoked = call.store().revoke_token(token, &[event]).await?;
    revoked.then_some(StatusCode::NO_CONTENT).ok_or_else(gone)
}
