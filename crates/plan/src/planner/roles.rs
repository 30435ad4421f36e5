//! Roles in the organization, admin roles and licences.

use usher_model::{
    Account, AssignmentTarget, Entitlement, Known, License, OrganizationRole, Timestamp,
};

use super::accounts::{Cast, Ready};
use super::assigned::{Wanted, is_settable, rank};
use super::compare::{drift, outcome};
use super::creation::{asked_license, scim_user_type};
use super::drafts::{Loss, Notes, Realm};
use super::gains::gain;
use super::ids::AccountAt;
use super::step::Step;
use crate::{Action, DriftOutcome, ManualTask, Reason, TargetAttribute, TargetValue};

/// Sets roles, admin roles and licences.
pub(crate) fn align(cast: &Cast<'_, '_>, ready: &[Ready], notes: &mut Notes) {
    if !cast.scene.settings.user_actions.update.is_on() {
        return;
    }
    for ready in ready {
        let aligner = Aligner { cast, ready };
        aligner.role(notes);
        aligner.admin_roles(notes);
        aligner.license(notes);
    }
}

struct Aligner<'s, 'a> {
    cast: &'s Cast<'s, 'a>,
    ready: &'s Ready,
}

/// What should be, and why.
type Asked<T> = (T, Vec<Reason>);

impl Aligner<'_, '_> {
    fn account(&self) -> Option<&Account> {
        self.ready.account.map(|at| self.cast.scene.account(at))
    }

    fn wants(&self, wanted: Wanted) -> bool {
        let wants = self.cast.assigned.wants(self.ready.person);
        wants.iter().any(|want| want.0 == wanted)
    }

    fn reasons(&self, wanted: Wanted) -> Vec<Reason> {
        self.cast
            .assigned
            .reasons(self.cast.scene, self.ready.person, |other| other == wanted)
    }

    fn mapped(&self, attribute: TargetAttribute) -> Vec<Reason> {
        let from = self.cast.scene.rules.mapping.source_words(attribute);
        vec![Reason::Mapped {
            attribute,
            from: from.unwrap_or_default().to_owned(),
        }]
    }

    fn sent(&self, attribute: TargetAttribute) -> Option<&str> {
        let link = self
            .cast
            .scene
            .link(self.ready.person, self.ready.account?)?;
        link.sent.get(attribute.path()).map(String::as_str)
    }

    /// Since when Usher has given something, if it did.
    fn given(&self, is_it: impl Fn(&Entitlement) -> bool) -> Option<Timestamp> {
        let at = self.ready.account?;
        let given = self.cast.scene.index.given_to.of(at.at()).iter();
        given
            .filter_map(|at| self.cast.scene.desired.provisioned.get(*at as usize))
            .filter(|given| is_it(&given.entitlement))
            .map(|given| given.since)
            .min()
    }

    fn asked_role(&self) -> Option<Asked<OrganizationRole>> {
        let wants = self.cast.assigned.wants(self.ready.person).iter();
        let asked = wants
            .filter(|want| want.0 == Wanted::Role)
            .filter_map(|want| match &self.cast.assigned.assignment(want.1).target {
                AssignmentTarget::Role { role } if is_settable(role) => Some(role),
                _ => None,
            });
        // Whoever is made admin by one assignment stays so whatever another says.
        if let Some(role) = asked.min() {
            return Some((role.clone(), self.reasons(Wanted::Role)));
        }
        let mapped = self.cast.difference(self.ready.person)?.role.clone()?;
        is_settable(&mapped).then(|| (mapped, self.mapped(TargetAttribute::Role)))
    }

    fn role(&self, notes: &mut Notes) {
        let has = self.account().map(|account| &account.role);
        match (self.asked_role(), has) {
            (Some((OrganizationRole::InternalAdmin, reasons)), None) => {
                self.promote(None, reasons, notes);
            }
            (Some((role, reasons)), Some(Known::Known(has))) if *has != role => {
                let has = has.clone();
                self.change_role(&has, &role, reasons, notes);
            }
            (Some((OrganizationRole::InternalAdmin, reasons)), Some(Known::Unknown)) => {
                let sent = self.sent(TargetAttribute::Role);
                let is_sent = sent.is_some_and(|sent| {
                    OrganizationRole::from(sent) == OrganizationRole::InternalAdmin
                });
                if !is_sent {
                    self.promote(None, reasons, notes);
                }
            }
            (None, Some(Known::Known(OrganizationRole::InternalAdmin))) => {
                self.no_longer_admin(notes);
            }
            _ => {}
        }
    }

