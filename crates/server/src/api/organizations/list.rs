//! The organizations.

use axum::Json;
use serde::Serialize;
use usher_model::{Organization, Right};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::inventory::Unknowns;
use super::super::operation::{Access, Operation};
use super::super::paging::Page;
use crate::problem::Problem;

/// The organizations.
pub const OPERATION: Operation = Operation::reads(
    "organizations.list",
    "/organizations",
    Access::Right(Right::InventoryRead),
    || routes!(list_organizations),
);

/// A Miro organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Organization)]
pub struct OrganizationView {
    /// Its id.
    id: String,
    /// Its name.
    name: Option<String>,
    /// Its plan, as Miro names it.
    plan: Option<String>,
    /// How many full licences it has bought.
    full_licenses_purchased: Option<u32>,
    /// Which of the above Usher could not see; they are null.
    unknown: Vec<&'static str>,
}

impl From<Organization> for OrganizationView {
    fn from(organization: Organization) -> Self {
        let mut unknown = Unknowns::default();
        let licenses = organization.full_licenses_purchased;
        Self {
            id: organization.id.to_string(),
            name: unknown.known("name", organization.name),
            plan: unknown.known("plan", organization.plan),
            full_licenses_purchased: unknown.known("full_licenses_purchased", licenses),
            unknown: unknown.names(),
        }
    }
}

/// List organizations
///
/// Those that were ever synchronized, by id.
#[utoipa::path(get, path = "/organizations", responses((status = 200, body = Page<OrganizationView>)))]
pub async fn list_organizations(call: Call) -> Result<Json<Page<OrganizationView>>, Problem> {
    let found = call.store().organizations().await?;
    Ok(Json(Page {
        items: found.into_iter().map(OrganizationView::from).collect(),
        next: None,
    }))
}
