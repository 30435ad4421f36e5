//! The snapshot: one row per thing that was seen, after the engine has merged what the APIs showed.

use usher_boxed::boxed;
use usher_model::{
    Account, AdminRole, Entitlement, Grant, Known, License, OrganizationRole, Team, UserGroup,
};

use crate::database::{Durability, Insert, Tx};
use crate::statement::{Value, json, sql};
use crate::{InventoryCounts, RunningSync, Store, StoreError, publish, staging, syncs};

/// A piece of a snapshot.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// Accounts.
    pub accounts: Vec<Account>,
    /// Teams.
    pub teams: Vec<Team>,
    /// User groups.
    pub user_groups: Vec<UserGroup>,
    /// Grants: team roles, organization roles, licences, admin roles, user groups.
    pub grants: Vec<Grant>,
}

impl Store {
    /// Begins the snapshot of a synchronization anew: forgets what was merged before.
    #[boxed]
    pub async fn begin_merge(&self, sync: &RunningSync) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Repeatable).await?;
        syncs::renew(&mut tx, sync, self.clock.now()).await?;
        staging::drop_merged(&mut tx, sync.number).await?;
        tx.commit().await
    }

    /// Adds a piece to the snapshot, and renews the lease. Pieces of some thousand rows are best; the
    /// same thing twice is one thing, and its first showing counts.
    #[boxed]
    pub async fn merge(&self, sync: &RunningSync, merged: &Merged) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Repeatable).await?;
        syncs::renew(&mut tx, sync, self.clock.now()).await?;
        let number = sync.number;
        tx.insert(&ACCOUNTS, rows(&merged.accounts, number, account_row))
            .await?;
        tx.insert(&TEAMS, rows(&merged.teams, number, team_row))
            .await?;
        tx.insert(
            &USER_GROUPS,
            rows(&merged.user_groups, number, user_group_row),
        )
        .await?;
        tx.insert(&GRANTS, rows(&merged.grants, number, grant_row))
            .await?;
        tx.commit().await
    }

    /// How much is in the snapshot.
    #[boxed]
    pub async fn merged_counts(&self, sync: &RunningSync) -> Result<InventoryCounts, StoreError> {
        let statement = sql(
            "SELECT
                 (SELECT COUNT(*) FROM merged_accounts WHERE sync = $1),
                 (SELECT COUNT(*) FROM merged_accounts WHERE sync = $1
                      AND (role IS NULL OR role IN ('organization_internal_admin', 'organization_internal_user'))),
                 (SELECT COUNT(*) FROM merged_teams WHERE sync = $1),
                 (SELECT COUNT(*) FROM merged_user_groups WHERE sync = $1),
                 (SELECT COUNT(*) FROM merged_grants WHERE sync = $1),
                 (SELECT COUNT(*) FROM merged_grants WHERE sync = $1 AND kind = 'team'),
                 (SELECT COUNT(*) FROM merged_grants g
                      JOIN merged_accounts a ON a.sync = g.sync AND a.account_id = g.account_id
                      WHERE g.sync = $1 AND g.kind = 'team'
                      AND (a.role IS NULL OR a.role IN ('organization_internal_admin', 'organization_internal_user')))",
        );
        let mut tx = self.db.write(Durability::Repeatable).await?;
        publish::count_rows(&mut tx, publish::MERGED_ROWS).await?;
        let row = tx.one(statement.bind(sync.number)).await?;
        let counts = InventoryCounts::read(&mut row.columns(&self.db.name))?;
        tx.commit().await?;
        Ok(counts)
    }
}

fn rows<T>(items: &[T], sync: i64, row: impl Fn(i64, &T) -> Vec<Value>) -> Vec<Vec<Value>> {
    items.iter().map(|item| row(sync, item)).collect()
}

const ACCOUNTS: Insert = Insert {
    before: "INSERT INTO merged_accounts (sync, account_id, email, email_folded, domain, display_name, name_folded,
             status, role, license, license_assigned_known, license_assigned_at, admin_roles, enterprise,
             last_activity_known, last_activity_at) VALUES",
    after: "ON CONFLICT DO NOTHING",
};

