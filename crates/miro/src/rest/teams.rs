//! Teams, their members and settings.

use usher_boxed::boxed;
use usher_miro_wire::{
    Team, TeamCreate, TeamInvite, TeamMember, TeamMemberUpdate, TeamSettings, TeamUpdate,
};
use usher_model::{AccountId, OrganizationId, TeamId, TeamRole};

use super::{ListQuery, Rest};
use crate::route::{self, Route};
use crate::{ErrorKind, MiroError, PageStream};

/// Which teams to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamQuery {
    /// Where to go on; `None` begins at the beginning.
    pub start_cursor: Option<String>,
    /// Teams per page, 1–100. 100.
    pub limit: u32,
    /// Only teams whose names hold this text, in any case.
    pub name: Option<String>,
}

impl Default for TeamQuery {
    fn default() -> Self {
        Self {
            start_cursor: None,
            limit: 100,
            name: None,
        }
    }
}

/// Which members of a team to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamMemberQuery {
    /// Where to go on; `None` begins at the beginning.
    pub start_cursor: Option<String>,
    /// Members per page, 1–100. 100.
    pub limit: u32,
    /// Only members with this role, for example `admin`.
    pub role: Option<String>,
}

impl Default for TeamMemberQuery {
    fn default() -> Self {
        Self {
            start_cursor: None,
            limit: 100,
            role: None,
        }
    }
}

impl Rest {
    /// `GET /v2/orgs/{org_id}/teams`: 50 credits a page.
    pub fn teams(&self, organization: &OrganizationId, query: TeamQuery) -> PageStream<Team> {
        let list = ListQuery::new(query.start_cursor, query.limit).filter("name", query.name);
        self.pages(&route::LIST_TEAMS, &[organization.as_str()], list)
    }

    /// `GET /v2/orgs/{org_id}/teams/{team_id}`
    #[boxed]
    pub async fn team(
        &self,
        organization: &OrganizationId,
        team: &TeamId,
    ) -> Result<Team, MiroError> {
        let ids = [organization.as_str(), team.as_str()];
        self.caller
            .json(self.caller.call(&route::GET_TEAM, &ids)?)
            .await
    }

    /// `POST /v2/orgs/{org_id}/teams` with a name of 1–60 characters. Miro may allow two teams of one name.
    #[boxed]
    pub async fn create_team(
        &self,
        organization: &OrganizationId,
        name: &str,
    ) -> Result<Team, MiroError> {
        let body = TeamCreate {
            name: Some(name.to_owned()),
        };
        let call = self
            .caller
            .call(&route::CREATE_TEAM, &[organization.as_str()])?;
        self.caller.json(call.json(&body)?).await
    }

    /// `PATCH /v2/orgs/{org_id}/teams/{team_id}`
    #[boxed]
    pub async fn rename_team(
        &self,
        organization: &OrganizationId,
        team: &TeamId,
        name: &str,
    ) -> Result<Team, MiroError> {
        let body = TeamUpdate {
            name: Some(name.to_owned()),
        };
        let ids = [organization.as_str(), team.as_str()];
        self.caller
            .json(self.caller.call(&route::UPDATE_TEAM, &ids)?.json(&body)?)
            .await
    }

    /// `DELETE /v2/orgs/{org_id}/teams/{team_id}`: 2,000 credits. What becomes of its boards is not published.
    #[boxed]
    pub async fn delete_team(
        &self,
        organization: &OrganizationId,
        team: &TeamId,
    ) -> Result<(), MiroError> {
        let ids = [organization.as_str(), team.as_str()];
        self.caller
            .remove(self.caller.call(&route::DELETE_TEAM, &ids)?)
            .await
    }

    /// `GET /v2/orgs/{org_id}/teams/{team_id}/members`: 100 credits a page.
    pub fn team_members(
        &self,
        organization: &OrganizationId,
        team: &TeamId,
        query: TeamMemberQuery,
    ) -> PageStream<TeamMember> {
        let list = ListQuery::new(query.start_cursor, query.limit).filter("role", query.role);
        let ids = [organization.as_str(), team.as_str()];
        self.pages(&route::LIST_TEAM_MEMBERS, &ids, list)
    }

