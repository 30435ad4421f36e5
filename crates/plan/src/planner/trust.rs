//! Whether the inventory can be believed, and for what.

use usher_model::{Completeness, Coverage, GroupModel, Seen, TeamId, Timestamp};

use super::drafts::Notes;
use crate::{Inventory, Settings};

/// What the inventory is good for.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    /// Whether anything can be planned at all.
    pub(crate) base: Base,
    /// Whether something may be taken away from somebody.
    pub(crate) removals: Allowed,
    /// What the tokens could see.
    pub(crate) coverage: Coverage,
    /// What a SCIM Group means, if known.
    pub(crate) model: Option<GroupModel>,
    /// The team that nobody manages, if known.
    pub(crate) default_team: Option<TeamId>,
}

/// Whether there is something to plan on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// There is.
    Firm,
    /// There is not: the organization was never read, or what was read is not believed.
    None,
}

/// Whether something may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// It may.
    Yes,
    /// It may not.
    No,
}

impl Allowed {
    pub(crate) fn is_yes(self) -> bool {
        self == Self::Yes
    }
}

impl From<bool> for Allowed {
    fn from(allowed: bool) -> Self {
        if allowed { Self::Yes } else { Self::No }
    }
}

impl Trust {
    /// Weighs the inventory. What must not be planned because of it is written down.
    pub(crate) fn weigh(
        inventory: &Inventory,
        settings: &Settings,
        now: Timestamp,
        notes: &mut Notes,
    ) -> Self {
        let facts = inventory.snapshot.as_ref();
        let coverage = facts.map(|facts| facts.coverage).unwrap_or_default();
        let mut trust = Self {
            base: Base::Firm,
            removals: Allowed::Yes,
            coverage,
            model: inventory.group_model.known(),
            default_team: inventory
                .default_team
                .as_ref()
                .known()
                .or(settings.default_team.as_ref())
                .cloned(),
        };
        let Some(facts) = facts else {
            trust.refuse(notes, "the organization was never read", "run `usher sync`");
            return trust;
        };
        if let Completeness::Suspect { reasons } = &facts.verdict {
            let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
            let why = format!("the last reading is not believed: {}", reasons.join("; "));
            trust.refuse(
                notes,
                &why,
                "run `usher sync` again, or accept the reading if it is right",
            );
            return trust;
        }
        trust.weigh_age(facts.confirmed_at, settings, now, notes);
        trust.weigh_coverage(notes);
        trust
    }

    fn refuse(&mut self, notes: &mut Notes, why: &str, remedy: &str) {
        self.base = Base::None;
        self.removals = Allowed::No;
        notes.block("everything", why, remedy);
    }

    fn weigh_age(
        &mut self,
        confirmed_at: Timestamp,
        settings: &Settings,
        now: Timestamp,
        notes: &mut Notes,
    ) {
        if is_fresh(confirmed_at, settings, now) {
            return;
        }
        self.removals = Allowed::No;
        let why = format!(
            "the inventory was last confirmed at {confirmed_at}, longer ago than {} hours",
            settings.guards.max_inventory_age.as_secs() / 3600
        );
        notes.block("removals", why, "run `usher sync`");
    }

    fn weigh_coverage(&self, notes: &mut Notes) {
        let hidden = [
            (self.coverage.teams, "removals from teams", "teams"),
            (
                self.coverage.admin_roles,
                "removals of admin roles",
                "admin roles",
            ),
        ];
        for (seen, what, hidden) in hidden {
            if seen == Seen::No {
                let why = format!("the tokens in use do not show {hidden}");
                notes.block(what, why, "use a token that shows them, see `usher doctor`");
            }
        }
    }

    /// Whether somebody may be taken out of a team.
    pub(crate) fn team_removals(&self) -> Allowed {
        let seen = self.removals.is_yes() && self.coverage.teams.is_seen();
        (seen && self.model.is_some()).into()
    }

    /// Whether somebody may be taken out of a user group.
    pub(crate) fn user_group_removals(&self) -> Allowed {
        let seen = self.removals.is_yes() && self.coverage.user_groups.is_seen();
        (seen && self.model.is_some()).into()
    }

    /// Whether an admin role may be taken away.
    pub(crate) fn admin_role_removals(&self) -> Allowed {
        (self.removals.is_yes() && self.coverage.admin_roles.is_seen()).into()
    }
}

/// Whether an inventory confirmed then is young enough to take something away on its word.
pub fn is_fresh(confirmed_at: Timestamp, settings: &Settings, now: Timestamp) -> bool {
    let age = now.duration_since(confirmed_at);
    let limit = jiff::SignedDuration::try_from(settings.guards.max_inventory_age)
        .unwrap_or(jiff::SignedDuration::MAX);
    age <= limit
}
