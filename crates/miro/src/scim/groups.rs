//! SCIM groups: teams or user groups, by the organization's group model.

use super::{ListReply, Patch, Scim, ScimGroup, ScimGroupDraft, ScimListQuery, SortOrder, quoted};
use crate::route;
use crate::{ErrorKind, MiroError, ScimPageStream};
use usher_boxed::boxed;

/// The most bytes and members that one group change takes (Miro's docs, "SCIM rate limits").
const PATCH_BYTES: usize = 800_000;
const PATCH_MEMBERS: usize = 8000;

/// Which groups to read, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupQuery {
    /// Where to begin or to go on, from 1. 1.
    pub start_index: u64,
    /// Groups per page, 1–1000. 100.
    pub count: u64,
    /// Only these attributes; empty for all. `id` and `displayName`: members come with each page otherwise.
    pub attributes: Vec<String>,
    /// A SCIM filter; Miro filters groups by simple attributes only.
    pub filter: Option<String>,
    /// What to sort by. `displayName`.
    pub sort_by: Option<String>,
    /// In which order.
    pub sort_order: Option<SortOrder>,
}

impl Default for GroupQuery {
    fn default() -> Self {
        Self {
            start_index: 1,
            count: 100,
            attributes: vec!["id".to_owned(), "displayName".to_owned()],
            filter: None,
            sort_by: Some("displayName".to_owned()),
            sort_order: None,
        }
    }
}

impl Scim {
    /// `GET /Groups`: Miro's scarcest call, 5 in 30 seconds. One page is read ahead.
    pub fn groups(&self, query: GroupQuery) -> ScimPageStream<ScimGroup> {
        let list = ScimListQuery {
            start_index: query.start_index,
            count: query.count,
            attributes: query.attributes,
            filter: query.filter,
            sort_by: query.sort_by,
            sort_order: query.sort_order,
        };
        self.pages(&route::SCIM_LIST_GROUPS, 1, list)
    }

    /// How many groups there are: `GET /Groups?count=0`.
    #[boxed]
    pub async fn count_groups(&self) -> Result<u64, MiroError> {
        let call = self
            .caller
            .call(&route::SCIM_LIST_GROUPS, &[])?
            .query("count", "0");
        let reply: ListReply<serde_json::Value> = self.caller.json(call).await?;
        Ok(reply.total_results.unwrap_or(reply.resources.len() as u64))
    }

    /// The groups with exactly this name: more than one is possible where groups are teams.
    ///
    /// Where groups are user groups, Miro cuts names at 60 characters without a word; so does this look-up.
    #[boxed]
    pub async fn groups_by_name(&self, name: &str) -> Result<Vec<ScimGroup>, MiroError> {
        let name: String = name.chars().take(60).collect();
        let call = self.caller.call(&route::SCIM_LIST_GROUPS, &[])?;
        let call = call
            .query("filter", format!("displayName eq {}", quoted(&name)))
            .query("attributes", "id,displayName");
        let reply: ListReply<ScimGroup> = self.caller.json(call).await?;
        Ok(reply.resources)
    }

    /// `GET /Groups/{id}` with all members.
    #[boxed]
    pub async fn group(&self, id: &str) -> Result<ScimGroup, MiroError> {
        self.caller
            .json(self.caller.call(&route::SCIM_GET_GROUP, &[id])?)
            .await
    }

    /// `POST /Groups`, where groups are user groups; [`MethodNotAllowed`](ErrorKind::MethodNotAllowed) else.
    #[boxed]
    pub async fn create_group(&self, group: &ScimGroupDraft) -> Result<ScimGroup, MiroError> {
        let call = self.caller.call(&route::SCIM_CREATE_GROUP, &[])?;
        self.caller.json(call.json(group)?).await
    }

    /// `PATCH /Groups/{id}`: small changes (under 500 bytes) are far cheaper than large ones.
    ///
    /// # Errors
    /// [`TooLarge`](ErrorKind::TooLarge) without sending anything above 8000 members or 800000 bytes.
    /// [`Ambiguous`](ErrorKind::Ambiguous): part of it may have been carried out; read the group again.
    #[boxed]
    pub async fn patch_group(&self, id: &str, patch: &Patch) -> Result<ScimGroup, MiroError> {
        let route = &route::SCIM_PATCH_GROUP;
        let (bytes, members) = (patch.size(), patch.member_count());
        if bytes > PATCH_BYTES || members > PATCH_MEMBERS {
            let detail = format!("{members} members in {bytes} bytes");
            return Err(MiroError::new(ErrorKind::TooLarge, detail).on_route(route.name, &[]));
        }
        self.caller
            .json(self.caller.call(route, &[id])?.json(patch)?)
            .await
    }

    /// `DELETE /Groups/{id}`, where groups are user groups; the users stay.
    #[boxed]
    pub async fn delete_group(&self, id: &str) -> Result<(), MiroError> {
        self.caller
            .remove(self.caller.call(&route::SCIM_DELETE_GROUP, &[id])?)
            .await
    }
}
