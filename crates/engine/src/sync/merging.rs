//! From what the APIs showed to one snapshot.

use std::collections::{BTreeMap, BTreeSet};

use futures::TryStreamExt;
use serde::de::DeserializeOwned;
use usher_model::{
    Account, AccountId, Coverage, Entitlement, Grant, Known, Seen, Team, TeamId, TeamRole,
    UserGroup, UserGroupId,
};
use usher_store::{InventoryCounts, MemberGroup, Merged, StagedView, View};

use crate::EngineError;
use crate::sync::Counts;
use crate::sync::connection::Connection;
use crate::sync::run::Run;
use crate::sync::view::{RestView, ScimView, merge};

/// Rows handed to the store at a time.
const PIECE: usize = 2000;

/// What merging found out.
#[derive(Clone, Copy, Debug, Default)]
pub struct MergeOutcome {
    /// Members and company admins that REST showed; `None` without REST.
    pub rest_internal: Option<u64>,
    /// Whether everybody's admin roles were shown.
    pub admin_roles: Seen,
}

/// The counts that a synchronization of this coverage can compare with the next.
pub fn visible(counts: &InventoryCounts, coverage: Coverage) -> Counts {
    let teams_seen = |count| if coverage.teams.is_seen() { count } else { 0 };
    if coverage.guests.is_seen() {
        Counts {
            accounts: counts.accounts,
            teams: teams_seen(counts.teams),
            grants: teams_seen(counts.team_grants),
        }
    } else {
        Counts {
            accounts: counts.internal_accounts,
            teams: teams_seen(counts.teams),
            grants: teams_seen(counts.internal_team_grants),
        }
    }
}

/// Merges all views into the snapshot.
pub async fn merge_all(
    run: &Run<'_>,
    connection: &Connection,
    coverage: Coverage,
) -> Result<MergeOutcome, EngineError> {
    run.store().begin_merge(run.sync()).await?;
    let teams = merge_teams(run, connection).await?;
    let mut piece = Piece::new(run);
    let outcome = merge_accounts(
        run,
        connection,
        &mut piece,
        GroupReading {
            teams: &teams,
            coverage,
        },
    )
    .await?;
    piece.flush().await?;
    merge_user_groups(run).await?;
    merge_memberships(run, connection).await?;
    Ok(outcome)
}

/// The teams, without those that were deleted meanwhile. Returns their ids.
async fn merge_teams(
    run: &Run<'_>,
    connection: &Connection,
) -> Result<BTreeSet<TeamId>, EngineError> {
    let view = if connection.sources.has_rest() {
        View::Rest
    } else {
        View::Scim
    };
    let vanished = run.vanished();
    let is_there = |team: &Team| !vanished.contains(&MemberGroup::Team(team.id.clone()));
    let teams: Vec<Team> = run
        .store()
        .staged_teams(run.sync(), view)
        .try_filter(|team| std::future::ready(is_there(team)))
        .try_collect()
        .await?;
    let ids = teams.iter().map(|team| team.id.clone()).collect();
    run.store()
        .merge(
            run.sync(),
            &Merged {
                teams,
                ..Merged::default()
            },
        )
        .await?;
    Ok(ids)
}

/// The user groups, without those that were deleted meanwhile.
async fn merge_user_groups(run: &Run<'_>) -> Result<(), EngineError> {
    let vanished = run.vanished();
    let is_there =
        |group: &UserGroup| !vanished.contains(&MemberGroup::UserGroup(group.id.clone()));
    for view in [View::Rest, View::Scim] {
        let user_groups: Vec<UserGroup> = run
            .store()
            .staged_user_groups(run.sync(), view)
            .try_filter(|group| std::future::ready(is_there(group)))
            .try_collect()
            .await?;
        run.store()
            .merge(
                run.sync(),
                &Merged {
                    user_groups,
                    ..Merged::default()
                },
            )
            .await?;
    }
    Ok(())
}

