//! What the state of things does not allow, and what to do about it.

use usher_model::{OrganizationId, PlanId, SourceName, SyncId, Timestamp};
use usher_store::PlanState;

/// What the state of things does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The connector was never activated, or was deactivated.
    #[error("the connector of organization {0} is not active, so nothing is written to Miro")]
    Inactive(OrganizationId),
    /// Cycles are switched off.
    #[error("provisioning of organization {0} is switched off")]
    SwitchedOff(OrganizationId),
    /// The connector is in quarantine.
    #[error("the connector of organization {organization} is in quarantine: {reason}{}", tried_again(*.next_try_at))]
    InQuarantine {
        /// The organization.
        organization: OrganizationId,
        /// Why.
        reason: String,
        /// When it is tried again by itself.
        next_try_at: Option<Timestamp>,
    },
    /// The connector is in no quarantine.
    #[error("the connector of organization {0} is not in quarantine")]
    NotInQuarantine(OrganizationId),
    /// The plan waits for somebody's yes.
    #[error("plan {plan} is held: {why}")]
    NeedsApproval {
        /// The plan.
        plan: PlanId,
        /// Why.
        why: String,
    },
    /// Somebody rejected the plan.
    #[error("plan {plan} was rejected{}", because(.why.as_ref()))]
    Rejected {
        /// The plan.
        plan: PlanId,
        /// Why.
        why: Option<String>,
    },
    /// The plan is over.
    #[error("plan {plan} is {state}")]
    Over {
        /// The plan.
        plan: PlanId,
        /// Its state.
        state: PlanState,
    },
    /// Somebody rejected changes of the plan after it was made or approved.
    #[error("{changes} changes of plan {plan} were rejected since, in this plan or another")]
    RejectedSince {
        /// The plan.
        plan: PlanId,
        /// How many.
        changes: u64,
    },
    /// The plan takes something away, and nobody knows whether the inventory is still right.
    #[error(
        "plan {plan} takes something away, and the inventory was last confirmed at {confirmed_at:.0}, longer ago than {hours} hours"
    )]
    InventoryStale {
        /// The plan.
        plan: PlanId,
        /// When the inventory was last known to be right.
        confirmed_at: Timestamp,
        /// How old it may be.
        hours: u64,
    },
    /// What the plan was made from is other now.
    #[error("since plan {plan} was made, the world has moved in a way that touches it:\n{}", .what.join("\n"))]
    WorldMoved {
        /// The plan.
        plan: PlanId,
        /// What moved, a line each.
        what: Vec<String>,
    },
    /// The organization was never read.
    #[error("organization {0} was never read")]
    NeverRead(OrganizationId),
    /// The organization was read, and what was read is not believed.
    #[error("organization {organization} was read, and is not believed:\n{}", .why.join("\n"))]
    SnapshotSuspect {
        /// The organization.
        organization: OrganizationId,
        /// The synchronization.
        sync: SyncId,
        /// Why, a line each.
        why: Vec<String>,
    },
    /// Nobody, or more than one person, goes by this name.
    #[error("{found} people of the directory match `{text}`")]
    WhichPerson {
        /// What was asked.
        text: String,
        /// How many match.
        found: usize,
    },
    /// The two tokens belong to different organizations.
    #[error("the access token belongs to organization {0}, and the SCIM token to another one")]
    TokensDisagree(OrganizationId),
    /// The source is read, not pushed.
    #[error("source {0} is not one that an identity provider pushes to")]
    NotPushed(SourceName),
}

fn tried_again(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| format!("; it is tried again at {at:.0}"))
}

fn because(why: Option<&String>) -> String {
    why.map_or_else(String::new, |why| format!(": {why}"))
}

impl Refused {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Inactive(_) => "run `usher connector activate`".to_owned(),
            Self::NotPushed(_) => {
                "`usher people source add scim NAME` adds one; `usher people sources` lists all"
                    .to_owned()
            }
            Self::SwitchedOff(_) => "run `usher connector on`".to_owned(),
            Self::InQuarantine { .. } => {
                "remove the cause, then run `usher connector release`".to_owned()
            }
            Self::NotInQuarantine(_) => "`usher connector status` says how it stands".to_owned(),
            Self::NeedsApproval { plan, .. } => {
                format!(
                    "look at it with `usher plan show {plan}`, then run `usher plan approve {plan} --reason ...`"
                )
            }
            Self::Rejected { .. }
            | Self::Over { .. }
            | Self::RejectedSince { .. }
            | Self::WorldMoved { .. } => "make a new plan with `usher plan`".to_owned(),
            Self::InventoryStale { .. } => {
                "run `usher sync`, then make a new plan with `usher plan`".to_owned()
            }
            Self::NeverRead(_) => "run `usher sync`, or `usher cycle --initial`".to_owned(),
            Self::SnapshotSuspect { .. } => {
                "look at `usher syncs`; if what was read is right, run `usher sync --accept`"
                    .to_owned()
            }
            Self::WhichPerson { .. } => {
                "name one by e-mail address or id; `usher people list` lists them".to_owned()
            }
            Self::TokensDisagree(_) => {
                "use the SCIM token of that organization (Settings, Enterprise integrations)"
                    .to_owned()
            }
        }
    }
}
