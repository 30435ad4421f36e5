//! `DELETE /Users/{id}`, `DELETE /Groups/{id}` (RFC 7644 §3.6).

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use usher_engine::people::{Expected, Push};

use super::answer::{Answer, Refusal};
use super::call::Call;
use super::etag::Tags;
use super::get;
use super::kind::ResourceKind;

/// Takes a resource away.
pub async fn handler(
    kind: ResourceKind,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Answer, Refusal> {
    delete(&call, kind, &id, &Tags::if_match(&headers)).await
}

/// Takes a resource away, with every membership in and of it.
pub async fn delete(
    call: &Call,
    kind: ResourceKind,
    id: &str,
    wanted: &Tags,
) -> Result<Answer, Refusal> {
    let expected = match wanted {
        Tags::Unsaid => Expected::There,
        tags => {
            let version = get::find(call, kind, id).await?.version;
            tags.check(version)?;
            Expected::Version(version)
        }
    };
    let removal = Push::Removal {
        kind: kind.entry_kind(),
        id: id.to_owned(),
    };
    call.push(&removal, expected).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
