//! What a change causes besides itself, in words.

use usher_plan::{BoardHeir, Consequence};

use crate::output::humanize;

/// A consequence.
pub fn words(consequence: &Consequence) -> String {
    match consequence {
        Consequence::BoardsHandedOver { boards, heir } => boards_handed_over(*boards, heir),
        Consequence::LicenseTaken {
            license,
            seats_left,
        } => {
            let left = seats_left.map_or_else(String::new, |left| format!(", {}", seats(left)));
            format!("takes a {license} licence{left}")
        }
        Consequence::LicenseFreed { license } => format!("frees a {license} licence"),
        Consequence::JoinsDefaultTeam { team } => match team {
            Some(team) => format!("joins the default team {team}"),
            None => "joins the default team".to_owned(),
        },
        other => fixed(other).to_owned(),
    }
}

fn fixed(consequence: &Consequence) -> &'static str {
    match consequence {
        Consequence::Irreversible => {
            "cannot be undone: adding the person again does not give back what was taken"
        }
        Consequence::NoSeatLeft => {
            "no seat is left: Miro refuses, or falls back to Free Restricted"
        }
        Consequence::LicenseByOrganization => "Miro decides which licence the account gets",
        Consequence::Reactivates => "a deactivated or deleted person comes back",
        Consequence::GuestBecomesMember => "a guest becomes a member with a Full licence",
        Consequence::LicenseRaisedToFull => "the licence rises to Full",
        Consequence::MailsOldAndNewAddress => "Miro writes to the old and the new address",
        Consequence::MayLeaveOrganization => {
            "a person who never finished registering and has no other team vanishes from the organization"
        }
        Consequence::OrdinaryLoginRemains => {
            "the person may still sign in with a password unless the organization blocks deactivated users"
        }
        Consequence::NameCut => "the name is cut at 60 characters",
        Consequence::RenamesForEveryone => "the name changes for everybody who uses it",
        _ => "has a further effect",
    }
}

fn boards_handed_over(boards: Option<u64>, heir: &BoardHeir) -> String {
    let boards = boards.map_or_else(
        || "boards".to_owned(),
        |count| humanize::counted(count, "board"),
    );
    match heir {
        BoardHeir::CompanyAdmin => {
            format!("hands {boards} over to the oldest company admin, for good")
        }
        BoardHeir::TeamAdmin { team, candidates } if candidates.is_empty() => {
            format!("hands {boards} over to the oldest admin of {team}, for good")
        }
        BoardHeir::TeamAdmin { team, candidates } => {
            let candidates = candidates.join(" or ");
            format!("hands {boards} over to the oldest admin of {team} ({candidates}), for good")
        }
    }
}

/// How many seats are left.
pub fn seats(left: i64) -> String {
    match u64::try_from(left) {
        Ok(left) => format!("{} left", humanize::counted(left, "seat")),
        Err(_) => format!(
            "{} too many",
            humanize::counted(left.unsigned_abs(), "seat")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boards_name_their_heir_and_how_final_that_is() {
        let heir = BoardHeir::TeamAdmin {
            team: "Design".to_owned(),
            candidates: vec!["bob@example.org".to_owned()],
        };
        let consequence = Consequence::BoardsHandedOver {
            boards: Some(1),
            heir,
        };
        assert_eq!(
            words(&consequence),
            "hands 1 board over to the oldest admin of Design (bob@example.org), for good"
        );
    }

    #[test]
    fn too_few_seats_are_counted_as_too_many_licences() {
        assert_eq!(seats(3), "3 seats left");
        assert_eq!(seats(-2), "2 seats too many");
    }
}
