//! `GET /Users/{id}`, `GET /Groups/{id}` (RFC 7644 §3.4.1).

use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use usher_engine::people::PushRefusal;
use usher_scim::ScimError;
use usher_store::PushedResource;

use super::answer::{Answer, Refusal};
use super::call::Call;
use super::etag::{self, Tags};
use super::kind::ResourceKind;
use super::{query, render};

/// Shows one resource, unless the client has it already.
pub async fn handler(
    kind: ResourceKind,
    call: Call,
    (Path(id), query, headers): (Path<String>, RawQuery, HeaderMap),
) -> Result<Answer, Refusal> {
    let projection = query::projection(&query)?;
    let resource = find(&call, kind, &id).await?;
    let version = Some(etag::tag(resource.version));
    let location = Some(render::location(&call, kind, &id));
    if Tags::if_none_match(&headers).name(resource.version) {
        return Ok(Answer {
            location,
            version,
            ..Answer::empty(StatusCode::NOT_MODIFIED)
        });
    }
    let body = render::one(&call, kind, resource, &projection).await?;
    Ok(Answer {
        location,
        version,
        ..Answer::of(&body)
    })
}

/// The resource of this id, or 404.
pub async fn find(call: &Call, kind: ResourceKind, id: &str) -> Result<PushedResource, Refusal> {
    let entry = kind.entry_kind();
    let found = call
        .store()
        .pushed_resource(call.source(), entry, id)
        .await?;
    found.ok_or_else(|| {
        let refusal = PushRefusal::NotThere {
            kind: entry,
            id: id.to_owned(),
        };
        ScimError::not_found(refusal.to_string()).into()
    })
}
