//! Reading SCIM's users, and what its groups are.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use usher_miro::{GroupModel, GroupQuery, Scim, ScimUser, ScimValue, UserQuery};
use usher_model::{
    Account, AccountId, AccountStatus, Email, EnterpriseAttributes, Known, License, Manager,
    OrganizationRole, Sources, Team, TeamId, UserGroup, UserGroupId,
};
use usher_store::{PartKey, StagedPage, StagedRows, StagedView};

use crate::EngineError;
use crate::sync::run::Run;
use crate::sync::view::{RestView, ScimView, merge, scim_admin_roles};

/// Users per page: what every reading of Miro's documentation allows.
pub const PAGE: u64 = 100;

/// What SCIM's groups stand for in this organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupsAre {
    /// Teams (Miro's older model).
    Teams,
    /// User groups (the newer one).
    UserGroups,
    /// Nobody asked: REST shows the teams, and decides when views are merged.
    Undecided,
}

/// What was learned from SCIM.
#[derive(Clone, Copy, Debug)]
pub struct ScimSeen {
    /// What its groups are.
    pub groups: GroupsAre,
}

/// Reads the users; with SCIM alone, the groups too.
pub async fn read(run: &Run<'_>, scim: &Scim, sources: Sources) -> Result<ScimSeen, EngineError> {
    users(run, scim).await?;
    if sources.has_rest() {
        return Ok(ScimSeen {
            groups: GroupsAre::Undecided,
        });
    }
    run.count_optional("SCIM group model probe");
    let model = scim
        .probe_group_model()
        .await
        .map_err(EngineError::miro("asking Miro what SCIM groups are"))?;
    let groups = match model {
        GroupModel::Team => GroupsAre::Teams,
        GroupModel::UserGroup => GroupsAre::UserGroups,
    };
    group_names(run, scim, groups).await?;
    Ok(ScimSeen { groups })
}

async fn users(run: &Run<'_>, scim: &Scim) -> Result<(), EngineError> {
    let Some(cursor) = run.position(&PartKey::ScimUsers) else {
        return Ok(());
    };
    let start_index = cursor.and_then(|index| index.parse().ok()).unwrap_or(1);
    let query = UserQuery {
        start_index,
        count: PAGE,
        ..UserQuery::default()
    };
    let mut pages = scim.users(query);
    loop {
        let page = match pages.try_next().await {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(()),
            Err(error) => return run.unread(&PartKey::ScimUsers, error),
        };
        run.with_state(|state| {
            state.progress.names += page.items.len() as u64;
            state.progress.names_expected = Some(page.total_results);
        });
        let next = page.next_index();
        let staged = StagedPage {
            part: PartKey::ScimUsers,
            cursor_after: Some(next.to_string()),
            done: page.items.is_empty() || next > page.total_results,
            total_results: Some(page.total_results),
            items: page.items.len() as u64,
            rows: StagedRows {
                views: page
                    .items
                    .iter()
                    .map(|user| staged_view(run, user))
                    .collect(),
                ..StagedRows::default()
            },
        };
        run.stage(&staged).await?;
    }
}

/// What is stored of a user.
pub fn staged_view(run: &Run<'_>, user: &ScimUser) -> StagedView {
    let view = view_of(user);
    if let Some(license) = view
        .license
        .as_ref()
        .filter(|license| !license.is_published())
    {
        run.with_state(|state| state.oddities.note("SCIM userType", license.as_str()));
    }
    if let Some(role) = view.role.as_ref().filter(|role| !role.is_published()) {
        run.with_state(|state| state.oddities.note("SCIM role", role.as_str()));
    }
    StagedView {
        account: view.id.clone(),
        email: view.email.clone(),
        data: serde_json::to_string(&view).unwrap_or_default(),
    }
}

/// An account as SCIM shows it.
pub(crate) fn account_of(user: &ScimUser) -> Account {
    let view = view_of(user);
    Account {
        id: view.id,
        email: view.email,
        display_name: Some(view.display_name)
            .filter(|name| !name.is_empty())
            .into(),
        status: view.status,
        role: view.role.into(),
        license: view.license.into(),
        license_assigned_at: Known::Unknown,
        last_activity_at: Known::Unknown,
        admin_roles: view.admin_roles.as_deref().map(scim_admin_roles).into(),
        enterprise: Known::Known(view.enterprise),
    }
}

