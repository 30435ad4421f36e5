//! `POST /Users`, `POST /Groups` (RFC 7644 §3.3).

use axum::extract::RawQuery;
use axum::http::StatusCode;
use serde_json::Value;
use usher_engine::people::{Expected, MemberChange, Push, PushedGroup};
use usher_scim::ScimError;
use usher_scim::projection::Projection;

use super::answer::{Answer, Refusal};
use super::call::{Call, Json};
use super::draft::{self, Draft};
use super::kind::ResourceKind;
use super::{etag, query, render};

/// Creates a resource.
pub async fn handler(
    kind: ResourceKind,
    call: Call,
    query: RawQuery,
    Json(body): Json,
) -> Result<Answer, Refusal> {
    let projection = query::projection(&query)?;
    create(&call, kind, body, &projection).await
}

/// Creates a resource, and shows it.
pub async fn create(
    call: &Call,
    kind: ResourceKind,
    body: Value,
    projection: &Projection,
) -> Result<Answer, Refusal> {
    let id = call.store().new_pushed_id();
    let push = whole(kind, &id, Draft::read(kind, body)?)?;
    let pushed = call.push(&push, Expected::New).await?;
    let version = Some(etag::tag(pushed.resource.version));
    let body = render::pushed(call, kind, pushed.resource, projection).await?;
    Ok(Answer {
        status: StatusCode::CREATED,
        location: Some(render::location(call, kind, &id)),
        version,
        body: Some(body),
    })
}

/// The push that makes a resource what a draft says.
pub fn whole(kind: ResourceKind, id: &str, draft: Draft) -> Result<Push, ScimError> {
    Ok(match kind {
        ResourceKind::User => Push::User(Box::new(draft::user(id, &draft.resource)?)),
        ResourceKind::Group => Push::Group(Box::new(PushedGroup {
            id: id.to_owned(),
            saved: Some(draft::group(id, &draft.resource)?),
            members: draft
                .members
                .map(MemberChange::Replace)
                .into_iter()
                .collect(),
        })),
    })
}
