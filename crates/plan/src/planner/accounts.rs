//! Creating, enabling and aligning the accounts of people in scope.

use super::addresses::rename;
use super::assigned::Assigned;
use super::compare::{Difference, Differences, drift, outcome};
use super::creation::create;
use super::drafts::{Draft, Notes};
use super::gains::gain_all;
use super::ids::{AccountAt, DraftAt, PersonAt};
use super::index::is_active;
use super::leaving::{Leaving, disable_mapped, untouchable};
use super::linking::{Tie, Ties};
use super::scene::Scene;
use super::standing::{Standing, scope_reasons};
use super::step::Step;
use crate::{
    AccountRef, Action, Consequence, DriftOutcome, Reason, TargetAttribute, TargetValue, Urgency,
};

/// Somebody whose account is there, or about to be, and active.
pub(crate) struct Ready {
    pub(crate) person: PersonAt,
    /// The account, unless it is new.
    pub(crate) account: Option<AccountAt>,
    /// What must have been done before anything else.
    pub(crate) gate: Vec<DraftAt>,
}

impl Ready {
    /// How a change names the account.
    pub(crate) fn account_ref(&self, scene: &Scene<'_>) -> AccountRef {
        match self.account {
            Some(at) => AccountRef::Existing(scene.account(at).id.clone()),
            None => AccountRef::New(scene.person(self.person).id.clone()),
        }
    }

    /// A change to the account.
    pub(crate) fn draft(&self, scene: &Scene<'_>, action: Action, reasons: Vec<Reason>) -> Draft {
        let label = match self.account {
            Some(at) => scene.account(at).email.to_string(),
            None => super::scene::person_label(scene.person(self.person)),
        };
        Draft {
            person: Some(self.person),
            label,
            action,
            reasons,
            consequences: Vec::new(),
            after: self.gate.clone(),
            urgency: Urgency::Normal,
        }
    }
}

/// Everything that the steps about people in scope look at.
pub(crate) struct Cast<'s, 'a> {
    pub(crate) scene: &'s Scene<'a>,
    pub(crate) assigned: &'s Assigned<'a>,
    pub(crate) standings: &'s [Standing],
    pub(crate) ties: &'s Ties,
    pub(crate) differences: &'s Differences,
}

impl Cast<'_, '_> {
    pub(crate) fn difference(&self, person: PersonAt) -> Option<&Difference> {
        self.differences[person.at()].as_deref()
    }
}

/// Creates, enables and aligns accounts. Returns everybody whose account will be active.
pub(crate) fn provision(
    cast: &Cast<'_, '_>,
    leaving: &mut Leaving,
    notes: &mut Notes,
) -> Vec<Ready> {
    let scene = cast.scene;
    let mut ready = Vec::new();
    let mut newcomers = Vec::new();
    for at in &scene.index.people_in_order {
        if cast.standings[at.at()] != Standing::In {
            continue;
        }
        report_problems(cast, *at, notes);
        match cast.ties.of(*at) {
            Tie::Linked(account) | Tie::Found(account, _) => {
                ready.extend(existing(cast, *at, account, leaving, notes));
            }
            Tie::None | Tie::Lost => newcomers.push(*at),
            Tie::Refused => {}
        }
    }
    let renames = rename(cast, &ready, leaving, notes);
    create(cast, &newcomers, leaving, &renames, &mut ready, notes);
    ready.sort_by_key(|ready| &scene.person(ready.person).id);
    ready
}

fn report_problems(cast: &Cast<'_, '_>, at: PersonAt, notes: &mut Notes) {
    let problems = cast.difference(at).map(|difference| &difference.problems);
    for problem in problems.into_iter().flatten() {
        let why = format!("{}: {}", problem.attribute.label(), problem.what);
        notes.skip(
            Step::Accounts,
            cast.scene.who(at),
            why,
            problem.remedy.clone(),
        );
    }
}