    /// `GET /v2/orgs/{org_id}/teams/{team_id}/members/{member_id}`
    #[boxed]
    pub async fn team_member(
        &self,
        organization: &OrganizationId,
        team: &TeamId,
        member: &AccountId,
    ) -> Result<TeamMember, MiroError> {
        let ids = [organization.as_str(), team.as_str(), member.as_str()];
        self.caller
            .json(self.caller.call(&route::GET_TEAM_MEMBER, &ids)?)
            .await
    }

    /// `POST /v2/orgs/{org_id}/teams/{team_id}/members`: adds somebody who already is in the organization.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] without sending anything for roles that Miro does not take (`non_team`, guests).
    #[boxed]
    pub async fn invite_team_member(
        &self,
        organization: &OrganizationId,
        team: &TeamId,
        email: &str,
        role: &TeamRole,
    ) -> Result<TeamMember, MiroError> {
        let role = settable(&route::INVITE_TEAM_MEMBER, role)?;
        let body = TeamInvite {
            email: email.to_owned(),
            role: Some(role),
        };
        let ids = [organization.as_str(), team.as_str()];
        self.caller
            .json(
                self.caller
                    .call(&route::INVITE_TEAM_MEMBER, &ids)?
                    .json(&body)?,
            )
            .await
    }

    /// `PATCH /v2/orgs/{org_id}/teams/{team_id}/members/{member_id}`
    ///
    /// # Errors
    /// As for [`invite_team_member`](Self::invite_team_member).
    #[boxed]
    pub async fn update_team_member(
        &self,
        organization: &OrganizationId,
        team: &TeamId,
        member: &AccountId,
        role: &TeamRole,
    ) -> Result<TeamMember, MiroError> {
        let body = TeamMemberUpdate {
            role: Some(settable(&route::UPDATE_TEAM_MEMBER, role)?),
        };
        let ids = [organization.as_str(), team.as_str(), member.as_str()];
        self.caller
            .json(
                self.caller
                    .call(&route::UPDATE_TEAM_MEMBER, &ids)?
                    .json(&body)?,
            )
            .await
    }

    /// `DELETE /v2/orgs/{org_id}/teams/{team_id}/members/{member_id}`: the member's boards in the team go to
    /// others for good.
    #[boxed]
    pub async fn remove_team_member(
        &self,
        organization: &OrganizationId,
        team: &TeamId,
        member: &AccountId,
    ) -> Result<(), MiroError> {
        let ids = [organization.as_str(), team.as_str(), member.as_str()];
        self.caller
            .remove(self.caller.call(&route::DELETE_TEAM_MEMBER, &ids)?)
            .await
    }

    /// `GET /v2/orgs/{org_id}/default_teams_settings`
    #[boxed]
    pub async fn default_team_settings(
        &self,
        organization: &OrganizationId,
    ) -> Result<TeamSettings, MiroError> {
        let call = self
            .caller
            .call(&route::GET_DEFAULT_TEAM_SETTINGS, &[organization.as_str()])?;
        self.caller.json(call).await
    }

    /// `GET /v2/orgs/{org_id}/teams/{team_id}/settings`
    #[boxed]
    pub async fn team_settings(
        &self,
        organization: &OrganizationId,
        team: &TeamId,
    ) -> Result<TeamSettings, MiroError> {
        let ids = [organization.as_str(), team.as_str()];
        self.caller
            .json(self.caller.call(&route::GET_TEAM_SETTINGS, &ids)?)
            .await
    }

    /// `PATCH /v2/orgs/{org_id}/teams/{team_id}/settings` with the blocks to change.
    #[boxed]
    pub async fn update_team_settings(
        &self,
        organization: &OrganizationId,
        team: &TeamId,
        changes: &TeamSettings,
    ) -> Result<TeamSettings, MiroError> {
        let ids = [organization.as_str(), team.as_str()];
        self.caller
            .json(
                self.caller
                    .call(&route::UPDATE_TEAM_SETTINGS, &ids)?
                    .json(changes)?,
            )
            .await
    }
}

/// The role as Miro takes it: only `member` and `admin` can be set.
fn settable(route: &'static Route, role: &TeamRole) -> Result<String, MiroError> {
    match role {
        TeamRole::Member | TeamRole::Admin => Ok(role.to_string()),
        other => Err(MiroError::new(
            ErrorKind::Invalid,
            format!("the team role {other} can be read but not given; use member or admin"),
        )
        .on_route(route.name, route.scopes)),
    }
}
