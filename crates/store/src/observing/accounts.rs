//! Accounts that were observed.

use std::collections::{HashMap, HashSet};

use usher_model::{Account, AccountId, Entitlement, Grant, Known};

use super::{ACCOUNTS, ACTIVITY, GRANTS, Run};
use crate::StoreError;
use crate::accounts::{ACCOUNT, read_account};
use crate::database::{Insert, Tx};
use crate::merging::{account_row, keep_kinds};
use crate::row::read_all;
use crate::statement::{LIST, Value, sql};

impl Run {
    /// Accounts that are no more, and with them all they held.
    pub(super) async fn remove_accounts(
        &mut self,
        tx: &mut Tx,
        accounts: &[AccountId],
    ) -> Result<(), StoreError> {
        let ids: Vec<&str> = accounts.iter().map(AccountId::as_str).collect();
        for table in [ACCOUNTS, ACTIVITY, GRANTS] {
            self.end_listed(tx, table, "account_id", &ids).await?;
        }
        Ok(())
    }

    /// Accounts as they are now.
    pub(super) async fn save_accounts(
        &mut self,
        tx: &mut Tx,
        accounts: &[Account],
    ) -> Result<(), StoreError> {
        // What was observed twice counts as it was the second time.
        let last: HashMap<&AccountId, &Account> = accounts
            .iter()
            .map(|account| (&account.id, account))
            .collect();
        let mut last: Vec<&Account> = last.into_values().collect();
        last.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        for chunk in last.chunks(LIST) {
            self.save_some(tx, chunk).await?;
        }
        Ok(())
    }

    async fn save_some(&mut self, tx: &mut Tx, accounts: &[&Account]) -> Result<(), StoreError> {
        let known = self.known_accounts(tx, accounts).await?;
        let changed: Vec<Account> = accounts
            .iter()
            .filter_map(|account| match known.get(&account.id) {
                None => Some((*account).clone()),
                Some(before) => {
                    let now = filled(account, before);
                    (row(&now) != row(before)).then_some(now)
                }
            })
            .collect();
        let ids: Vec<&str> = changed.iter().map(|account| account.id.as_str()).collect();
        self.end_listed(tx, ACCOUNTS, "account_id", &ids).await?;
        let rows: Vec<_> = changed
            .iter()
            .map(|account| self.inventory_row(account))
            .collect();
        self.rows += tx.insert(&INSERT, rows).await?;
        self.derive_grants(tx, &changed).await?;
        self.save_activity(tx, accounts).await
    }

    async fn known_accounts(
        &self,
        tx: &mut Tx,
        accounts: &[&Account],
    ) -> Result<HashMap<AccountId, Account>, StoreError> {
        let mut statement = sql("SELECT ");
        statement
            .push(ACCOUNT)
            .push(" FROM accounts a WHERE a.valid_to IS NULL AND a.organization = ");
        statement
            .push_bind(self.organization)
            .push(" AND a.account_id IN ");
        statement.push_list(accounts.iter().map(|account| account.id.as_str()));
        let rows = tx.all(statement).await?;
        let accounts = read_all(&rows, &tx.db.name, read_account)?;
        Ok(accounts
            .into_iter()
            .map(|account| (account.id.clone(), account))
            .collect())
    }

    /// The row of the inventory: that of a snapshot, with the organization and the time, and without the activity.
    fn inventory_row(&self, account: &Account) -> Vec<Value> {
        let mut values: Vec<Value> = account_row(self.organization, account);
        values.truncate(ACTIVITY_AT);
        values.insert(2, self.at.into());
        values
    }

    /// The grants that follow from accounts that are new or others than before.
    async fn derive_grants(&mut self, tx: &mut Tx, accounts: &[Account]) -> Result<(), StoreError> {
        let by_id: HashMap<&AccountId, &Account> = accounts
            .iter()
            .map(|account| (&account.id, account))
            .collect();
        let now: HashSet<Grant> = accounts.iter().flat_map(derived).collect();
        let held = self.derived_grants(tx, accounts).await?;
        let is_said = |grant: &&Grant| {
            by_id
                .get(&grant.account)
                .is_some_and(|account| says(account, &grant.entitlement))
        };
        let gone = held.difference(&now).filter(is_said).cloned();
        let gone: Vec<Grant> = gone.collect();
        let mut new: Vec<Grant> = now.difference(&held).cloned().collect();
        new.sort_unstable();
        self.remove_grants(tx, &gone).await?;
        self.insert_grants(tx, &new).await
    }