/// The values of an account's row in a snapshot.
pub(crate) fn account_row(sync: i64, account: &Account) -> Vec<Value> {
    let name = account.display_name.as_ref().known();
    let assigned = account.license_assigned_at;
    let active = account.last_activity_at;
    vec![
        sync.into(),
        account.id.as_str().into(),
        account.email.as_str().into(),
        account.email.folded().into(),
        account.email.domain().into(),
        name.map(String::as_str).into(),
        name.map(|name| name.to_lowercase()).into(),
        account.status.as_str().into(),
        account
            .role
            .as_ref()
            .known()
            .map(OrganizationRole::as_str)
            .into(),
        account.license.as_ref().known().map(License::as_str).into(),
        assigned.is_known().into(),
        assigned.known().flatten().into(),
        account
            .admin_roles
            .as_ref()
            .known()
            .map(|roles| admin_roles(roles))
            .into(),
        account.enterprise.as_ref().known().map(json).into(),
        active.is_known().into(),
        active.known().flatten().into(),
    ]
}

/// Admin roles in one order and each once, so that equal ones are stored equal.
pub(crate) fn admin_roles(roles: &[AdminRole]) -> String {
    let mut roles: Vec<_> = roles.iter().collect();
    roles.sort_by(|a, b| {
        a.name
            .cmp(&b.name)
            .then_with(|| kind_rank(a).cmp(&kind_rank(b)))
    });
    roles.dedup_by(|a, b| a.name == b.name);
    json(&roles)
}

/// A role whose kind is known says more than the same one whose kind is not.
fn kind_rank(role: &AdminRole) -> u8 {
    match &role.kind {
        Known::Known(_) => 0,
        Known::Unknown => 1,
    }
}

const TEAMS: Insert = Insert {
    before: "INSERT INTO merged_teams (sync, team_id, name, name_folded) VALUES",
    after: "ON CONFLICT DO NOTHING",
};

fn team_row(sync: i64, team: &Team) -> Vec<Value> {
    vec![
        sync.into(),
        team.id.as_str().into(),
        team.name.as_str().into(),
        team.name.to_lowercase().into(),
    ]
}

const USER_GROUPS: Insert = Insert {
    before: "INSERT INTO merged_user_groups (sync, user_group_id, name, name_folded, description) VALUES",
    after: "ON CONFLICT DO NOTHING",
};

fn user_group_row(sync: i64, group: &UserGroup) -> Vec<Value> {
    vec![
        sync.into(),
        group.id.as_str().into(),
        group.name.as_str().into(),
        group.name.to_lowercase().into(),
        group.description.clone().known().into(),
    ]
}

const GRANTS: Insert = Insert {
    before: "INSERT INTO merged_grants (sync, account_id, kind, resource, role) VALUES",
    after: "ON CONFLICT DO NOTHING",
};

fn grant_row(sync: i64, grant: &Grant) -> Vec<Value> {
    vec![
        sync.into(),
        grant.account.as_str().into(),
        grant.entitlement.kind().as_str().into(),
        grant.entitlement.resource().into(),
        role_in(&grant.entitlement).into(),
    ]
}

/// The part of an entitlement that its kind and resource do not say.
pub(crate) fn role_in(entitlement: &Entitlement) -> &str {
    match entitlement {
        Entitlement::Team { role, .. } => role.as_str(),
        _ => "",
    }
}

/// Puts an entitlement together from its stored parts. `kind` is one of [`usher_model::EntitlementKind`]'s words.
pub(crate) fn entitlement(kind: &str, resource: &str, role: &str) -> Option<Entitlement> {
    Some(match kind {
        "team" => Entitlement::Team {
            team: resource.into(),
            role: role.into(),
        },
        "role" => Entitlement::Role(resource.into()),
        "license" => Entitlement::License(resource.into()),
        "admin_role" => Entitlement::AdminRole(resource.to_owned()),
        "user_group" => Entitlement::UserGroup(resource.into()),
        _ => return None,
    })
}

/// Gives admin roles whose kind is unknown the kind they had before, when a role of that name had one.
pub(crate) fn keep_kinds(now: &mut [AdminRole], before: &[AdminRole]) {
    for role in now.iter_mut().filter(|role| !role.kind.is_known()) {
        if let Some(known) = before.iter().find(|known| known.name == role.name) {
            role.kind = known.kind.clone();
        }
    }
}

