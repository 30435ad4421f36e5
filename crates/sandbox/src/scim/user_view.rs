//! A user as SCIM shows it.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;
use smol_str::{SmolStr, ToSmolStr as _, format_smolstr};
use usher_scim::urn;

use crate::switches::{GroupModel, OnOff};
use crate::world::{Enterprise, User, World};

/// `type` of the one role that says what a user is in the organization.
pub(super) const USER_ROLE: &str = "organization_user_role";
/// `type` of admin roles.
pub(super) const ADMIN_ROLE: &str = "organization_admin_role";

/// A user, to be written straight from where it is kept: lists are long.
#[derive(Clone, Copy)]
pub(super) struct UserView<'a> {
    pub(super) world: &'a World,
    pub(super) user: &'a User,
    /// The address of the SCIM base.
    pub(super) base: &'a str,
}

/// The whole resource as a value, to be looked into or narrowed.
pub(super) fn resource(world: &World, user: &User, base: &str) -> Value {
    serde_json::to_value(UserView { world, user, base }).unwrap_or_default()
}

/// Where a user is.
pub(super) fn location(user: &User, base: &str) -> String {
    format!("{base}/Users/{}", user.id)
}

impl Serialize for UserView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { world, user, base } = *self;
        let enterprise = user.enterprise.as_deref();
        let schemas: &[&str] = match enterprise {
            Some(_) => &[urn::CORE_USER, urn::ENTERPRISE_USER],
            None => &[urn::CORE_USER],
        };
        let mut out = serializer.serialize_map(None)?;
        out.serialize_entry("schemas", schemas)?;
        out.serialize_entry("id", &user.id.to_smolstr())?;
        out.serialize_entry("userName", &user.user_name)?;
        out.serialize_entry("name", &Names::of(user))?;
        out.serialize_entry("displayName", &user.full_name)?;
        out.serialize_entry("userType", user.license.as_str())?;
        out.serialize_entry("active", &user.active)?;
        out.serialize_entry("emails", &[Email::of(user, world.switches.emails_type)])?;
        // Without a picture there is an entry without value all the same, as captured from Miro.
        if user.photo.is_some() || world.switches.photos_without_value.is_on() {
            let value = user.photo.as_deref();
            out.serialize_entry(
                "photos",
                &[Photo {
                    kind: "photo",
                    value,
                }],
            )?;
        }
        out.serialize_entry("groups", &groups(world, user))?;
        out.serialize_entry("roles", &roles(user))?;
        if let Some(language) = &user.language {
            out.serialize_entry("preferredLanguage", language)?;
        }
        if let Some(data) = enterprise {
            out.serialize_entry(urn::ENTERPRISE_USER, &Extension::of(data))?;
        }
        let location = format_smolstr!("{base}/Users/{}", user.id);
        let meta = Meta {
            resource_type: "User",
            location,
        };
        out.serialize_entry("meta", &meta)?;
        out.end()
    }
}

/// Miro keeps one name; the parts are guessed from it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Names<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<&'a str>,
    given_name: &'a str,
    formatted: &'a str,
}

impl<'a> Names<'a> {
    fn of(user: &'a User) -> Self {
        Self {
            family_name: Some(user.family_name()).filter(|name| !name.is_empty()),
            given_name: user.given_name(),
            formatted: &user.full_name,
        }
    }
}

#[derive(Serialize)]
struct Email<'a> {
    value: &'a str,
    display: &'a str,
    primary: bool,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
}

impl<'a> Email<'a> {
    fn of(user: &'a User, with_type: OnOff) -> Self {
        Self {
            value: &user.user_name,
            display: &user.user_name,
            primary: true,
            kind: with_type.is_on().then_some("work"),
        }
    }
}

#[derive(Serialize)]
struct Photo<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
}

#[derive(Serialize)]
struct GroupEntry<'a> {
    value: SmolStr,
    display: &'a str,
}

fn groups<'a>(world: &'a World, user: &User) -> Vec<GroupEntry<'a>> {
    let entry = |id: u64, name: &'a SmolStr| GroupEntry {
        value: id.to_smolstr(),
        display: name,
    };
    match world.switches.group_model {
        GroupModel::Team => {
            let teams = user.teams().iter().map(|key| world.team(*key));
            teams.map(|team| entry(team.id, &team.name)).collect()
        }
        GroupModel::UserGroup => {
            let groups = user.groups().iter().map(|key| world.group(*key));
            groups.map(|group| entry(group.id, &group.name)).collect()
        }
    }
}

#[derive(Serialize)]
struct Role<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    value: &'a str,
    display: &'a str,
    primary: bool,
}

fn roles(user: &User) -> Vec<Role<'_>> {
    let role = Role {
        kind: USER_ROLE,
        value: user.role.as_str(),
        display: user.role.display(),
        primary: true,
    };
    let admin = user.admin_roles.iter().map(|name| Role {
        kind: ADMIN_ROLE,
        value: name,
        display: name,
        primary: false,
    });
    std::iter::once(role).chain(admin).collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extension<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    employee_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_center: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    division: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manager: Option<Manager<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manager<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<SmolStr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
}

impl<'a> Extension<'a> {
    fn of(data: &'a Enterprise) -> Self {
        let manager = Manager {
            value: data.manager.map(|id| id.to_smolstr()),
            display_name: data.manager_name.as_deref(),
        };
        let named = manager.value.is_some() || manager.display_name.is_some();
        Self {
            employee_number: data.employee_number.as_deref(),
            cost_center: data.cost_center.as_deref(),
            organization: data.organization.as_deref(),
            division: data.division.as_deref(),
            department: data.department.as_deref(),
            manager: named.then_some(manager),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    resource_type: &'static str,
    location: SmolStr,
}
