//! What is known while a plan is carried out: who is who in Miro, and what each finished change writes down.

use std::collections::HashMap;

use serde_json::Value;
use usher_miro::{ScimUser, ScimValue};
use usher_model::{
    AccountId, Entitlement, Grant, GroupId, GroupLink, GroupLinkTarget, GroupModel, Known, Link,
    LinkOrigin, PersonId, TeamId, TeamRole, Timestamp, UserGroupId,
};
use usher_plan::{
    AccountRef, Action, Change, Reason, TargetAttribute, TargetAttributes, TeamRef, UserGroupRef,
};
use usher_store::{Observation, Settlement};

use super::job::{Came, Whence};
use super::ledger::memberships;
use crate::sync::account_of;

/// Who is who in Miro.
#[derive(Debug, Default)]
pub struct Books {
    links: HashMap<PersonId, Link>,
    owners: HashMap<AccountId, PersonId>,
    group_links: HashMap<GroupLinkTarget, GroupId>,
    teams: HashMap<String, TeamId>,
    user_groups: HashMap<String, UserGroupId>,
    group_model: Option<GroupModel>,
    default_team: Option<TeamId>,
}

impl Books {
    /// From what the database knows.
    pub fn new(
        links: Vec<Link>,
        group_links: Vec<GroupLink>,
        group_model: Known<GroupModel>,
    ) -> Self {
        let owners = links
            .iter()
            .map(|link| (link.account.clone(), link.person.clone()))
            .collect();
        Self {
            owners,
            links: links
                .into_iter()
                .map(|link| (link.person.clone(), link))
                .collect(),
            group_links: group_links
                .into_iter()
                .map(|link| (link.target, link.group))
                .collect(),
            group_model: group_model.known(),
            ..Self::default()
        }
    }

    /// The account that is meant, once it is there.
    pub fn account(&self, account: &AccountRef) -> Option<AccountId> {
        match account {
            AccountRef::Existing(id) => Some(id.clone()),
            AccountRef::New(person) => self.links.get(person).map(|link| link.account.clone()),
        }
    }

    /// The team that is meant, once it is there.
    pub fn team(&self, team: &TeamRef) -> Option<TeamId> {
        match team {
            TeamRef::Existing(id) => Some(id.clone()),
            TeamRef::New(name) => self.teams.get(name).cloned(),
        }
    }

    /// The user group that is meant, once it is there.
    pub fn user_group(&self, group: &UserGroupRef) -> Option<UserGroupId> {
        match group {
            UserGroupRef::Existing(id) => Some(id.clone()),
            UserGroupRef::New(name) => self.user_groups.get(name).cloned(),
        }
    }

    /// Takes over what an earlier run of the same plan created.
    pub fn recall(&mut self, action: &Action, detail: &Value) {
        let id = |name: &str| detail.get(name).and_then(Value::as_str);
        match action {
            Action::CreateTeam { name, .. } => {
                if let Some(team) = id("team") {
                    self.teams.insert(name.clone(), TeamId::new(team));
                }
            }
            Action::CreateUserGroup { name, .. } => {
                if let Some(group) = id("user_group") {
                    self.user_groups
                        .insert(name.clone(), UserGroupId::new(group));
                }
            }
            _ => {}
        }
    }

    /// Who the account is tied to, if that is somebody else than this person.
    pub fn other_owner(&self, account: &AccountId, person: &PersonId) -> Option<&PersonId> {
        self.owners.get(account).filter(|owner| *owner != person)
    }

    /// The team that every new account joined, if it became clear.
    pub fn default_team(&self) -> Option<&TeamId> {
        self.default_team.as_ref()
    }

    /// What a change that was carried out writes down.
    pub fn done(
        &mut self,
        change: &Change,
        account: Option<AccountId>,
        came: &Came,
        at: Timestamp,
    ) -> Settlement {
        let mut settlement = Settlement::default();
        if let Came::User(user, _) = came {
            settlement.observation.accounts.push(account_of(user));
        }
        let account = match came {
            Came::User(user, _) => Some(AccountId::new(&user.id)),
            _ => account,
        };
        self.ties(change, account.as_ref(), (came, at), &mut settlement);
        self.groups(change, (came, at), &mut settlement);
        if let Some(account) = account {
            memberships(self, change, &account, at, &mut settlement);
        }
        settlement
    }

    /// Links, and what was last sent for each attribute.
    fn ties(
        &mut self,
        change: &Change,
        account: Option<&AccountId>,
        (came, at): (&Came, Timestamp),
        settlement: &mut Settlement,
    ) {
        let Some(account) = account else { return };
        let link = match (&change.action, came) {
            (Action::CreateAccount { person, attributes }, Came::User(user, whence)) => {
                self.learn_default_team(user, whence);
                settlement
                    .observation
                    .grants_added
                    .extend(self.groups_of(user));
                let (how, sent) = match whence {
                    Whence::Found => (LinkOrigin::Matched, HashMap::new()),
                    _ => (LinkOrigin::Created, sent_of(attributes)),
                };
                Some(new_link(person, account, how, at).with_sent(sent))
            }
            (Action::LinkAccount { person, .. }, _) => {
                Some(new_link(person, account, LinkOrigin::Matched, at))
            }
            (Action::Delete { .. }, _) => {
                settlement
                    .observation
                    .removed_accounts
                    .push(account.clone());
                if let Some(person) = self.owners.remove(account) {
                    self.links.remove(&person);
                    settlement.removed_links.push(person);
                }
                None
            }
            (action, _) => {
                let link = self
                    .owners
                    .get(account)
                    .and_then(|person| self.links.get(person));
                link.and_then(|link| updated(link, change, action, at))
            }
        };
        if let Some(link) = link {
            self.owners
                .insert(link.account.clone(), link.person.clone());
            self.links.insert(link.person.clone(), link.clone());
            settlement.links.push(link);
        }
    }

