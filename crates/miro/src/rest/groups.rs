//! User groups, their members, and the teams they are attached to.

use usher_boxed::boxed;
use usher_miro_wire::{
    BulkEdit, BulkResult, TeamUserGroup, TeamUserGroupAdd, UserGroup, UserGroupCreate,
    UserGroupMember, UserGroupMemberAdd, UserGroupTeam, UserGroupUpdate,
};
use usher_model::{AccountId, OrganizationId, TeamId, UserGroupId};

use super::{ListQuery, Rest};
use crate::route;
use crate::{ErrorKind, MiroError, PageStream};

/// The most users that one bulk edit takes.
const BULK_USERS: usize = 500;

/// Where and in which steps to read a list of user groups, or of what belongs to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupListQuery {
    /// Where to go on; `None` begins at the beginning.
    pub start_cursor: Option<String>,
    /// Items per page, 1–100. 100.
    pub limit: u32,
}

impl Default for GroupListQuery {
    fn default() -> Self {
        Self {
            start_cursor: None,
            limit: 100,
        }
    }
}

impl From<GroupListQuery> for ListQuery {
    fn from(query: GroupListQuery) -> Self {
        Self::new(query.start_cursor, query.limit)
    }
}

impl Rest {
    /// `GET /v2/orgs/{org_id}/groups`: 50 credits a page.
    pub fn user_groups(
        &self,
        organization: &OrganizationId,
        query: GroupListQuery,
    ) -> PageStream<UserGroup> {
        self.pages(&route::LIST_GROUPS, &[organization.as_str()], query.into())
    }

    /// `GET /v2/orgs/{org_id}/groups/{group_id}`
    #[boxed]
    pub async fn user_group(
        &self,
        organization: &OrganizationId,
        group: &UserGroupId,
    ) -> Result<UserGroup, MiroError> {
        let ids = [organization.as_str(), group.as_str()];
        self.caller
            .json(self.caller.call(&route::GET_GROUP, &ids)?)
            .await
    }

    /// `POST /v2/orgs/{org_id}/groups`
    #[boxed]
    pub async fn create_user_group(
        &self,
        organization: &OrganizationId,
        group: &UserGroupCreate,
    ) -> Result<UserGroup, MiroError> {
        let call = self
            .caller
            .call(&route::CREATE_GROUP, &[organization.as_str()])?;
        self.caller.json(call.json(group)?).await
    }

    /// `PATCH /v2/orgs/{org_id}/groups/{group_id}`
    #[boxed]
    pub async fn update_user_group(
        &self,
        organization: &OrganizationId,
        group: &UserGroupId,
        changes: &UserGroupUpdate,
    ) -> Result<UserGroup, MiroError> {
        let ids = [organization.as_str(), group.as_str()];
        self.caller
            .json(
                self.caller
                    .call(&route::UPDATE_GROUP, &ids)?
                    .json(changes)?,
            )
            .await
    }

    /// `DELETE /v2/orgs/{org_id}/groups/{group_id}`: 2,000 credits.
    #[boxed]
    pub async fn delete_user_group(
        &self,
        organization: &OrganizationId,
        group: &UserGroupId,
    ) -> Result<(), MiroError> {
        let ids = [organization.as_str(), group.as_str()];
        self.caller
            .remove(self.caller.call(&route::DELETE_GROUP, &ids)?)
            .await
    }

    /// `GET /v2/orgs/{org_id}/groups/{group_id}/members`: 50 credits a page.
    pub fn user_group_members(
        &self,
        organization: &OrganizationId,
        group: &UserGroupId,
        query: GroupListQuery,
    ) -> PageStream<UserGroupMember> {
        let ids = [organization.as_str(), group.as_str()];
        self.pages(&route::LIST_GROUP_MEMBERS, &ids, query.into())
    }

    /// `GET /v2/orgs/{org_id}/groups/{group_id}/members/{member_id}`
    #[boxed]
    pub async fn user_group_member(
        &self,
        organization: &OrganizationId,
        group: &UserGroupId,
        member: &AccountId,
    ) -> Result<UserGroupMember, MiroError> {
        let ids = [organization.as_str(), group.as_str(), member.as_str()];
        self.caller
            .json(self.caller.call(&route::GET_GROUP_MEMBER, &ids)?)
            .await
    }

    /// `POST /v2/orgs/{org_id}/groups/{group_id}/members`. For more than one, use
    /// [`edit_user_group_members`](Self::edit_user_group_members).
    #[boxed]
    pub async fn add_user_group_member(
        &self,
        organization: &OrganizationId,
        group: &UserGroupId,
        email: &str,
    ) -> Result<UserGroupMember, MiroError> {
        let body = UserGroupMemberAdd {
            email: email.to_owned(),
        };
        let ids = [organization.as_str(), group.as_str()];
        self.caller
            .json(
                self.caller
                    .call(&route::ADD_GROUP_MEMBER, &ids)?
                    .json(&body)?,
            )
            .await
    }

