//! Accounts that are switched off: of people who leave, and those that a hold keeps disabled.

use std::collections::HashSet;

use usher_model::{AccountStatus, HoldKind, OrganizationRole, Timestamp};

use super::drafts::{Draft, Loss, Notes, Realm};
use super::ids::{AccountAt, DraftAt, PersonAt, TeamAt};
use super::index::{Seat, is_active, is_internal};
use super::linking::{Tie, Ties};
use super::scene::Scene;
use super::standing::Standing;
use super::step::Step;
use crate::{AccountRef, Action, LeaveAction, Reason, Urgency};

/// What the leavers' accounts come to.
#[derive(Default)]
pub(crate) struct Leaving {
    /// Accounts that are disabled.
    pub(crate) disabled: HashSet<AccountAt>,
    /// Accounts that are deleted, and by which change.
    pub(crate) deleted: std::collections::HashMap<AccountAt, DraftAt>,
    /// Who is taken out of which team.
    pub(crate) removed: HashSet<(AccountAt, TeamAt)>,
    /// How many were looked at.
    pub(crate) looked_at: usize,
}

/// Why nothing may be done with an account.
pub(crate) fn untouchable(
    scene: &Scene<'_>,
    person: Option<PersonAt>,
    account: AccountAt,
) -> Option<(String, &'static str)> {
    if scene.index.is_protected(account) {
        let why = "the account is protected".to_owned();
        return Some((why, "take it off `guards.protected` if it is to be managed"));
    }
    if let Some(hold) = scene.index.hold(person, Some(account))
        && hold.kind == HoldKind::LeaveAlone
    {
        let why = format!(
            "a hold says to leave it alone ({}): {}",
            hold.origin, hold.reason
        );
        return Some((why, "release the hold if the account is to be managed"));
    }
    if !is_internal(scene.account(account)) {
        let why =
            "the account is a guest or external user, and Miro's SCIM API does not know those"
                .to_owned();
        return Some((
            why,
            "change it in Miro: invite the person as a member, or remove the guest",
        ));
    }
    None
}

/// Handles the accounts of people who are not, or no longer, in scope.
pub(crate) fn leave(
    scene: &Scene<'_>,
    standings: &[Standing],
    ties: &Ties,
    notes: &mut Notes,
) -> Leaving {
    let mut leaving = Leaving::default();
    for at in &scene.index.people_in_order {
        let (Standing::Leaves(reason), Tie::Linked(account)) = (&standings[at.at()], ties.of(*at))
        else {
            continue;
        };
        leaving.looked_at += 1;
        Leaver {
            scene,
            person: *at,
            account,
            reason,
        }
        .leave(&mut leaving, notes);
    }
    leaving
}

struct Leaver<'s, 'a> {
    scene: &'s Scene<'a>,
    person: PersonAt,
    account: AccountAt,
    reason: &'s Reason,
}

impl Leaver<'_, '_> {
    fn leave(&self, leaving: &mut Leaving, notes: &mut Notes) {
        let scene = self.scene;
        let is_active = is_active(scene.account(self.account));
        let stays = match scene.settings.deprovision.leave {
            LeaveAction::Disable => false,
            LeaveAction::SkipOutOfScope => matches!(self.reason, Reason::LeftScope { .. }),
            LeaveAction::Report => true,
        };
        if stays {
            if is_active {
                let why = format!("{}; the settings leave the account as it is", self.words());
                self.skip(
                    notes,
                    &why,
                    "set `deprovision.leave = \"disable\"` to have it disabled",
                );
            }
            return;
        }
        if let Some((why, remedy)) = untouchable(scene, Some(self.person), self.account) {
            if is_active {
                self.skip(notes, &format!("{}, but {why}", self.words()), remedy);
            }
            return;
        }
        if is_active {
            self.disable(leaving, notes);
        } else {
            self.after_grace(leaving, notes);
        }
    }

    fn words(&self) -> String {
        match self.reason {
            Reason::PersonDisabled => "the directory has disabled the person".to_owned(),
            Reason::PersonGone => "no source knows the person any more".to_owned(),
            Reason::LeftScope { why } => format!("the person is not in scope ({why})"),
            _ => "the person leaves".to_owned(),
        }
    }