    /// A new account is in the default team and nowhere else.
    fn learn_default_team(&mut self, user: &ScimUser, whence: &Whence) {
        if let ([only], Whence::Created, Some(GroupModel::Team)) =
            (user.groups.as_slice(), whence, self.group_model)
        {
            self.default_team = only.value.as_deref().map(TeamId::new);
        }
    }

    fn groups_of(&self, user: &ScimUser) -> Vec<Grant> {
        let account = AccountId::new(&user.id);
        let grant = |held: &ScimValue| {
            let id = held.value.as_deref()?;
            let entitlement = match self.group_model? {
                GroupModel::Team => Entitlement::Team {
                    team: TeamId::new(id),
                    role: TeamRole::Unknown,
                },
                GroupModel::UserGroup => Entitlement::UserGroup(UserGroupId::new(id)),
            };
            Some(Grant {
                account: account.clone(),
                entitlement,
            })
        };
        user.groups.iter().filter_map(grant).collect()
    }

    /// Teams and user groups.
    fn groups(
        &mut self,
        change: &Change,
        (came, at): (&Came, Timestamp),
        settlement: &mut Settlement,
    ) {
        let observation: &mut Observation = &mut settlement.observation;
        let tie = match (&change.action, came) {
            (Action::CreateTeam { name, group }, Came::Team(team, members)) => {
                self.teams.insert(name.clone(), team.id.clone());
                let held = members.iter().map(|(account, role)| Grant {
                    account: account.clone(),
                    entitlement: Entitlement::Team {
                        team: team.id.clone(),
                        role: role.clone().unwrap_or(TeamRole::Unknown),
                    },
                });
                observation.grants_added.extend(held);
                observation.teams.push(team.clone());
                let target = GroupLinkTarget::Team(team.id.clone());
                group
                    .clone()
                    .map(|group| (group, target, LinkOrigin::Created))
            }
            (Action::CreateUserGroup { name, group }, Came::UserGroup(made)) => {
                self.user_groups.insert(name.clone(), made.id.clone());
                observation.user_groups.push(made.clone());
                let target = GroupLinkTarget::UserGroup(made.id.clone());
                group
                    .clone()
                    .map(|group| (group, target, LinkOrigin::Created))
            }
            (Action::LinkTeam { group, team }, _) => Some((
                group.clone(),
                GroupLinkTarget::Team(team.clone()),
                LinkOrigin::Matched,
            )),
            (Action::LinkUserGroup { group, user_group }, _) => Some((
                group.clone(),
                GroupLinkTarget::UserGroup(user_group.clone()),
                LinkOrigin::Matched,
            )),
            (Action::RenameTeam { .. }, Came::Team(team, _)) => {
                observation.teams.push(team.clone());
                None
            }
            (Action::RenameUserGroup { user_group, .. }, Came::UserGroup(renamed)) => {
                observation.user_groups.push(usher_model::UserGroup {
                    description: user_group.description.clone(),
                    ..renamed.clone()
                });
                None
            }
            (Action::DeleteUserGroup { user_group }, _) => {
                observation.removed_user_groups.push(user_group.id.clone());
                let target = GroupLinkTarget::UserGroup(user_group.id.clone());
                settlement
                    .removed_group_links
                    .extend(self.group_links.remove(&target));
                None
            }
            _ => None,
        };
        if let Some((group, target, how)) = tie {
            self.group_links.insert(target.clone(), group.clone());
            settlement.group_links.push(GroupLink {
                group,
                target,
                how,
                since: at,
            });
        }
    }
}

trait WithSent {
    fn with_sent(self, sent: HashMap<String, String>) -> Self;
}

impl WithSent for Link {
    fn with_sent(mut self, sent: HashMap<String, String>) -> Self {
        self.sent.extend(sent);
        self
    }
}

fn new_link(person: &PersonId, account: &AccountId, how: LinkOrigin, at: Timestamp) -> Link {
    Link {
        person: person.clone(),
        account: account.clone(),
        how,
        since: at,
        sent: std::collections::BTreeMap::new(),
        disabled_at: None,
    }
}

fn sent_of(attributes: &TargetAttributes) -> HashMap<String, String> {
    let text = |(attribute, value): (&TargetAttribute, &Option<usher_plan::TargetValue>)| {
        let text = value.as_ref().map(ToString::to_string).unwrap_or_default();
        (attribute.path().to_owned(), text)
    };
    attributes.iter().map(text).collect()
}

/// The link after a change of its account; `None` if the change says nothing about it.
fn updated(link: &Link, change: &Change, action: &Action, at: Timestamp) -> Option<Link> {
    let mut link = link.clone();
    let mut sent = |attribute: TargetAttribute, text: String| {
        link.sent.insert(attribute.path().to_owned(), text);
    };
    match action {
        Action::UpdateAttributes { changes, .. } => {
            for one in changes {
                let text = one.after.as_ref().map(ToString::to_string);
                sent(one.attribute, text.unwrap_or_default());
            }
        }
        Action::Rename { after, .. } => sent(TargetAttribute::UserName, after.clone()),
        Action::SetRole { after, .. } => sent(TargetAttribute::Role, after.to_string()),
        Action::RaiseLicense { after, .. } => sent(TargetAttribute::UserType, after.to_string()),
        Action::Enable { .. } => link.disabled_at = None,
        Action::Disable { .. } if change.reasons.iter().any(is_leaving) => {
            link.disabled_at = Some(at);
        }
        _ => return None,
    }
    Some(link)
}

/// Whether a reason says that the person left.
fn is_leaving(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::LeftScope { .. } | Reason::PersonDisabled | Reason::PersonGone
    )
}
