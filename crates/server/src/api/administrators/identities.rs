//! Who somebody is at identity providers.

use axum::Json;
use jiff::Timestamp;
use serde::Serialize;
use usher_model::{AdministratorId, Right};
use usher_store::IdentityRecord;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Segments;
use super::super::operation::{Access, Operation};
use super::super::paging::Page;
use super::view::existing;
use crate::problem::Problem;

/// Who somebody is at identity providers.
pub const OPERATION: Operation = Operation::reads(
    "administrators.identities",
    "/administrators/{administrator}/identities",
    Access::Right(Right::AdministratorsRead),
    || routes!(list_identities),
);

/// Who an administrator is at an identity provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Identity)]
pub struct IdentityView {
    /// The provider's issuer identifier.
    issuer: String,
    /// The name that the provider gives them, and never gives to anybody else.
    subject: String,
    /// Since when they sign in there.
    created_at: Timestamp,
}

impl From<IdentityRecord> for IdentityView {
    fn from(record: IdentityRecord) -> Self {
        Self {
            issuer: record.identity.issuer,
            subject: record.identity.subject,
            created_at: record.created_at,
        }
    }
}

/// List who somebody is at identity providers
///
/// The tie was made when they signed in there the first time, by a verified e-mail address; from then on it is what counts.
#[utoipa::path(
    get, path = "/administrators/{administrator}/identities",
    params(("administrator" = String, Path, description = "Their id")),
    responses((status = 200, body = Page<IdentityView>))
)]
pub async fn list_identities(
    call: Call,
    Segments(id): Segments<AdministratorId>,
) -> Result<Json<Page<IdentityView>>, Problem> {
    let whose = existing(&call, &id).await?;
    let identities = call.store().identities(&whose.id).await?;
    Ok(Json(Page {
        items: identities.into_iter().map(IdentityView::from).collect(),
        next: None,
    }))
}
