//! What each of Miro's two APIs says of a person, and the one account that follows.
//!
//! REST shows everybody, with licence dates and activity, but no names. SCIM shows members only, with
//! names and enterprise attributes. Both use the same ids; where an id is missing on one side the e-mail
//! address decides.

use serde::{Deserialize, Serialize};
use usher_miro_wire::{Member, parse_time};
use usher_model::{
    Account, AccountId, AccountStatus, AdminRole, AdminRoleKind, Email, EnterpriseAttributes,
    Known, License, OrganizationRole, Timestamp,
};

/// A person as REST shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestView {
    /// Account id.
    pub id: AccountId,
    /// E-mail address.
    pub email: Email,
    /// Active or deactivated.
    pub status: AccountStatus,
    /// Role in the organization.
    pub role: OrganizationRole,
    /// Licence.
    pub license: License,
    /// When the licence was given.
    pub license_assigned_at: Option<Timestamp>,
    /// Last activity; unknown when Miro sent something that is no date.
    pub last_activity_at: Known<Option<Timestamp>>,
    /// Admin roles.
    pub admin_roles: Vec<AdminRole>,
}

/// A person as SCIM shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScimView {
    /// Account id.
    pub id: AccountId,
    /// `userName`, which is the e-mail address.
    pub email: Email,
    /// Full name.
    pub display_name: String,
    /// Active or deactivated.
    pub status: AccountStatus,
    /// Role in the organization, if one was given.
    pub role: Option<OrganizationRole>,
    /// Licence, if one was given.
    pub license: Option<License>,
    /// Names of admin roles; none if the reply showed no roles at all.
    pub admin_roles: Option<Vec<String>>,
    /// Enterprise attributes.
    pub enterprise: EnterpriseAttributes,
    /// Ids and names of the groups the person is in: teams or user groups, by the group model.
    pub groups: Vec<(String, String)>,
}

/// What Miro sent that nobody has published yet: kept in the data, and reported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oddities(std::collections::BTreeMap<String, u64>);

impl Oddities {
    /// Counts `value` as one that was not expected in `field`.
    pub fn note(&mut self, field: &str, value: &str) {
        *self.0.entry(format!("{field} `{value}`")).or_default() += 1;
    }

    /// Each kind of oddity with how often it came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(what, times)| (what.as_str(), *times))
    }
}

impl RestView {
    /// From an item of the members list.
    pub fn from_member(member: &Member, oddities: &mut Oddities) -> Self {
        let role = OrganizationRole::from(member.role.as_str());
        if !role.is_published() {
            oddities.note("organization role", &member.role);
        }
        let license = License::from(member.license.as_str());
        if !license.is_published() {
            oddities.note("license", &member.license);
        }
        if member.active.is_none() {
            oddities.note("active", "nothing");
        }
        Self {
            id: AccountId::new(&member.id),
            email: Email::new(&member.email),
            // Silence about `active` must not read as "deactivated": that would be a change nobody made.
            status: AccountStatus::from_active_flag(member.active.unwrap_or(true)),
            role,
            license,
            license_assigned_at: member.license_assigned_at.as_deref().and_then(parse_time),
            last_activity_at: last_activity(member.last_activity_at.as_deref(), oddities),
            admin_roles: member
                .admin_roles
                .iter()
                .flatten()
                .map(rest_admin_role)
                .collect(),
        }
    }
}

/// An absent or empty date says *never*; a text that is no date says nothing.
fn last_activity(text: Option<&str>, oddities: &mut Oddities) -> Known<Option<Timestamp>> {
    match text.map(str::trim) {
        None | Some("") => Known::Known(None),
        Some(text) => match parse_time(text) {
            Some(time) => Known::Known(Some(time)),
            None => {
                oddities.note("lastActivityAt", text);
                Known::Unknown
            }
        },
    }
}

fn rest_admin_role(role: &usher_miro_wire::AdminRole) -> AdminRole {
    AdminRole {
        kind: Known::Known(AdminRoleKind::from(role.kind.as_str())),
        name: role.name.clone(),
    }
}

/// One account from what either API showed; `None` when neither did.
///
/// REST decides what both show, because its list is read in one go; SCIM adds what only it has.
pub fn merge(rest: Option<&RestView>, scim: Option<&ScimView>) -> Option<Account> {
    let known = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(ToOwned::to_owned);
    let display_name = known(scim.map(|view| view.display_name.as_str()));
    let enterprise = scim.map(|view| view.enterprise.clone());
    match (rest, scim) {
        (Some(view), _) => Some(Account {
            id: view.id.clone(),
            email: view.email.clone(),
            display_name: display_name.into(),
            status: view.status,
            role: Known::Known(view.role.clone()),
            license: Known::Known(view.license.clone()),
            license_assigned_at: Known::Known(view.license_assigned_at),
            last_activity_at: view.last_activity_at,
            admin_roles: Known::Known(sorted(view.admin_roles.clone())),
            enterprise: enterprise.into(),
        }),
        (None, Some(view)) => Some(Account {
            id: view.id.clone(),
            email: view.email.clone(),
            display_name: display_name.into(),
            status: view.status,
            role: view.role.clone().into(),
            license: view.license.clone().into(),
            license_assigned_at: Known::Unknown,
            last_activity_at: Known::Unknown,
            admin_roles: view.admin_roles.as_deref().map(scim_admin_roles).into(),
            enterprise: enterprise.into(),
        }),
        (None, None) => None,
    }
}

/// SCIM does not say of which kind admin roles are.
pub(super) fn scim_admin_roles(names: &[String]) -> Vec<AdminRole> {
    let role = |name: &String| AdminRole {
        kind: Known::Unknown,
        name: name.clone(),
    };
    sorted(names.iter().map(role).collect())
}

/// Admin roles come in any order; a changed order is not a change.
fn sorted(mut roles: Vec<AdminRole>) -> Vec<AdminRole> {
    roles.sort();
    roles.dedup();
    roles
}
