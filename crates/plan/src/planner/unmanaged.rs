//! Accounts that nobody in the directory stands behind.

use usher_model::OrganizationRole;

use super::drafts::Notes;
use super::ids::AccountAt;
use super::index::{is_active, is_internal};
use super::leaving::{Leaving, disable, untouchable};
use super::linking::Ties;
use super::scene::Scene;
use crate::{Reason, UnmanagedAccount, UnmanagedPolicy};

/// Handles the unmanaged accounts. Returns how many there are.
pub(crate) fn handle(
    scene: &Scene<'_>,
    ties: &Ties,
    leaving: &mut Leaving,
    notes: &mut Notes,
) -> usize {
    let mut count = 0;
    for at in &scene.index.accounts_in_order {
        if ties.person(*at).is_some() || ties.is_contested(*at) {
            continue;
        }
        count += 1;
        one(scene, ties, *at, leaving, notes);
    }
    count
}

fn one(scene: &Scene<'_>, ties: &Ties, at: AccountAt, leaving: &mut Leaving, notes: &mut Notes) {
    let account = scene.account(at);
    let stranger = ties.strangers.get(&at).copied();
    let why = match why_kept(scene, at, stranger.is_some(), leaving) {
        Some(why) => why,
        None => {
            if disable(scene, None, at, vec![Reason::Unmanaged], notes) {
                leaving.disabled.insert(at);
                return;
            }
            "nothing is taken away from anybody now".to_owned()
        }
    };
    notes.report.unmanaged.push(UnmanagedAccount {
        account: account.id.clone(),
        email: account.email.clone(),
        matches: stranger.map(|person| scene.person(person).id.clone()),
        why,
    });
}

/// Why an unmanaged account is left as it is.
fn why_kept(scene: &Scene<'_>, at: AccountAt, is_known: bool, leaving: &Leaving) -> Option<String> {
    let account = scene.account(at);
    if is_known {
        return Some("it matches a person who is not in scope".to_owned());
    }
    if scene.settings.unmanaged != UnmanagedPolicy::Disable {
        let why = if is_internal(account) {
            "nobody in the directory matches it"
        } else {
            "it is a guest or external user"
        };
        return Some(why.to_owned());
    }
    if let Some((why, _)) = untouchable(scene, None, at) {
        return Some(why);
    }
    if leaving.disabled.contains(&at) {
        return Some("a hold disables it".to_owned());
    }
    if !is_active(account) {
        return Some("it is deactivated already".to_owned());
    }
    if !account.role.is_known() {
        return Some("nobody knows whether it is a company admin".to_owned());
    }
    // Demoting it would be more than the policy says, and Miro deactivates no company admin.
    let is_admin = account.role.as_ref().known() == Some(&OrganizationRole::InternalAdmin);
    is_admin.then(|| "it is a company admin; demote or protect it".to_owned())
}