/// An account as REST shows it, with what SCIM adds.
pub(crate) fn account_from(rest: &RestView, user: Option<&ScimUser>) -> Option<Account> {
    merge(Some(rest), user.map(view_of).as_ref())
}

/// A person as SCIM shows them.
fn view_of(user: &ScimUser) -> ScimView {
    let group = |group: &ScimValue| {
        let id = group.value.clone()?;
        Some((id, group.display.clone().unwrap_or_default()))
    };
    ScimView {
        id: AccountId::new(&user.id),
        email: Email::new(&user.user_name),
        display_name: full_name(user),
        status: AccountStatus::from_active_flag(user.active.unwrap_or(true)),
        role: user.organization_role().map(OrganizationRole::from),
        license: user.user_type.as_deref().map(License::from_scim_user_type),
        admin_roles: user
            .admin_roles()
            .map(|names| names.into_iter().map(ToOwned::to_owned).collect()),
        enterprise: enterprise(user),
        groups: user.groups.iter().filter_map(group).collect(),
    }
}

/// Miro keeps one full name and derives given and family name from it, so the whole is asked first.
fn full_name(user: &ScimUser) -> String {
    let whole = [
        user.display_name.as_deref(),
        user.name
            .as_ref()
            .and_then(|name| name.formatted.as_deref()),
    ];
    if let Some(whole) = whole.into_iter().flatten().find(|name| !name.is_empty()) {
        return whole.to_owned();
    }
    let name = user.name.as_ref();
    let parts = [
        name.and_then(|n| n.given_name.as_deref()),
        name.and_then(|n| n.family_name.as_deref()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn enterprise(user: &ScimUser) -> EnterpriseAttributes {
    let Some(extension) = &user.enterprise else {
        return EnterpriseAttributes::default();
    };
    EnterpriseAttributes {
        employee_number: extension.employee_number.clone(),
        cost_center: extension.cost_center.clone(),
        organization: extension.organization.clone(),
        division: extension.division.clone(),
        department: extension.department.clone(),
        manager: extension.manager.as_ref().map(|manager| Manager {
            account: manager.value.as_deref().map(AccountId::new),
            display_name: manager.display_name.clone(),
        }),
    }
}

/// Reads the groups' names: users show only the groups they are in, not the empty ones.
async fn group_names(run: &Run<'_>, scim: &Scim, groups: GroupsAre) -> Result<(), EngineError> {
    let Some(cursor) = run.position(&PartKey::ScimGroups) else {
        return Ok(());
    };
    let start_index = cursor.and_then(|index| index.parse().ok()).unwrap_or(1);
    let attributes = vec!["id".to_owned(), "displayName".to_owned()];
    let query = GroupQuery {
        start_index,
        count: PAGE,
        attributes,
        ..GroupQuery::default()
    };
    let mut pages = scim.groups(query);
    loop {
        let page = match pages.try_next().await {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(()),
            Err(error) => return run.unread(&PartKey::ScimGroups, error),
        };
        run.count_optional("SCIM group pages");
        let named = page
            .items
            .iter()
            .map(|group| (group.id.as_str(), group.display_name.as_str()));
        let rows = group_rows(groups, named);
        run.with_state(|state| state.progress.teams += rows.teams.len() as u64);
        let next = page.next_index();
        let staged = StagedPage {
            part: PartKey::ScimGroups,
            cursor_after: Some(next.to_string()),
            done: page.items.is_empty() || next > page.total_results,
            total_results: Some(page.total_results),
            items: page.items.len() as u64,
            rows,
        };
        run.stage(&staged).await?;
    }
}

/// Groups as what they are.
pub fn group_rows<'a>(
    groups: GroupsAre,
    named: impl Iterator<Item = (&'a str, &'a str)>,
) -> StagedRows {
    // By id, so that a group that several people showed is one row.
    let named: BTreeMap<&str, &str> = named.collect();
    let mut rows = StagedRows::default();
    for (id, name) in named {
        match groups {
            GroupsAre::Teams => rows.teams.push(Team {
                id: TeamId::new(id),
                name: name.to_owned(),
            }),
            GroupsAre::UserGroups => rows.user_groups.push(UserGroup {
                id: UserGroupId::new(id),
                name: name.to_owned(),
                description: Known::Unknown,
            }),
            GroupsAre::Undecided => {}
        }
    }
    rows
}
