//! Reading again exactly what was touched.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures::{StreamExt as _, TryStreamExt as _};
use usher_miro::wire::Member;
use usher_miro::{
    ErrorKind, GroupListQuery, MiroClient, MiroError, Rest, Scim, ScimUser, TeamMemberQuery,
};
use usher_model::{
    Account, AccountId, Entitlement, Grant, GroupModel, Known, OrganizationId, Team, TeamId,
    TeamRole, UserGroup, UserGroupId,
};
use usher_plan::Inventory;
use usher_store::Observation;

use crate::EngineError;
use crate::cycle::WhyFull;
use crate::cycle::feed::{Touched, TouchedMembers};
use crate::sync::{Oddities, RestView, ShrinkLimit, account_from, account_of};

/// Calls that are under way side by side; the lanes hold them back.
const SIDE_BY_SIDE: usize = 8;

/// Members to a page, and addresses to a call.
const PAGE: u64 = 100;
const ADDRESSES: u64 = 10;

/// How many requests reading again would cost, at the most.
pub(super) fn cost(touched: &Touched, inventory: &Inventory, client: &MiroClient) -> u64 {
    let accounts = touched.accounts.len() as u64;
    let addresses = accounts + touched.addresses.len() as u64;
    let scim = if client.scim().is_some() { accounts } else { 0 };
    let of_team = |(team, members): (&TeamId, &TouchedMembers)| {
        let size = inventory.team(team).map_or(0, |state| state.members.len());
        1 + members_cost(members, size)
    };
    let of_group = |(group, members): (&UserGroupId, &TouchedMembers)| {
        let found = inventory
            .user_groups
            .iter()
            .find(|state| state.user_group.id == *group);
        1 + members_cost(members, found.map_or(0, |state| state.members.len()))
    };
    addresses.div_ceil(ADDRESSES)
        + scim
        + touched.teams.iter().map(of_team).sum::<u64>()
        + touched.user_groups.iter().map(of_group).sum::<u64>()
}

fn members_cost(members: &TouchedMembers, size: usize) -> u64 {
    let pages = (size as u64).div_ceil(PAGE).max(1);
    match members {
        TouchedMembers::These(these) => (these.len() as u64).min(pages),
        TouchedMembers::All => pages,
    }
}

/// Why what was touched cannot be told from reading it again.
#[derive(Debug)]
pub(super) enum Unread {
    /// It could not be read.
    Failed(EngineError),
    /// A list has become so much shorter that it may have broken off.
    Shrunk(WhyFull),
}

impl From<EngineError> for Unread {
    fn from(error: EngineError) -> Self {
        Self::Failed(error)
    }
}

/// Reads again what was touched, and says what it is like now. A list that shrank beyond `limit` is not believed.
pub(super) async fn reread(
    client: &MiroClient,
    inventory: &Inventory,
    mut touched: Touched,
    limit: ShrinkLimit,
) -> Result<Observation, Unread> {
    let Some(rest) = client.rest() else {
        return Ok(reread_accounts(client, inventory, touched).await?);
    };
    let reader = Reader::new(client, rest, inventory, limit);
    let mut seen = Observation::default();
    let teams = std::mem::take(&mut touched.teams);
    let mut singles = BTreeSet::new();
    for (team, members) in teams {
        reader.team(team, members, &mut seen, &mut singles).await?;
    }
    let mut group_singles = BTreeSet::new();
    for (group, members) in std::mem::take(&mut touched.user_groups) {
        reader
            .user_group(group, members, &mut seen, &mut group_singles)
            .await?;
    }
    let known: HashSet<&AccountId> = inventory.accounts.iter().map(|one| &one.id).collect();
    let strangers = seen.grants_added.iter().map(|grant| &grant.account);
    touched
        .accounts
        .extend(strangers.filter(|id| !known.contains(id)).cloned());
    let newcomers = reader.accounts(&touched, &mut seen).await?;
    singles.extend(newcomers);
    reader.memberships(singles, &mut seen).await?;
    reader.group_memberships(group_singles, &mut seen).await?;
    Ok(seen)
}

/// Reads accounts again, by id and by address; of newcomers the memberships, too.
pub(crate) async fn reread_accounts(
    client: &MiroClient,
    inventory: &Inventory,
    touched: Touched,
) -> Result<Observation, EngineError> {
    let Some(rest) = client.rest() else {
        return match client.scim() {
            Some(scim) => scim_alone(scim, inventory, &touched).await,
            None => Ok(Observation::default()),
        };
    };
    let reader = Reader::new(client, rest, inventory, ShrinkLimit::default());
    let mut seen = Observation::default();
    let newcomers = reader.accounts(&touched, &mut seen).await?;
    reader.memberships(newcomers, &mut seen).await?;
    Ok(seen)
}