    fn change_role(
        &self,
        has: &OrganizationRole,
        role: &OrganizationRole,
        mut reasons: Vec<Reason>,
        notes: &mut Notes,
    ) {
        let sent = self.sent(TargetAttribute::Role);
        if sent.is_some_and(|sent| OrganizationRole::from(sent) == *role) {
            let word = |role: &OrganizationRole| TargetValue::Text(role.as_str().into());
            let (desired, observed) = (word(role), word(has));
            match self.drifted(TargetAttribute::Role, desired, observed, notes) {
                Some(reason) => reasons.push(reason),
                None => return,
            }
        }
        if *role == OrganizationRole::InternalAdmin {
            self.promote(Some(has.clone()), reasons, notes);
        } else {
            self.demote(reasons, notes);
        }
    }

    /// Reports a drift. Gives the reason for correcting it, unless it is left.
    fn drifted(
        &self,
        attribute: TargetAttribute,
        desired: TargetValue,
        observed: TargetValue,
        notes: &mut Notes,
    ) -> Option<Reason> {
        let account = self.account()?;
        let outcome = outcome(self.cast.scene, attribute);
        let drift = drift(account, attribute, Some(desired), Some(observed), outcome);
        let what = drift.what.clone();
        notes.report.drift.push(drift);
        (outcome == DriftOutcome::Corrected).then_some(Reason::Drifted { what, by: None })
    }

    fn promote(&self, before: Option<OrganizationRole>, reasons: Vec<Reason>, notes: &mut Notes) {
        let action = Action::SetRole {
            account: self.ready.account_ref(self.cast.scene),
            before,
            after: OrganizationRole::InternalAdmin,
        };
        let draft = notes.draft(self.ready.draft(self.cast.scene, action, reasons));
        gain(Realm::Organization, self.ready.account, draft, notes);
    }

    fn no_longer_admin(&self, notes: &mut Notes) {
        let is_it =
            |held: &Entitlement| *held == Entitlement::Role(OrganizationRole::InternalAdmin);
        if let Some(given) = self.given(is_it) {
            self.demote(vec![Reason::NoLongerAssigned { given }], notes);
        }
    }

    fn demote(&self, reasons: Vec<Reason>, notes: &mut Notes) {
        let Some(at) = self.ready.account else {
            return;
        };
        if !self.cast.scene.trust.removals.is_yes() {
            return;
        }
        let action = Action::SetRole {
            account: self.ready.account_ref(self.cast.scene),
            before: Some(OrganizationRole::InternalAdmin),
            after: OrganizationRole::InternalUser,
        };
        let draft = notes.draft(self.ready.draft(self.cast.scene, action, reasons));
        notes.losses.push(Loss {
            realm: Realm::Organization,
            account: at,
            person: Some(self.ready.person),
            drafts: vec![draft],
            weight: 1,
        });
    }

    fn asked_admin_roles(&self) -> Vec<Asked<String>> {
        let mut names: Vec<Asked<String>> = Vec::new();
        for want in self.cast.assigned.wants(self.ready.person) {
            if let AssignmentTarget::AdminRole { name } =
                &self.cast.assigned.assignment(want.1).target
                && names.iter().all(|(known, _)| known != name)
            {
                let reasons = self.cast.assigned.reasons_for(
                    self.cast.scene,
                    self.ready.person,
                    |target| matches!(target, AssignmentTarget::AdminRole { name: other } if other == name),
                );
                names.push((name.clone(), reasons));
            }
        }
        if let Some(difference) = self.cast.difference(self.ready.person) {
            for name in &difference.admin_roles {
                if names.iter().all(|(known, _)| known != name) {
                    names.push((name.clone(), self.mapped(TargetAttribute::AdminRoles)));
                }
            }
        }
        names.sort_by(|one, other| one.0.cmp(&other.0));
        names
    }

    fn admin_roles(&self, notes: &mut Notes) {
        let asked = if self.wants(Wanted::AdminRole)
            || self
                .cast
                .difference(self.ready.person)
                .is_some_and(|difference| !difference.admin_roles.is_empty())
        {
            self.asked_admin_roles()
        } else {
            Vec::new()
        };
        let held = self.account().map(|account| account.admin_roles.as_ref());
        for (name, reasons) in &asked {
            let has = match &held {
                None => false,
                Some(Known::Known(roles)) => roles.iter().any(|role| role.name == *name),
                Some(Known::Unknown) => self
                    .given(|held| matches!(held, Entitlement::AdminRole(given) if given == name))
                    .is_some(),
            };
            if !has {
                let action = Action::AddAdminRole {
                    account: self.ready.account_ref(self.cast.scene),
                    name: name.clone(),
                };
                notes.draft(self.ready.draft(self.cast.scene, action, reasons.clone()));
            }
        }
        if let (Some(at), Some(Known::Known(roles))) = (self.ready.account, held) {
            let roles: Vec<String> = roles.iter().map(|role| role.name.clone()).collect();
            self.take_admin_roles(at, roles, &asked, notes);
        }
    }

