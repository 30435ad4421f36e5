//! Resources as they are shown.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use usher_scim::projection::Projection;
use usher_store::PushedResource;

use super::answer::Refusal;
use super::call::Call;
use super::kind::ResourceKind;
use super::{etag, members};

/// Memberships by resource.
type Memberships = HashMap<String, Vec<Value>>;

/// Resources as a client sees them, in their order.
pub async fn shown(
    call: &Call,
    kind: ResourceKind,
    resources: Vec<PushedResource>,
    projection: &Projection,
) -> Result<Vec<Value>, Refusal> {
    let mut memberships = if wants_memberships(kind, projection) {
        memberships(call, kind, &resources).await?
    } else {
        Memberships::new()
    };
    let show = |resource: PushedResource| {
        let own = memberships.remove(&resource.id);
        let mut shown = whole(call, kind, &resource, own)?;
        projection.apply(&mut shown, kind.schema());
        Ok(shown)
    };
    resources.into_iter().map(show).collect()
}

/// A resource that was just pushed, as the client sees it. It is stored: that its memberships cannot be read now is no reason
/// to say that it is not, so they are left out then.
pub async fn pushed(
    call: &Call,
    kind: ResourceKind,
    resource: PushedResource,
    projection: &Projection,
) -> Result<Value, Refusal> {
    let mut own = None;
    if wants_memberships(kind, projection) {
        match memberships(call, kind, std::slice::from_ref(&resource)).await {
            Ok(mut found) => own = found.remove(&resource.id),
            Err(refusal) => {
                let why = refusal.error.detail;
                tracing::warn!(
                    why,
                    id = resource.id,
                    "a push was answered without memberships"
                );
            }
        }
    }
    let mut shown = whole(call, kind, &resource, own)?;
    projection.apply(&mut shown, kind.schema());
    Ok(shown)
}

/// The most memberships that one answer shows, but for those of a single group.
const MOST_MEMBERSHIPS: u64 = 200_000;

/// How many of these resources, from the first on, can be shown in one answer: at least one.
pub async fn fitting(
    call: &Call,
    kind: ResourceKind,
    resources: &[PushedResource],
    projection: &Projection,
) -> Result<usize, Refusal> {
    if kind != ResourceKind::Group || !wants_memberships(kind, projection) {
        return Ok(resources.len());
    }
    let ids: Vec<String> = resources.iter().map(|one| one.id.clone()).collect();
    let counts = call
        .store()
        .pushed_member_counts(call.source(), &ids)
        .await?;
    let mut sum = 0;
    let fit = ids.iter().take_while(|id| {
        sum += counts.get(*id).copied().unwrap_or(0);
        sum <= MOST_MEMBERSHIPS
    });
    Ok(fit.count().max(1).min(resources.len()))
}

/// One resource as a client sees it.
pub async fn one(
    call: &Call,
    kind: ResourceKind,
    resource: PushedResource,
    projection: &Projection,
) -> Result<Value, Refusal> {
    let shown = shown(call, kind, vec![resource], projection).await?;
    Ok(shown.into_iter().next().unwrap_or_default())
}

/// Whether members or groups are to be shown: a group may have tens of thousands.
fn wants_memberships(kind: ResourceKind, projection: &Projection) -> bool {
    let name = kind.membership_attribute();
    match projection {
        Projection::Default => true,
        Projection::Only(paths) => paths
            .iter()
            .any(|path| path.name.eq_ignore_ascii_case(name)),
        Projection::Without(paths) => !paths
            .iter()
            .any(|path| path.name.eq_ignore_ascii_case(name) && path.sub.is_none()),
    }
}

async fn memberships(
    call: &Call,
    kind: ResourceKind,
    resources: &[PushedResource],
) -> Result<Memberships, Refusal> {
    let ids: Vec<String> = resources.iter().map(|one| one.id.clone()).collect();
    let mut found = Memberships::new();
    match kind {
        ResourceKind::Group => {
            for (group, member) in call.store().pushed_members(call.source(), &ids).await? {
                let member = members::shown(&member, |endpoint| call.address(endpoint));
                found.entry(group).or_default().push(member);
            }
        }
        ResourceKind::User => {
            for group in call.store().pushed_groups_of(call.source(), &ids).await? {
                let name: Value = serde_json::from_str(&group.document)
                    .map_err(|error| damaged(ResourceKind::Group, &group.group, &error))?;
                let shown = json!({
                    "value": group.group,
                    "$ref": call.address(&format!("/Groups/{}", group.group)),
                    "display": name.get("displayName"),
                    "type": "direct",
                });
                found.entry(group.member).or_default().push(shown);
            }
        }
    }
    Ok(found)
}

/// A resource with everything it has.
fn whole(
    call: &Call,
    kind: ResourceKind,
    resource: &PushedResource,
    memberships: Option<Vec<Value>>,
) -> Result<Value, Refusal> {
    let document = serde_json::from_str(&resource.document);
    let mut stored: Map<String, Value> =
        document.map_err(|error| damaged(kind, &resource.id, &error))?;
    let mut shown = Map::with_capacity(stored.len() + 3);
    if let Some(schemas) = stored.shift_remove("schemas") {
        shown.insert("schemas".to_owned(), schemas);
    }
    shown.insert("id".to_owned(), resource.id.as_str().into());
    shown.extend(stored);
    if let Some(memberships) = memberships {
        let name = kind.membership_attribute().to_owned();
        shown.insert(name, memberships.into());
    }
    let meta = json!({
        "resourceType": kind.name(),
        "created": resource.created_at.to_string(),
        "lastModified": resource.changed_at.to_string(),
        "location": location(call, kind, &resource.id),
        "version": etag::tag(resource.version),
    });
    shown.insert("meta".to_owned(), meta);
    Ok(Value::Object(shown))
}

/// What is stored of a resource is no JSON object any more. Shown as empty, it would be taken for what the client wrote.
pub fn damaged(kind: ResourceKind, id: &str, error: &serde_json::Error) -> Refusal {
    tracing::error!(%error, id, kind = kind.name(), "a stored resource is damaged");
    Refusal::new(
        500,
        format!(
            "the stored {} {id} is damaged; put it anew, or restore a backup",
            kind.name()
        ),
    )
}

/// Where a resource is.
pub fn location(call: &Call, kind: ResourceKind, id: &str) -> String {
    call.address(&format!("{}/{id}", kind.endpoint()))
}
