//! Every call there is: its address, cost, scopes, and whether it may be tried again.

use reqwest::Method;

use crate::{RestLevel, ScimClass, Scope};

/// Whether a call may be sent again when nobody knows what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotency {
    /// Reading, or a change that has the same result the second time.
    Safe,
    /// A second time may do a second thing, or fail because the first one worked.
    Unsafe,
}

/// What a call costs and in which lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// A REST call.
    Rest(RestLevel),
    /// A SCIM call.
    Scim(ScimClass),
    /// `PATCH /Groups/{id}`, whose class hangs on the size of the body.
    ScimGroupPatch,
}

/// A kind of call.
#[derive(Debug)]
pub(crate) struct Route {
    /// Method and path template, for example `GET /v2/orgs/{org_id}`. Safe to log.
    pub name: &'static str,
    pub cost: Cost,
    pub idempotency: Idempotency,
    pub scopes: &'static [Scope],
}

impl Route {
    const fn rest(
        name: &'static str,
        level: RestLevel,
        idempotency: Idempotency,
        scopes: &'static [Scope],
    ) -> Self {
        Self {
            name,
            cost: Cost::Rest(level),
            idempotency,
            scopes,
        }
    }

    const fn scim(name: &'static str, class: ScimClass, idempotency: Idempotency) -> Self {
        Self {
            name,
            cost: Cost::Scim(class),
            idempotency,
            scopes: &[],
        }
    }

    /// The HTTP method.
    pub fn method(&self) -> Method {
        let name = self.name.split(' ').next().unwrap_or_default();
        Method::from_bytes(name.as_bytes()).unwrap_or(Method::GET)
    }

    /// The segments of the path template.
    pub fn segments(&self) -> impl Iterator<Item = &'static str> {
        let path = self.name.split_once(' ').map_or("", |(_, path)| path);
        path.split('/').filter(|segment| !segment.is_empty())
    }

    /// Whether this is a call of the SCIM API.
    pub fn is_scim(&self) -> bool {
        !matches!(self.cost, Cost::Rest(_))
    }
}

/// The scopes that every REST call needs, by method and path template.
pub fn required_scopes() -> impl Iterator<Item = (&'static str, &'static [Scope])> {
    REST.iter().map(|route| (route.name, route.scopes))
}

use Idempotency::{Safe, Unsafe};
use RestLevel::{Four, One, Three, Two};

const ORGANIZATION: &[Scope] = &[Scope::OrganizationsRead];
const TEAMS: &[Scope] = &[Scope::TeamsRead];
const TEAMS_WRITE: &[Scope] = &[Scope::TeamsWrite];
const GROUPS: &[Scope] = &[Scope::GroupsRead];
const GROUPS_WRITE: &[Scope] = &[Scope::GroupsWrite];
const GROUPS_AND_TEAMS: &[Scope] = &[Scope::GroupsRead, Scope::TeamsRead];
const GROUPS_AND_TEAMS_WRITE: &[Scope] = &[Scope::GroupsRead, Scope::TeamsWrite];

macro_rules! rest_routes {
    ($($name:ident = $template:literal, $level:expr, $idempotency:expr, $scopes:expr;)*) => {
        $(pub(crate) static $name: Route = Route::rest($template, $level, $idempotency, $scopes);)*
        static REST: &[&Route] = &[$(&$name),*];
    };
}

macro_rules! scim_routes {
    ($($name:ident = $template:literal, $class:expr, $idempotency:expr;)*) => {
        $(pub(crate) static $name: Route = Route::scim($template, $class, $idempotency);)*
    };
}

