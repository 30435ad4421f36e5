//! The keys, declared once.

use usher_model::{AccountId, Email, TeamId};
use usher_plan::{ProtectedAccount, Settings};

use super::Key;
use super::form::{days, days_text, number, percent, source_from_text, source_text, word, worded};
use crate::config::value::{Period, SettingValue};

/// A key whose value is one of some words.
macro_rules! words {
    ($name:literal, $help:literal, [$first:literal $(, $word:literal)*], $($field:ident).+) => {
        Key {
            name: $name,
            help: $help,
            form: concat!($first $(, " | ", $word)*),
            get: |settings| worded(&settings.$($field).+),
            set: |settings, text| {
                settings.$($field).+ = word(text, &[$first $(, $word)*])?;
                Ok(())
            },
        }
    };
}

/// A key with a parser and a printer.
macro_rules! key {
    ($name:literal, $help:literal, $form:literal, $($field:ident).+, $parse:expr, $print:expr) => {
        Key {
            name: $name,
            help: $help,
            form: $form,
            get: |settings| $print(&settings.$($field).+),
            set: |settings, text| {
                settings.$($field).+ = $parse(text)?;
                Ok(())
            },
        }
    };
}

/// Every key, in the order of the document.
pub const KEYS: &[Key] = &[
    words!(
        "scope.mode",
        "who is considered: people with an assignment, or everybody in the directory",
        ["assigned", "everyone"],
        scope.mode
    ),
    words!(
        "group_mapping.push",
        "whether groups assigned to the application become teams or user groups",
        ["on", "off"],
        group_mapping.push
    ),
    key!(
        "group_mapping.name",
        "what such a team or user group is called",
        "displayName | constant:TEXT | expression:TEXT",
        group_mapping.name,
        source_from_text,
        source_text
    ),
    words!(
        "user_actions.create",
        "whether accounts are created",
        ["on", "off"],
        user_actions.create
    ),
    words!(
        "user_actions.update",
        "whether accounts are changed, enabled and disabled",
        ["on", "off"],
        user_actions.update
    ),
    words!(
        "user_actions.delete",
        "whether accounts are deleted; also needs deprovision.delete_after_days",
        ["on", "off"],
        user_actions.delete
    ),
    words!(
        "group_actions.create",
        "whether teams (through REST) or user groups are created",
        ["on", "off"],
        group_actions.create
    ),
    words!(
        "group_actions.update",
        "whether names and memberships of groups are changed",
        ["on", "off"],
        group_actions.update
    ),
    words!(
        "group_actions.delete",
        "whether user groups are deleted when their directory group is gone",
        ["on", "off"],
        group_actions.delete
    ),
    words!(
        "deprovision.leave",
        "what happens to the account of somebody who leaves",
        ["disable", "skip_out_of_scope", "report"],
        deprovision.leave
    ),
    key!(
        "deprovision.remove_from_teams_after_days",
        "days after which a disabled account is taken out of its teams",
        "NUMBER | never",
        deprovision.remove_from_teams_after_days,
        days,
        |d: &Option<u32>| days_text(*d)
    ),
    key!(
        "deprovision.delete_after_days",
        "days after which a disabled account is deleted",
        "NUMBER | never",
        deprovision.delete_after_days,
        days,
        |d: &Option<u32>| days_text(*d)
    ),
    words!(
        "deprovision.end_sessions",
        "whether somebody who is disabled is signed out everywhere at once; needs the scope sessions:delete",
        ["on", "off"],
        deprovision.end_sessions
    ),
    words!(
        "unmanaged",
        "what happens to accounts that belong to nobody in the directory",
        ["report", "adopt_by_match", "disable"],
        unmanaged
    ),
    words!(
        "extra_members",
        "what happens to members of a pushed group whom nobody assigned",
        ["report", "remove"],
        extra_members
    ),
    key!(
        "default_team",
        "the team that every new account joins, where it cannot be learned",
        "TEAM-ID | none",
        default_team,
        team,
        |team: &Option<TeamId>| team_text(team.as_ref())
    ),
    key!(
        "guards.disables.at_least",
        "how many disables and revokes are always allowed, per plan and per 24 hours",
        "NUMBER",
        guards.disables.at_least,
        number,
        u32::to_string
    ),
    key!(
        "guards.disables.percent",
        "or which share of the accounts, if that is more",
        "PERCENT",
        guards.disables.percent,
        percent,
        u8::to_string
    ),
    key!(
        "guards.irreversible.at_least",
        "how many changes that cannot be undone are always allowed",
        "NUMBER",
        guards.irreversible.at_least,
        number,
        u32::to_string
    ),
    key!(
        "guards.irreversible.percent",
        "or which share of the accounts, if that is more",
        "PERCENT",
        guards.irreversible.percent,
        percent,
        u8::to_string
    ),
    key!(
        "guards.group_shrink_percent",
        "share of its members that one plan may take out of a group",
        "PERCENT",
        guards.group_shrink_percent,
        percent,
        u8::to_string
    ),
    key!(
        "guards.max_inventory_age",
        "how old the inventory may be for anything to be removed",
        "TIME",
        guards.max_inventory_age,
        age,
        |age: &std::time::Duration| Period(*age).to_string()
    ),
    key!(
        "guards.protected",
        "accounts that are never touched",
        "EMAIL|ID,… | none",
        guards.protected,
        protected,
        |accounts: &Vec<ProtectedAccount>| protected_text(accounts)
    ),
    words!(
        "approval",
        "who has to say yes before a plan is applied",
        ["always", "over_guard", "never"],
        approval
    ),
];

fn age(text: &str) -> Result<std::time::Duration, String> {
    <Period as SettingValue>::parse(text).map(|period| period.0)
}

fn team(text: &str) -> Result<Option<TeamId>, String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    if !text.chars().all(|c| c.is_ascii_digit()) || text.is_empty() {
        return Err("it is no team's id; `usher teams --columns id,name` lists them".to_owned());
    }
    Ok(Some(TeamId::new(text)))
}

fn team_text(team: Option<&TeamId>) -> String {
    team.map_or_else(|| "none".to_owned(), TeamId::to_string)
}

fn protected(text: &str) -> Result<Vec<ProtectedAccount>, String> {
    if text.trim().eq_ignore_ascii_case("none") {
        return Ok(Vec::new());
    }
    let accounts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    accounts
        .map(|account| {
            let is_id = account.chars().all(|c| c.is_ascii_digit());
            match (is_id, account.contains('@')) {
                (true, _) => Ok(ProtectedAccount::Id(AccountId::new(account))),
                (false, true) => Ok(ProtectedAccount::Email(Email::new(account))),
                (false, false) => Err(format!(
                    "`{account}` is neither an e-mail address nor an id"
                )),
            }
        })
        .collect()
}

fn protected_text(accounts: &[ProtectedAccount]) -> String {
    let text = |account: &ProtectedAccount| match account {
        ProtectedAccount::Id(id) => id.to_string(),
        ProtectedAccount::Email(email) => email.to_string(),
    };
    let texts: Vec<String> = accounts.iter().map(text).collect();
    if texts.is_empty() {
        return "none".to_owned();
    }
    texts.join(",")
}

/// Whether a key has its default value.
pub fn is_default(key: &Key, settings: &Settings) -> bool {
    (key.get)(settings) == (key.get)(&Settings::default())
}