    /// `PATCH /v2/orgs/{org_id}/groups/{group_id}/members`: adds and removes up to 500 users, 50 credits each.
    ///
    /// The call succeeds even if parts of it fail: read the entries.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] without sending anything for more than 500 users.
    #[boxed]
    pub async fn edit_user_group_members(
        &self,
        organization: &OrganizationId,
        group: &UserGroupId,
        edit: &BulkEdit,
    ) -> Result<Vec<BulkResult>, MiroError> {
        let route = &route::EDIT_GROUP_MEMBERS;
        let users = edit.members_to_add.len() + edit.members_to_remove.len();
        if users > BULK_USERS {
            let detail = format!("{users} users in one call; send at most {BULK_USERS}");
            return Err(
                MiroError::new(ErrorKind::TooLarge, detail).on_route(route.name, route.scopes)
            );
        }
        let call = self
            .caller
            .call(route, &[organization.as_str(), group.as_str()])?;
        self.caller.json(call.json(edit)?.items(users)).await
    }

    /// `DELETE /v2/orgs/{org_id}/groups/{group_id}/members/{member_id}`: 2,000 credits, forty times the price
    /// of [`edit_user_group_members`](Self::edit_user_group_members).
    #[boxed]
    pub async fn remove_user_group_member(
        &self,
        organization: &OrganizationId,
        group: &UserGroupId,
        member: &AccountId,
    ) -> Result<(), MiroError> {
        let ids = [organization.as_str(), group.as_str(), member.as_str()];
        self.caller
            .remove(self.caller.call(&route::DELETE_GROUP_MEMBER, &ids)?)
            .await
    }

    /// `GET /v2/orgs/{org_id}/groups/{group_id}/teams`: the teams that a user group is attached to.
    pub fn teams_of_user_group(
        &self,
        organization: &OrganizationId,
        group: &UserGroupId,
        query: GroupListQuery,
    ) -> PageStream<UserGroupTeam> {
        let ids = [organization.as_str(), group.as_str()];
        self.pages(&route::LIST_GROUP_TEAMS, &ids, query.into())
    }

    /// `GET /v2/orgs/{org_id}/teams/{team_id}/groups`: the user groups that are attached to a team.
    pub fn user_groups_of_team(
        &self,
        organization: &OrganizationId,
        team: &TeamId,
        query: GroupListQuery,
    ) -> PageStream<TeamUserGroup> {
        let ids = [organization.as_str(), team.as_str()];
        self.pages(&route::LIST_TEAM_GROUPS, &ids, query.into())
    }

    /// `GET /v2/orgs/{org_id}/groups/{group_id}/teams/{team_id}`:
    /// [`NotFound`](ErrorKind::NotFound) where the group is not attached to the team.
    #[boxed]
    pub async fn team_of_user_group(
        &self,
        organization: &OrganizationId,
        group: &UserGroupId,
        team: &TeamId,
    ) -> Result<UserGroupTeam, MiroError> {
        let ids = [organization.as_str(), group.as_str(), team.as_str()];
        self.caller
            .json(self.caller.call(&route::GET_GROUP_TEAM, &ids)?)
            .await
    }

    /// `GET /v2/orgs/{org_id}/teams/{team_id}/groups/{group_id}`: the same tie from the team's side.
    #[boxed]
    pub async fn user_group_of_team(
        &self,
        organization: &OrganizationId,
        team: &TeamId,
        group: &UserGroupId,
    ) -> Result<TeamUserGroup, MiroError> {
        let ids = [organization.as_str(), team.as_str(), group.as_str()];
        self.caller
            .json(self.caller.call(&route::GET_TEAM_GROUP, &ids)?)
            .await
    }

    /// `POST /v2/orgs/{org_id}/teams/{team_id}/groups`: attaches a user group to a team.
    #[boxed]
    pub async fn attach_user_group(
        &self,
        organization: &OrganizationId,
        team: &TeamId,
        group: &UserGroupId,
    ) -> Result<TeamUserGroup, MiroError> {
        let body = TeamUserGroupAdd {
            user_group_id: group.to_string(),
            role: "member".to_owned(),
        };
        let ids = [organization.as_str(), team.as_str()];
        self.caller
            .json(
                self.caller
                    .call(&route::ATTACH_TEAM_GROUP, &ids)?
                    .json(&body)?,
            )
            .await
    }

    /// `DELETE /v2/orgs/{org_id}/teams/{team_id}/groups/{group_id}`: detaches a user group from a team.
    #[boxed]
    pub async fn detach_user_group(
        &self,
        organization: &OrganizationId,
        team: &TeamId,
        group: &UserGroupId,
    ) -> Result<(), MiroError> {
        let ids = [organization.as_str(), team.as_str(), group.as_str()];
        self.caller
            .remove(self.caller.call(&route::DETACH_TEAM_GROUP, &ids)?)
            .await
    }
}