// Levels and scopes: Miro's docs. The three token calls publish no level and are taken as level 1.
rest_routes! {
    TOKEN_CONTEXT = "GET /v1/oauth-token", One, Safe, &[];
    OAUTH_TOKEN = "POST /v1/oauth/token", One, Unsafe, &[];
    OAUTH_REVOKE = "POST /v2/oauth/revoke", One, Safe, &[];
    GET_ORGANIZATION = "GET /v2/orgs/{org_id}", Three, Safe, ORGANIZATION;
    LIST_MEMBERS = "GET /v2/orgs/{org_id}/members", Three, Safe, ORGANIZATION;
    GET_MEMBER = "GET /v2/orgs/{org_id}/members/{member_id}", Three, Safe, ORGANIZATION;
    LIST_TEAMS = "GET /v2/orgs/{org_id}/teams", One, Safe, TEAMS;
    CREATE_TEAM = "POST /v2/orgs/{org_id}/teams", One, Unsafe, TEAMS_WRITE;
    GET_TEAM = "GET /v2/orgs/{org_id}/teams/{team_id}", One, Safe, TEAMS;
    UPDATE_TEAM = "PATCH /v2/orgs/{org_id}/teams/{team_id}", One, Safe, TEAMS_WRITE;
    DELETE_TEAM = "DELETE /v2/orgs/{org_id}/teams/{team_id}", Four, Safe, TEAMS_WRITE;
    LIST_TEAM_MEMBERS = "GET /v2/orgs/{org_id}/teams/{team_id}/members", Two, Safe, TEAMS;
    INVITE_TEAM_MEMBER = "POST /v2/orgs/{org_id}/teams/{team_id}/members", Two, Unsafe, TEAMS_WRITE;
    GET_TEAM_MEMBER = "GET /v2/orgs/{org_id}/teams/{team_id}/members/{member_id}", One, Safe, TEAMS;
    UPDATE_TEAM_MEMBER = "PATCH /v2/orgs/{org_id}/teams/{team_id}/members/{member_id}", Two, Safe, TEAMS_WRITE;
    DELETE_TEAM_MEMBER = "DELETE /v2/orgs/{org_id}/teams/{team_id}/members/{member_id}", One, Safe, TEAMS_WRITE;
    GET_DEFAULT_TEAM_SETTINGS = "GET /v2/orgs/{org_id}/default_teams_settings", One, Safe, TEAMS;
    GET_TEAM_SETTINGS = "GET /v2/orgs/{org_id}/teams/{team_id}/settings", One, Safe, TEAMS;
    UPDATE_TEAM_SETTINGS = "PATCH /v2/orgs/{org_id}/teams/{team_id}/settings", Two, Safe, TEAMS_WRITE;
    LIST_GROUPS = "GET /v2/orgs/{org_id}/groups", One, Safe, GROUPS;
    CREATE_GROUP = "POST /v2/orgs/{org_id}/groups", One, Unsafe, GROUPS_WRITE;
    GET_GROUP = "GET /v2/orgs/{org_id}/groups/{group_id}", One, Safe, GROUPS;
    UPDATE_GROUP = "PATCH /v2/orgs/{org_id}/groups/{group_id}", One, Safe, GROUPS_WRITE;
    DELETE_GROUP = "DELETE /v2/orgs/{org_id}/groups/{group_id}", Four, Safe, GROUPS_WRITE;
    LIST_GROUP_MEMBERS = "GET /v2/orgs/{org_id}/groups/{group_id}/members", One, Safe, GROUPS;
    ADD_GROUP_MEMBER = "POST /v2/orgs/{org_id}/groups/{group_id}/members", One, Unsafe, GROUPS_WRITE;
    EDIT_GROUP_MEMBERS = "PATCH /v2/orgs/{org_id}/groups/{group_id}/members", One, Unsafe, GROUPS_WRITE;
    GET_GROUP_MEMBER = "GET /v2/orgs/{org_id}/groups/{group_id}/members/{member_id}", One, Safe, GROUPS;
    DELETE_GROUP_MEMBER = "DELETE /v2/orgs/{org_id}/groups/{group_id}/members/{member_id}", Four, Safe, GROUPS_WRITE;
    LIST_GROUP_TEAMS = "GET /v2/orgs/{org_id}/groups/{group_id}/teams", One, Safe, GROUPS_AND_TEAMS;
    GET_GROUP_TEAM = "GET /v2/orgs/{org_id}/groups/{group_id}/teams/{team_id}", One, Safe, GROUPS_AND_TEAMS;
    GET_TEAM_GROUP = "GET /v2/orgs/{org_id}/teams/{team_id}/groups/{group_id}", One, Safe, GROUPS_AND_TEAMS;
    LIST_TEAM_GROUPS = "GET /v2/orgs/{org_id}/teams/{team_id}/groups", One, Safe, GROUPS_AND_TEAMS;
    ATTACH_TEAM_GROUP = "POST /v2/orgs/{org_id}/teams/{team_id}/groups", One, Unsafe, GROUPS_AND_TEAMS_WRITE;
    DETACH_TEAM_GROUP = "DELETE /v2/orgs/{org_id}/teams/{team_id}/groups/{group_id}", One, Safe, GROUPS_AND_TEAMS_WRITE;
    LIST_BOARDS = "GET /v2/boards", One, Safe, &[Scope::BoardsRead];
    AUDIT_LOGS = "GET /v2/audit/logs", Two, Safe, &[Scope::AuditLogsRead];
    RESET_SESSIONS = "POST /v2/sessions/reset_all", Three, Safe, &[Scope::SessionsDelete];
}

