//! SCIM users.

use usher_boxed::boxed;
use usher_model::AccountId;

use super::{ListReply, Patch, Scim, ScimListQuery, ScimUser, ScimUserDraft, quoted};
use crate::route;
use crate::{MiroError, ScimPageStream};

/// In which order to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortOrder {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

impl SortOrder {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ascending => "ascending",
            Self::Descending => "descending",
        }
    }
}

/// Which users to read, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserQuery {
    /// Where to begin or to go on, from 1. 1.
    pub start_index: u64,
    /// Users per page, 1–1000. 100, the one number that every part of Miro's docs allows.
    pub count: u64,
    /// Only these attributes; empty for all.
    pub attributes: Vec<String>,
    /// A SCIM filter, for example `active eq true`.
    pub filter: Option<String>,
    /// What to sort by. `userName`, because Miro does not say in which order it lists otherwise.
    pub sort_by: Option<String>,
    /// In which order.
    pub sort_order: Option<SortOrder>,
}

impl Default for UserQuery {
    fn default() -> Self {
        Self {
            start_index: 1,
            count: 100,
            attributes: Vec::new(),
            filter: None,
            sort_by: Some("userName".to_owned()),
            sort_order: None,
        }
    }
}

impl Scim {
    /// `GET /Users`, with several pages in flight, in order.
    pub fn users(&self, query: UserQuery) -> ScimPageStream<ScimUser> {
        let list = ScimListQuery {
            start_index: query.start_index,
            count: query.count,
            attributes: query.attributes,
            filter: query.filter,
            sort_by: query.sort_by,
            sort_order: query.sort_order,
        };
        self.pages(&route::SCIM_LIST_USERS, self.pages_in_flight, list)
    }

    /// How many users match a filter, or how many there are: `GET /Users?count=0`.
    #[boxed]
    pub async fn count_users(&self, filter: Option<&str>) -> Result<u64, MiroError> {
        let call = self
            .caller
            .call(&route::SCIM_LIST_USERS, &[])?
            .query("count", "0");
        let reply: ListReply<serde_json::Value> =
            self.caller.json(call.query_if("filter", filter)).await?;
        Ok(reply.total_results.unwrap_or(reply.resources.len() as u64))
    }

    /// The user with this e-mail address, found by `filter=userName eq "…"`.
    #[boxed]
    pub async fn user_by_name(&self, user_name: &str) -> Result<Option<ScimUser>, MiroError> {
        let call = self.caller.call(&route::SCIM_LIST_USERS, &[])?;
        let call = call.query("filter", format!("userName eq {}", quoted(user_name)));
        let reply: ListReply<ScimUser> = self.caller.json(call).await?;
        let wanted = user_name.to_lowercase();
        Ok(reply
            .resources
            .into_iter()
            .find(|user| user.user_name.to_lowercase() == wanted))
    }

    /// `GET /Users/{id}`. A guest's id gives [`NotFound`](crate::ErrorKind::NotFound).
    #[boxed]
    pub async fn user(&self, id: &AccountId) -> Result<ScimUser, MiroError> {
        self.caller
            .json(self.caller.call(&route::SCIM_GET_USER, &[id.as_str()])?)
            .await
    }

    /// `POST /Users`: the new member lands in the default team.
    ///
    /// # Errors
    /// [`NotUnique`](crate::ErrorKind::NotUnique): look the user up and use it.
    /// [`Ambiguous`](crate::ErrorKind::Ambiguous): look the user up before trying again.
    #[boxed]
    pub async fn create_user(&self, user: &ScimUserDraft) -> Result<ScimUser, MiroError> {
        let call = self.caller.call(&route::SCIM_CREATE_USER, &[])?;
        self.caller.json(call.json(user)?).await
    }

    /// `PATCH /Users/{id}`. Deactivated users take nothing but `active`; licences cannot be lowered.
    #[boxed]
    pub async fn patch_user(&self, id: &AccountId, patch: &Patch) -> Result<ScimUser, MiroError> {
        let call = self.caller.call(&route::SCIM_PATCH_USER, &[id.as_str()])?;
        self.caller.json(call.json(patch)?).await
    }

    /// `PUT /Users/{id}`. What happens to attributes left out is not published; prefer
    /// [`patch_user`](Self::patch_user).
    #[boxed]
    pub async fn replace_user(
        &self,
        id: &AccountId,
        user: &ScimUserDraft,
    ) -> Result<ScimUser, MiroError> {
        let call = self
            .caller
            .call(&route::SCIM_REPLACE_USER, &[id.as_str()])?;
        self.caller.json(call.json(user)?).await
    }

    /// `DELETE /Users/{id}`: the user leaves the organization and the boards go to others, for good.
    #[boxed]
    pub async fn delete_user(&self, id: &AccountId) -> Result<(), MiroError> {
        self.caller
            .remove(self.caller.call(&route::SCIM_DELETE_USER, &[id.as_str()])?)
            .await
    }
}
