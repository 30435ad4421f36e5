//! What was observed after a synchronization began is newer than what it saw.
//!
//! A plan can be applied while a synchronization reads. Its snapshot shows some accounts as they were before, and would
//! take back in the inventory what was done in Miro. So whatever an observation wrote since the synchronization began
//! takes the place of what the snapshot says of it, until the next one.

use usher_model::Timestamp;

use crate::StoreError;
use crate::database::Tx;
use crate::statement::sql;

/// Puts what was observed since a synchronization began into its snapshot.
pub(crate) async fn prefer_what_is_newer(
    tx: &mut Tx,
    sync: i64,
    organization: i64,
) -> Result<(), StoreError> {
    let statement = sql(
        "SELECT s.started_at FROM syncs s JOIN organizations o ON o.number = s.organization
         WHERE s.number = $1 AND o.observed_at >= s.started_at",
    );
    let Some(row) = tx.optional(statement.bind(sync)).await? else {
        return Ok(());
    };
    let began: Timestamp = row.columns(&tx.db.name).time()?;
    for text in STEPS {
        let statement = sql(text).bind(sync).bind(organization).bind(began);
        tx.execute(statement).await?;
    }
    Ok(())
}

/// For each table: what was touched leaves the snapshot, and what there is of it now takes its place. An account has
/// one role, one licence, and one role in a team.
const STEPS: [&str; 8] = [
    "DELETE FROM merged_accounts WHERE sync = $1 AND EXISTS (SELECT 1 FROM accounts a
         WHERE a.organization = $2 AND a.account_id = merged_accounts.account_id
           AND (a.valid_from >= $3 OR a.valid_to >= $3))",
    "INSERT INTO merged_accounts (sync, account_id, email, email_folded, domain, display_name, name_folded, status, role,
         license, license_assigned_known, license_assigned_at, admin_roles, enterprise, last_activity_known, last_activity_at)
     SELECT $1, a.account_id, a.email, a.email_folded, a.domain, a.display_name, a.name_folded, a.status, a.role,
         a.license, a.license_assigned_known, a.license_assigned_at, a.admin_roles, a.enterprise,
         CASE WHEN v.account_id IS NULL THEN 0 ELSE 1 END, v.last_activity_at
     FROM accounts a LEFT JOIN account_activity v
         ON v.organization = a.organization AND v.account_id = a.account_id AND v.valid_to IS NULL
     WHERE a.organization = $2 AND a.valid_to IS NULL AND a.valid_from >= $3
     ON CONFLICT DO NOTHING",
    "DELETE FROM merged_grants WHERE sync = $1 AND EXISTS (SELECT 1 FROM grants g
         WHERE g.organization = $2 AND g.account_id = merged_grants.account_id AND g.kind = merged_grants.kind
           AND (g.resource = merged_grants.resource OR g.kind IN ('role', 'license'))
           AND (g.valid_from >= $3 OR g.valid_to >= $3))",
    "INSERT INTO merged_grants (sync, account_id, kind, resource, role)
     SELECT $1, account_id, kind, resource, role FROM grants
     WHERE organization = $2 AND valid_to IS NULL AND valid_from >= $3
     ON CONFLICT DO NOTHING",
    "DELETE FROM merged_teams WHERE sync = $1 AND EXISTS (SELECT 1 FROM teams t
         WHERE t.organization = $2 AND t.team_id = merged_teams.team_id AND (t.valid_from >= $3 OR t.valid_to >= $3))",
    "INSERT INTO merged_teams (sync, team_id, name, name_folded)
     SELECT $1, team_id, name, name_folded FROM teams
     WHERE organization = $2 AND valid_to IS NULL AND valid_from >= $3
     ON CONFLICT DO NOTHING",
    "DELETE FROM merged_user_groups WHERE sync = $1 AND EXISTS (SELECT 1 FROM user_groups u
         WHERE u.organization = $2 AND u.user_group_id = merged_user_groups.user_group_id
           AND (u.valid_from >= $3 OR u.valid_to >= $3))",
    "INSERT INTO merged_user_groups (sync, user_group_id, name, name_folded, description)
     SELECT $1, user_group_id, name, name_folded, description FROM user_groups
     WHERE organization = $2 AND valid_to IS NULL AND valid_from >= $3
     ON CONFLICT DO NOTHING",
];
