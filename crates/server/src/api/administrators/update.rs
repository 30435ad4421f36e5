//! Changing an administrator.

use axum::Json;
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::json;
use usher_model::{AdministratorId, Event, EventKind, Right, Role};
use usher_store::{AdministratorKind, AdministratorRecord, AdministratorState};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::etag::{IfMatch, etag};
use super::super::input::{Body, Segments};
use super::super::operation::{Access, Operation, Verb};
use super::view::{AdministratorView, check_email, check_name, existing};
use crate::problem::Problem;

/// Changing an administrator.
pub const OPERATION: Operation = Operation::changes(
    "administrators.update",
    (Verb::Patch, "/administrators/{administrator}"),
    Access::Right(Right::AdministratorsManage),
    &[
        EventKind::AdministratorChanged,
        EventKind::AdministratorDisabled,
        EventKind::AdministratorEnabled,
    ],
    || routes!(update_administrator),
);

/// What is to be another one; what is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateAdministrator {
    /// Their name.
    name: Option<String>,
    /// Their e-mail address. A service account has none.
    email: Option<String>,
    /// What they are there for.
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// `active` or `disabled`. Sessions, API tokens and links of whoever is disabled end for good.
    #[schema(value_type = Option<String>)]
    state: Option<AdministratorState>,
}

/// Change an administrator or service account
///
/// `If-Match` with an `ETag` makes sure that nobody changed them meanwhile. The last active Super Administrator stays one.
#[utoipa::path(
    patch, path = "/administrators/{administrator}",
    params(("administrator" = String, Path, description = "Their id"), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read")),
    request_body = UpdateAdministrator, responses((status = 200, body = AdministratorView))
)]
pub async fn update_administrator(
    call: Call,
    Segments(id): Segments<AdministratorId>,
    if_match: IfMatch,
    Body(body): Body<UpdateAdministrator>,
) -> Result<(HeaderMap, Json<AdministratorView>), Problem> {
    let before = existing(&call, &id).await?;
    if_match.check(before.version)?;
    let after = changed(&before, &body)?;
    if after.role != before.role {
        call.caller.gives_no_more(after.role.rights())?;
    }
    let events = events(&call, &before, &after);
    if events.is_empty() {
        return Ok((etag(before.version), Json(before.into())));
    }
    let saved = call.store().change_administrator(&after, &events).await?;
    Ok((etag(saved.version), Json(saved.into())))
}

fn changed(
    before: &AdministratorRecord,
    body: &UpdateAdministrator,
) -> Result<AdministratorRecord, Problem> {
    let mut after = before.clone();
    if let Some(name) = &body.name {
        after.name = check_name(name)?;
    }
    if let Some(email) = &body.email {
        if before.kind == AdministratorKind::ServiceAccount {
            let problem = Problem::invalid("a service account has no e-mail address");
            return Err(problem.at("/email"));
        }
        after.email = Some(check_email(email)?);
    }
    after.role = body.role.unwrap_or(before.role);
    after.state = body.state.unwrap_or(before.state);
    Ok(after)
}

/// One event for what they are, one for whether they may use Usher.
fn events(call: &Call, before: &AdministratorRecord, after: &AdministratorRecord) -> Vec<Event> {
    let subject = format!("administrator:{}", before.id);
    let what = |record: &AdministratorRecord| json!({"name": record.name, "email": record.email, "role": record.role});
    let mut events = Vec::new();
    if what(before) != what(after) {
        let data = json!({"before": what(before), "after": what(after)});
        events.push(
            call.acting()
                .event(EventKind::AdministratorChanged, subject.clone(), data),
        );
    }
    if before.state != after.state {
        let kind = match after.state {
            AdministratorState::Active => EventKind::AdministratorEnabled,
            AdministratorState::Disabled => EventKind::AdministratorDisabled,
        };
        events.push(
            call.acting()
                .event(kind, subject, json!({"email": after.email})),
        );
    }
    events
}