/// Who is in which team or user group, from REST's lists.
async fn merge_memberships(run: &Run<'_>, connection: &Connection) -> Result<(), EngineError> {
    if !connection.sources.has_rest() {
        return Ok(());
    }
    let vanished = run.vanished();
    let mut members = run.store().staged_members(run.sync());
    let mut piece = Piece::new(run);
    let gone = run.gone();
    while let Some(member) = members.try_next().await? {
        if gone.contains(&member.account) || vanished.contains(&member.group) {
            continue;
        }
        let entitlement = match member.group {
            MemberGroup::Team(team) => Entitlement::Team {
                team,
                role: member.role,
            },
            MemberGroup::UserGroup(group) => Entitlement::UserGroup(group),
        };
        piece.grant(member.account, entitlement);
        piece.flush_if_full().await?;
    }
    piece.flush().await
}

/// How the groups that SCIM shows with a user are to be read.
#[derive(Clone, Copy)]
struct GroupReading<'a> {
    teams: &'a BTreeSet<TeamId>,
    coverage: Coverage,
}

/// Walks both lists side by side, in order of account ids; memory holds one of each.
async fn merge_accounts(
    run: &Run<'_>,
    connection: &Connection,
    piece: &mut Piece<'_, '_>,
    groups: GroupReading<'_>,
) -> Result<MergeOutcome, EngineError> {
    let mut rest = Side::<RestView>::open(run.store().staged_views(run.sync(), View::Rest)).await?;
    let mut scim = Side::<ScimView>::open(run.store().staged_views(run.sync(), View::Scim)).await?;
    let gone = run.gone();
    let (mut internal, mut admin_roles) = (0, Seen::Yes);
    while let Some(next) = Side::next_of(&rest, &scim) {
        let rest_view = rest.take_if(&next).await?;
        let mut scim_view = scim.take_if(&next).await?;
        if gone.contains(&next) {
            continue;
        }
        if let Some(view) = &rest_view {
            internal += u64::from(view.role.is_internal());
            if scim_view.is_none() && view.role.is_internal() && connection.sources.has_scim() {
                scim_view = by_email::<ScimView>(run, View::Scim, &view.email).await?;
            }
        } else if let Some(view) = &scim_view
            && by_email::<RestView>(run, View::Rest, &view.email)
                .await?
                .is_some()
        {
            // The same person under another id: merged from REST's side.
            continue;
        }
        if let Some(account) = merge(rest_view.as_ref(), scim_view.as_ref()) {
            if !account.admin_roles.is_known() {
                admin_roles = Seen::No;
            }
            piece.scim_groups(&account.id, scim_view.as_ref(), groups);
            piece.account(account);
            piece.flush_if_full().await?;
        }
    }
    Ok(MergeOutcome {
        rest_internal: connection.sources.has_rest().then_some(internal),
        admin_roles,
    })
}

/// Where ids are missing on one side, the e-mail address decides; an address that stands for several
/// people decides nothing.
pub async fn by_email<V: DeserializeOwned>(
    run: &Run<'_>,
    view: View,
    email: &usher_model::Email,
) -> Result<Option<V>, EngineError> {
    let mut found = run
        .store()
        .staged_views_by_email(run.sync(), view, email)
        .await?;
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => read_view(&only).map(Some),
        _ => Ok(None),
    }
}

fn read_view<V: DeserializeOwned>(staged: &StagedView) -> Result<V, EngineError> {
    serde_json::from_str(&staged.data).map_err(|error| {
        EngineError::Bug(format!(
            "the staged view of {} cannot be read: {error}",
            staged.account
        ))
    })
}

/// One of two sorted lists, with its head in hand.
pub struct Side<V> {
    rows: usher_store::Rows<StagedView>,
    head: Option<(AccountId, V)>,
}

impl<V: DeserializeOwned> Side<V> {
    pub async fn open(rows: usher_store::Rows<StagedView>) -> Result<Self, EngineError> {
        let mut side = Self { rows, head: None };
        side.advance().await?;
        Ok(side)
    }

