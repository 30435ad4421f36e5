//! `POST /.search`, of one kind of resource or of all (RFC 7644 §3.4.3).

use super::answer::{Answer, Refusal};
use super::call::{Call, Json};
use super::kind::ResourceKind;
use super::list::list;
use super::query::ListRequest;

/// Lists resources of one kind.
pub async fn handler(kind: ResourceKind, call: Call, Json(body): Json) -> Result<Answer, Refusal> {
    let request = ListRequest::of_body(body)?;
    request.check(kind)?;
    list(&call, &[kind], &request).await
}

/// Lists resources of all kinds: users before groups.
pub async fn everything(call: Call, Json(body): Json) -> Result<Answer, Refusal> {
    let request = ListRequest::of_body(body)?;
    let known: Vec<ResourceKind> = ResourceKind::ALL
        .into_iter()
        .filter(|kind| request.check(*kind).is_ok())
        .collect();
    if known.is_empty() {
        request.check(ResourceKind::User)?;
    }
    list(&call, &known, &request).await
}
