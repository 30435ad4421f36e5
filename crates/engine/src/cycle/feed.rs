//! What Miro's audit log says was touched since it was last read. Pure.
//!
//! Miro does not publish the names of its events nor how they name what was changed, so an entry is read by what it
//! mentions: ids and e-mail addresses that are known. What is about signing in, boards and other content touches no
//! account. An entry that is neither is *unclear*, and an unclear entry costs a full pass rather than a guess.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;
use usher_model::{AccountId, OrganizationId, TeamId, UserGroupId};
use usher_plan::Inventory;
use usher_store::MiroAuditEntry;

/// What has to be read again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Accounts that are known, or whose id an entry gave.
    pub accounts: BTreeSet<AccountId>,
    /// Addresses of which no account is known.
    pub addresses: BTreeSet<String>,
    /// Teams, and which of their members.
    pub teams: BTreeMap<TeamId, TouchedMembers>,
    /// User groups, and which of their members.
    pub user_groups: BTreeMap<UserGroupId, TouchedMembers>,
}

/// Which members of a team or user group have to be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TouchedMembers {
    /// These; none if only the team or user group itself changed.
    These(BTreeSet<AccountId>),
    /// All: nobody was named.
    All,
}

impl Touched {
    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What the entries say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedReading {
    /// These things were touched, and no others.
    Clear(Touched),
    /// An entry does not say what it touched.
    Unclear {
        /// The entry's event, in Miro's word.
        event: String,
    },
}

/// What is known of an organization, by id and by address.
#[derive(Debug)]
pub struct KnownThings<'a> {
    organization: &'a OrganizationId,
    accounts: HashSet<&'a str>,
    by_address: HashMap<String, &'a AccountId>,
    teams: HashSet<&'a str>,
    user_groups: HashSet<&'a str>,
}

impl<'a> KnownThings<'a> {
    /// Everything that an inventory holds.
    pub fn of(inventory: &'a Inventory) -> Self {
        let accounts = inventory.accounts.iter();
        Self {
            organization: &inventory.organization.id,
            accounts: accounts
                .clone()
                .map(|account| account.id.as_str())
                .collect(),
            by_address: accounts
                .map(|account| (account.email.folded(), &account.id))
                .collect(),
            teams: inventory
                .teams
                .iter()
                .map(|state| state.team.id.as_str())
                .collect(),
            user_groups: inventory
                .user_groups
                .iter()
                .map(|state| state.user_group.id.as_str())
                .collect(),
        }
    }
}

/// Says what the entries touched.
pub fn interpret(entries: &[MiroAuditEntry], known: &KnownThings<'_>) -> FeedReading {
    let mut touched = Touched::default();
    for entry in entries.iter().filter(|entry| !is_beside_the_point(entry)) {
        let mut mentions = Mentions::default();
        mentions.gather(entry, known);
        let is_named = !mentions.is_empty() && !has_unknown_object(entry, known);
        if !is_named && !mentions.guess(entry, known) {
            return FeedReading::Unclear {
                event: entry.event.clone(),
            };
        }
        mentions.note(entry, &mut touched);
    }
    FeedReading::Clear(touched)
}

/// Whether the object is nothing known: who else is mentioned may only have done it.
fn has_unknown_object(entry: &MiroAuditEntry, known: &KnownThings<'_>) -> bool {
    let is_unknown = |id: &str| {
        is_id(id)
            && id != known.organization.as_str()
            && !known.accounts.contains(id)
            && !known.teams.contains(id)
            && !known.user_groups.contains(id)
    };
    let somebody = entry.object_name.as_deref().is_some_and(is_address);
    !somebody && entry.object_id.as_deref().is_some_and(is_unknown)
}

/// Words of events and categories that are about content and signing in, and not about who is where.
const BESIDE_THE_POINT: &[&str] = &[
    "sign",
    "signed",
    "login",
    "logout",
    "authentication",
    "session",
    "sessions",
    "board",
    "boards",
    "project",
    "projects",
    "content",
    "comment",
    "comments",
    "export",
    "exported",
    "file",
    "files",
    "app",
    "apps",
    "webhook",
    "token",
    "shared",
    "unshared",
];

/// Whole words count: a profile is no file.
fn is_beside_the_point(entry: &MiroAuditEntry) -> bool {
    let category = entry.category.as_deref().unwrap_or_default();
    let names = [entry.event.to_lowercase(), category.to_lowercase()];
    names
        .iter()
        .flat_map(|name| name.split(|c: char| !c.is_ascii_alphanumeric()))
        .any(|word| BESIDE_THE_POINT.contains(&word))
}

/// What one entry mentions.
#[derive(Default)]
struct Mentions {
    accounts: BTreeSet<AccountId>,
    addresses: BTreeSet<String>,
    teams: BTreeSet<TeamId>,
    user_groups: BTreeSet<UserGroupId>,
    the_organization: bool,
}