/// What SCIM alone shows of accounts: whether they are there, and their attributes. Memberships stay as they were read
/// last.
async fn scim_alone(
    scim: &Scim,
    inventory: &Inventory,
    touched: &Touched,
) -> Result<Observation, EngineError> {
    let mut seen = Observation::default();
    let mut there = BTreeSet::new();
    for id in &touched.accounts {
        match found(scim.user(id).await, "reading a SCIM user")? {
            Some(user) => {
                there.insert(id.clone());
                seen.accounts.push(account_of(&user));
            }
            // SCIM shows neither guests nor who is not registered yet: to it they never were there.
            None if is_shown_by_scim(inventory, id) => seen.removed_accounts.push(id.clone()),
            None => {}
        }
    }
    for address in &touched.addresses {
        let user = scim.user_by_name(address).await;
        let user = user.map_err(EngineError::miro("looking for a SCIM user by address"))?;
        if let Some(user) = user.filter(|user| there.insert(AccountId::new(&user.id))) {
            seen.accounts.push(account_of(&user));
        }
    }
    Ok(seen)
}

fn is_shown_by_scim(inventory: &Inventory, id: &AccountId) -> bool {
    let account = inventory.account(id);
    account.is_some_and(|account| match &account.role {
        Known::Known(role) => role.is_internal(),
        Known::Unknown => true,
    })
}

struct Reader<'a> {
    rest: &'a Rest,
    client: &'a MiroClient,
    inventory: &'a Inventory,
    organization: &'a OrganizationId,
    limit: ShrinkLimit,
}

/// What is there; `None` if it is not.
fn found<T>(reply: Result<T, MiroError>, doing: &str) -> Result<Option<T>, EngineError> {
    match reply {
        Ok(found) => Ok(Some(found)),
        Err(error) if *error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EngineError::miro(doing)(error)),
    }
}

fn in_team(team: &TeamId, account: &AccountId, role: TeamRole) -> Grant {
    Grant {
        account: account.clone(),
        entitlement: Entitlement::Team {
            team: team.clone(),
            role,
        },
    }
}

fn in_group(group: &UserGroupId, account: &AccountId) -> Grant {
    Grant {
        account: account.clone(),
        entitlement: Entitlement::UserGroup(group.clone()),
    }
}

impl<'a> Reader<'a> {
    fn new(
        client: &'a MiroClient,
        rest: &'a Rest,
        inventory: &'a Inventory,
        limit: ShrinkLimit,
    ) -> Self {
        Self {
            rest,
            client,
            inventory,
            organization: &inventory.organization.id,
            limit,
        }
    }

    /// Whoever is not in a list any more has left; a list that broke off looks the same. Whom the audit log names is
    /// expected to leave.
    fn believe(
        &self,
        list: String,
        before: usize,
        gone: &[Grant],
        named: &BTreeSet<AccountId>,
    ) -> Result<(), Unread> {
        let unexpected = gone.iter().filter(|grant| !named.contains(&grant.account));
        let (before, unexpected) = (before as u64, unexpected.count() as u64);
        let now = before.saturating_sub(unexpected);
        if self.limit.is_exceeded(before, now) {
            return Err(Unread::Shrunk(WhyFull::ListShrunk { list, before, now }));
        }
        Ok(())
    }

    /// A team's name, and its members: single ones are left for later, many are read as a list.
    async fn team(
        &self,
        team: TeamId,
        members: TouchedMembers,
        seen: &mut Observation,
        singles: &mut BTreeSet<(TeamId, AccountId)>,
    ) -> Result<(), Unread> {
        let reply = self.rest.team(self.organization, &team).await;
        let Some(record) = found(reply, "reading a team")? else {
            seen.removed_teams.push(team);
            return Ok(());
        };
        seen.teams.push(Team {
            id: team.clone(),
            name: record.name,
        });
        let state = self.inventory.team(&team);
        let size = state.map_or(0, |state| state.members.len());
        match members {
            TouchedMembers::These(these) if state.is_some() && is_few(&these, size) => {
                singles.extend(these.into_iter().map(|account| (team.clone(), account)));
                Ok(())
            }
            TouchedMembers::These(these) => self.team_list(&team, &these, seen).await,
            TouchedMembers::All => self.team_list(&team, &BTreeSet::new(), seen).await,
        }
    }