/// Fills in what the snapshot could not see of accounts from what is known of them now.
pub(crate) async fn keep_what_is_unknown(
    tx: &mut Tx,
    sync: i64,
    organization: i64,
) -> Result<(), StoreError> {
    keep_kinds_of_admin_roles(tx, sync, organization).await?;
    // When the licence is another one, the date of the old one says nothing.
    let statement = sql(
        "UPDATE merged_accounts AS m SET
             display_name = COALESCE(m.display_name, a.display_name),
             name_folded = COALESCE(m.name_folded, a.name_folded),
             role = COALESCE(m.role, a.role),
             license = COALESCE(m.license, a.license),
             license_assigned_at = CASE
                 WHEN m.license_assigned_known = 0 AND COALESCE(m.license, a.license) IS NOT DISTINCT FROM a.license
                 THEN a.license_assigned_at ELSE m.license_assigned_at END,
             license_assigned_known = CASE
                 WHEN m.license_assigned_known = 0 AND COALESCE(m.license, a.license) IS NOT DISTINCT FROM a.license
                 THEN a.license_assigned_known ELSE m.license_assigned_known END,
             admin_roles = COALESCE(m.admin_roles, a.admin_roles),
             enterprise = COALESCE(m.enterprise, a.enterprise)
         FROM accounts AS a
         WHERE m.sync = $1 AND a.organization = $2 AND a.account_id = m.account_id AND a.valid_to IS NULL
           AND (m.display_name IS NULL OR m.role IS NULL OR m.license IS NULL OR m.license_assigned_known = 0
                OR m.admin_roles IS NULL OR m.enterprise IS NULL)",
    );
    tx.execute(statement.bind(sync).bind(organization)).await?;
    Ok(())
}

async fn keep_kinds_of_admin_roles(
    tx: &mut Tx,
    sync: i64,
    organization: i64,
) -> Result<(), StoreError> {
    // Few accounts have admin roles, and fewer have others than before.
    let statement = sql(
        "SELECT m.account_id, m.admin_roles, a.admin_roles FROM merged_accounts m
         JOIN accounts a ON a.organization = $2 AND a.account_id = m.account_id AND a.valid_to IS NULL
         WHERE m.sync = $1 AND m.admin_roles <> '[]' AND a.admin_roles <> m.admin_roles",
    );
    for row in tx.all(statement.bind(sync).bind(organization)).await? {
        let mut columns = row.columns(&tx.db.name);
        let account = columns.text()?;
        let mut now: Vec<AdminRole> = columns.json()?;
        let before: Vec<AdminRole> = columns.json()?;
        keep_kinds(&mut now, &before);
        let update =
            sql("UPDATE merged_accounts SET admin_roles = $3 WHERE sync = $1 AND account_id = $2");
        tx.execute(update.bind(sync).bind(account).bind(admin_roles(&now)))
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use usher_model::AdminRoleKind;

    use super::*;

    fn role(name: &str, kind: Known<AdminRoleKind>) -> AdminRole {
        AdminRole {
            kind,
            name: name.into(),
        }
    }

    #[test]
    fn admin_roles_are_stored_in_one_order_and_once() {
        let known = Known::Known(AdminRoleKind::Prebuilt);
        let one = [role("b", known.clone()), role("a", Known::Unknown)];
        let two = [
            role("a", Known::Unknown),
            role("b", Known::Unknown),
            role("b", known),
        ];
        assert_eq!(admin_roles(&one), admin_roles(&two));
    }

    #[test]
    fn the_words_in_sql_for_what_scim_shows_are_the_models() {
        let internal: Vec<_> = OrganizationRole::PUBLISHED
            .iter()
            .filter(|role| role.is_internal())
            .map(OrganizationRole::as_str)
            .collect();
        assert_eq!(
            internal,
            ["organization_internal_admin", "organization_internal_user"]
        );
    }

    #[test]
    fn an_entitlement_is_put_together_from_its_parts() {
        for text in [
            "team:42:admin",
            "role:organization_internal_user",
            "license:full",
            "admin_role:Content: Admin",
            "user_group:7:member",
        ] {
            let held: Entitlement = text.parse().unwrap();
            let again = entitlement(held.kind().as_str(), held.resource(), role_in(&held));
            assert_eq!(again, Some(held));
        }
    }
}
