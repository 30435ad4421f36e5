//! Who made a change, as far as Miro's audit log says.
//!
//! Miro does not publish how its events name what was changed, so the match is by mention: an entry counts
//! when it names the account (and, for a membership, prefers one that names the team too). What nobody is
//! named for stays unattributed.

use std::collections::HashMap;

use futures::TryStreamExt;
use serde::Serialize;
use usher_model::{Entitlement, OrganizationId, Timestamp};
use usher_store::{AccessChange, Change, MiroAuditEntry, MiroAuditFilter, Store};

use crate::EngineError;

/// Who did something, when, and what Miro calls it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attribution {
    /// The actor's e-mail address, else name, else id, else kind.
    pub by: String,
    /// What the actor is, in Miro's word: `user`, `application`, `scim_provisioner`, `miro_automation`.
    pub actor_type: Option<String>,
    /// When, by Miro's clock.
    pub at: Timestamp,
    /// What happened, in Miro's word.
    pub event: String,
}

/// The entries of Miro's audit log between two times, by what they mention.
#[derive(Debug, Default)]
pub struct AuditIndex {
    entries: Vec<MiroAuditEntry>,
    mentions: HashMap<String, Vec<usize>>,
}

impl AuditIndex {
    /// Loads what the store has from `from` until `to`.
    pub async fn load(
        store: &Store,
        organization: &OrganizationId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Self, EngineError> {
        let filter = MiroAuditFilter {
            organization: organization.clone(),
            from: Some(from),
            until: Some(to),
            about: None,
            limit: None,
        };
        Ok(Self::new(store.miro_audit(&filter).try_collect().await?))
    }

    /// From entries in order of time.
    pub fn new(entries: Vec<MiroAuditEntry>) -> Self {
        let mut mentions: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            for word in words(entry) {
                let places = mentions.entry(word).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
        }
        Self { entries, mentions }
    }

    /// Whether there is anything to attribute with.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Who made a change: the last who is on record for it before it was seen.
    pub fn who(&self, change: &AccessChange) -> Option<Attribution> {
        let (subject, resource) = subject(&change.change)?;
        let about = self.mentions.get(&subject)?;
        let before = || {
            about.iter().rev().filter(|at| {
                self.entries
                    .get(**at)
                    .is_some_and(|e| e.created_at <= change.at)
            })
        };
        let with_resource = resource
            .and_then(|resource| self.mentions.get(&resource))
            .and_then(|places| before().find(|at| places.contains(at)));
        let at = with_resource.or_else(|| before().next())?;
        self.entries.get(*at).map(attribution)
    }
}

/// Whom and what a change is about.
fn subject(change: &Change) -> Option<(String, Option<String>)> {
    let plain = |id: &str| Some((id.to_owned(), None));
    match change {
        Change::TeamAdded { team } | Change::TeamRemoved { team } => plain(team.id.as_str()),
        Change::TeamRenamed { team, .. } => plain(team.as_str()),
        Change::UserGroupAdded { user_group } | Change::UserGroupRemoved { user_group } => {
            plain(user_group.id.as_str())
        }
        Change::UserGroupRenamed { user_group, .. } => plain(user_group.as_str()),
        Change::AccountAdded { account } | Change::AccountRemoved { account } => {
            plain(account.id.as_str())
        }
        Change::AccountChanged { account, .. } => plain(account.as_str()),
        Change::GrantAdded { grant, .. } | Change::GrantRemoved { grant, .. } => {
            let resource = match &grant.entitlement {
                Entitlement::Team { team, .. } => Some(team.to_string()),
                Entitlement::UserGroup(group) => Some(group.to_string()),
                _ => None,
            };
            Some((grant.account.to_string(), resource))
        }
    }
}

fn attribution(entry: &MiroAuditEntry) -> Attribution {
    let names = [
        &entry.actor_email,
        &entry.actor_name,
        &entry.actor_id,
        &entry.actor_type,
    ];
    let by = names.into_iter().flatten().find(|name| !name.is_empty());
    Attribution {
        by: by.cloned().unwrap_or_else(|| "somebody".to_owned()),
        actor_type: entry.actor_type.clone(),
        at: entry.created_at,
        event: entry.event.clone(),
    }
}

/// The ids that an entry mentions: whole numbers of ten digits and more, wherever they stand.
fn words(entry: &MiroAuditEntry) -> Vec<String> {
    let details = entry.details.to_string();
    let is_id = |word: &&str| word.len() >= 10;
    let object = entry.object_id.iter().cloned();
    let mentioned = details
        .split(|c: char| !c.is_ascii_digit())
        .filter(is_id)
        .map(ToOwned::to_owned);
    object.chain(mentioned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use usher_model::{AccountId, Grant, TeamId, TeamRole};
    use usher_store::ChangeClass;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn entry(second: i64, by: &str, object: &str, details: serde_json::Value) -> MiroAuditEntry {
        MiroAuditEntry {
            id: second.to_string(),
            created_at: at(second),
            event: "something_happened".into(),
            category: None,
            actor_type: Some("user".into()),
            actor_id: None,
            actor_name: None,
            actor_email: Some(by.into()),
            object_id: Some(object.into()),
            object_name: None,
            details,
        }
    }

    fn joined(account: &str, team: &str, seen: i64) -> AccessChange {
        let entitlement = Entitlement::Team {
            team: TeamId::new(team),
            role: TeamRole::Member,
        };
        let grant = Grant {
            account: AccountId::new(account),
            entitlement,
        };
        let change = Change::GrantAdded {
            grant,
            email: None,
            resource_name: None,
        };
        AccessChange {
            at: at(seen),
            class: ChangeClass::Access,
            change,
        }
    }

    const ADA: &str = "3074457345600000001";
    const TEAM: &str = "3074457345700000001";

    #[test]
    fn an_entry_that_names_person_and_team_wins_over_a_later_one_that_names_the_person() {
        let index = AuditIndex::new(vec![
            entry(
                10,
                "eve@example.org",
                TEAM,
                json!({"details": {"userId": ADA}}),
            ),
            entry(20, "bob@example.org", ADA, json!({})),
        ]);
        assert_eq!(
            index.who(&joined(ADA, TEAM, 30)).unwrap().by,
            "eve@example.org"
        );
    }

    #[test]
    fn what_happened_after_the_change_was_seen_did_not_cause_it() {
        let index = AuditIndex::new(vec![entry(40, "eve@example.org", ADA, json!({}))]);
        assert_eq!(index.who(&joined(ADA, TEAM, 30)), None);
    }

    #[test]
    fn what_nobody_is_named_for_stays_unattributed() {
        let index = AuditIndex::new(vec![entry(10, "eve@example.org", TEAM, json!({}))]);
        assert_eq!(index.who(&joined(ADA, TEAM, 30)), None);
    }
}