    /// All members of a team; `named` are those of whom the audit log tells.
    async fn team_list(
        &self,
        team: &TeamId,
        named: &BTreeSet<AccountId>,
        seen: &mut Observation,
    ) -> Result<(), Unread> {
        let query = TeamMemberQuery::default();
        let mut pages = self.rest.team_members(self.organization, team, query);
        let mut there = HashSet::new();
        let doing = || EngineError::miro(format!("reading the members of team {team}"));
        while let Some(page) = pages.try_next().await.map_err(doing())? {
            for member in page.items {
                let account = AccountId::new(&member.id);
                let role = TeamRole::from(member.role.as_str());
                seen.grants_added.push(in_team(team, &account, role));
                there.insert(account);
            }
        }
        let state = self.inventory.team(team);
        let before = state.map_or(&[][..], |state| state.members.as_slice());
        let gone: Vec<Grant> = before
            .iter()
            .filter(|member| !there.contains(&member.account))
            .map(|member| in_team(team, &member.account, member.role.clone()))
            .collect();
        let list = format!("members of team {team}");
        self.believe(list, before.len(), &gone, named)?;
        seen.grants_removed.extend(gone);
        Ok(())
    }

    async fn user_group(
        &self,
        group: UserGroupId,
        members: TouchedMembers,
        seen: &mut Observation,
        singles: &mut BTreeSet<(UserGroupId, AccountId)>,
    ) -> Result<(), Unread> {
        let reply = self.rest.user_group(self.organization, &group).await;
        let Some(record) = found(reply, "reading a user group")? else {
            seen.removed_user_groups.push(group);
            return Ok(());
        };
        seen.user_groups.push(UserGroup {
            id: group.clone(),
            name: record.name,
            description: Known::Known(record.description.unwrap_or_default()),
        });
        let groups = &self.inventory.user_groups;
        let state = groups.iter().find(|state| state.user_group.id == group);
        let size = state.map_or(0, |state| state.members.len());
        match members {
            TouchedMembers::These(these) if state.is_some() && is_few(&these, size) => {
                singles.extend(these.into_iter().map(|account| (group.clone(), account)));
            }
            members => {
                let before = state.map_or(&[][..], |state| state.members.as_slice());
                let named = match members {
                    TouchedMembers::These(these) => these,
                    TouchedMembers::All => BTreeSet::new(),
                };
                self.group_list(&group, (before, &named), seen).await?;
            }
        }
        Ok(())
    }

    async fn group_list(
        &self,
        group: &UserGroupId,
        (before, named): (&[AccountId], &BTreeSet<AccountId>),
        seen: &mut Observation,
    ) -> Result<(), Unread> {
        let query = GroupListQuery::default();
        let mut pages = self
            .rest
            .user_group_members(self.organization, group, query);
        let mut there = HashSet::new();
        let doing = || EngineError::miro(format!("reading the members of user group {group}"));
        while let Some(page) = pages.try_next().await.map_err(doing())? {
            for member in page.items {
                let account = AccountId::new(&member.id);
                seen.grants_added.push(in_group(group, &account));
                there.insert(account);
            }
        }
        let gone: Vec<Grant> = before
            .iter()
            .filter(|account| !there.contains(*account))
            .map(|account| in_group(group, account))
            .collect();
        let list = format!("members of user group {group}");
        self.believe(list, before.len(), &gone, named)?;
        seen.grants_removed.extend(gone);
        Ok(())
    }

    /// Accounts by address, ten to a call; who is not found so, by id. Returns in which teams newcomers may be.
    async fn accounts(
        &self,
        touched: &Touched,
        seen: &mut Observation,
    ) -> Result<BTreeSet<(TeamId, AccountId)>, EngineError> {
        let mut members = self.by_address(touched).await?;
        let missing: Vec<_> = touched
            .accounts
            .iter()
            .filter(|id| !members.contains_key(*id))
            .collect();
        let replies: Vec<_> = futures::stream::iter(missing)
            .map(|id| async move { (id, self.rest.member(self.organization, id).await) })
            .buffered(SIDE_BY_SIDE)
            .collect()
            .await;
        for (id, reply) in replies {
            match found(reply, "reading a member")? {
                Some(member) => {
                    members.insert(id.clone(), member);
                }
                None => seen.removed_accounts.push(id.clone()),
            }
        }
        self.with_names(members, seen).await
    }

