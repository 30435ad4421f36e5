//! The REST API.

mod audit;
mod groups;
mod members;
mod scopes;
mod teams;

use tokio_util::sync::CancellationToken;
use usher_boxed::boxed;
use usher_miro_wire::{CursorPage, Organization, TokenContext};
use usher_model::OrganizationId;

use crate::page::cursor_pages;
use crate::route::{self, Route};
use crate::send::Caller;
use crate::{MiroError, PageStream, Priority};

pub use audit::{AuditOrder, AuditQuery};
pub use groups::GroupListQuery;
pub use members::MemberQuery;
pub use scopes::ScopeReport;
pub use teams::{TeamMemberQuery, TeamQuery};

/// Calls of Miro's REST API with one access token. Cloning is cheap.
///
/// All calls on an organization need the Enterprise plan, a Company Admin's token, and the scopes in
/// [`required_scopes`](crate::required_scopes).
#[derive(Clone, Debug)]
pub struct Rest {
    caller: Caller,
}

impl Rest {
    pub(crate) fn new(caller: Caller) -> Self {
        Self { caller }
    }

    /// The same API with calls of another urgency.
    pub fn with_priority(&self, priority: Priority) -> Self {
        Self {
            caller: self.caller.with_priority(priority),
        }
    }

    /// The same API whose calls give up waiting for their lane once `stop` is cancelled.
    pub(crate) fn stopping_with(&self, stop: &CancellationToken) -> Self {
        Self {
            caller: self.caller.stopping_with(stop),
        }
    }

    /// `GET /v1/oauth-token`: whose token this is and what it may do.
    #[boxed]
    pub async fn token_context(&self) -> Result<TokenContext, MiroError> {
        self.caller
            .json(self.caller.call(&route::TOKEN_CONTEXT, &[])?)
            .await
    }

    /// `GET /v2/orgs/{org_id}`
    #[boxed]
    pub async fn organization(
        &self,
        organization: &OrganizationId,
    ) -> Result<Organization, MiroError> {
        let call = self
            .caller
            .call(&route::GET_ORGANIZATION, &[organization.as_str()])?;
        self.caller.json(call).await
    }

    /// The pages of a list.
    fn pages<T>(&self, route: &'static Route, ids: &[&str], query: ListQuery) -> PageStream<T>
    where
        T: serde::de::DeserializeOwned + Send + 'static,
    {
        let caller = self.caller.clone();
        let ids: Vec<String> = ids.iter().map(|&id| id.to_owned()).collect();
        let limit = query.limit.clamp(1, 100).to_string();
        cursor_pages(query.start, move |cursor| {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            let filters = &query.filters;
            let call = caller.call(route, &ids).map(|call| {
                let call = call.query("limit", &limit).query_if("cursor", cursor);
                filters
                    .iter()
                    .fold(call, |call, (name, value)| call.query(name, value))
            });
            let caller = caller.clone();
            async move { caller.json::<CursorPage<T>>(call?).await }
        })
    }
}

/// What all lists have in common.
struct ListQuery {
    start: Option<String>,
    limit: u32,
    filters: Vec<(&'static str, String)>,
}

impl ListQuery {
    fn new(start: Option<String>, limit: u32) -> Self {
        Self {
            start,
            limit,
            filters: Vec::new(),
        }
    }

    fn filter(mut self, name: &'static str, value: Option<String>) -> Self {
        self.filters.extend(value.map(|value| (name, value)));
        self
    }
}
