//! Changes while they are being thought of: not numbered, not ordered, and some of them given up again.

use usher_model::{AccountId, PersonId};

use super::ids::{AccountAt, DraftAt, PersonAt, TeamAt};
use super::step::Step;
use crate::{Action, Blocked, Consequence, Reason, Report, Skipped, StepReport, Urgency};

/// A change that is being thought of.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// Whose account it is about.
    pub(crate) person: Option<PersonAt>,
    /// How its subject is named to people.
    pub(crate) label: String,
    pub(crate) action: Action,
    pub(crate) reasons: Vec<Reason>,
    /// Consequences that only the step knows; the others are added at the end.
    pub(crate) consequences: Vec<Consequence>,
    /// Drafts that must have been done before.
    pub(crate) after: Vec<DraftAt>,
    pub(crate) urgency: Urgency,
}

/// Whom a planned change would make more or fewer admins of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Realm {
    /// The organization.
    Organization,
    /// A team.
    Team(TeamAt),
}

/// A change, or several that stand and fall together, after which an account is no active admin any more.
#[derive(Clone, Debug)]
pub(crate) struct Loss {
    pub(crate) realm: Realm,
    pub(crate) account: AccountAt,
    pub(crate) person: Option<PersonAt>,
    /// Given up together, should the realm have no other admin.
    pub(crate) drafts: Vec<DraftAt>,
    /// What is kept first when one of several must stay: lower goes first.
    pub(crate) weight: u8,
}

/// A change after which an account, one that is there or a new one, is an active admin.
#[derive(Clone, Debug)]
pub(crate) struct Gain {
    pub(crate) realm: Realm,
    pub(crate) account: Option<AccountAt>,
    pub(crate) draft: DraftAt,
}

/// What the steps write down: drafts, and the report.
#[derive(Default)]
pub(crate) struct Notes {
    drafts: Vec<Option<Draft>>,
    pub(crate) report: Report,
    pub(crate) losses: Vec<Loss>,
    pub(crate) gains: Vec<Gain>,
}

/// Somebody whom a step looked at: how to name whom in the report.
#[derive(Clone, Debug, Default)]
pub(crate) struct Who {
    pub(crate) person: Option<PersonId>,
    pub(crate) account: Option<AccountId>,
    pub(crate) label: String,
}

impl Who {
    /// Something that is neither a person nor an account: a group, an assignment.
    pub(crate) fn thing(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            ..Self::default()
        }
    }
}

impl Notes {
    /// Runs a step and writes down how much it looked at, changed and skipped.
    pub(crate) fn step(&mut self, step: Step, run: impl FnOnce(&mut Self) -> usize) {
        let drafts = self.alive();
        let skipped = self.report.skipped.len();
        let looked_at = run(self);
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let report = StepReport {
            step: step.name().to_owned(),
            looked_at: count(looked_at),
            changes: count(self.alive().saturating_sub(drafts)),
            skipped: count(self.report.skipped.len().saturating_sub(skipped)),
        };
        self.report.steps.push(report);
    }

    fn alive(&self) -> usize {
        self.drafts.iter().flatten().count()
    }

    /// Writes a draft down.
    pub(crate) fn draft(&mut self, draft: Draft) -> DraftAt {
        self.drafts.push(Some(draft));
        DraftAt::new(self.drafts.len() - 1)
    }

    /// The draft, unless it was given up.
    pub(crate) fn get(&self, at: DraftAt) -> Option<&Draft> {
        self.drafts.get(at.at()).and_then(Option::as_ref)
    }

    /// Lets a draft wait for another.
    pub(crate) fn wait(&mut self, draft: DraftAt, after: DraftAt) {
        if let Some(Some(draft)) = self.drafts.get_mut(draft.at())
            && !draft.after.contains(&after)
        {
            draft.after.push(after);
        }
    }

    /// Gives a draft up.
    pub(crate) fn give_up(&mut self, at: DraftAt) -> Option<Draft> {
        self.drafts.get_mut(at.at())?.take()
    }

    /// All drafts that were not given up.
    pub(crate) fn drafts(&self) -> impl Iterator<Item = (DraftAt, &Draft)> {
        let all = self.drafts.iter().enumerate();
        all.filter_map(|(at, draft)| Some((DraftAt::new(at), draft.as_ref()?)))
    }

    /// How many drafts were ever written.
    pub(crate) fn count(&self) -> usize {
        self.drafts.len()
    }

    /// Takes all drafts out, those given up as `None`.
    pub(crate) fn take_drafts(&mut self) -> Vec<Option<Draft>> {
        std::mem::take(&mut self.drafts)
    }

    /// Writes down that somebody could not be handled.
    pub(crate) fn skip(
        &mut self,
        step: Step,
        who: Who,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.report.skipped.push(Skipped {
            step: step.name().to_owned(),
            person: who.person,
            account: who.account,
            label: who.label,
            why: why.into(),
            remedy: remedy.into(),
        });
    }

    /// Writes down that nothing of some kind is planned.
    pub(crate) fn block(
        &mut self,
        what: impl Into<String>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let blocked = Blocked {
            what: what.into(),
            why: why.into(),
            remedy: remedy.into(),
        };
        if !self.report.blocked.contains(&blocked) {
            self.report.blocked.push(blocked);
        }
    }
}

/// The place of an action in the order of things: ways in first, then ways out, most reversible first.
pub(crate) fn phase(action: &Action) -> u8 {
    use usher_model::{OrganizationRole, TeamRole};
    match action {
        Action::LinkAccount { .. } | Action::LinkTeam { .. } | Action::LinkUserGroup { .. } => 0,
        Action::RenameTeam { .. } | Action::RenameUserGroup { .. } => 1,
        Action::CreateTeam { .. } | Action::CreateUserGroup { .. } => 2,
        Action::CreateAccount { .. } => 3,
        Action::Enable { .. } => 4,
        Action::UpdateAttributes { .. } => 5,
        Action::Rename { .. } => 6,
        Action::SetRole { after, .. } if *after == OrganizationRole::InternalAdmin => 7,
        Action::AddAdminRole { .. } => 7,
        Action::RaiseLicense { .. } => 8,
        Action::AddToTeam { .. } | Action::AddToUserGroup { .. } => 9,
        Action::SetTeamRole { after, .. } if *after == TeamRole::Admin => 10,
        Action::SetTeamRole { .. } | Action::SetRole { .. } | Action::RemoveAdminRole { .. } => 11,
        Action::RemoveFromTeam { .. } | Action::RemoveFromUserGroup { .. } => 12,
        Action::Disable { .. } => 13,
        Action::Delete { .. } | Action::DeleteUserGroup { .. } => 14,
    }
}
