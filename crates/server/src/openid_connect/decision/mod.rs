//! What a provider's word means here: who may come in, and as what.

use usher_model::Role;
use usher_store::{AdministratorKind, AdministratorRecord, AdministratorState};

use super::claims::{Groups, Person, shows_second_factor};
use super::refusal::Refusal;
use super::settings::{OpenIdConnectSettings, SecondFactor};

/// What the provider's groups say of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapped {
    /// It is this one.
    Role(Role),
    /// Nothing: roles are Usher's own matter. Whoever is added gets this one.
    Own {
        /// The default role, if there is one.
        at_first: Option<Role>,
    },
}

/// The role that somebody's groups mean: the highest of them.
pub fn mapped(settings: &OpenIdConnectSettings, person: &Person) -> Result<Mapped, Refusal> {
    if settings.roles.is_empty() {
        return Ok(Mapped::Own {
            at_first: settings.default_role,
        });
    }
    let groups = match &person.groups {
        Groups::Listed(groups) => groups.as_slice(),
        Groups::Unsaid => &[],
        Groups::Elsewhere => return Err(Refusal::TooManyGroups),
    };
    let meant = settings
        .roles
        .iter()
        .filter(|rule| groups.contains(&rule.group));
    // The higher a role, the earlier it is declared.
    let highest = meant.map(|rule| rule.role).min();
    match highest.or(settings.default_role) {
        Some(role) => Ok(Mapped::Role(role)),
        None if person.groups == Groups::Unsaid => Err(Refusal::GroupsUnsaid {
            claim: settings.claims.groups.clone(),
        }),
        None => Err(Refusal::NoGroup),
    }
}

/// Whether an address is of one of the domains that are let in, where only some are.
pub fn check_domain(settings: &OpenIdConnectSettings, person: &Person) -> Result<(), Refusal> {
    if settings.domains.is_empty() {
        return Ok(());
    }
    let email = person.email.as_ref().ok_or(Refusal::NoEmail)?;
    if !email.is_verified {
        return Err(Refusal::EmailNotVerified);
    }
    if settings.domains.contains(&email.domain()) {
        return Ok(());
    }
    Err(Refusal::Domain {
        domain: email.domain(),
    })
}

/// The role of an administrator from now on. `is_last`: nobody else can say who uses Usher, so no claim takes that away.
pub fn role_of(
    administrator: &AdministratorRecord,
    mapped: Result<Mapped, Refusal>,
    is_last: IsLast,
) -> Result<Role, Refusal> {
    if administrator.kind == AdministratorKind::ServiceAccount
        || administrator.state == AdministratorState::Disabled
    {
        return Err(Refusal::Disabled);
    }
    if is_last == IsLast::Yes {
        return Ok(administrator.role);
    }
    match mapped? {
        Mapped::Role(role) => Ok(role),
        Mapped::Own { .. } => Ok(administrator.role),
    }
}

/// Whether somebody is the last active Super Administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsLast {
    /// Nobody else can say who uses Usher.
    Yes,
    /// Somebody else can, or they cannot themselves.
    No,
}

/// What is still to be shown before somebody is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// The code of their authenticator app, or a recovery code.
    Code,
}

/// Whether a code of Usher's own second factor is asked for.
pub fn asked(
    settings: &OpenIdConnectSettings,
    person: &Person,
    administrator: &AdministratorRecord,
) -> Result<Asked, Refusal> {
    let enough = match &settings.second_factor {
        SecondFactor::Provider => true,
        SecondFactor::Usher => !administrator.has_second_factor,
        wanted @ SecondFactor::Claims(_) => shows_second_factor(person, wanted),
    };
    match (enough, administrator.has_second_factor) {
        (true, _) => Ok(Asked::Nothing),
        (false, true) => Ok(Asked::Code),
        (false, false) => Err(Refusal::NoSecondFactor),
    }
}

#[cfg(test)]
mod tests;
