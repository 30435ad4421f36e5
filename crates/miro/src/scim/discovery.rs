//! What the SCIM API says about itself, and what it does not say.

use serde_json::{Value, json};
use usher_boxed::boxed;

use super::Scim;
use crate::route;
use crate::{ErrorKind, MiroError};

/// What a SCIM group is in an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupModel {
    /// A team: groups can be changed but neither created nor deleted, and leaving one hands boards over.
    Team,
    /// A user group: can be created and deleted, and leaving one has no side effects.
    UserGroup,
}

impl Scim {
    /// `GET /ServiceProviderConfig`. Its `filter.maxResults` contradicts Miro's docs; nothing here relies on it.
    #[boxed]
    pub async fn service_provider_config(&self) -> Result<Value, MiroError> {
        self.caller
            .json(
                self.caller
                    .call(&route::SCIM_SERVICE_PROVIDER_CONFIG, &[])?,
            )
            .await
    }

    /// `GET /ResourceTypes`
    #[boxed]
    pub async fn resource_types(&self) -> Result<Value, MiroError> {
        self.caller
            .json(self.caller.call(&route::SCIM_RESOURCE_TYPES, &[])?)
            .await
    }

    /// `GET /Schemas`
    #[boxed]
    pub async fn schemas(&self) -> Result<Value, MiroError> {
        self.caller
            .json(self.caller.call(&route::SCIM_SCHEMAS, &[])?)
            .await
    }

    /// Finds out the organization's group model, for which Miro has no call.
    ///
    /// It asks to create a group without a name: where groups are teams the method is not allowed (405), where
    /// they are user groups the name is missed (400). Should Miro create something all the same, it is
    /// deleted again.
    ///
    /// # Errors
    /// Any other reply: the model stays unknown.
    #[boxed]
    pub async fn probe_group_model(&self) -> Result<GroupModel, MiroError> {
        let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"]});
        let call = self
            .caller
            .call(&route::SCIM_PROBE_GROUPS, &[])?
            .json(&body)?;
        match self.caller.json::<Value>(call).await {
            Err(error) if *error.kind() == ErrorKind::MethodNotAllowed => Ok(GroupModel::Team),
            Err(error) if error.status() == Some(400) => Ok(GroupModel::UserGroup),
            Err(error) => Err(error),
            Ok(created) => {
                if let Some(id) = created.get("id").and_then(Value::as_str) {
                    self.delete_group(id).await?;
                }
                Ok(GroupModel::UserGroup)
            }
        }
    }
}
