//! One CSV file per table, in a folder. What is unknown is written as `?`, so that it cannot be taken for empty.

use std::path::Path;

use csv::Writer;
use futures::TryStreamExt;
use tempfile::NamedTempFile;
use usher_model::{AdminRole, EnterpriseAttributes, Known, Timestamp};
use usher_store::{AccountRow, EntitlementRow, GrantRow, Rows, Store, TeamRow, UserGroupRow};

use super::{ExportRequest, Exported, inventory, write_error};
use crate::EngineError;

const UNKNOWN: &str = "?";

pub async fn write(store: &Store, request: &ExportRequest<'_>) -> Result<Exported, EngineError> {
    std::fs::create_dir_all(request.path).map_err(write_error(request.path))?;
    let path = request.path;
    Ok(Exported {
        accounts: table(
            path,
            "accounts.csv",
            ACCOUNTS,
            inventory::accounts(store, request),
            account,
        )
        .await?,
        teams: table(
            path,
            "teams.csv",
            TEAMS,
            inventory::teams(store, request),
            team,
        )
        .await?,
        user_groups: table(
            path,
            "user_groups.csv",
            USER_GROUPS,
            inventory::user_groups(store, request),
            user_group,
        )
        .await?,
        entitlements: table(
            path,
            "entitlements.csv",
            ENTITLEMENTS,
            inventory::entitlements(store, request),
            entitlement,
        )
        .await?,
        grants: table(
            path,
            "grants.csv",
            GRANTS,
            inventory::grants(store, request),
            grant,
        )
        .await?,
    })
}

async fn table<T>(
    folder: &Path,
    name: &str,
    headings: &[&str],
    mut rows: Rows<T>,
    record: impl Fn(&T) -> Vec<String>,
) -> Result<u64, EngineError> {
    let target = folder.join(name);
    let file = NamedTempFile::new_in(folder).map_err(write_error(&target))?;
    let mut out = Writer::from_writer(file);
    out.write_record(headings).map_err(write_error(&target))?;
    let mut count = 0;
    while let Some(row) = rows.try_next().await? {
        out.write_record(record(&row))
            .map_err(write_error(&target))?;
        count += 1;
    }
    let file = out
        .into_inner()
        .map_err(|error| write_error(&target)(error.into_error()))?;
    file.as_file().sync_all().map_err(write_error(&target))?;
    file.persist(&target)
        .map_err(|error| write_error(&target)(error.error))?;
    Ok(count)
}

const ACCOUNTS: &[&str] = &[
    "id",
    "email",
    "display_name",
    "status",
    "role",
    "license",
    "license_assigned_at",
    "last_activity_at",
    "admin_roles",
    "employee_number",
    "cost_center",
    "organization",
    "division",
    "department",
    "manager_id",
    "manager_name",
    "teams",
    "since",
];

fn account(row: &AccountRow) -> Vec<String> {
    let account = &row.account;
    let enterprise = enterprise(account.enterprise.as_ref());
    let mut record = vec![
        account.id.to_string(),
        safe_field(account.email.as_str()),
        known(account.display_name.as_ref(), |name| safe_field(name)),
        account.status.as_str().to_owned(),
        known(account.role.as_ref(), ToString::to_string),
        known(account.license.as_ref(), ToString::to_string),
        known(account.license_assigned_at, time),
        known(account.last_activity_at, time),
        known(account.admin_roles.as_ref(), |roles| admin_roles(roles)),
    ];
    record.extend(enterprise);
    record.push(row.teams.to_string());
    record.push(row.since.to_string());
    record
}

fn enterprise(attributes: Known<&EnterpriseAttributes>) -> [String; 7] {
    let Known::Known(known) = attributes else {
        return [UNKNOWN; 7].map(ToOwned::to_owned);
    };
    let text = |value: &Option<String>| value.as_deref().map(safe_field).unwrap_or_default();
    let manager = known.manager.as_ref();
    let manager_id = manager
        .and_then(|manager| manager.account.as_ref())
        .map(ToString::to_string);
    let manager_name = manager.and_then(|manager| manager.display_name.clone());
    [
        text(&known.employee_number),
        text(&known.cost_center),
        text(&known.organization),
        text(&known.division),
        text(&known.department),
        text(&manager_id),
        text(&manager_name),
    ]
}

fn admin_roles(roles: &[AdminRole]) -> String {
    safe_field(
        &roles
            .iter()
            .map(|role| role.name.as_str())
            .collect::<Vec<_>>()
            .join("; "),
    )
}

const TEAMS: &[&str] = &["id", "name", "members", "admins", "since"];

fn team(row: &TeamRow) -> Vec<String> {
    let admins = if row.unknown_roles > 0 {
        UNKNOWN.to_owned()
    } else {
        row.admins.to_string()
    };
    vec![
        row.team.id.to_string(),
        safe_field(&row.team.name),
        row.members.to_string(),
        admins,
        row.since.to_string(),
    ]
}

const USER_GROUPS: &[&str] = &["id", "name", "description", "members", "since"];

fn user_group(row: &UserGroupRow) -> Vec<String> {
    let group = &row.user_group;
    vec![
        group.id.to_string(),
        safe_field(&group.name),
        known(group.description.as_ref(), |text| safe_field(text)),
        row.members.to_string(),
        row.since.to_string(),
    ]
}

const ENTITLEMENTS: &[&str] = &["entitlement", "kind", "resource_name", "holders"];

fn entitlement(row: &EntitlementRow) -> Vec<String> {
    vec![
        safe_field(&row.entitlement.to_string()),
        row.entitlement.kind().as_str().to_owned(),
        row.resource_name
            .as_deref()
            .map(safe_field)
            .unwrap_or_default(),
        row.holders.to_string(),
    ]
}

const GRANTS: &[&str] = &[
    "account_id",
    "email",
    "display_name",
    "entitlement",
    "kind",
    "resource_name",
    "since",
];

fn grant(row: &GrantRow) -> Vec<String> {
    let held = &row.grant.entitlement;
    vec![
        row.grant.account.to_string(),
        row.email
            .as_ref()
            .map_or_else(|| UNKNOWN.to_owned(), |email| safe_field(email.as_str())),
        known(row.display_name.as_ref(), |name| safe_field(name)),
        safe_field(&held.to_string()),
        held.kind().as_str().to_owned(),
        row.resource_name
            .as_deref()
            .map(safe_field)
            .unwrap_or_default(),
        row.since.to_string(),
    ]
}

fn known<T>(value: Known<T>, text: impl Fn(T) -> String) -> String {
    value
        .map(text)
        .known()
        .unwrap_or_else(|| UNKNOWN.to_owned())
}

fn time(at: Option<Timestamp>) -> String {
    at.map(|at| at.to_string()).unwrap_or_default()
}

/// Names come from people, and spreadsheets run what begins like a formula: such text is led by an
/// apostrophe, which spreadsheets do not show (OWASP, CSV injection).
pub fn safe_field(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::safe_field;

    #[test]
    fn a_name_that_begins_like_a_formula_cannot_run_in_a_spreadsheet() {
        assert_eq!(safe_field("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(safe_field("Ada Lovelace"), "Ada Lovelace");
        assert_eq!(safe_field("@SUM(1)"), "'@SUM(1)");
    }
}
