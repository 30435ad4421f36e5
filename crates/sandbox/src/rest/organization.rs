//! The organization and its members.

use std::collections::HashSet;

use usher_miro_wire::Member;

use crate::rest::call::{Answer, Call, ok};
use crate::rest::failure::RestFailure;
use crate::rest::{page, view};

const ROLES: [&str; 5] = [
    "organization_internal_admin",
    "organization_internal_user",
    "organization_external_user",
    "organization_team_guest_user",
    "unknown",
];
const LICENSES: [&str; 9] = [
    "advanced",
    "standard",
    "basic",
    "full",
    "occasional",
    "free",
    "free_restricted",
    "full_trial",
    "unknown",
];
/// The most addresses that `emails` may list.
const MAX_EMAILS: usize = 10;

/// `GET /v2/orgs/{org}`.
pub(crate) fn get(call: &Call<'_>) -> Answer {
    ok(&view::organization(&call.state.world.read()))
}

/// `GET /v2/orgs/{org}/members`: a page, or with `emails` a bare array that no other filter touches.
pub(crate) fn members(call: &Call<'_>) -> Answer {
    if let Some(emails) = call.query("emails") {
        return by_emails(call, emails);
    }
    let limit = call.limit()?;
    let after = page::numeric_cursor(call)?;
    let active: Option<bool> = call.parsed("active")?;
    let role = one_of(call, "role", &ROLES)?;
    let license = one_of(call, "license", &LICENSES)?;
    let world = call.state.world.read();
    let fitting = world.users_after(after).filter(|key| {
        let user = world.user(*key);
        active.is_none_or(|active| active == user.active)
            && role.is_none_or(|role| role == user.role.rest_name())
            && license.is_none_or(|license| license == user.license.rest_name())
    });
    let wire = |key| view::member(&world, key);
    let page = page::keyed(fitting, limit, wire, |member: &Member| member.id.clone());
    page::send(&page)
}

/// `GET /v2/orgs/{org}/members/{member}`.
pub(crate) fn member(call: &Call<'_>) -> Answer {
    let world = call.state.world.read();
    let user = view::find_user(&world, call.path("member"))?;
    ok(&view::member(&world, user))
}

fn by_emails(call: &Call<'_>, emails: &str) -> Answer {
    let emails: Vec<&str> = emails
        .split(',')
        .map(str::trim)
        .filter(|email| !email.is_empty())
        .collect();
    if emails.len() > MAX_EMAILS {
        return Err(RestFailure::invalid(
            "Parameter emails may list at most 10 addresses",
        ));
    }
    let world = call.state.world.read();
    let mut seen = HashSet::new();
    let found = emails
        .iter()
        .filter_map(|email| world.find_user_by_email(email));
    let found: Vec<Member> = found
        .filter(|user| seen.insert(*user))
        .map(|user| view::member(&world, user))
        .collect();
    ok(&found)
}

fn one_of<'a>(
    call: &'a Call<'_>,
    name: &str,
    known: &[&str],
) -> Result<Option<&'a str>, RestFailure> {
    match call.query(name) {
        Some(value) if !known.contains(&value) => Err(RestFailure::invalid(format!(
            "Parameter {name} must be one of {}",
            known.join(", ")
        ))),
        value => Ok(value),
    }
}