    async fn by_address(
        &self,
        touched: &Touched,
    ) -> Result<BTreeMap<AccountId, Member>, EngineError> {
        let of_known = touched
            .accounts
            .iter()
            .filter_map(|id| self.inventory.account(id));
        let mut addresses: Vec<String> = of_known.map(|one| one.email.to_string()).collect();
        addresses.extend(touched.addresses.iter().cloned());
        if addresses.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found = self
            .rest
            .members_by_email(self.organization, &addresses)
            .await;
        let found = found.map_err(EngineError::miro("reading members by address"))?;
        Ok(found
            .into_iter()
            .map(|member| (AccountId::new(&member.id), member))
            .collect())
    }

    /// What SCIM adds to the members: names, enterprise attributes, and a newcomer's groups.
    async fn with_names(
        &self,
        members: BTreeMap<AccountId, Member>,
        seen: &mut Observation,
    ) -> Result<BTreeSet<(TeamId, AccountId)>, EngineError> {
        let known: HashMap<&AccountId, &Account> = self
            .inventory
            .accounts
            .iter()
            .map(|one| (&one.id, one))
            .collect();
        let replies: Vec<_> = futures::stream::iter(members)
            .map(|(id, member)| async move {
                let reply = self.scim_user(&id, &member).await;
                (id, member, reply)
            })
            .buffered(SIDE_BY_SIDE)
            .collect()
            .await;
        let mut newcomers = BTreeSet::new();
        for (id, member, reply) in replies {
            let user = reply?;
            if !known.contains_key(&id) {
                newcomers.extend(self.teams_of(&id, user.as_ref()));
            }
            let view = RestView::from_member(&member, &mut Oddities::default());
            seen.accounts.extend(account_from(&view, user.as_ref()));
        }
        Ok(newcomers)
    }

    /// SCIM shows members and company admins only.
    async fn scim_user(
        &self,
        id: &AccountId,
        member: &Member,
    ) -> Result<Option<ScimUser>, EngineError> {
        let is_internal = usher_model::OrganizationRole::from(member.role.as_str()).is_internal();
        match self.client.scim() {
            Some(scim) if is_internal => found(scim.user(id).await, "reading a SCIM user"),
            _ => Ok(None),
        }
    }

    /// Teams in which a new account may be: the default team, and those that SCIM names.
    fn teams_of(&self, id: &AccountId, user: Option<&ScimUser>) -> Vec<(TeamId, AccountId)> {
        let default = self.inventory.default_team.clone().known();
        let are_teams = self.inventory.group_model == Known::Known(GroupModel::Team);
        let groups = user
            .filter(|_| are_teams)
            .map(|user| user.groups.as_slice());
        let named = groups
            .unwrap_or_default()
            .iter()
            .filter_map(|group| group.value.as_deref());
        default
            .into_iter()
            .chain(named.map(TeamId::new))
            .map(|team| (team, id.clone()))
            .collect()
    }

    async fn memberships(
        &self,
        singles: BTreeSet<(TeamId, AccountId)>,
        seen: &mut Observation,
    ) -> Result<(), EngineError> {
        let singles = singles
            .into_iter()
            .filter(|(_, id)| !seen.removed_accounts.contains(id));
        let replies: Vec<_> = futures::stream::iter(singles.collect::<Vec<_>>())
            .map(|(team, account)| async move {
                let reply = self
                    .rest
                    .team_member(self.organization, &team, &account)
                    .await;
                (team, account, reply)
            })
            .buffered(SIDE_BY_SIDE)
            .collect()
            .await;
        for (team, account, reply) in replies {
            match found(reply, "reading a member of a team")? {
                Some(member) => {
                    let role = TeamRole::from(member.role.as_str());
                    seen.grants_added.push(in_team(&team, &account, role));
                }
                None => seen
                    .grants_removed
                    .push(in_team(&team, &account, TeamRole::Unknown)),
            }
        }
        Ok(())
    }

    async fn group_memberships(
        &self,
        singles: BTreeSet<(UserGroupId, AccountId)>,
        seen: &mut Observation,
    ) -> Result<(), EngineError> {
        for (group, account) in singles {
            if seen.removed_accounts.contains(&account) {
                continue;
            }
            let reply = self
                .rest
                .user_group_member(self.organization, &group, &account)
                .await;
            match found(reply, "reading a member of a user group")? {
                Some(_) => seen.grants_added.push(in_group(&group, &account)),
                None => seen.grants_removed.push(in_group(&group, &account)),
            }
        }
        Ok(())
    }
}

/// Whether single calls cost less than reading the list.
fn is_few(these: &BTreeSet<AccountId>, size: usize) -> bool {
    these.len() as u64 <= (size as u64).div_ceil(PAGE).max(1)
}
