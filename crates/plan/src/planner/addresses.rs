//! E-mail addresses that change hands: renames, and whether an address is free for a new account.

use std::collections::HashMap;

use usher_model::Email;

use super::accounts::{Cast, Ready, mapped_reasons};
use super::creation::Objection;
use super::drafts::Notes;
use super::ids::{AccountAt, DraftAt};
use super::index::is_internal;
use super::leaving::Leaving;
use super::moves::{Move, MoveVerdict, settle};
use super::step::Step;
use crate::{Action, TargetAttribute};

/// The addresses that change hands.
pub(crate) struct Renames {
    /// Addresses that accounts give up, and by which changes. One that several accounts have is free after all of them.
    freed: HashMap<String, Vec<(AccountAt, DraftAt)>>,
    /// Addresses that are taken by a rename.
    taken: HashMap<String, AccountAt>,
}

/// Changes e-mail addresses, where nobody else has the new one.
pub(crate) fn rename(
    cast: &Cast<'_, '_>,
    ready: &[Ready],
    leaving: &Leaving,
    notes: &mut Notes,
) -> Renames {
    let scene = cast.scene;
    let mut renames = Renames {
        freed: HashMap::new(),
        taken: HashMap::new(),
    };
    for (account, draft) in &leaving.deleted {
        let address = scene.account(*account).email.folded();
        let given_up = renames.freed.entry(address).or_default();
        given_up.push((*account, *draft));
    }
    if !scene.settings.user_actions.update.is_on() {
        return renames;
    }
    let movers: Vec<(&Ready, AccountAt, &str)> = ready
        .iter()
        .filter_map(|ready| {
            let difference = cast.difference(ready.person)?;
            Some((ready, ready.account?, difference.rename.as_deref()?))
        })
        .collect();
    let moves: Vec<Move> = movers
        .iter()
        .map(|(_, at, after)| Move {
            from: scene.account(*at).email.folded(),
            to: Email::new(*after).folded(),
        })
        .collect();
    let held = |address: &str| {
        let holders = scene.index.with_email(scene.inventory, address).iter();
        holders
            .filter(|at| !leaving.deleted.contains_key(at))
            .count()
    };
    let verdicts = settle(&moves, held);
    let mut drafts = Vec::with_capacity(movers.len());
    for ((ready, at, after), verdict) in movers.iter().zip(&verdicts) {
        drafts.push(rename_one(cast, ready, *at, after, *verdict, notes));
    }
    for ((step, verdict), (draft, (_, at, _))) in
        moves.iter().zip(&verdicts).zip(drafts.iter().zip(&movers))
    {
        let Some(draft) = draft else { continue };
        if let MoveVerdict::Made { after: Some(first) } = verdict
            && let Some(Some(first)) = drafts.get(*first)
        {
            notes.wait(*draft, *first);
        }
        for (_, deletion) in renames.freed.get(&step.to).into_iter().flatten() {
            notes.wait(*draft, *deletion);
        }
        renames.taken.insert(step.to.clone(), *at);
    }
    for ((step, draft), (_, at, _)) in moves.iter().zip(&drafts).zip(&movers) {
        if let Some(draft) = draft {
            let given_up = renames.freed.entry(step.from.clone()).or_default();
            given_up.push((*at, *draft));
        }
    }
    renames
}

fn rename_one(
    cast: &Cast<'_, '_>,
    ready: &Ready,
    at: AccountAt,
    after: &str,
    verdict: MoveVerdict,
    notes: &mut Notes,
) -> Option<DraftAt> {
    let scene = cast.scene;
    if !matches!(verdict, MoveVerdict::Made { .. }) {
        let why = format!("the address cannot become {after}: another account has it, or wants it");
        let remedy = "correct the addresses in the directory, or change the other account first";
        notes.skip(
            Step::Accounts,
            scene.whose(Some(ready.person), at),
            why,
            remedy,
        );
        return None;
    }
    let difference = cast.difference(ready.person)?;
    let action = Action::Rename {
        account: scene.account(at).id.clone(),
        before: scene.account(at).email.to_string(),
        after: after.to_owned(),
    };
    let reasons = mapped_reasons(cast, difference, &[TargetAttribute::UserName]);
    Some(notes.draft(ready.draft(scene, action, reasons)))
}

/// Whether an address is free, and after which changes.
pub(crate) fn free_after(
    cast: &Cast<'_, '_>,
    folded: &str,
    leaving: &Leaving,
    renames: &Renames,
) -> Result<Vec<DraftAt>, Objection> {
    let scene = cast.scene;
    if renames.taken.contains_key(folded) {
        let why = format!("another account is about to get the address {folded}");
        return Err((why, "correct the addresses in the directory"));
    }
    let freed = renames.freed.get(folded).map_or(&[][..], Vec::as_slice);
    let holders = scene.index.with_email(scene.inventory, folded);
    let keeper = holders.iter().find(|at| {
        let moves = freed.iter().any(|(mover, _)| mover == *at);
        !moves && !leaving.deleted.contains_key(at)
    });
    let Some(keeper) = keeper else {
        let mut changes: Vec<DraftAt> = freed.iter().map(|(_, draft)| *draft).collect();
        changes.sort_unstable();
        return Ok(changes);
    };
    let account = scene.account(*keeper);
    if !is_internal(account) {
        let why = format!(
            "{} is a guest or external user, whom Miro's SCIM API does not know",
            account.email
        );
        return Err((
            why,
            "invite the person as a member in Miro, or remove the guest; then plan again",
        ));
    }
    let why = match cast.ties.person(*keeper) {
        Some(owner) => format!(
            "the account {} has the person's address, and belongs to {}",
            account.email,
            scene.person(owner).label()
        ),
        None => format!(
            "the account {} has the person's address, but cannot be tied to anybody",
            account.email
        ),
    };
    Err((
        why,
        "tie the right account to the person by hand, or correct the addresses",
    ))
}
