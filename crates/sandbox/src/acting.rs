//! For whom a token acts.

use smol_str::{SmolStr, ToSmolStr as _};

use crate::http::tokens::Grant;
use crate::rest::RestFailure;
use crate::world::World;

/// The ids of a user and of a team of theirs: the user named by id or e-mail address, or the company admin who has
/// been there longest.
pub(crate) fn user_and_team(world: &World, who: Option<&str>) -> Option<(SmolStr, SmolStr)> {
    let user = match who {
        Some(who) => {
            let by_id = who.parse().ok().and_then(|id| world.find_user(id));
            by_id.or_else(|| world.find_user_by_email(who))?
        }
        None => world.oldest_company_admin()?,
    };
    let user = world.user(user);
    let team = user
        .teams()
        .first()
        .copied()
        .unwrap_or(world.default_team());
    Some((user.id.to_smolstr(), world.team(team).id.to_smolstr()))
}

/// Refuses a token whose user is no active company admin: the calls about an organization are for those alone.
pub(crate) fn require_company_admin(world: &World, grant: &Grant) -> Result<(), RestFailure> {
    let user = world.find_user(grant.user.parse().unwrap_or_default());
    if user.is_some_and(|user| world.user(user).is_acting_company_admin()) {
        return Ok(());
    }
    Err(RestFailure::forbidden("Only a company admin may do this"))
}
