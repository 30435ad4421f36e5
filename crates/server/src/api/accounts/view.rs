//! How accounts are shown.

use jiff::Timestamp;
use serde::Serialize;
use usher_model::{AccountStatus, AdminRole, EnterpriseAttributes, License, OrganizationRole};
use usher_store::AccountRow;
use utoipa::ToSchema;

use super::super::inventory::Unknowns;

/// An account: a user record in Miro.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountView {
    /// Its id in Miro.
    id: String,
    /// Its e-mail address.
    email: String,
    /// Its full name.
    display_name: Option<String>,
    /// `active` or `deactivated`.
    #[schema(value_type = String)]
    status: AccountStatus,
    /// What it is in the organization.
    #[schema(value_type = Option<String>, example = "organization_internal_user")]
    role: Option<OrganizationRole>,
    /// The licence it has.
    #[schema(value_type = Option<String>, example = "full")]
    license: Option<License>,
    /// When the licence was given.
    license_assigned_at: Option<Timestamp>,
    /// When it was last used; null, and not in `unknown`: never.
    last_activity_at: Option<Timestamp>,
    /// Its admin roles.
    #[schema(value_type = Option<Vec<Object>>)]
    admin_roles: Option<Vec<AdminRole>>,
    /// The attributes of SCIM's enterprise extension.
    #[schema(value_type = Option<Object>)]
    enterprise: Option<EnterpriseAttributes>,
    /// How many teams it is in.
    teams: u64,
    /// When it was first seen.
    since: Timestamp,
    /// Which of the above Usher could not see; they are null.
    unknown: Vec<&'static str>,
}

impl From<AccountRow> for AccountView {
    fn from(row: AccountRow) -> Self {
        let (account, mut unknown) = (row.account, Unknowns::default());
        Self {
            id: account.id.to_string(),
            email: account.email.to_string(),
            display_name: unknown.known("display_name", account.display_name),
            status: account.status,
            role: unknown.known("role", account.role),
            license: unknown.known("license", account.license),
            license_assigned_at: unknown
                .known("license_assigned_at", account.license_assigned_at)
                .flatten(),
            last_activity_at: unknown
                .known("last_activity_at", account.last_activity_at)
                .flatten(),
            admin_roles: unknown.known("admin_roles", account.admin_roles),
            enterprise: unknown.known("enterprise", account.enterprise),
            teams: row.teams,
            since: row.since,
            unknown: unknown.names(),
        }
    }
}
