//! A user as SCIM shows it.

use serde_json::{Map, Value, json};
use usher_scim::urn;

use crate::switches::{GroupModel, OnOff};
use crate::world::{Enterprise, User, World};

/// The whole resource; what the caller sees of it is decided afterwards.
pub(super) fn resource(world: &World, user: &User, base: &str) -> Value {
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    let enterprise = user.enterprise.as_deref();
    let mut schemas = vec![urn::CORE_USER];
    schemas.extend(enterprise.map(|_| urn::ENTERPRISE_USER));
    put("schemas", json!(schemas));
    put("id", user.id.to_string().into());
    put("userName", user.user_name.as_str().into());
    put("name", name(user));
    put("displayName", user.full_name.as_str().into());
    put("userType", user.license.as_str().into());
    put("active", user.active.into());
    put("emails", emails(user, world.switches.emails_type));
    if let Some(photos) = photos(user, world.switches.photos_without_value) {
        put("photos", photos);
    }
    put("groups", groups(world, user));
    put("roles", roles(user));
    if let Some(language) = &user.language {
        put("preferredLanguage", language.as_str().into());
    }
    if let Some(data) = enterprise {
        put(urn::ENTERPRISE_USER, extension(data));
    }
    put(
        "meta",
        json!({"resourceType": "User", "location": location(user, base)}),
    );
    Value::Object(out)
}

/// Where a user is.
pub(super) fn location(user: &User, base: &str) -> String {
    format!("{base}/Users/{}", user.id)
}

/// Miro keeps one name; the parts are guessed from it.
fn name(user: &User) -> Value {
    let mut name = Map::new();
    let family = user.family_name();
    if !family.is_empty() {
        name.insert("familyName".to_owned(), family.into());
    }
    name.insert("givenName".to_owned(), user.given_name().into());
    name.insert("formatted".to_owned(), user.full_name.as_str().into());
    Value::Object(name)
}

fn emails(user: &User, with_type: OnOff) -> Value {
    let address = user.user_name.as_str();
    let mut email = json!({"value": address, "display": address, "primary": true});
    if let (Value::Object(email), OnOff::On) = (&mut email, with_type) {
        email.insert("type".to_owned(), "work".into());
    }
    Value::Array(vec![email])
}

/// Without a picture there is an entry without value all the same, as captured from Miro.
fn photos(user: &User, without_value: OnOff) -> Option<Value> {
    match (&user.photo, without_value) {
        (Some(address), _) => Some(json!([{"type": "photo", "value": address}])),
        (None, OnOff::On) => Some(json!([{"type": "photo"}])),
        (None, OnOff::Off) => None,
    }
}

fn groups(world: &World, user: &User) -> Value {
    let entry = |id: u64, name: &str| json!({"value": id.to_string(), "display": name});
    match world.switches.group_model {
        GroupModel::Team => user
            .teams()
            .iter()
            .map(|key| world.team(*key))
            .map(|team| entry(team.id, &team.name))
            .collect(),
        GroupModel::UserGroup => user
            .groups()
            .iter()
            .map(|key| world.group(*key))
            .map(|group| entry(group.id, &group.name))
            .collect(),
    }
}

fn roles(user: &User) -> Value {
    let role = json!({
        "type": USER_ROLE,
        "value": user.role.as_str(),
        "display": user.role.display(),
        "primary": true,
    });
    let admin = |name: &smol_str::SmolStr| json!({"type": ADMIN_ROLE, "value": name, "display": name, "primary": false});
    std::iter::once(role)
        .chain(user.admin_roles.iter().map(admin))
        .collect()
}

/// `type` of the one role that says what a user is in the organization.
pub(super) const USER_ROLE: &str = "organization_user_role";
/// `type` of admin roles.
pub(super) const ADMIN_ROLE: &str = "organization_admin_role";

fn extension(data: &Enterprise) -> Value {
    let mut out = Map::new();
    let texts = [
        ("employeeNumber", &data.employee_number),
        ("costCenter", &data.cost_center),
        ("organization", &data.organization),
        ("division", &data.division),
        ("department", &data.department),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            out.insert(name.to_owned(), text.as_str().into());
        }
    }
    let mut manager = Map::new();
    if let Some(id) = data.manager {
        manager.insert("value".to_owned(), id.to_string().into());
    }
    if let Some(name) = &data.manager_name {
        manager.insert("displayName".to_owned(), name.as_str().into());
    }
    if !manager.is_empty() {
        out.insert("manager".to_owned(), manager.into());
    }
    Value::Object(out)
}