    fn skip(&self, notes: &mut Notes, why: &str, remedy: &str) {
        let who = self.scene.whose(Some(self.person), self.account);
        notes.skip(Step::Leavers, who, why, remedy);
    }

    fn disable(&self, leaving: &mut Leaving, notes: &mut Notes) {
        let mut reasons = vec![self.reason.clone()];
        reasons.extend(held_reason(self.scene, Some(self.person), self.account));
        if disable(self.scene, Some(self.person), self.account, reasons, notes) {
            leaving.disabled.insert(self.account);
        }
    }

    /// What follows for a disabled account, if somebody opted in.
    fn after_grace(&self, leaving: &mut Leaving, notes: &mut Notes) {
        let scene = self.scene;
        let policy = &scene.settings.deprovision;
        let link = scene.index.links.of_person[self.person.at()];
        let Some(disabled) = link.and_then(|link| link.disabled_at) else {
            return;
        };
        let due = |days: Option<u32>| days.filter(|days| is_over(disabled, *days, scene.now));
        let is_held = scene
            .index
            .hold(Some(self.person), Some(self.account))
            .is_some();
        if is_held || !scene.trust.removals.is_yes() {
            return;
        }
        if let Some(days) = due(policy.delete_after_days)
            && scene.settings.user_actions.delete.is_on()
        {
            self.delete(Reason::GraceOver { disabled, days }, leaving, notes);
        } else if let Some(days) = due(policy.remove_from_teams_after_days) {
            self.remove_from_teams(&Reason::GraceOver { disabled, days }, leaving, notes);
        }
    }

    fn delete(&self, grace: Reason, leaving: &mut Leaving, notes: &mut Notes) {
        let account = self.scene.account(self.account);
        let draft = notes.draft(Draft {
            person: Some(self.person),
            label: account.email.to_string(),
            action: Action::Delete {
                account: account.id.clone(),
            },
            reasons: vec![self.reason.clone(), grace],
            consequences: Vec::new(),
            after: Vec::new(),
            urgency: Urgency::Normal,
        });
        leaving.deleted.insert(self.account, draft);
    }

    fn remove_from_teams(&self, grace: &Reason, leaving: &mut Leaving, notes: &mut Notes) {
        let scene = self.scene;
        if !scene.trust.team_removals().is_yes() || !scene.settings.group_actions.update.is_on() {
            return;
        }
        let Some(default_team) = scene.default_team else {
            let why =
                "nobody knows which team is the default team, which nobody may be taken out of";
            notes.block(
                "removals of disabled people from their teams",
                why,
                "set `default_team`",
            );
            return;
        };
        for (team, _) in scene.index.teams_of.of(self.account.at()) {
            if *team == default_team {
                continue;
            }
            let account = scene.account(self.account);
            notes.draft(Draft {
                person: Some(self.person),
                label: account.email.to_string(),
                action: Action::RemoveFromTeam {
                    account: account.id.clone(),
                    team: scene.team(*team).id.clone(),
                },
                reasons: vec![self.reason.clone(), grace.clone()],
                consequences: Vec::new(),
                after: Vec::new(),
                urgency: Urgency::Normal,
            });
            leaving.removed.insert((self.account, *team));
        }
    }
}

/// Whether so many days have passed since.
pub(crate) fn is_over(since: Timestamp, days: u32, now: Timestamp) -> bool {
    let span = jiff::SignedDuration::from_hours(i64::from(days) * 24);
    since.checked_add(span).is_ok_and(|end| end <= now)
}

fn held_reason(scene: &Scene<'_>, person: Option<PersonAt>, account: AccountAt) -> Option<Reason> {
    let hold = scene.index.hold(person, Some(account))?;
    (hold.kind == HoldKind::KeepDisabled).then(|| Reason::Held {
        hold: hold.id.clone(),
        origin: hold.origin.clone(),
        reason: hold.reason.clone(),
    })
}

