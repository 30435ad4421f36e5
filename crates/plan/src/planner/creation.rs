//! Accounts for people who have none.

use std::collections::HashMap;

use usher_model::{AssignmentTarget, Email, HoldKind, License};

use super::accounts::{Cast, Ready};
use super::addresses::{Renames, free_after};
use super::assigned::{Wanted, rank};
use super::drafts::Notes;
use super::ids::{DraftAt, PersonAt};
use super::leaving::Leaving;
use super::linking::Tie;
use super::standing::scope_reasons;
use super::step::Step;
use crate::{Action, Consequence, Reason, TargetAttribute, TargetAttributes, TargetValue};

/// Creates the accounts of people who have none.
pub(crate) fn create(
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

/// Why there is no account, and what to do about it.
pub(crate) type Objection = (String, &'static str);

/// Whether an account may be created; if so, the change after which its address is free, if one is needed.
fn check_new(
    cast: &Cast<'_, '_>,
    at: PersonAt,
    address: Option<Email>,
    wanted: &HashMap<String, u32>,
    leaving: &Leaving,
    renames: &Renames,
) -> Result<Vec<DraftAt>, Objection> {
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
    if cast
        .difference(at)
        .is_some_and(|difference| difference.inactive)
    {
        let why = "the mapping makes the account inactive, so none is created";
        return Err((
            why.to_owned(),
            "correct the mapping of `active` if the person is to have one",
        ));
    }
    let Some(address) = address else {
        let why = "the mapping gives no e-mail address, which every account needs";
        return Err((
            why.to_owned(),
            "give the person an address in the directory",
        ));
    };
    let folded = address.folded();
    if wanted.get(&folded).is_some_and(|count| *count > 1) {
        let why = format!("another person in scope has the same address {address}");
        return Err((why, "correct the addresses in the directory"));
    }
    free_after(cast, &folded, leaving, renames)
}

fn create_one(
    cast: &Cast<'_, '_>,
    person: PersonAt,
    after: Vec<DraftAt>,
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
