//! `GET /v1/oauth-token`: what a token stands for.

use usher_miro_wire::TokenContext;

use crate::rest::call::{Answer, Call, ok};
use crate::rest::failure::RestFailure;
use crate::rest::view;

/// The organization, team, user and scopes of the token.
pub(crate) fn get(call: &Call<'_>) -> Answer {
    let grant = call
        .grant
        .ok_or_else(|| RestFailure::unauthorized("No access token was given"))?;
    let world = call.state.world.read();
    let user = world.find_user_ever(grant.user.parse().unwrap_or_default());
    let user = user.map_or("", |user| &world.user(user).full_name);
    let user = view::reference("user", &grant.user, user);
    let team = world.find_team(grant.team.parse().unwrap_or_default());
    let team = team.map_or("", |team| &world.team(team).name);
    ok(&TokenContext {
        kind: "oAuthToken".to_owned(),
        organization: Some(view::organization_reference(&world)),
        team: Some(view::reference("team", &grant.team, team)),
        user: Some(user.clone()),
        created_by: Some(user),
        scopes: Some(
            grant
                .scopes
                .iter()
                .map(|scope| scope.as_str().to_owned())
                .collect(),
        ),
    })
}