    fn take_admin_roles(
        &self,
        at: AccountAt,
        held: Vec<String>,
        asked: &[Asked<String>],
        notes: &mut Notes,
    ) {
        if held.is_empty() || !self.cast.scene.trust.admin_role_removals().is_yes() {
            return;
        }
        for name in held {
            let is_it = |held: &Entitlement| matches!(held, Entitlement::AdminRole(given) if *given == name);
            let Some(given) = self.given(is_it) else {
                continue;
            };
            if asked.iter().all(|(asked, _)| *asked != name) {
                let action = Action::RemoveAdminRole {
                    account: self.cast.scene.account(at).id.clone(),
                    name: name.clone(),
                };
                let reasons = vec![Reason::NoLongerAssigned { given }];
                notes.draft(self.ready.draft(self.cast.scene, action, reasons));
            }
        }
    }

    fn asked_license(&self) -> Option<Asked<License>> {
        asked_license(self.cast, self.ready.person).or_else(|| {
            let mapped = self.cast.difference(self.ready.person)?.license.clone()?;
            Some((mapped, self.mapped(TargetAttribute::UserType)))
        })
    }

    fn license(&self, notes: &mut Notes) {
        let Some(account) = self.account() else {
            return;
        };
        let Some((asked, reasons)) = self.asked_license() else {
            self.no_longer_licensed(account, notes);
            return;
        };
        let Some(high) = rank(&asked) else {
            return;
        };
        if scim_user_type(&asked).is_none() {
            let who = self.cast.scene.who(self.ready.person);
            let why = format!("Miro's SCIM API cannot give the licence {asked}");
            notes.skip(
                Step::Roles,
                who,
                why,
                "assign another licence, or give it in Miro",
            );
            return;
        }
        let has = match &account.license {
            Known::Known(License::Unknown) | Known::Unknown => None,
            Known::Known(license) => Some(license),
        };
        match has.and_then(|license| Some((license, rank(license)?))) {
            Some((_, low)) if low == high => {}
            Some((license, low)) if low < high => {
                let license = license.clone();
                self.raise(account, license, asked, reasons, notes);
            }
            Some((license, _)) => lower_by_hand(account, license, &asked, notes),
            None if has.is_some() => {}
            None => {
                let was_sent = |text: &str| rank(&License::from_scim_user_type(text)) >= Some(high);
                if !self.sent(TargetAttribute::UserType).is_some_and(was_sent) {
                    self.raise(account, License::Unknown, asked, reasons, notes);
                }
            }
        }
    }

    fn raise(
        &self,
        account: &Account,
        before: License,
        after: License,
        mut reasons: Vec<Reason>,
        notes: &mut Notes,
    ) {
        let sent = self.sent(TargetAttribute::UserType);
        if before != License::Unknown
            && sent.is_some_and(|sent| License::from_scim_user_type(sent) == after)
        {
            let word = |license: &License| TargetValue::Text(license.as_str().into());
            match self.drifted(
                TargetAttribute::UserType,
                word(&after),
                word(&before),
                notes,
            ) {
                Some(reason) => reasons.push(reason),
                None => return,
            }
        }
        let action = Action::RaiseLicense {
            account: account.id.clone(),
            before,
            after,
        };
        notes.draft(self.ready.draft(self.cast.scene, action, reasons));
    }

    /// A licence that Usher gave and nobody asks for any more: only a person can lower it.
    fn no_longer_licensed(&self, account: &Account, notes: &mut Notes) {
        let Known::Known(license) = &account.license else {
            return;
        };
        if !license.takes_seat() {
            return;
        }
        let is_it =
            |held: &Entitlement| matches!(held, Entitlement::License(given) if given == license);
        if self.given(is_it).is_some() {
            notes.report.manual.push(ManualTask {
                account: account.id.clone(),
                label: account.email.to_string(),
                what: format!("lower the licence {license} in Miro if it is not needed: no assignment asks for it any more"),
                why: ONLY_RISES.to_owned(),
            });
        }
    }
}

const ONLY_RISES: &str = "Miro's SCIM API raises licences and never lowers them";

fn lower_by_hand(account: &Account, has: &License, asked: &License, notes: &mut Notes) {
    notes.report.manual.push(ManualTask {
        account: account.id.clone(),
        label: account.email.to_string(),
        what: format!("lower the licence from {has} to {asked} in Miro"),
        why: ONLY_RISES.to_owned(),
    });
}
