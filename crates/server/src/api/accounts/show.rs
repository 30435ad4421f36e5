//! One account.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use usher_model::{AccountId, OrganizationId, Right};
use usher_store::{AccountFilter, GrantFilter};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::grants::list::GrantView;
use super::super::input::{Parameters, Segments};
use super::super::inventory::{all, existing};
use super::super::operation::{Access, Operation};
use super::view::AccountView;
use crate::problem::Problem;

/// One account.
pub const OPERATION: Operation = Operation::reads(
    "accounts.show",
    "/organizations/{organization}/accounts/{account}",
    Access::Right(Right::InventoryRead),
    || routes!(show_account),
);

/// As of when.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The inventory as it was at this time.
    as_of: Option<Timestamp>,
}

/// An account, what it holds, and whose it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountDetails)]
pub struct DetailsView {
    /// The account.
    account: AccountView,
    /// What it holds.
    grants: Vec<GrantView>,
    /// The id of the person it is linked to now.
    person: Option<String>,
}

/// Show an account
///
/// With everything it holds.
#[utoipa::path(
    get, path = "/organizations/{organization}/accounts/{account}",
    params(
        ("organization" = String, Path, description = "The organization's id"),
        ("account" = String, Path, description = "The account's id"),
        Wanted,
    ),
    responses((status = 200, body = DetailsView))
)]
pub async fn show_account(
    call: Call,
    Segments((organization, account)): Segments<(OrganizationId, AccountId)>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<DetailsView>, Problem> {
    existing(&call, &organization).await?;
    let accounts = AccountFilter {
        account: Some(account.clone()),
        as_of: wanted.as_of,
        ..AccountFilter::of(organization.clone())
    };
    let found = all(call.store().accounts(&accounts)).await?.pop();
    let found =
        found.ok_or_else(|| Problem::not_found(format!("there is no account {account}")))?;
    let grants = GrantFilter {
        account: Some(account.clone()),
        as_of: wanted.as_of,
        ..GrantFilter::of(organization.clone())
    };
    let grants = all(call.store().grants(&grants)).await?;
    let link = call
        .store()
        .link_of_account(&organization, &account)
        .await?;
    Ok(Json(DetailsView {
        account: found.into(),
        grants: grants.into_iter().map(GrantView::from).collect(),
        person: link.map(|link| link.person.to_string()),
    }))
}
