//! What the changes of a plan mean to the person.

use usher_model::{OrganizationRole, TeamId, TeamRole, UserGroupId};

use super::{Explainer, Fate, Finding};
use crate::{Action, Change, Reason, TeamRef, UserGroupRef};

impl Explainer<'_, '_> {
    /// What a change means: one finding, or one per attribute.
    pub(super) fn of_change(&self, change: &Change) -> Vec<Finding> {
        if let Action::UpdateAttributes { changes, .. } = &change.action {
            return changes
                .iter()
                .map(|attribute| {
                    let word = |value: &Option<crate::TargetValue>| {
                        value
                            .as_ref()
                            .map_or_else(|| "nothing".to_owned(), ToString::to_string)
                    };
                    let thing = format!(
                        "{}: {} → {}",
                        attribute.attribute.label(),
                        word(&attribute.before),
                        word(&attribute.after)
                    );
                    let own = |reason: &&Reason| match reason {
                        Reason::Mapped {
                            attribute: mapped, ..
                        } => *mapped == attribute.attribute,
                        Reason::Drifted { what, .. } => {
                            what.starts_with(attribute.attribute.label())
                        }
                        _ => true,
                    };
                    let reasons: Vec<&Reason> = change.reasons.iter().filter(own).collect();
                    self.finding(thing, Fate::Changes, &reasons, change)
                })
                .collect();
        }
        let (thing, fate) = self.thing(&change.action);
        let reasons: Vec<&Reason> = change.reasons.iter().collect();
        vec![self.finding(thing, fate, &reasons, change)]
    }

    fn finding(&self, thing: String, fate: Fate, reasons: &[&Reason], change: &Change) -> Finding {
        Finding {
            thing,
            fate,
            because: reasons.iter().map(ToString::to_string).collect(),
            causes: change
                .consequences
                .iter()
                .map(ToString::to_string)
                .collect(),
            unless: self.unless_all(reasons.iter().copied()),
        }
    }

    fn thing(&self, action: &Action) -> (String, Fate) {
        match action {
            Action::CreateAccount { .. } => ("an account".to_owned(), Fate::Gets),
            Action::LinkAccount { account, .. } => {
                (format!("the tie to account {account}"), Fate::Gets)
            }
            Action::Rename { before, after, .. } => {
                (format!("the address: {before} → {after}"), Fate::Changes)
            }
            Action::Enable { .. } => ("an active account".to_owned(), Fate::Gets),
            Action::Disable { .. } => ("an active account".to_owned(), Fate::Loses),
            Action::Delete { .. } => ("the account".to_owned(), Fate::Loses),
            Action::SetRole { after, .. } if *after == OrganizationRole::InternalAdmin => {
                (super::account::COMPANY_ADMIN.to_owned(), Fate::Gets)
            }
            Action::SetRole { .. } => (super::account::COMPANY_ADMIN.to_owned(), Fate::Loses),
            Action::AddAdminRole { name, .. } => (admin_role(name), Fate::Gets),
            Action::RemoveAdminRole { name, .. } => (admin_role(name), Fate::Loses),
            Action::RaiseLicense { after, .. } => (format!("the licence {after}"), Fate::Gets),
            Action::AddToTeam { team, .. } => (self.team_ref(team), Fate::Gets),
            Action::RemoveFromTeam { team, .. } => (self.team(team), Fate::Loses),
            Action::SetTeamRole { team, after, .. } => {
                let fate = if *after == TeamRole::Admin {
                    Fate::Gets
                } else {
                    Fate::Loses
                };
                (admin_of(&self.team_ref(team)), fate)
            }
            Action::AddToUserGroup { user_group, .. } => match user_group {
                UserGroupRef::Existing(id) => (self.user_group(id), Fate::Gets),
                UserGroupRef::New(name) => (format!("user group {name}"), Fate::Gets),
            },
            Action::RemoveFromUserGroup { user_group, .. } => {
                (self.user_group(user_group), Fate::Loses)
            }
            other => (other.kind().words().to_owned(), Fate::Changes),
        }
    }

    fn team_ref(&self, team: &TeamRef) -> String {
        match team {
            TeamRef::Existing(id) => self.team(id),
            TeamRef::New(name) => format!("team {name}"),
        }
    }

    fn team(&self, id: &TeamId) -> String {
        let known = self.scene.index.teams.get(id);
        let name = known.map_or(id.as_str(), |at| self.scene.team(*at).name.as_str());
        format!("team {name}")
    }

    fn user_group(&self, id: &UserGroupId) -> String {
        let known = self.scene.index.user_groups.get(id);
        let name = known.map_or(id.as_str(), |at| self.scene.user_group(*at).name.as_str());
        format!("user group {name}")
    }
}

/// An admin role, in words.
pub(super) fn admin_role(name: &str) -> String {
    format!("the admin role {name}")
}

/// Being admin of a team, in words.
pub(super) fn admin_of(team: &str) -> String {
    format!("admin of {team}")
}
