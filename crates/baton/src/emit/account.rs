//! Accounts.

use usher_model::{Account, AccountStatus, EnterpriseAttributes, Known, Timestamp};

use super::resource_type::USER;
use super::text;
use crate::messages::{
    self, AccountType, CreationSource, Resource, ResourceId, ResourceStatus, Status, Struct,
    UserEmail, UserTrait, pack, string_struct,
};

/// An account as a resource: `user:ID`, named by its e-mail address.
pub fn account(account: &Account) -> Resource {
    let email = account.email.as_str();
    let status = ResourceStatus {
        status: match account.status {
            AccountStatus::Active => Status::Enabled,
            AccountStatus::Deactivated => Status::Disabled,
        } as i32,
        details: String::new(),
    };
    let traits = UserTrait {
        emails: addresses(email),
        status: Some(status.clone()),
        profile: Some(string_struct(connector_profile(account))),
        account_type: AccountType::Human as i32,
        login: email.to_owned(),
        last_login: last_login(account),
        employee_ids: employee_numbers(account),
        ..UserTrait::default()
    };
    Resource {
        id: Some(ResourceId::new(USER, account.id.as_str())),
        display_name: text::name(email),
        annotations: vec![pack(&traits)],
        creation_source: CreationSource::ConnectorList as i32,
        profile: Some(full_profile(account)),
        status: Some(status),
        ..Resource::default()
    }
}

/// The attributes that the Go connector gives; readers may depend on there being no others.
fn connector_profile(account: &Account) -> [(&'static str, &str); 3] {
    let license = account.license.as_ref().known();
    [
        ("email", account.email.as_str()),
        ("login", account.email.as_str()),
        ("license", license.map_or("", |license| license.as_str())),
    ]
}

/// Everything that is known, for newer readers, in the place that older ones ignore.
fn full_profile(account: &Account) -> Struct {
    let mut members: Vec<(&str, &str)> = connector_profile(account).to_vec();
    if let Known::Known(name) = &account.display_name {
        members.push(("display_name", name));
    }
    if let Known::Known(role) = &account.role {
        members.push(("role", role.as_str()));
    }
    let assigned = match account.license_assigned_at {
        Known::Known(Some(at)) => at.to_string(),
        _ => String::new(),
    };
    members.push(("license_assigned_at", &assigned));
    if let Known::Known(enterprise) = &account.enterprise {
        members.extend(enterprise_members(enterprise));
    }
    let is_connectors = |name: &str| matches!(name, "email" | "login" | "license");
    members.retain(|(name, text)| is_connectors(name) || !text.is_empty());
    string_struct(members)
}

fn enterprise_members(attributes: &EnterpriseAttributes) -> Vec<(&'static str, &str)> {
    let manager = attributes.manager.as_ref();
    let members = [
        ("employee_number", attributes.employee_number.as_deref()),
        ("cost_center", attributes.cost_center.as_deref()),
        ("organization", attributes.organization.as_deref()),
        ("division", attributes.division.as_deref()),
        ("department", attributes.department.as_deref()),
        (
            "manager_id",
            manager.and_then(|manager| manager.account.as_ref().map(AsRef::as_ref)),
        ),
        (
            "manager",
            manager.and_then(|manager| manager.display_name.as_deref()),
        ),
    ];
    members
        .into_iter()
        .filter_map(|(name, text)| Some((name, text?)))
        .collect()
}

fn addresses(email: &str) -> Vec<UserEmail> {
    if email.is_empty() {
        return Vec::new();
    }
    vec![UserEmail {
        address: email.to_owned(),
        is_primary: true,
    }]
}

fn employee_numbers(account: &Account) -> Vec<String> {
    let enterprise = account.enterprise.as_ref().known();
    enterprise
        .and_then(|attributes| attributes.employee_number.clone())
        .filter(|number| !number.is_empty())
        .into_iter()
        .collect()
}

/// Never used and not known are both left out: the message has no word for either.
fn last_login(account: &Account) -> Option<messages::Timestamp> {
    account
        .last_activity_at
        .known()
        .flatten()
        .map(|at: Timestamp| messages::Timestamp {
            seconds: at.as_second(),
            nanos: at.subsec_nanosecond(),
        })
}
