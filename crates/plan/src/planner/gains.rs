//! Who becomes an active admin of something.

use usher_model::OrganizationRole;

use super::drafts::{Gain, Notes, Realm};
use super::ids::{AccountAt, DraftAt};
use super::index::Seat;
use super::scene::Scene;

/// Writes down that an account is an active admin, of everything it is admin of, after a change.
pub(crate) fn gain_all(scene: &Scene<'_>, at: AccountAt, draft: DraftAt, notes: &mut Notes) {
    if scene.account(at).role.as_ref().known() == Some(&OrganizationRole::InternalAdmin) {
        gain(Realm::Organization, Some(at), draft, notes);
    }
    for (team, seat) in scene.index.teams_of.of(at.at()) {
        if *seat == Seat::Admin {
            gain(Realm::Team(*team), Some(at), draft, notes);
        }
    }
}

/// Writes down that an account is an active admin after a change.
pub(crate) fn gain(realm: Realm, account: Option<AccountAt>, draft: DraftAt, notes: &mut Notes) {
    notes.gains.push(Gain {
        realm,
        account,
        draft,
    });
}
