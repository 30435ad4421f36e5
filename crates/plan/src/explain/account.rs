//! What the person has, and why.

use usher_model::{AssignmentTarget, Entitlement, OrganizationRole, ProvisionedGrant};

use super::changes::{admin_of, admin_role};
use super::{ExplainedAccount, Explainer, Fate, Finding};
use crate::Reason;
use crate::planner::assigned::Wanted;
use crate::planner::ids::{AccountAt, SlotAt, TeamAt};
use crate::planner::index::{Seat, is_active};
use crate::planner::linking::Tie;
use crate::planner::slots::Slot;
use crate::planner::standing::Standing;

/// Being company admin, in words.
pub(super) const COMPANY_ADMIN: &str = "the role of a company admin";

impl Explainer<'_, '_> {
    pub(super) fn account(&self) -> Option<ExplainedAccount> {
        let at = self.tie().account()?;
        let account = self.scene.account(at);
        let tie = match self.tie() {
            Tie::Found(_, by) => format!("found by {}; the tie is yet to be made", by.label()),
            _ => {
                let link = self.scene.index.links.of_person[self.at.at()]?;
                format!("{} at {}", link.how.as_str(), link.since)
            }
        };
        Some(ExplainedAccount {
            id: account.id.clone(),
            email: account.email.to_string(),
            status: account.status,
            tie,
        })
    }

    /// What the account holds now.
    pub(super) fn held(&self) -> Vec<Finding> {
        let Some(at) = self.tie().account() else {
            return Vec::new();
        };
        let mut findings = Vec::new();
        if is_active(self.scene.account(at)) {
            let reasons = self.found.assigned.reasons(self.scene, self.at, |_| true);
            findings.push(Finding {
                thing: "an active account".to_owned(),
                fate: Fate::Has,
                because: reasons.iter().map(ToString::to_string).collect(),
                causes: Vec::new(),
                unless: self.unless_all(&reasons),
            });
        }
        self.roles(at, &mut findings);
        self.teams(at, &mut findings);
        self.user_groups(at, &mut findings);
        findings
    }

    fn roles(&self, at: AccountAt, findings: &mut Vec<Finding>) {
        let account = self.scene.account(at);
        let reasons = |wanted: Wanted| {
            self.found
                .assigned
                .reasons(self.scene, self.at, |other| other == wanted)
        };
        if account.role.as_ref().known() == Some(&OrganizationRole::InternalAdmin) {
            let given =
                |held: &Entitlement| *held == Entitlement::Role(OrganizationRole::InternalAdmin);
            findings.push(self.has(COMPANY_ADMIN.to_owned(), &reasons(Wanted::Role), given, at));
        }
        for role in account.admin_roles.as_ref().known().into_iter().flatten() {
            let asked = self.found.assigned.reasons_for(self.scene, self.at, |target| {
                matches!(target, AssignmentTarget::AdminRole { name } if *name == role.name)
            });
            let given = |held: &Entitlement| matches!(held, Entitlement::AdminRole(name) if *name == role.name);
            findings.push(self.has(admin_role(&role.name), &asked, given, at));
        }
        if let Some(license) = account.license.as_ref().known() {
            let given = |held: &Entitlement| matches!(held, Entitlement::License(given) if given == license);
            let thing = format!("the licence {license}");
            findings.push(self.has(thing, &reasons(Wanted::License), given, at));
        }
    }

    fn teams(&self, at: AccountAt, findings: &mut Vec<Finding>) {
        for (team, seat) in self.scene.index.teams_of.of(at.at()) {
            let thing = format!("team {}", self.scene.team(*team).name);
            if self.scene.default_team == Some(*team) {
                findings.push(Finding {
                    thing,
                    fate: Fate::Has,
                    because: vec!["every account joins the default team".to_owned()],
                    causes: Vec::new(),
                    unless: Vec::new(),
                });
                continue;
            }
            let id = &self.scene.team(*team).id;
            let given =
                |held: &Entitlement| matches!(held, Entitlement::Team { team, .. } if team == id);
            let slots = self.slots(|slot| matches!(slot, Slot::Team(other) if other == team));
            let asked = self.wanted(&slots, Wanted::In);
            findings.push(self.has(thing.clone(), &asked, given, at));
            if *seat == Seat::Admin {
                findings.push(self.leads(&thing, *team, &slots, at));
            }
        }
    }

    fn leads(&self, thing: &str, team: TeamAt, slots: &[SlotAt], at: AccountAt) -> Finding {
        let admin = Entitlement::Team {
            team: self.scene.team(team).id.clone(),
            role: usher_model::TeamRole::Admin,
        };
        let asked = self.wanted(slots, Wanted::Leads);
        self.has(admin_of(thing), &asked, |held| *held == admin, at)
    }

    fn user_groups(&self, at: AccountAt, findings: &mut Vec<Finding>) {
        for group in self.scene.index.user_groups_of.of(at.at()) {
            let known = self.scene.user_group(*group);
            let given =
                |held: &Entitlement| matches!(held, Entitlement::UserGroup(id) if *id == known.id);
            let slots = self.slots(|slot| matches!(slot, Slot::UserGroup(other) if other == group));
            let asked = self.wanted(&slots, Wanted::In);
            findings.push(self.has(format!("user group {}", known.name), &asked, given, at));
        }
    }

    /// The slots that the person wants and that pass a test.
    fn slots(&self, passes: impl Fn(&Slot) -> bool) -> Vec<SlotAt> {
        let wants = self.found.assigned.wants(self.at).iter();
        let mut slots: Vec<SlotAt> = wants
            .filter_map(|(wanted, _)| match wanted {
                Wanted::In(slot) => Some(*slot),
                _ => None,
            })
            .filter(|slot| passes(self.found.slots.get(*slot)))
            .collect();
        slots.dedup();
        slots
    }

    fn wanted(&self, slots: &[SlotAt], wanted: impl Fn(SlotAt) -> Wanted) -> Vec<Reason> {
        let assigned = &self.found.assigned;
        assigned.reasons(self.scene, self.at, |other| {
            slots.iter().any(|slot| wanted(*slot) == other)
        })
    }

    /// Something the person has: because it is assigned, because Usher gave it, or from before.
    fn has(
        &self,
        thing: String,
        reasons: &[Reason],
        is_it: impl Fn(&Entitlement) -> bool,
        at: AccountAt,
    ) -> Finding {
        let mut because: Vec<String> = reasons.iter().map(ToString::to_string).collect();
        let mut unless = self.unless_all(reasons);
        let rows = self.scene.index.given_to.of(at.at()).iter();
        let given: Option<&ProvisionedGrant> = rows
            .filter_map(|row| self.scene.desired.provisioned.get(*row as usize))
            .find(|given| is_it(&given.entitlement));
        if let Some(given) = given {
            because.push(format!("Usher gave it at {}", given.since));
            if reasons.is_empty() && self.found.standings[self.at.at()] != Standing::In {
                because.push("whoever leaves is disabled and keeps it, for a return".to_owned());
            }
        } else if reasons.is_empty() {
            because.push(
                "it was there before Usher, or somebody gave it in Miro: Usher leaves it"
                    .to_owned(),
            );
            unless.push("take it away in Miro".to_owned());
        } else {
            because.push(
                "Usher did not give it, so it stays when no assignment gives it any more"
                    .to_owned(),
            );
        }
        Finding {
            thing,
            fate: Fate::Has,
            because,
            causes: Vec::new(),
            unless,
        }
    }
}