/// Disables the accounts that holds keep disabled. Returns how many holds it looked at.
pub(crate) fn hold(
    scene: &Scene<'_>,
    ties: &Ties,
    leaving: &mut Leaving,
    notes: &mut Notes,
) -> usize {
    let mut held = scene.index.held_accounts();
    for at in &scene.index.people_in_order {
        if let Tie::Found(account, _) = ties.of(*at)
            && scene.index.hold(Some(*at), Some(account)).is_some()
        {
            held.push(account);
        }
    }
    held.sort_by_key(|at| &scene.account(*at).id);
    held.dedup();
    for account in &held {
        let person = ties.person(*account);
        let Some(reason) = held_reason(scene, person, *account) else {
            continue;
        };
        let is_done = leaving.disabled.contains(account)
            || leaving.deleted.contains_key(account)
            || scene.account(*account).status == AccountStatus::Deactivated;
        if is_done {
            continue;
        }
        if let Some((why, remedy)) = untouchable(scene, person, *account) {
            let who = scene.whose(person, *account);
            notes.skip(
                Step::Holds,
                who,
                format!("a hold keeps it disabled, but {why}"),
                remedy,
            );
            continue;
        }
        if disable(scene, person, *account, vec![reason], notes) {
            leaving.disabled.insert(*account);
        }
    }
    held.len()
}

/// Disables accounts of people in scope whom the mapping makes inactive.
pub(crate) fn disable_mapped(
    scene: &Scene<'_>,
    person: PersonAt,
    account: AccountAt,
    notes: &mut Notes,
) -> bool {
    let attribute = crate::TargetAttribute::Active;
    let from = scene.rules.mapping.source_words(attribute);
    let reason = Reason::Mapped {
        attribute,
        from: from.unwrap_or_default().to_owned(),
    };
    disable(scene, Some(person), account, vec![reason], notes)
}

/// Disables an account, after demoting a company admin. Says whether it could.
pub(crate) fn disable(
    scene: &Scene<'_>,
    person: Option<PersonAt>,
    at: AccountAt,
    reasons: Vec<Reason>,
    notes: &mut Notes,
) -> bool {
    if !scene.trust.removals.is_yes() {
        return false;
    }
    let account = scene.account(at);
    if !scene.settings.user_actions.update.is_on() {
        let who = scene.whose(person, at);
        let why = "the account should be disabled, but the settings let no account be updated";
        notes.skip(
            Step::Leavers,
            who,
            why,
            "set `user_actions.update = \"on\"`",
        );
        return false;
    }
    let draft = |action, reasons, after| Draft {
        person,
        label: account.email.to_string(),
        action,
        reasons,
        consequences: Vec::new(),
        after,
        urgency: Urgency::Urgent,
    };
    let mut unit = Vec::new();
    let is_admin = account.role.as_ref().known() == Some(&OrganizationRole::InternalAdmin);
    if is_admin {
        let mut why = reasons.clone();
        why.push(Reason::NeededBy {
            what: "Miro deactivates no company admin".to_owned(),
        });
        let action = Action::SetRole {
            account: AccountRef::Existing(account.id.clone()),
            before: Some(OrganizationRole::InternalAdmin),
            after: OrganizationRole::InternalUser,
        };
        unit.push(notes.draft(draft(action, why, Vec::new())));
    }
    let action = Action::Disable {
        account: account.id.clone(),
    };
    let after = unit.clone();
    unit.push(notes.draft(draft(action, reasons, after)));
    lose(scene, person, at, &unit, 3, notes);
    true
}

/// Writes down that an account will be no active admin any more, of nothing.
fn lose(
    scene: &Scene<'_>,
    person: Option<PersonAt>,
    at: AccountAt,
    unit: &[DraftAt],
    weight: u8,
    notes: &mut Notes,
) {
    let account = scene.account(at);
    let mut realms = Vec::new();
    if account.role.as_ref().known() == Some(&OrganizationRole::InternalAdmin) {
        realms.push(Realm::Organization);
    }
    let led = scene.index.teams_of.of(at.at()).iter();
    realms.extend(
        led.filter(|(_, seat)| *seat == Seat::Admin)
            .map(|(team, _)| Realm::Team(*team)),
    );
    for realm in realms {
        notes.losses.push(Loss {
            realm,
            account: at,
            person,
            drafts: unit.to_vec(),
            weight,
        });
    }
}
