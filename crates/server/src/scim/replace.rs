//! `PUT /Users/{id}`, `PUT /Groups/{id}` (RFC 7644 §3.5.1).

use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use usher_engine::people::Expected;
use usher_scim::projection::Projection;

use super::answer::{Answer, Refusal};
use super::call::{Call, Json};
use super::create::whole;
use super::draft::Draft;
use super::etag::{self, Tags};
use super::kind::ResourceKind;
use super::{get, query, render};

/// Makes a resource what the body says.
pub async fn handler(
    kind: ResourceKind,
    call: Call,
    (Path(id), query, headers): (Path<String>, RawQuery, HeaderMap),
    Json(body): Json,
) -> Result<Answer, Refusal> {
    let projection = query::projection(&query)?;
    let wanted = Tags::if_match(&headers);
    replace(&call, kind, (&id, body), (&wanted, &projection)).await
}

/// Makes a resource what the body says, and shows it. What the body leaves out has no value any more, but for a group's
/// members: they stay unless the body says who they are.
pub async fn replace(
    call: &Call,
    kind: ResourceKind,
    (id, body): (&str, Value),
    (wanted, projection): (&Tags, &Projection),
) -> Result<Answer, Refusal> {
    let expected = match wanted {
        Tags::Unsaid => Expected::There,
        tags => {
            let version = get::find(call, kind, id).await?.version;
            tags.check(version)?;
            Expected::Version(version)
        }
    };
    let push = whole(kind, id, Draft::read(kind, body)?)?;
    let pushed = call.push(&push, expected).await?;
    let version = Some(etag::tag(pushed.resource.version));
    let body = render::pushed(call, kind, pushed.resource, projection).await?;
    Ok(Answer {
        status: StatusCode::OK,
        location: Some(render::location(call, kind, id)),
        version,
        body: Some(body),
    })
}