impl Mentions {
    fn is_empty(&self) -> bool {
        self.accounts.is_empty()
            && self.addresses.is_empty()
            && self.teams.is_empty()
            && self.user_groups.is_empty()
            && !self.the_organization
    }

    fn gather(&mut self, entry: &MiroAuditEntry, known: &KnownThings<'_>) {
        for text in [&entry.object_id, &entry.object_name].into_iter().flatten() {
            self.text(text, known);
        }
        self.value(&entry.details, known);
        // The organization that every context names counts only when it is the object.
        self.the_organization = entry.object_id.as_deref() == Some(known.organization.as_str());
        // An object with an address is somebody, known or not: people are added, too.
        let somebody = entry.object_name.as_deref().is_some_and(is_address);
        if let (true, Some(id)) = (somebody, &entry.object_id) {
            self.accounts.insert(AccountId::new(id));
        }
    }

    fn value(&mut self, value: &Value, known: &KnownThings<'_>) {
        match value {
            Value::String(text) => self.text(text, known),
            Value::Number(number) => self.text(&number.to_string(), known),
            Value::Array(items) => items.iter().for_each(|item| self.value(item, known)),
            Value::Object(members) => members.values().for_each(|item| self.value(item, known)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// A text is an address, an id, or (Miro prints details as text, too) a text with ids in it.
    fn text(&mut self, text: &str, known: &KnownThings<'_>) {
        if is_address(text) {
            let folded = text.to_lowercase();
            match known.by_address.get(&folded) {
                Some(account) => {
                    self.accounts.insert((*account).clone());
                }
                None => {
                    self.addresses.insert(folded);
                }
            }
            return;
        }
        for id in text
            .split(|c: char| !c.is_ascii_digit())
            .filter(|id| !id.is_empty())
        {
            if known.accounts.contains(id) {
                self.accounts.insert(AccountId::new(id));
            }
            if known.teams.contains(id) {
                self.teams.insert(TeamId::new(id));
            }
            if known.user_groups.contains(id) {
                self.user_groups.insert(UserGroupId::new(id));
            }
        }
    }

    /// Takes the object for what the event's name says, where nothing known is mentioned: something new.
    fn guess(&mut self, entry: &MiroAuditEntry, known: &KnownThings<'_>) -> bool {
        let Some(id) = entry.object_id.as_deref().filter(|id| is_id(id)) else {
            return false;
        };
        if id == known.organization.as_str() {
            return true;
        }
        let event = entry.event.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| event.contains(word));
        if has(&["user_group"]) && !has(&["group_member", "group_user"]) {
            self.user_groups.insert(UserGroupId::new(id));
        } else if has(&["member", "user", "account", "invit", "license", "admin"]) {
            self.accounts.insert(AccountId::new(id));
        } else if has(&["team"]) {
            self.teams.insert(TeamId::new(id));
        } else {
            return false;
        }
        true
    }

    /// Adds what is mentioned to what was touched.
    fn note(self, entry: &MiroAuditEntry, touched: &mut Touched) {
        let about_itself = is_about_itself(entry);
        for team in self.teams {
            let members = touched
                .teams
                .entry(team)
                .or_insert_with(TouchedMembers::none);
            members.note(&self.accounts, about_itself);
        }
        for user_group in self.user_groups {
            let members = touched.user_groups.entry(user_group);
            members
                .or_insert_with(TouchedMembers::none)
                .note(&self.accounts, about_itself);
        }
        touched.accounts.extend(self.accounts);
        touched.addresses.extend(self.addresses);
    }
}

impl TouchedMembers {
    fn none() -> Self {
        Self::These(BTreeSet::new())
    }

    fn note(&mut self, accounts: &BTreeSet<AccountId>, about_itself: bool) {
        match self {
            Self::These(these) if !accounts.is_empty() => these.extend(accounts.iter().cloned()),
            Self::These(_) if !about_itself => *self = Self::All,
            _ => {}
        }
    }
}

/// Whether an entry about a team or user group is about its name or settings, and not about who is in it.
fn is_about_itself(entry: &MiroAuditEntry) -> bool {
    let event = entry.event.to_lowercase();
    ["setting", "renam", "updated", "attached", "detached"]
        .iter()
        .any(|word| event.contains(word))
        && !event.contains("member")
}

fn is_address(text: &str) -> bool {
    let mut parts = text.split('@');
    let (local, domain) = (parts.next(), parts.next());
    let has_space = text.contains(char::is_whitespace);
    parts.next().is_none()
        && !has_space
        && local.is_some_and(|local| !local.is_empty())
        && domain.is_some_and(|domain| domain.contains('.'))
}

/// Miro's ids are long decimal numbers.
fn is_id(text: &str) -> bool {
    text.len() >= 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
