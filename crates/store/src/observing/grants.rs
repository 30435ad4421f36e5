//! Memberships that were observed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use usher_model::{Entitlement, Grant, TeamRole};

use super::{GRANTS, Run};
use crate::StoreError;
use crate::database::{Insert, Tx};
use crate::merging::role_in;
use crate::row::read_all;
use crate::statement::{LIST, sql};

impl Run {
    /// Memberships that are no more; of a team, in whatever role.
    pub(super) async fn remove_grants(
        &mut self,
        tx: &mut Tx,
        grants: &[Grant],
    ) -> Result<(), StoreError> {
        for ((kind, resource), accounts) in by_thing(grants) {
            for chunk in accounts.chunks(LIST) {
                self.end(tx, GRANTS, |statement| {
                    statement.push(" AND kind = ").push_bind(kind);
                    statement.push(" AND resource = ").push_bind(resource);
                    statement.push(" AND account_id IN ");
                    statement.push_list(chunk.iter().copied());
                })
                .await?;
            }
        }
        Ok(())
    }

    /// Memberships that there are now.
    pub(super) async fn add_grants(
        &mut self,
        tx: &mut Tx,
        grants: &[Grant],
    ) -> Result<(), StoreError> {
        let mut things: BTreeMap<(&str, &str), Vec<&Grant>> = BTreeMap::new();
        for grant in grants {
            let held = &grant.entitlement;
            let thing = (held.kind().as_str(), held.resource());
            things.entry(thing).or_default().push(grant);
        }
        for (thing, grants) in things {
            for chunk in grants.chunks(LIST) {
                self.add_to(tx, thing, chunk).await?;
            }
        }
        Ok(())
    }

    /// Adds holders of one thing.
    async fn add_to(
        &mut self,
        tx: &mut Tx,
        (kind, resource): (&str, &str),
        grants: &[&Grant],
    ) -> Result<(), StoreError> {
        let mut statement = sql("SELECT account_id, role FROM grants
             WHERE organization = $1 AND valid_to IS NULL AND kind = $2 AND resource = $3 AND account_id IN ")
        .bind(self.organization)
        .bind(kind)
        .bind(resource);
        statement.push_list(grants.iter().map(|grant| grant.account.as_str()));
        let rows = tx.all(statement).await?;
        let held = read_all(&rows, &tx.db.name, |columns| {
            Ok((columns.text()?, columns.text()?))
        })?;
        let held: HashMap<String, String> = held.into_iter().collect();
        // What was observed twice counts as it was the second time.
        let last: BTreeMap<&str, &Grant> = grants
            .iter()
            .map(|grant| (grant.account.as_str(), *grant))
            .collect();
        let new: Vec<Grant> = last
            .into_values()
            .filter(|grant| match held.get(grant.account.as_str()) {
                None => true,
                Some(role) => {
                    role != role_in(&grant.entitlement) && !is_unknown(&grant.entitlement)
                }
            })
            .cloned()
            .collect();
        let replaced = new
            .iter()
            .filter(|grant| held.contains_key(grant.account.as_str()));
        let replaced: Vec<Grant> = replaced.cloned().collect();
        self.remove_grants(tx, &replaced).await?;
        self.insert_grants(tx, &new).await
    }

    /// Inserts grants that nobody holds now.
    pub(super) async fn insert_grants(
        &mut self,
        tx: &mut Tx,
        grants: &[Grant],
    ) -> Result<(), StoreError> {
        let insert = Insert {
            before: "INSERT INTO grants (organization, account_id, kind, resource, role, valid_from) VALUES",
            after: "",
        };
        let row = |grant: &Grant| {
            vec![
                self.organization.into(),
                grant.account.as_str().into(),
                grant.entitlement.kind().as_str().into(),
                grant.entitlement.resource().into(),
                role_in(&grant.entitlement).into(),
                self.at.into(),
            ]
        };
        let rows = grants.iter().map(row).collect();
        self.rows += tx.insert(&insert, rows).await?;
        Ok(())
    }
}

/// The accounts of grants, by what they hold.
fn by_thing(grants: &[Grant]) -> BTreeMap<(&str, &str), Vec<&str>> {
    let mut things: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for grant in grants {
        let held = &grant.entitlement;
        let thing = (held.kind().as_str(), held.resource());
        things
            .entry(thing)
            .or_default()
            .insert(grant.account.as_str());
    }
    things
        .into_iter()
        .map(|(thing, accounts)| (thing, accounts.into_iter().collect()))
        .collect()
}

fn is_unknown(entitlement: &Entitlement) -> bool {
    matches!(entitlement, Entitlement::Team { role, .. } if *role == TeamRole::Unknown)
}
