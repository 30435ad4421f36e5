//! One reading of a tenant.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use usher_boxed::boxed;

use super::client::{Failure, GraphClient};
use super::convert::{self, Properties};
use super::settings::{GraphGroups, GraphSettings};
use crate::hash::short_hash;
use crate::{
    Assignments, DirectoryError, EntryKey, MemberKey, Reading, ReadingKind, Removals, RowProblem,
    Watermark,
};

/// With more changes than this, reading everything is cheaper than looking at each.
const MANY: usize = 1000;

/// Where the next reading goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    /// Stands for the settings: with others, everything is read anew.
    settings: String,
    users: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    groups: Option<String>,
}

/// A reading as it goes on.
pub(super) struct Reader<'r> {
    pub client: &'r GraphClient,
    pub settings: &'r GraphSettings,
    pub properties: Properties,
}

impl Reader<'_> {
    /// What changed, where the watermark still leads there; else everything.
    #[boxed]
    pub async fn read(&self, since: Option<&Watermark>) -> Result<Reading, DirectoryError> {
        let mark: Option<Mark> = since
            .and_then(|since| serde_json::from_str(since.as_str()).ok())
            .filter(|mark: &Mark| mark.settings == self.fingerprint());
        let mut reading = match mark {
            Some(mark) => match self.changes(&mark).await? {
                Some(reading) => reading,
                None => self.everything().await?,
            },
            None => self.everything().await?,
        };
        self.read_assignments(&mut reading).await?;
        Ok(reading)
    }

    fn fingerprint(&self) -> String {
        short_hash(self.settings)
    }

    fn watermark(&self, users: Option<String>, groups: Option<String>) -> Option<Watermark> {
        if self.settings.groups == GraphGroups::All && groups.is_none() {
            return None;
        }
        let mark = Mark {
            settings: self.fingerprint(),
            users: users?,
            groups,
        };
        serde_json::to_string(&mark).ok().map(Watermark::new)
    }

    async fn everything(&self) -> Result<Reading, DirectoryError> {
        let mut reading = Reading::new(ReadingKind::Full);
        let select = format!("{},manager", self.properties.select());
        let url = self
            .client
            .address("users/delta", &[("$select", &select)])?;
        let users = self
            .client
            .list(url)
            .await
            .map_err(|failure| failure.error("reading users"))?;
        for user in united(users.items).values() {
            self.add_person(user, &mut reading);
        }
        let mut group_link = None;
        if self.settings.groups == GraphGroups::All {
            let select = [("$select", "displayName,description,members")];
            let url = self.client.address("groups/delta", &select)?;
            let groups = self
                .client
                .list(url)
                .await
                .map_err(|failure| failure.error("reading groups"))?;
            for group in united(groups.items).values() {
                add_group(group, listed_members(group), &mut reading);
            }
            group_link = groups.delta;
        }
        reading.watermark = self.watermark(users.delta, group_link);
        Ok(reading)
    }

    /// What changed; `None` when Graph has forgotten what was before, or when very much changed.
    async fn changes(&self, mark: &Mark) -> Result<Option<Reading>, DirectoryError> {
        let Some(users) = self.delta(&mark.users, "reading changed users").await? else {
            return Ok(None);
        };
        let groups = match &mark.groups {
            None => Changes::default(),
            Some(link) => match self.delta(link, "reading changed groups").await? {
                Some(groups) => groups,
                None => return Ok(None),
            },
        };
        if users.changed.len() + groups.changed.len() > MANY {
            return Ok(None);
        }
        let mut reading = Reading::new(ReadingKind::Delta(Removals::Included));
        reading.removed.extend(users.removed);
        reading.removed.extend(groups.removed);
        for id in users.changed {
            self.read_person(&id, &mut reading).await?;
        }
        for id in groups.changed {
            self.read_group(&id, &mut reading).await?;
        }
        reading.watermark = self.watermark(users.link, groups.link);
        Ok(Some(reading))
    }

    async fn delta(&self, link: &str, doing: &str) -> Result<Option<Changes>, DirectoryError> {
        let url = self.client.given(link)?;
        match self.client.list(url).await {
            Ok(list) => Ok(Some(Changes::of(list.items, list.delta))),
            Err(Failure::Refused(refusal)) if refusal.is_expired_delta() => Ok(None),
            Err(failure) => Err(failure.error(doing)),
        }
    }

    /// A change names only what changed, so that the whole person is asked for.
    async fn read_person(
        &self,
        id: &EntryKey,
        reading: &mut Reading,
    ) -> Result<(), DirectoryError> {
        let select = self.properties.select();
        let query = [
            ("$select", select.as_str()),
            ("$expand", "manager($select=id)"),
        ];
        let url = self.client.address(&format!("users/{id}"), &query)?;
        match self.client.get(&url).await {
            Ok(user) => self.add_person(&user, reading),
            Err(failure) if is_gone(&failure) => reading.removed.push(id.clone()),
            Err(failure) => return Err(failure.error("reading a changed user")),
        }
        Ok(())
    }

    async fn read_group(&self, id: &EntryKey, reading: &mut Reading) -> Result<(), DirectoryError> {
        let query = [("$select", "id,displayName,description")];
        let url = self.client.address(&format!("groups/{id}"), &query)?;
        let group = match self.client.get(&url).await {
            Ok(group) => group,
            Err(failure) if is_gone(&failure) => {
                reading.removed.push(id.clone());
                return Ok(());
            }
            Err(failure) => return Err(failure.error("reading a changed group")),
        };
        let query = [("$select", "id"), ("$top", "999")];
        let url = self
            .client
            .address(&format!("groups/{id}/members"), &query)?;
        let members = self.client.list(url).await;
        let members =
            members.map_err(|failure| failure.error("reading the members of a changed group"))?;
        let members = members.items.iter().filter_map(convert::member).collect();
        add_group(&group, members, reading);
        Ok(())
    }

    fn add_person(&self, user: &Value, reading: &mut Reading) {
        match convert::person(user, &self.properties) {
            Ok(person) => reading.people.push(person),
            Err(why) => unreadable(user, &why, reading),
        }
    }

    async fn read_assignments(&self, reading: &mut Reading) -> Result<(), DirectoryError> {
        let Some(id) = &self.settings.service_principal else {
            return Ok(());
        };
        let doing = "reading who is assigned to the application";
        let path = format!("servicePrincipals/{id}");
        let url = self
            .client
            .address(&path, &[("$select", "id,displayName,appRoles")])?;
        let application = self
            .client
            .get(&url)
            .await
            .map_err(|failure| failure.error(doing))?;
        let roles = convert::roles(&application);
        let url = self
            .client
            .address(&format!("{path}/appRoleAssignedTo"), &[("$top", "999")])?;
        let list = self
            .client
            .list(url)
            .await
            .map_err(|failure| failure.error(doing))?;
        let mut all: Vec<_> = list
            .items
            .iter()
            .filter_map(|object| convert::assignment(object, &roles))
            .collect();
        all.sort();
        all.dedup();
        reading.assignments = Assignments::All(all);
        Ok(())
    }
}

