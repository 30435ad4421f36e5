//! Creating, enabling and aligning the accounts of people in scope.

use std::collections::HashMap;

use usher_model::{AssignmentTarget, Email, HoldKind, License};

use super::assigned::{Assigned, Wanted, rank};
use super::compare::{Difference, Differences, drift, outcome};
use super::drafts::{Draft, Notes};
use super::gains::gain_all;
use super::ids::{AccountAt, DraftAt, PersonAt};
use super::index::is_active;
use super::leaving::{Leaving, disable_mapped, untouchable};
use super::linking::{Tie, Ties};
use super::moves::{Move, MoveVerdict, settle};
use super::scene::Scene;
use super::standing::{Standing, scope_reasons};
use super::step::Step;
use crate::{
    AccountRef, Action, Consequence, DriftOutcome, Reason, TargetAttribute, TargetAttributes,
    TargetValue, Urgency,
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
        notes.skip(Step::Accounts, cast.scene.who(at), why, problem.remedy.clone());
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
        let why = format!("a hold keeps the account disabled ({}): {}", hold.origin, hold.reason);
        let remedy = "release the hold if the person is to have access again";
        notes.skip(Step::Accounts, scene.whose(Some(person), at), why, remedy);
        return None;
    }
    if cast.difference(person).is_some_and(|difference| difference.inactive) {
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
        notes.skip(Step::Accounts, who, why, "set `user_actions.update = \"on\"`");
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
fn mapped_reasons(
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
        let drift = difference.drifts.iter().find(|drift| drift.attribute == Some(*attribute));
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

/// The addresses that change hands.
struct Renames {
    /// Addresses that become free, and after which change.
    freed: HashMap<String, (AccountAt, DraftAt)>,
    /// Addresses that are taken by a rename.
    taken: HashMap<String, AccountAt>,
}

/// Changes e-mail addresses, where nobody else has the new one.
fn rename(
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
        renames.freed.insert(address, (*account, *draft));
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
        if let Some((_, deletion)) = renames.freed.get(&step.to) {
            notes.wait(*draft, *deletion);
        }
        renames.taken.insert(step.to.clone(), *at);
    }
    for ((step, draft), (_, at, _)) in moves.iter().zip(&drafts).zip(&movers) {
        if let Some(draft) = draft {
            renames.freed.insert(step.from.clone(), (*at, *draft));
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
        notes.skip(Step::Accounts, scene.whose(Some(ready.person), at), why, remedy);
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

/// Creates the accounts of people who have none.
fn create(
    cast: &Cast<'_, '_>,
    newcomers: &[PersonAt],
    leaving: &Leaving,
    renames: &Renames,
    ready: &mut Vec<Ready>,
    notes: &mut Notes,
) {
    let mut wanted: HashMap<String, u32> = HashMap::new();
    let address = |at: &PersonAt| {
        let creation = cast.difference(*at)?.creation.as_ref()?;
        creation.user_name()
    };
    for at in newcomers {
        if let Some(address) = address(at) {
            *wanted.entry(address.folded()).or_default() += 1;
        }
    }
    for at in newcomers {
        let checked = check_new(cast, *at, address(at), &wanted, leaving, renames);
        match checked {
            Ok(after) => ready.extend(create_one(cast, *at, after, notes)),
            Err((why, remedy)) => {
                notes.skip(Step::Accounts, cast.scene.who(*at), why, remedy);
            }
        }
    }
}

type Objection = (String, &'static str);

/// Whether an account may be created; if so, the change after which its address is free, if one is needed.
fn check_new(
    cast: &Cast<'_, '_>,
    at: PersonAt,
    address: Option<Email>,
    wanted: &HashMap<String, u32>,
    leaving: &Leaving,
    renames: &Renames,
) -> Result<Option<DraftAt>, Objection> {
    let scene = cast.scene;
    if !scene.settings.user_actions.create.is_on() {
        let why = "the person has no account, and the settings let none be created";
        return Err((why.to_owned(), "set `user_actions.create = \"on\"`"));
    }
    if let Some(hold) = scene.index.hold(Some(at), None) {
        let what = match hold.kind {
            HoldKind::KeepDisabled => "keeps the person's account disabled",
            HoldKind::LeaveAlone => "says to leave the person's account alone",
        };
        let why = format!("a hold {what} ({}): {}", hold.origin, hold.reason);
        return Err((why, "release the hold if the person is to have an account"));
    }
    if cast.difference(at).is_some_and(|difference| difference.inactive) {
        let why = "the mapping makes the account inactive, so none is created";
        return Err((why.to_owned(), "correct the mapping of `active` if the person is to have one"));
    }
    let Some(address) = address else {
        let why = "the mapping gives no e-mail address, which every account needs";
        return Err((why.to_owned(), "give the person an address in the directory"));
    };
    let folded = address.folded();
    if wanted.get(&folded).is_some_and(|count| *count > 1) {
        let why = format!("another person in scope has the same address {address}");
        return Err((why, "correct the addresses in the directory"));
    }
    free_after(cast, &folded, leaving, renames)
}

fn free_after(
    cast: &Cast<'_, '_>,
    folded: &str,
    leaving: &Leaving,
    renames: &Renames,
) -> Result<Option<DraftAt>, Objection> {
    let scene = cast.scene;
    if renames.taken.contains_key(folded) {
        let why = format!("another account is about to get the address {folded}");
        return Err((why, "correct the addresses in the directory"));
    }
    let freed = renames.freed.get(folded);
    let holders = scene.index.with_email(scene.inventory, folded);
    let keeper = holders.iter().find(|at| {
        let moves = freed.is_some_and(|(mover, _)| mover == *at);
        !moves && !leaving.deleted.contains_key(at)
    });
    let Some(keeper) = keeper else {
        return Ok(freed.map(|(_, draft)| *draft));
    };
    let account = scene.account(*keeper);
    if !super::index::is_internal(account) {
        let why = format!("{} is a guest or external user, whom Miro's SCIM API does not know", account.email);
        return Err((why, "invite the person as a member in Miro, or remove the guest; then plan again"));
    }
    let why = match cast.ties.person(*keeper) {
        Some(owner) => format!(
            "the account {} has the person's address, and belongs to {}",
            account.email,
            scene.person(owner).label()
        ),
        None => format!("the account {} has the person's address, but cannot be tied to anybody", account.email),
    };
    Err((why, "tie the right account to the person by hand, or correct the addresses"))
}

fn create_one(
    cast: &Cast<'_, '_>,
    person: PersonAt,
    after: Option<DraftAt>,
    notes: &mut Notes,
) -> Option<Ready> {
    let scene = cast.scene;
    let difference = cast.difference(person)?;
    let mapped = difference.creation.as_ref()?;
    let mut attributes: TargetAttributes = mapped
        .attributes
        .iter()
        .filter(|(attribute, value)| value.is_some() && is_sent_at_creation(**attribute))
        .map(|(attribute, value)| (*attribute, value.clone()))
        .collect();
    let mut reasons = scope_reasons(scene, cast.assigned, person);
    if let Some((license, why)) = asked_license(cast, person) {
        if let Some(user_type) = scim_user_type(&license) {
            let value = TargetValue::Text(user_type.into());
            attributes.insert(TargetAttribute::UserType, Some(value));
        }
        for reason in why {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    let mut ready = Ready {
        person,
        account: None,
        gate: Vec::new(),
    };
    let action = Action::CreateAccount {
        person: scene.person(person).id.clone(),
        attributes,
    };
    let mut draft = ready.draft(scene, action, reasons);
    draft.after.extend(after);
    if let Some(address) = mapped.user_name() {
        draft.label = address.to_string();
    }
    if difference.name_cut {
        draft.consequences.push(Consequence::NameCut);
    }
    if cast.ties.of(person) == Tie::Lost {
        draft.consequences.push(Consequence::Reactivates);
    }
    ready.gate.push(notes.draft(draft));
    Some(ready)
}

/// Role, admin roles and licence are changes of their own, and a new account is active anyway.
fn is_sent_at_creation(attribute: TargetAttribute) -> bool {
    !matches!(
        attribute,
        TargetAttribute::Active
            | TargetAttribute::UserType
            | TargetAttribute::Role
            | TargetAttribute::AdminRoles
    )
}

/// The highest licence that assignments ask for, and which they are.
pub(crate) fn asked_license(
    cast: &Cast<'_, '_>,
    person: PersonAt,
) -> Option<(License, Vec<Reason>)> {
    let wants = cast.assigned.wants(person).iter();
    let asked = wants
        .filter(|want| want.0 == Wanted::License)
        .filter_map(|want| match &cast.assigned.assignment(want.1).target {
            AssignmentTarget::License { license } => Some((rank(license)?, license)),
            _ => None,
        });
    let (_, license) = asked.max_by(|one, other| one.0.cmp(&other.0).then(other.1.cmp(one.1)))?;
    let reasons = cast
        .assigned
        .reasons(cast.scene, person, |wanted| wanted == Wanted::License);
    Some((license.clone(), reasons))
}

/// A licence as SCIM spells it, if SCIM can give it.
pub(crate) fn scim_user_type(license: &License) -> Option<&'static str> {
    match license {
        License::Full => Some("Full"),
        License::Standard => Some("Standard"),
        License::Advanced => Some("Advanced"),
        License::Basic => Some("Basic"),
        License::Free => Some("Free"),
        License::FreeRestricted => Some("Free Restricted"),
        License::FullTrial => Some("Full (Trial)"),
        License::Occasional | License::Unknown | License::Other(_) => None,
    }
}
