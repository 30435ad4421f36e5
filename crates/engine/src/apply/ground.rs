//! What is found out before anything is sent.

use std::collections::{BTreeSet, HashMap};

use futures::TryStreamExt;
use usher_miro::Scope;
use usher_model::{Known, OrganizationId};
use usher_plan::{Action, Change};
use usher_store::AccountFilter;

use super::graph::account_changed;
use super::means::{Means, Token, Tools, means};
use super::options::{ApplyContext, ApplyOptions};
use super::start::Loaded;
use crate::EngineError;

/// What is found out before anything is sent.
pub(super) struct Ground {
    pub tools: Tools,
    /// How many users the list will have at the end.
    pub all_users: u64,
    /// Addresses of accounts that REST has to be asked to bring into a team.
    pub emails: HashMap<usher_model::AccountId, String>,
}

pub(super) async fn ground(
    context: &ApplyContext<'_>,
    options: &ApplyOptions<'_>,
    load: &Loaded,
) -> Result<Ground, EngineError> {
    let tools = tools(context, options, load).await?;
    Ok(Ground {
        all_users: count_users(context, &load.changes).await?,
        emails: emails(context, load, &tools).await?,
        tools,
    })
}

/// What there is to work with. Asks what the access token may do, and, where nobody knows and it matters, what a SCIM
/// group is.
async fn tools(
    context: &ApplyContext<'_>,
    options: &ApplyOptions<'_>,
    load: &Loaded,
) -> Result<Tools, EngineError> {
    let client = context.client;
    let there = |is_there: bool| {
        if is_there {
            Token::There
        } else {
            Token::Missing
        }
    };
    let mut tools = Tools {
        scim: there(client.scim().is_some()),
        rest: there(client.rest().is_some()),
        scopes: Known::Unknown,
        group_model: load.group_model.or(options.group_model),
    };
    if let Some(rest) = client.rest() {
        let asked = rest.token_context().await;
        let token = asked.map_err(EngineError::miro("asking what the access token may do"))?;
        if let Some(found) = token
            .organization
            .as_ref()
            .map(|found| OrganizationId::new(&found.id))
            && found != load.organization
        {
            return Err(EngineError::OtherOrganization {
                expected: load.organization.clone(),
                found,
            });
        }
        let scopes = token.scopes.as_ref().map(|scopes| {
            let known = scopes.iter().filter_map(|name| Scope::parse(name));
            known.collect::<BTreeSet<_>>()
        });
        tools.scopes = scopes.into();
    }
    let groups_matter = load
        .changes
        .iter()
        .any(|change| is_about_groups(&change.action));
    if let Some(scim) = client.scim()
        && groups_matter
        && !tools.group_model.is_known()
    {
        let model = scim.probe_group_model().await;
        let model = model.map_err(EngineError::miro("finding out what a SCIM group is"))?;
        tools.group_model = Known::Known(match model {
            usher_miro::GroupModel::Team => usher_model::GroupModel::Team,
            usher_miro::GroupModel::UserGroup => usher_model::GroupModel::UserGroup,
        });
    }
    Ok(tools)
}

fn is_about_groups(action: &Action) -> bool {
    matches!(
        action,
        Action::AddToTeam { .. }
            | Action::RemoveFromTeam { .. }
            | Action::RenameTeam { .. }
            | Action::AddToUserGroup { .. }
            | Action::RemoveFromUserGroup { .. }
            | Action::CreateUserGroup { .. }
            | Action::RenameUserGroup { .. }
            | Action::DeleteUserGroup { .. }
    )
}

/// How many users the list will have at the end.
async fn count_users(context: &ApplyContext<'_>, changes: &[Change]) -> Result<u64, EngineError> {
    let accounts = changes
        .iter()
        .filter(|change| account_changed(&change.action).is_some())
        .count();
    let Some(scim) = context.client.scim().filter(|_| accounts > 1) else {
        return Ok(1);
    };
    let there = scim.count_users(None).await;
    let there = there.map_err(EngineError::miro("counting users"))?;
    let created = changes
        .iter()
        .filter(|change| matches!(change.action, Action::CreateAccount { .. }))
        .count() as u64;
    Ok(there + created)
}

/// Addresses of accounts that REST has to be asked to bring into a team.
async fn emails(
    context: &ApplyContext<'_>,
    load: &Loaded,
    tools: &Tools,
) -> Result<HashMap<usher_model::AccountId, String>, EngineError> {
    let is_invited = |change: &Change| {
        matches!(change.action, Action::AddToTeam { .. })
            && means(&change.action, tools) == Ok(Means::RestTeam)
    };
    if !load.changes.iter().any(is_invited) {
        return Ok(HashMap::new());
    }
    let filter = AccountFilter::of(load.organization.clone());
    let mut rows = context.acting.store.accounts(&filter);
    let mut emails = HashMap::new();
    while let Some(row) = rows.try_next().await? {
        emails.insert(row.account.id, row.account.email.as_str().to_owned());
    }
    Ok(emails)
}