    async fn advance(&mut self) -> Result<(), EngineError> {
        self.head = match self.rows.try_next().await? {
            Some(staged) => {
                let view = read_view(&staged)?;
                Some((staged.account, view))
            }
            None => None,
        };
        Ok(())
    }

    /// The head, if it is this account's.
    pub async fn take_if(&mut self, id: &AccountId) -> Result<Option<V>, EngineError> {
        if self.head.as_ref().is_none_or(|(head, _)| head != id) {
            return Ok(None);
        }
        let taken = self.head.take().map(|(_, view)| view);
        self.advance().await?;
        Ok(taken)
    }
}

impl Side<()> {
    /// The account that comes next in either of two lists.
    pub fn next_of<R, S>(one: &Side<R>, other: &Side<S>) -> Option<AccountId> {
        let heads = [
            one.head.as_ref().map(|(id, _)| id),
            other.head.as_ref().map(|(id, _)| id),
        ];
        heads.into_iter().flatten().min().cloned()
    }
}

/// Rows on their way to the store.
struct Piece<'a, 'r> {
    run: &'a Run<'r>,
    rows: Merged,
    /// Groups that only users showed, by id, with their names.
    groups_seen: BTreeMap<UserGroupId, String>,
}

impl<'a, 'r> Piece<'a, 'r> {
    fn new(run: &'a Run<'r>) -> Self {
        Self {
            run,
            rows: Merged::default(),
            groups_seen: BTreeMap::new(),
        }
    }

    fn grant(&mut self, account: AccountId, entitlement: Entitlement) {
        self.rows.grants.push(Grant {
            account,
            entitlement,
        });
    }

    fn account(&mut self, account: Account) {
        for entitlement in derived_entitlements(&account) {
            self.grant(account.id.clone(), entitlement);
        }
        self.rows.accounts.push(account);
    }

    /// Grants from the groups that SCIM showed with a user, where no list of REST's shows them better.
    fn scim_groups(
        &mut self,
        account: &AccountId,
        view: Option<&ScimView>,
        reading: GroupReading<'_>,
    ) {
        for (id, name) in view.into_iter().flat_map(|view| &view.groups) {
            let team = TeamId::new(id);
            let is_team = reading.teams.contains(&team);
            let rest_shows_teams = reading.coverage.team_roles.is_seen();
            if is_team && !rest_shows_teams {
                self.grant(
                    account.clone(),
                    Entitlement::Team {
                        team,
                        role: TeamRole::Unknown,
                    },
                );
            } else if !is_team && reading.coverage.user_groups == Seen::Yes && !rest_shows_teams {
                self.groups_seen
                    .entry(UserGroupId::new(id))
                    .or_insert_with(|| name.clone());
                self.grant(
                    account.clone(),
                    Entitlement::UserGroup(UserGroupId::new(id)),
                );
            }
        }
    }

    async fn flush_if_full(&mut self) -> Result<(), EngineError> {
        if self.rows.accounts.len() + self.rows.grants.len() >= PIECE {
            self.flush().await
        } else {
            Ok(())
        }
    }

    async fn flush(&mut self) -> Result<(), EngineError> {
        let mut rows = std::mem::take(&mut self.rows);
        rows.user_groups = std::mem::take(&mut self.groups_seen)
            .into_iter()
            .map(|(id, name)| UserGroup {
                id,
                name,
                description: Known::Unknown,
            })
            .collect();
        Ok(self.run.store().merge(self.run.sync(), &rows).await?)
    }
}

/// What an account holds by its own attributes.
fn derived_entitlements(account: &Account) -> Vec<Entitlement> {
    let mut held = Vec::new();
    if let Known::Known(role) = &account.role {
        held.push(Entitlement::Role(role.clone()));
    }
    if let Known::Known(license) = &account.license {
        held.push(Entitlement::License(license.clone()));
    }
    if let Known::Known(roles) = &account.admin_roles {
        held.extend(
            roles
                .iter()
                .map(|role| Entitlement::AdminRole(role.name.clone())),
        );
    }
    held
}