// A group PATCH that timed out may have been carried out in part (Miro's docs on Okta's "Push now"): the
// caller must read the group again, so it is unsafe although each of its operations is idempotent.
scim_routes! {
    SCIM_LIST_USERS = "GET /Users", ScimClass::ListUsers, Safe;
    SCIM_CREATE_USER = "POST /Users", ScimClass::CreateUser, Unsafe;
    SCIM_GET_USER = "GET /Users/{id}", ScimClass::GetUser, Safe;
    SCIM_REPLACE_USER = "PUT /Users/{id}", ScimClass::ReplaceUser, Safe;
    SCIM_PATCH_USER = "PATCH /Users/{id}", ScimClass::PatchUser, Safe;
    SCIM_DELETE_USER = "DELETE /Users/{id}", ScimClass::DeleteUser, Safe;
    SCIM_LIST_GROUPS = "GET /Groups", ScimClass::ListGroups, Safe;
    SCIM_CREATE_GROUP = "POST /Groups", ScimClass::CreateGroup, Unsafe;
    SCIM_GET_GROUP = "GET /Groups/{id}", ScimClass::GetGroup, Safe;
    SCIM_DELETE_GROUP = "DELETE /Groups/{id}", ScimClass::DeleteGroup, Safe;
    SCIM_SERVICE_PROVIDER_CONFIG = "GET /ServiceProviderConfig", ScimClass::Discovery, Safe;
    SCIM_RESOURCE_TYPES = "GET /ResourceTypes", ScimClass::Discovery, Safe;
    SCIM_SCHEMAS = "GET /Schemas", ScimClass::Discovery, Safe;
}

pub(crate) static SCIM_PATCH_GROUP: Route = Route {
    name: "PATCH /Groups/{id}",
    cost: Cost::ScimGroupPatch,
    idempotency: Unsafe,
    scopes: &[],
};

/// The group-model probe cannot create anything, so it may be repeated.
pub(crate) static SCIM_PROBE_GROUPS: Route =
    Route::scim("POST /Groups", ScimClass::CreateGroup, Safe);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_on_an_organization_names_its_scopes() {
        for (name, scopes) in required_scopes() {
            let about_tokens = name.contains("oauth");
            assert_eq!(scopes.is_empty(), about_tokens, "{name}");
        }
    }

    #[test]
    fn creations_are_unsafe_and_readings_are_safe() {
        for route in REST {
            let expected = match route.method() {
                Method::GET | Method::DELETE => Safe,
                Method::POST if route.name.contains("revoke") || route.name.contains("reset") => {
                    Safe
                }
                Method::POST => Unsafe,
                _ => continue,
            };
            assert_eq!(route.idempotency, expected, "{}", route.name);
        }
        assert_eq!(SCIM_CREATE_USER.idempotency, Unsafe);
    }
}
