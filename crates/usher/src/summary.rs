//! An organization at a glance, as people like to read it.

use std::fmt::Write as _;

use usher_model::{Known, License};
use usher_store::{Summary, TeamRow};

use crate::output::{humanize, style};

/// The lines of the summary.
pub fn lines(summary: &Summary, biggest: &[TeamRow]) -> Vec<String> {
    let mut lines = vec![style::heading(&title(summary)), String::new()];
    let mut fact = |name: &str, text: String| lines.push(format!("  {name:<16} {text}"));
    fact("accounts", accounts(summary));
    fact("seats", seats(summary));
    fact("admins", admins(summary));
    fact("guests", humanize::count(summary.guests));
    fact("idle 90 days", idle(summary));
    fact("could be freed", freeable(summary));
    fact("empty teams", humanize::count(summary.empty_teams));
    if summary.teams_without_admin > 0 {
        fact(
            "without admin",
            humanize::counted(summary.teams_without_admin, "team"),
        );
    }
    fact("licences", licenses(summary));
    if !biggest.is_empty() {
        fact("biggest teams", teams(biggest));
    }
    lines
}

fn title(summary: &Summary) -> String {
    let name = match &summary.organization.name {
        Known::Known(name) => name.clone(),
        Known::Unknown => format!("organization {}", summary.organization.id),
    };
    format!(
        "{name}: {} in {} with {}",
        humanize::counted(summary.accounts, "account"),
        humanize::counted(summary.teams, "team"),
        humanize::counted(summary.grants, "grant"),
    )
}

fn accounts(summary: &Summary) -> String {
    format!(
        "{} active, {} deactivated",
        humanize::count(summary.active),
        humanize::count(summary.deactivated)
    )
}

fn seats(summary: &Summary) -> String {
    let taken = humanize::count(summary.seats_taken);
    match summary.organization.full_licenses_purchased {
        Known::Known(bought) if bought > 0 => {
            // Rounded down: all but one used is not all used.
            let share = summary.seats_taken * 100 / u64::from(bought);
            let bought = humanize::count(u64::from(bought));
            format!("{taken} of {bought} bought are used ({share} %)")
        }
        _ => format!("{taken} used"),
    }
}

fn admins(summary: &Summary) -> String {
    let company = humanize::counted(summary.company_admins, "company admin");
    match summary.other_admins {
        0 => company,
        other => format!(
            "{company}, {} with another admin role",
            humanize::count(other)
        ),
    }
}

fn idle(summary: &Summary) -> String {
    let mut text = format!(
        "{}, and {} never active",
        humanize::counted(summary.idle, "account"),
        humanize::count(summary.never_active)
    );
    if summary.unknown_activity > 0 {
        let _ = write!(
            text,
            "; {} unknown",
            humanize::count(summary.unknown_activity)
        );
    }
    text
}

fn freeable(summary: &Summary) -> String {
    match summary.seats_freeable {
        0 => "no licence".to_owned(),
        seats => format!(
            "{} held by people who are idle or never came",
            humanize::counted(seats, "licence")
        ),
    }
}

fn licenses(summary: &Summary) -> String {
    let part = |license: &License, accounts| format!("{license} {}", humanize::count(accounts));
    let parts: Vec<String> = summary
        .licenses
        .iter()
        .map(|count| part(&count.license, count.accounts))
        .collect();
    parts.join(", ")
}

fn teams(biggest: &[TeamRow]) -> String {
    let parts: Vec<String> = biggest
        .iter()
        .map(|row| format!("{} {}", row.team.name, humanize::count(row.members)))
        .collect();
    parts.join(", ")
}
