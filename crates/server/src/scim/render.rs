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
        let mut shown = whole(call, kind, &resource, own);
        projection.apply(&mut shown, kind.schema());
        shown
    };
    Ok(resources.into_iter().map(show).collect())
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
                let name: Value = serde_json::from_str(&group.document).unwrap_or_default();
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
) -> Value {
    let document = serde_json::from_str(&resource.document);
    let mut stored: Map<String, Value> = document.unwrap_or_default();
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
    Value::Object(shown)
}

/// Where a resource is.
pub fn location(call: &Call, kind: ResourceKind, id: &str) -> String {
    call.address(&format!("{}/{id}", kind.endpoint()))
}