fn is_gone(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused(refusal) if refusal.status == reqwest::StatusCode::NOT_FOUND)
}

/// Which objects changed, and which are gone.
#[derive(Debug, Default)]
struct Changes {
    changed: BTreeSet<EntryKey>,
    removed: BTreeSet<EntryKey>,
    link: Option<String>,
}

impl Changes {
    /// What is told last of an object holds.
    fn of(items: Vec<Value>, link: Option<String>) -> Self {
        let mut changes = Self {
            link,
            ..Self::default()
        };
        for item in items {
            let Some(id) = convert::id(&item) else {
                continue;
            };
            if item.get("@removed").is_some() {
                changes.changed.remove(&id);
                changes.removed.insert(id);
            } else {
                changes.removed.remove(&id);
                changes.changed.insert(id);
            }
        }
        changes
    }
}

/// Objects by id. One may come in several parts, each with some of its properties and members; one that was removed
/// meanwhile is left out.
fn united(items: Vec<Value>) -> BTreeMap<String, Value> {
    let mut objects: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut nameless = 0;
    for item in items {
        let Value::Object(item) = item else { continue };
        let id = match item.get("id").and_then(Value::as_str) {
            Some(id) => id.to_owned(),
            None => {
                nameless += 1;
                format!("\0{nameless}")
            }
        };
        if item.contains_key("@removed") {
            objects.remove(&id);
            continue;
        }
        let known = objects.entry(id).or_default();
        for (name, value) in item {
            match (known.get_mut(&name), value) {
                (Some(Value::Array(parts)), Value::Array(more)) if name.ends_with("@delta") => {
                    parts.extend(more);
                }
                (_, value) => {
                    known.insert(name, value);
                }
            }
        }
    }
    objects
        .into_iter()
        .map(|(id, object)| (id, Value::Object(object)))
        .collect()
}

/// Members as a delta lists them: what is told last of a member holds.
fn listed_members(group: &Value) -> Vec<MemberKey> {
    let mut members = BTreeSet::new();
    for object in group
        .get("members@delta")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let Some(member) = convert::member(object) else {
            continue;
        };
        if object.get("@removed").is_some() {
            members.remove(&member);
        } else {
            members.insert(member);
        }
    }
    members.into_iter().collect()
}

fn add_group(object: &Value, mut members: Vec<MemberKey>, reading: &mut Reading) {
    match convert::group(object) {
        Ok(mut group) => {
            members.sort();
            members.dedup();
            group.members = members;
            reading.groups.push(group);
        }
        Err(why) => unreadable(object, &why, reading),
    }
}

fn unreadable(object: &Value, why: &str, reading: &mut Reading) {
    let (place, then) = match convert::id(object) {
        Some(id) => {
            reading.unreadable.keys.push(id.clone());
            (id.to_string(), "stays as it was")
        }
        None => {
            reading.unreadable.anonymous += 1;
            ("Microsoft Graph".to_owned(), "nobody is taken for gone")
        }
    };
    reading
        .problems
        .push(RowProblem::new(place, format!("{why}; {then}")));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_in_several_parts_is_one() {
        let parts = vec![
            json!({"id": "g", "displayName": "G", "members@delta": [{"id": "1"}]}),
            json!({"id": "h", "displayName": "H"}),
            json!({"id": "g", "members@delta": [{"id": "2"}, {"id": "1", "@removed": {"reason": "deleted"}}]}),
            json!({"id": "h", "@removed": {"reason": "changed"}}),
        ];
        let groups = united(parts);
        assert_eq!(groups.len(), 1);
        assert_eq!(groups["g"]["displayName"], "G");
        let members = listed_members(&groups["g"]);
        assert_eq!(members, [MemberKey::either(crate::Reference::key("2"))]);
    }

    #[test]
    fn what_is_told_last_of_a_change_holds() {
        let changes = Changes::of(
            vec![
                json!({"id": "1"}),
                json!({"id": "1", "@removed": {"reason": "changed"}}),
                json!({"id": "2", "@removed": {"reason": "deleted"}}),
                json!({"id": "2"}),
            ],
            None,
        );
        assert_eq!(changes.changed, [EntryKey::new("2")].into());
        assert_eq!(changes.removed, [EntryKey::new("1")].into());
    }
}
