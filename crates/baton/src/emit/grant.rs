//! Who holds what.

use usher_model::{AccountId, Entitlement as Held};

use super::resource_type::{ADMIN_ROLE, LICENSE, ROLE, TEAM, USER, USER_GROUP};
use super::text;
use crate::messages::{Entitlement, Grant, Resource, ResourceId};

/// The resource that an entitlement is about.
fn resource_id(held: &Held) -> ResourceId {
    let kind = match held {
        Held::Team { .. } => TEAM,
        Held::Role(_) => ROLE,
        Held::License(_) => LICENSE,
        Held::AdminRole(_) => ADMIN_ROLE,
        Held::UserGroup(_) => USER_GROUP,
    };
    ResourceId::new(kind, text::id_part(held.resource()))
}

/// The id that Baton has for an entitlement: `team:42:member`, `role:ROLE:assigned`, …
pub fn held_entitlement_id(held: &Held) -> String {
    let slug = match held {
        Held::Team { role, .. } => text::id_part(role.as_str()),
        Held::UserGroup(_) => "member",
        Held::Role(_) | Held::License(_) | Held::AdminRole(_) => "assigned",
    };
    format!("{}:{slug}", resource_id(held).external_id())
}

/// The entitlement inside a grant, which says no more than its ids. `resource` is the team in full, as
/// the Go connector puts it there; without it the resource is an id, too.
pub fn held_entitlement(held: &Held, resource: Option<&Resource>) -> Entitlement {
    let resource = resource.cloned();
    Entitlement {
        resource: Some(resource.unwrap_or_else(|| Resource::reference(resource_id(held)))),
        id: held_entitlement_id(held),
        ..Entitlement::default()
    }
}

/// The principal inside a grant: the id alone.
pub fn principal(account: &AccountId) -> Resource {
    Resource::reference(ResourceId::new(USER, account.as_str()))
}

/// A grant: `ENTITLEMENT:user:ID`.
pub(crate) fn grant(account: &AccountId, held: &Held, resource: Option<&Resource>) -> Grant {
    let entitlement = held_entitlement(held, resource);
    Grant {
        id: format!("{}:{USER}:{account}", entitlement.id),
        entitlement: Some(entitlement),
        principal: Some(principal(account)),
        ..Grant::default()
    }
}
