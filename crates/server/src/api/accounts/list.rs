//! Accounts.

use axum::Json;
use jiff::Timestamp;
use serde::Deserialize;
use usher_model::{AccountStatus, License, OrganizationId, OrganizationRole, Right, TeamId};
use usher_store::{AccountFilter, AccountOrder, Population};
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::{Parameters, Segments};
use super::super::inventory::{all, existing, one_of, searched, sort};
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, Sight};
use super::view::AccountView;
use crate::problem::Problem;

/// Accounts.
pub const OPERATION: Operation = Operation::reads(
    "accounts.list",
    "/organizations/{organization}/accounts",
    Access::Right(Right::InventoryRead),
    || routes!(list_accounts),
);

/// Which accounts.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The inventory as it was at this time.
    as_of: Option<Timestamp>,
    /// One e-mail address.
    email: Option<String>,
    /// Last used before this time, or never; accounts of unknown activity are left out.
    inactive_before: Option<Timestamp>,
    /// One role.
    #[param(value_type = Option<String>)]
    role: Option<OrganizationRole>,
    /// One licence.
    #[param(value_type = Option<String>)]
    license: Option<License>,
    /// In this team, in any role: its id.
    team: Option<String>,
    /// An e-mail domain.
    domain: Option<String>,
    /// `everybody`, `guests` or `admins`.
    population: Option<String>,
    /// `active` or `deactivated`.
    #[param(value_type = Option<String>)]
    status: Option<AccountStatus>,
    /// Text that the e-mail address or the name contains.
    search: Option<String>,
    /// `id`, `email`, `name`, `role`, `license`, `last_activity`, `teams` or `since`; with `-` in front of it, the largest first.
    sort: Option<String>,
    /// The cursor of the page before.
    cursor: Option<String>,
    /// How many items the page has: 1 to 500; 50 unless said otherwise.
    limit: Option<u64>,
}

const ORDERS: &[(&str, AccountOrder)] = &[
    ("id", AccountOrder::Id),
    ("email", AccountOrder::Email),
    ("name", AccountOrder::Name),
    ("role", AccountOrder::Role),
    ("license", AccountOrder::License),
    ("last_activity", AccountOrder::LastActivity),
    ("teams", AccountOrder::Teams),
    ("since", AccountOrder::Since),
];

const POPULATIONS: &[(&str, Population)] = &[
    ("everybody", Population::Everybody),
    ("guests", Population::Guests),
    ("admins", Population::Admins),
];

/// List accounts
///
/// By e-mail address unless sorted otherwise. All pages show the inventory of the time of the first one.
#[utoipa::path(
    get, path = "/organizations/{organization}/accounts",
    params(("organization" = String, Path, description = "The organization's id"), Wanted),
    responses((status = 200, body = Page<AccountView>))
)]
pub async fn list_accounts(
    call: Call,
    Segments(organization): Segments<OrganizationId>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<AccountView>>, Problem> {
    existing(&call, &organization).await?;
    let sight = Sight::new(
        wanted.cursor.as_deref(),
        wanted.limit,
        wanted.as_of,
        call.now(),
    )?;
    let filter = filter(organization, wanted, &sight)?;
    let rows = all(call.store().accounts(&filter)).await?;
    let order = filter.order;
    let page = sight.page_behind(rows, |last| last.place(order), AccountView::from);
    Ok(Json(page))
}

fn filter(
    organization: OrganizationId,
    wanted: Wanted,
    sight: &Sight,
) -> Result<AccountFilter, Problem> {
    let (order, direction) = sort(wanted.sort.as_deref(), ORDERS)?;
    let population = wanted.population.as_deref();
    let population = population
        .map(|word| one_of(word, POPULATIONS, "population"))
        .transpose()?;
    Ok(AccountFilter {
        as_of: sight.as_of,
        email: wanted.email,
        inactive_before: wanted.inactive_before,
        role: wanted.role,
        license: wanted.license,
        team: wanted.team.map(TeamId::from),
        domain: wanted.domain,
        population: population.unwrap_or_default(),
        status: wanted.status,
        search: searched(wanted.search)?,
        order,
        direction,
        after: sight.after.clone(),
        offset: sight.offset,
        limit: Some(sight.rows()),
        ..AccountFilter::of(organization)
    })
}