/// Enables and aligns an account that is there.
fn existing(
    cast: &Cast<'_, '_>,
    person: PersonAt,
    at: AccountAt,
    leaving: &mut Leaving,
    notes: &mut Notes,
) -> Option<Ready> {
    let scene = cast.scene;
    if let Some((why, remedy)) = untouchable(scene, Some(person), at) {
        notes.skip(Step::Accounts, scene.whose(Some(person), at), why, remedy);
        return None;
    }
    let mut ready = Ready {
        person,
        account: Some(at),
        gate: Vec::new(),
    };
    if let Tie::Found(_, by) = cast.ties.of(person) {
        let action = Action::LinkAccount {
            person: scene.person(person).id.clone(),
            account: scene.account(at).id.clone(),
            by,
        };
        let draft = ready.draft(scene, action, scope_reasons(scene, cast.assigned, person));
        ready.gate.push(notes.draft(draft));
    }
    if let Some(hold) = scene.index.hold(Some(person), Some(at)) {
        let why = format!(
            "a hold keeps the account disabled ({}): {}",
            hold.origin, hold.reason
        );
        let remedy = "release the hold if the person is to have access again";
        notes.skip(Step::Accounts, scene.whose(Some(person), at), why, remedy);
        return None;
    }
    if cast
        .difference(person)
        .is_some_and(|difference| difference.inactive)
    {
        if is_active(scene.account(at)) && disable_mapped(scene, person, at, notes) {
            leaving.disabled.insert(at);
        }
        return None;
    }
    if !is_active(scene.account(at)) && !enable(cast, &mut ready, at, notes) {
        return None;
    }
    report_drifts(cast, person, notes);
    update(cast, &ready, at, notes);
    Some(ready)
}

/// Enables a deactivated account. Says whether it does.
fn enable(cast: &Cast<'_, '_>, ready: &mut Ready, at: AccountAt, notes: &mut Notes) -> bool {
    let (scene, person) = (cast.scene, ready.person);
    let account = scene.account(at);
    if !scene.settings.user_actions.update.is_on() {
        let why = "the account is deactivated, and the settings let no account be updated";
        let who = scene.whose(Some(person), at);
        notes.skip(
            Step::Accounts,
            who,
            why,
            "set `user_actions.update = \"on\"`",
        );
        return false;
    }
    let mut reasons = scope_reasons(scene, cast.assigned, person);
    let link = scene.link(person, at);
    let sent = link.and_then(|link| link.sent.get(TargetAttribute::Active.path()));
    if sent.is_some_and(|sent| sent == "true") {
        let outcome = outcome(scene, TargetAttribute::Active);
        let (desired, observed) = (TargetValue::Bool(true), TargetValue::Bool(false));
        let drift = drift(
            account,
            TargetAttribute::Active,
            Some(desired),
            Some(observed),
            outcome,
        );
        reasons.push(Reason::Drifted {
            what: drift.what.clone(),
            by: None,
        });
        notes.report.drift.push(drift);
        if outcome != DriftOutcome::Corrected {
            return false;
        }
    }
    let action = Action::Enable {
        account: account.id.clone(),
    };
    let draft = notes.draft(ready.draft(scene, action, reasons));
    gain_all(scene, at, draft, notes);
    ready.gate.push(draft);
    true
}

fn report_drifts(cast: &Cast<'_, '_>, person: PersonAt, notes: &mut Notes) {
    if let Some(difference) = cast.difference(person) {
        notes.report.drift.extend(difference.drifts.iter().cloned());
    }
}

/// The reasons of attributes: their mappings, and what was changed by hand.
pub(crate) fn mapped_reasons(
    cast: &Cast<'_, '_>,
    difference: &Difference,
    attributes: &[TargetAttribute],
) -> Vec<Reason> {
    let mut reasons = Vec::with_capacity(attributes.len());
    for attribute in attributes {
        let from = cast.scene.rules.mapping.source_words(*attribute);
        reasons.push(Reason::Mapped {
            attribute: *attribute,
            from: from.unwrap_or_default().to_owned(),
        });
        let drift = difference
            .drifts
            .iter()
            .find(|drift| drift.attribute == Some(*attribute));
        reasons.extend(drift.map(|drift| Reason::Drifted {
            what: drift.what.clone(),
            by: None,
        }));
    }
    reasons
}

/// Sets the attributes that differ.
fn update(cast: &Cast<'_, '_>, ready: &Ready, at: AccountAt, notes: &mut Notes) {
    let scene = cast.scene;
    let Some(difference) = cast.difference(ready.person) else {
        return;
    };
    if difference.changes.is_empty() || !scene.settings.user_actions.update.is_on() {
        return;
    }
    let attributes: Vec<TargetAttribute> = difference
        .changes
        .iter()
        .map(|change| change.attribute)
        .collect();
    let action = Action::UpdateAttributes {
        account: scene.account(at).id.clone(),
        changes: difference.changes.clone(),
    };
    let mut draft = ready.draft(scene, action, mapped_reasons(cast, difference, &attributes));
    if difference.name_cut && attributes.contains(&TargetAttribute::DisplayName) {
        draft.consequences.push(Consequence::NameCut);
    }
    notes.draft(draft);
}
