//! Who uses Usher.

use axum::Json;
use serde::Deserialize;
use usher_model::{Right, Role};
use usher_store::{AdministratorFilter, AdministratorKind, AdministratorState};
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Parameters;
use super::super::inventory::searched;
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, limit, read_cursor};
use super::view::AdministratorView;
use crate::problem::Problem;

/// Who uses Usher.
pub const OPERATION: Operation = Operation::reads(
    "administrators.list",
    "/administrators",
    Access::Right(Right::AdministratorsRead),
    || routes!(list_administrators),
);

/// Which administrators.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// `person` or `service_account`.
    #[param(value_type = Option<String>)]
    kind: Option<AdministratorKind>,
    /// One role.
    #[param(value_type = Option<String>)]
    role: Option<Role>,
    /// `active` or `disabled`.
    #[param(value_type = Option<String>)]
    state: Option<AdministratorState>,
    /// Text that the name or the e-mail address contains.
    search: Option<String>,
    /// The cursor of the page before.
    cursor: Option<String>,
    /// How many items the page has: 1 to 500; 50 unless said otherwise.
    limit: Option<u64>,
}

/// List who uses Usher
///
/// Administrators and service accounts, in the order in which they were added.
#[utoipa::path(get, path = "/administrators", params(Wanted), responses((status = 200, body = Page<AdministratorView>)))]
pub async fn list_administrators(
    call: Call,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<AdministratorView>>, Problem> {
    let limit = limit(wanted.limit)?;
    let filter = AdministratorFilter {
        kind: wanted.kind,
        role: wanted.role,
        state: wanted.state,
        search: searched(wanted.search)?,
        after: read_cursor(wanted.cursor.as_deref())?,
        limit: Some(limit + 1),
    };
    let found = call.store().administrators(&filter).await?;
    let page = Page::of(
        found,
        limit,
        |last| last.id.clone(),
        AdministratorView::from,
    );
    Ok(Json(page))
}
