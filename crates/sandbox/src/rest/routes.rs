//! The table of REST routes: scopes, levels and handlers.

use crate::acting;
use crate::http::cost::Level;
use crate::http::gate::{Api, Price};
use crate::http::tokens::Scope::{
    self, AuditLogsRead, BoardsRead, BoardsWrite, GroupsRead, GroupsWrite, OrganizationsRead,
    ProjectsRead, ProjectsWrite, SessionsDelete, TeamsRead, TeamsWrite,
};
use crate::rest::call::{Answer, Call};
use crate::rest::failure::RestFailure;
use crate::rest::{
    audit, boards, group_members, group_teams, groups, oauth, organization, sessions, shares,
    team_members, team_settings, teams, token_context,
};

/// One REST route.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) api: Api,
    pub(crate) scopes: &'static [Scope],
    pub(crate) price: Price,
    pub(crate) handler: fn(&Call<'_>) -> Answer,
}

const FREE: Price = Price::Free;
const L1: Price = Price::Rest(Level::One);
const L2: Price = Price::Rest(Level::Two);
const L3: Price = Price::Rest(Level::Three);
const L4: Price = Price::Rest(Level::Four);

type Handler = fn(&Call<'_>) -> Answer;

const fn open(method: &'static str, path: &'static str, handler: Handler) -> Route {
    Route {
        method,
        path,
        api: Api::Open,
        scopes: &[],
        price: FREE,
        handler,
    }
}

const fn route(
    (method, path): (&'static str, &'static str),
    scopes: &'static [Scope],
    price: Price,
    handler: Handler,
) -> Route {
    Route {
        method,
        path,
        api: Api::Rest,
        scopes,
        price,
        handler,
    }
}

/// Where a token's user must be an active company admin.
const ADMIN_ONLY: [&str; 3] = ["/v2/orgs/", "/v2/audit/", "/v2/sessions/"];

/// All REST routes, with the scopes and levels of Miro's `OpenAPI` description.
#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    open("GET", "/oauth/authorize", oauth::authorize),
    open("POST", "/v1/oauth/token", oauth::token),
    open("POST", "/v1/oauth/revoke", oauth::revoke_v1),
    open("POST", "/v2/oauth/revoke", oauth::revoke_v2),
    // Miro states no level for the token's context: the cheapest is assumed.
    route(("GET", "/v1/oauth-token"), &[], L1, token_context::get),

    route(("GET", "/v2/orgs/{org}"), &[OrganizationsRead], L3, organization::get),
    route(("GET", "/v2/orgs/{org}/members"), &[OrganizationsRead], L3, organization::members),
    route(("GET", "/v2/orgs/{org}/members/{member}"), &[OrganizationsRead], L3, organization::member),

    route(("GET", "/v2/orgs/{org}/teams"), &[TeamsRead], L1, teams::list),
    route(("POST", "/v2/orgs/{org}/teams"), &[TeamsWrite], L1, teams::create),
    route(("GET", "/v2/orgs/{org}/teams/{team}"), &[TeamsRead], L1, teams::get),
    route(("PATCH", "/v2/orgs/{org}/teams/{team}"), &[TeamsWrite], L1, teams::update),
    route(("DELETE", "/v2/orgs/{org}/teams/{team}"), &[TeamsWrite], L4, teams::delete),

    route(("GET", "/v2/orgs/{org}/teams/{team}/members"), &[TeamsRead], L2, team_members::list),
    route(("POST", "/v2/orgs/{org}/teams/{team}/members"), &[TeamsWrite], L2, team_members::invite),
    route(("GET", "/v2/orgs/{org}/teams/{team}/members/{member}"), &[TeamsRead], L1, team_members::get),
    route(("PATCH", "/v2/orgs/{org}/teams/{team}/members/{member}"), &[TeamsWrite], L2, team_members::update),
    route(("DELETE", "/v2/orgs/{org}/teams/{team}/members/{member}"), &[TeamsWrite], L1, team_members::delete),

    route(("GET", "/v2/orgs/{org}/default_teams_settings"), &[TeamsRead], L1, team_settings::get_default),
    route(("GET", "/v2/orgs/{org}/teams/{team}/settings"), &[TeamsRead], L1, team_settings::get),
    route(("PATCH", "/v2/orgs/{org}/teams/{team}/settings"), &[TeamsWrite], L2, team_settings::update),

    route(("GET", "/v2/orgs/{org}/groups"), &[GroupsRead], L1, groups::list),
    route(("POST", "/v2/orgs/{org}/groups"), &[GroupsWrite], L1, groups::create),
    route(("GET", "/v2/orgs/{org}/groups/{group}"), &[GroupsRead], L1, groups::get),
    route(("PATCH", "/v2/orgs/{org}/groups/{group}"), &[GroupsWrite], L1, groups::update),
    route(("DELETE", "/v2/orgs/{org}/groups/{group}"), &[GroupsWrite], L4, groups::delete),

    route(("GET", "/v2/orgs/{org}/groups/{group}/members"), &[GroupsRead], L1, group_members::list),
    route(("POST", "/v2/orgs/{org}/groups/{group}/members"), &[GroupsWrite], L1, group_members::add),
    route(("PATCH", "/v2/orgs/{org}/groups/{group}/members"), &[GroupsWrite], Price::RestPerItem, group_members::edit),
    route(("GET", "/v2/orgs/{org}/groups/{group}/members/{member}"), &[GroupsRead], L1, group_members::get),
    route(("DELETE", "/v2/orgs/{org}/groups/{group}/members/{member}"), &[GroupsWrite], L4, group_members::remove),

    route(("GET", "/v2/orgs/{org}/groups/{group}/teams"), &[GroupsRead, TeamsRead], L1, group_teams::teams_of_group),
    route(("GET", "/v2/orgs/{org}/groups/{group}/teams/{team}"), &[GroupsRead, TeamsRead], L1, group_teams::team_of_group),
    route(("GET", "/v2/orgs/{org}/teams/{team}/groups"), &[GroupsRead, TeamsRead], L1, group_teams::groups_of_team),
    route(("POST", "/v2/orgs/{org}/teams/{team}/groups"), &[GroupsRead, TeamsWrite], L1, group_teams::attach),
    route(("GET", "/v2/orgs/{org}/teams/{team}/groups/{group}"), &[GroupsRead, TeamsRead], L1, group_teams::group_of_team),
    route(("DELETE", "/v2/orgs/{org}/teams/{team}/groups/{group}"), &[GroupsRead, TeamsWrite], L1, group_teams::detach),

    route(("GET", "/v2/orgs/{org}/boards/{board}/groups"), &[GroupsRead, BoardsRead], L1, shares::list_board),
    route(("POST", "/v2/orgs/{org}/boards/{board}/groups"), &[GroupsRead, BoardsWrite], L1, shares::share_board),
    route(("DELETE", "/v2/orgs/{org}/boards/{board}/groups/{group}"), &[GroupsRead, BoardsWrite], L1, shares::unshare_board),
    route(("GET", "/v2/orgs/{org}/projects/{project}/groups"), &[GroupsRead, ProjectsRead], L1, shares::list_project),
    route(("POST", "/v2/orgs/{org}/projects/{project}/groups"), &[GroupsRead, ProjectsWrite], L1, shares::share_project),
    route(("DELETE", "/v2/orgs/{org}/projects/{project}/groups/{group}"), &[GroupsRead, ProjectsWrite], L1, shares::unshare_project),

    route(("GET", "/v2/audit/logs"), &[AuditLogsRead], L2, audit::list),
    route(("POST", "/v2/sessions/reset_all"), &[SessionsDelete], L3, sessions::reset),
    route(("GET", "/v2/boards"), &[BoardsRead], L1, boards::list),
];

impl Route {
    /// Checks the caller against the organization: the id in the path, and the company admin's role where the
    /// description asks for it.
    pub(crate) fn admit(&self, call: &Call<'_>) -> Result<(), RestFailure> {
        let Some(grant) = call.grant else {
            return Ok(());
        };
        if !ADMIN_ONLY.iter().any(|start| self.path.starts_with(start)) {
            return Ok(());
        }
        let world = call.state.world.read();
        acting::require_company_admin(&world, grant)?;
        let organization = call.path("org");
        if organization.is_empty() || organization.parse() == Ok(world.organization.id) {
            return Ok(());
        }
        Err(RestFailure::not_found("Organization"))
    }
}