    async fn derived_grants(
        &self,
        tx: &mut Tx,
        accounts: &[Account],
    ) -> Result<HashSet<Grant>, StoreError> {
        if accounts.is_empty() {
            return Ok(HashSet::new());
        }
        let mut statement = sql("SELECT account_id, kind, resource, role FROM grants
             WHERE organization = $1 AND valid_to IS NULL AND kind IN ('role', 'license', 'admin_role')
               AND account_id IN ")
        .bind(self.organization);
        statement.push_list(accounts.iter().map(|account| account.id.as_str()));
        let rows = tx.all(statement).await?;
        let held = read_all(&rows, &tx.db.name, crate::grants::read_grant)?;
        Ok(held.into_iter().collect())
    }

    async fn save_activity(
        &mut self,
        tx: &mut Tx,
        accounts: &[&Account],
    ) -> Result<(), StoreError> {
        let seen = accounts.iter().filter_map(|account| {
            let last = account.last_activity_at.known()?;
            Some((account.id.as_str(), Value::from(last)))
        });
        let mut seen: HashMap<&str, Value> = seen.collect();
        if seen.is_empty() {
            return Ok(());
        }
        let mut statement = sql("SELECT account_id, last_activity_at FROM account_activity
             WHERE organization = $1 AND valid_to IS NULL AND account_id IN ")
        .bind(self.organization);
        statement.push_list(seen.keys().copied());
        for row in tx.all(statement).await? {
            let mut columns = row.columns(&tx.db.name);
            let account = columns.borrowed_text()?;
            let before = Value::from(columns.optional_time()?);
            if seen.get(account) == Some(&before) {
                seen.remove(account);
            }
        }
        let ids: Vec<&str> = seen.keys().copied().collect();
        self.end_listed(tx, ACTIVITY, "account_id", &ids).await?;
        let rows = seen.into_iter().map(|(account, last)| {
            vec![
                self.organization.into(),
                account.into(),
                self.at.into(),
                last,
            ]
        });
        let insert = Insert {
            before: "INSERT INTO account_activity (organization, account_id, valid_from, last_activity_at) VALUES",
            after: "",
        };
        self.rows += tx.insert(&insert, rows.collect()).await?;
        Ok(())
    }
}

const INSERT: Insert = Insert {
    before: "INSERT INTO accounts (organization, account_id, valid_from, email, email_folded, domain, display_name,
             name_folded, status, role, license, license_assigned_known, license_assigned_at, admin_roles, enterprise) VALUES",
    after: "",
};

/// Where the activity begins in the row of a snapshot.
const ACTIVITY_AT: usize = 14;

/// What makes an account another one: all but the spelling of its address, and its activity.
fn row(account: &Account) -> Vec<Value> {
    let mut values = account_row(0, account);
    values.truncate(ACTIVITY_AT);
    values.split_off(3)
}

/// An account as it was observed, with what is unknown filled in from what is known of it.
fn filled(now: &Account, before: &Account) -> Account {
    let license = now.license.clone().or(before.license.clone());
    // When the licence is another one, the date of the old one says nothing.
    let dated = if license == before.license {
        before.license_assigned_at
    } else {
        Known::Unknown
    };
    let mut admin_roles = now.admin_roles.clone();
    if let (Known::Known(roles), Known::Known(known)) = (&mut admin_roles, &before.admin_roles) {
        keep_kinds(roles, known);
    }
    Account {
        display_name: now.display_name.clone().or(before.display_name.clone()),
        role: now.role.clone().or(before.role.clone()),
        license_assigned_at: now.license_assigned_at.or(dated),
        license,
        admin_roles: admin_roles.or(before.admin_roles.clone()),
        enterprise: now.enterprise.clone().or(before.enterprise.clone()),
        ..now.clone()
    }
}

/// The grants that follow from an account's attributes.
fn derived(account: &Account) -> Vec<Grant> {
    let mut held = Vec::new();
    held.extend(account.role.clone().known().map(Entitlement::Role));
    held.extend(account.license.clone().known().map(Entitlement::License));
    let admin_roles = account.admin_roles.as_ref().known().into_iter().flatten();
    held.extend(admin_roles.map(|role| Entitlement::AdminRole(role.name.clone())));
    let grant = |entitlement| Grant {
        account: account.id.clone(),
        entitlement,
    };
    held.into_iter().map(grant).collect()
}

/// Whether the account's attributes say if it holds an entitlement of this kind.
fn says(account: &Account, entitlement: &Entitlement) -> bool {
    match entitlement {
        Entitlement::Role(_) => account.role.is_known(),
        Entitlement::License(_) => account.license.is_known(),
        Entitlement::AdminRole(_) => account.admin_roles.is_known(),
        Entitlement::Team { .. } | Entitlement::UserGroup(_) => false,
    }
}
