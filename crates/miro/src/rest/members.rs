//! Members of the organization, guests included.

use futures::{StreamExt, TryStreamExt};
use serde::Deserialize;
use usher_boxed::boxed;
use usher_miro_wire::Member;
use usher_model::{AccountId, OrganizationId};

use super::{ListQuery, Rest};
use crate::route;
use crate::{MiroError, PageStream};

/// The most e-mail addresses that one call takes.
const EMAILS_PER_CALL: usize = 10;

/// Which members to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberQuery {
    /// Where to go on; `None` begins at the beginning.
    pub start_cursor: Option<String>,
    /// Members per page, 1–100. 100.
    pub limit: u32,
    /// Only members with this role, for example `organization_internal_admin`.
    pub role: Option<String>,
    /// Only members with this licence, for example `full`.
    pub license: Option<String>,
    /// Only active or only deactivated members.
    pub active: Option<bool>,
}

impl Default for MemberQuery {
    fn default() -> Self {
        Self {
            start_cursor: None,
            limit: 100,
            role: None,
            license: None,
            active: None,
        }
    }
}

impl Rest {
    /// `GET /v2/orgs/{org_id}/members`: 500 credits a page.
    pub fn members(&self, organization: &OrganizationId, query: MemberQuery) -> PageStream<Member> {
        let list = ListQuery::new(query.start_cursor, query.limit)
            .filter("role", query.role)
            .filter("license", query.license)
            .filter("active", query.active.map(|active| active.to_string()));
        self.pages(&route::LIST_MEMBERS, &[organization.as_str()], list)
    }

    /// `GET /v2/orgs/{org_id}/members?emails=`: the members with these addresses, ten to a call. Unknown
    /// addresses are left out.
    #[boxed]
    pub async fn members_by_email(
        &self,
        organization: &OrganizationId,
        emails: &[String],
    ) -> Result<Vec<Member>, MiroError> {
        let calls: Vec<_> = emails
            .chunks(EMAILS_PER_CALL)
            .map(|chunk| {
                let call = self
                    .caller
                    .call(&route::LIST_MEMBERS, &[organization.as_str()]);
                call.map(|call| call.query("emails", chunk.join(",")))
            })
            .collect::<Result<_, _>>()?;
        // With `emails` the reply is a bare array instead of a page.
        let found: Vec<Vec<Member>> = futures::stream::iter(calls)
            .map(|call| self.caller.json(call))
            .buffered(2)
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// `GET /v2/orgs/{org_id}/members/{member_id}`
    #[boxed]
    pub async fn member(
        &self,
        organization: &OrganizationId,
        member: &AccountId,
    ) -> Result<Member, MiroError> {
        let ids = [organization.as_str(), member.as_str()];
        self.caller
            .json(self.caller.call(&route::GET_MEMBER, &ids)?)
            .await
    }

    /// `POST /v2/sessions/reset_all`: ends all of a user's sessions on every device. It does not deactivate
    /// the user, who can sign in again.
    #[boxed]
    pub async fn reset_sessions(&self, email: &str) -> Result<(), MiroError> {
        let call = self
            .caller
            .call(&route::RESET_SESSIONS, &[])?
            .query("email", email);
        self.caller.empty(call).await
    }

    /// How many boards a user owns: `GET /v2/boards?owner=`, of which only the total is read. Private boards
    /// count only if the token's user is a Content Admin.
    #[boxed]
    pub async fn count_boards(&self, owner: &AccountId) -> Result<u64, MiroError> {
        #[derive(Deserialize)]
        struct Boards {
            total: u64,
        }
        let call = self.caller.call(&route::LIST_BOARDS, &[])?;
        let call = call.query("owner", owner.as_str()).query("limit", "1");
        Ok(self.caller.json::<Boards>(call).await?.total)
    }
}
