//! Reasons and consequences in words for people.

use std::fmt;

use crate::{BoardHeir, Consequence, Reason};

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assigned {
                origin, gives, via, ..
            } => {
                write!(f, "assigned {gives} ({origin})")?;
                if !via.is_empty() {
                    write!(f, " through {}", via.join(" › "))?;
                }
                Ok(())
            }
            Self::EveryoneInScope => f.write_str("everybody in the directory is in scope"),
            Self::PassedFilter { filter } => write!(f, "passes the filter `{filter}`"),
            Self::LeftScope { why } => write!(f, "not in scope: {why}"),
            Self::PersonDisabled => f.write_str("the directory has disabled the person"),
            Self::PersonGone => f.write_str("no source knows the person any more"),
            Self::Mapped { attribute, from } => {
                write!(f, "{} is mapped: {from}", attribute.label())
            }
            Self::Drifted { what, by: None } => write!(f, "changed by hand: {what}"),
            Self::Drifted { what, by: Some(by) } => write!(f, "changed by hand by {by}: {what}"),
            Self::Held { origin, reason, .. } => write!(f, "held ({origin}): {reason}"),
            Self::NoLongerAssigned { given } => {
                write!(
                    f,
                    "no assignment gives it any more; Usher gave it at {given}"
                )
            }
            Self::GraceOver { disabled, days } => {
                write!(f, "disabled at {disabled}, more than {days} days ago")
            }
            Self::GroupPushed { name, .. } => write!(f, "the group {name} is assigned"),
            Self::GroupGone { .. } => f.write_str("the directory group is gone"),
            Self::Unmanaged => f.write_str("nobody in the directory stands behind the account"),
            Self::ExtraMember => f.write_str("nobody assigned the membership"),
            Self::NeededBy { what } => write!(f, "needed: {what}"),
        }
    }
}

impl fmt::Display for BoardHeir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TeamAdmin { team, candidates } => {
                write!(
                    f,
                    "the oldest admin of team {team} ({})",
                    candidates.join(" or ")
                )
            }
            Self::CompanyAdmin => f.write_str("the oldest admin of the team or the organization"),
        }
    }
}

impl fmt::Display for Consequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BoardsHandedOver {
                boards: Some(boards),
                heir,
            } => write!(f, "hands {boards} boards over to {heir}"),
            Self::BoardsHandedOver { boards: None, heir } => {
                write!(f, "hands the boards there over to {heir}")
            }
            Self::Irreversible => f.write_str("cannot be undone"),
            Self::LicenseTaken {
                license,
                seats_left: Some(left),
            } => write!(f, "takes a {license} licence, {left} left"),
            Self::LicenseTaken {
                license,
                seats_left: None,
            } => write!(f, "takes a {license} licence"),
            Self::LicenseFreed { license } => write!(f, "frees a {license} licence"),
            Self::NoSeatLeft => f.write_str("no seat is left: Miro refuses it or gives Free Restricted"),
            Self::LicenseByOrganization => f.write_str("Miro decides which licence it gets"),
            Self::Reactivates => f.write_str("brings a deactivated or deleted person back"),
            Self::GuestBecomesMember => f.write_str("makes a guest a member with a Full licence"),
            Self::LicenseRaisedToFull => f.write_str("raises the licence to Full"),
            Self::JoinsDefaultTeam { team: Some(team) } => write!(f, "joins the default team {team}"),
            Self::JoinsDefaultTeam { team: None } => f.write_str("joins the default team"),
            Self::MailsOldAndNewAddress => f.write_str("Miro writes to the old and the new address"),
            Self::MayLeaveOrganization => {
                f.write_str("who never finished registering leaves the organization with it")
            }
            Self::OrdinaryLoginRemains => f.write_str(
                "may still sign in with a password unless the organization blocks deactivated users",
            ),
            Self::NameCut => f.write_str("the name is cut at 60 characters"),
            Self::RenamesForEveryone => f.write_str("everybody in it sees the new name"),
        }
    }
}
