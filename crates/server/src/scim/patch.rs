//! `PATCH /Users/{id}`, `PATCH /Groups/{id}` (RFC 7644 §3.5.2).

use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use usher_engine::people::{Expected, MemberChange, Push, Pushed, PushedGroup};
use usher_scim::patch::PatchRequest;
use usher_scim::projection::Projection;
use usher_store::PushedResource;

use super::answer::{Answer, Refusal};
use super::call::{Call, Json};
use super::draft::{self, POLICY, settle};
use super::etag::{self, Tags};
use super::kind::ResourceKind;
use super::members::{self, GroupPatch, MemberOperation};
use super::{get, query, render};

/// How often a change is put to a resource that somebody else changes meanwhile.
const TRIES: usize = 5;

/// Changes parts of a resource. A group is shown only to whoever asks for attributes: it may be very large.
pub async fn handler(
    kind: ResourceKind,
    call: Call,
    (Path(id), query, headers): (Path<String>, RawQuery, HeaderMap),
    Json(body): Json,
) -> Result<Answer, Refusal> {
    let projection = query::projection(&query)?;
    let shown = match kind {
        ResourceKind::Group if !query::names_attributes(&query) => None,
        _ => Some(&projection),
    };
    patch(
        &call,
        kind,
        (&id, &body),
        (&Tags::if_match(&headers), shown),
    )
    .await
}

/// Changes parts of a resource, and shows it if that is wanted.
pub async fn patch(
    call: &Call,
    kind: ResourceKind,
    (id, body): (&str, &Value),
    (wanted, shown): (&Tags, Option<&Projection>),
) -> Result<Answer, Refusal> {
    let request = PatchRequest::parse(body)?;
    let pushed = match kind {
        ResourceKind::User => change_user(call, id, &request, wanted).await?,
        ResourceKind::Group => change_group(call, id, members::split(request)?, wanted).await?,
    };
    let version = Some(etag::tag(pushed.resource.version));
    let location = Some(render::location(call, kind, id));
    let body = match shown {
        Some(projection) => Some(render::pushed(call, kind, pushed.resource, projection).await?),
        None => None,
    };
    Ok(Answer {
        status: if body.is_some() {
            StatusCode::OK
        } else {
            StatusCode::NO_CONTENT
        },
        location,
        version,
        body,
    })
}

async fn change_user(
    call: &Call,
    id: &str,
    request: &PatchRequest,
    wanted: &Tags,
) -> Result<Pushed, Refusal> {
    let mut tries = 1;
    loop {
        let before = get::find(call, ResourceKind::User, id).await?;
        wanted.check(before.version)?;
        let after = applied(ResourceKind::User, &before, request)?;
        let push = Push::User(Box::new(draft::user(id, &after)?));
        match call.push(&push, Expected::Version(before.version)).await {
            Err(refusal) if refusal.error.status == 412 && tries < TRIES => tries += 1,
            pushed => return pushed,
        }
    }
}

/// A change of members alone does not look at the group at all.
async fn change_group(
    call: &Call,
    id: &str,
    patch: GroupPatch,
    wanted: &Tags,
) -> Result<Pushed, Refusal> {
    let mut tries = 1;
    loop {
        let is_plain = patch.rest.operations.is_empty() && *wanted == Tags::Unsaid;
        let (saved, expected) = if is_plain {
            (None, Expected::There)
        } else {
            let before = get::find(call, ResourceKind::Group, id).await?;
            wanted.check(before.version)?;
            let after = applied(ResourceKind::Group, &before, &patch.rest)?;
            let saved = draft::group(id, &after)?;
            (Some(saved), Expected::Version(before.version))
        };
        let group = PushedGroup {
            id: id.to_owned(),
            saved,
            members: changes(call, id, &patch.members).await?,
        };
        match call.push(&Push::Group(Box::new(group)), expected).await {
            Err(refusal) if refusal.error.status == 412 && tries < TRIES => tries += 1,
            pushed => return pushed,
        }
    }
}

/// The resource as a request leaves it.
fn applied(
    kind: ResourceKind,
    before: &PushedResource,
    request: &PatchRequest,
) -> Result<Value, Refusal> {
    let mut resource: Value = serde_json::from_str(&before.document)
        .map_err(|error| render::damaged(kind, &before.id, &error))?;
    if !request.operations.is_empty() {
        request.apply_with(&mut resource, kind.schema(), POLICY)?;
    }
    settle(kind, &mut resource)?;
    Ok(resource)
}

async fn changes(
    call: &Call,
    group: &str,
    operations: &[MemberOperation],
) -> Result<Vec<MemberChange>, Refusal> {
    let mut changes = Vec::with_capacity(operations.len());
    for operation in operations {
        changes.push(match operation {
            MemberOperation::Change(change) => change.clone(),
            MemberOperation::RemoveSelected(filter) => {
                let groups = [group.to_owned()];
                let found = call.store().pushed_members(call.source(), &groups).await?;
                let found: Vec<_> = found.into_iter().map(|(_, member)| member).collect();
                MemberChange::Remove(members::selected(filter, &found)?)
            }
        });
    }
    Ok(changes)
}
