//! The organizations in the database.

use usher_model::{Organization, OrganizationId};

use crate::{Store, StoreError};

impl Store {
    /// All organizations that were ever synchronized, by id.
    pub async fn organizations(&self) -> Result<Vec<Organization>, StoreError> {
        todo!()
    }

    /// One organization.
    pub async fn organization(
        &self,
        _id: &OrganizationId,
    ) -> Result<Option<Organization>, StoreError> {
        todo!()
    }
}
