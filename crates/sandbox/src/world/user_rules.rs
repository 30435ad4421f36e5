//! The rules about users, one by one.

use smol_str::SmolStr;

use crate::switches::{DuplicateUserName, FrozenChange, FullWithoutSeats, UserTypeDowngrade};
use crate::world::World;
use crate::world::keys::UserKey;
use crate::world::names::{NAME_LIMIT, check_address, check_length, fold};
use crate::world::refusal::{Conflict, Refusal};
use crate::world::user::{Belonging, Enterprise, License, User, domain_of};
use crate::world::users::UserUpdate;

/// The longest enterprise attribute, in characters; the employee number has a limit of its own.
const ENTERPRISE_LIMIT: usize = 120;
const EMPLOYEE_NUMBER_LIMIT: usize = 20;

impl World {
    /// What is said to an address that a member has.
    pub(super) fn duplicate(&self, user_name: &str) -> Refusal {
        let user_name = user_name.into();
        match self.switches.duplicate_user_name {
            DuplicateUserName::InvalidValue => Refusal::DuplicateUserName { user_name },
            DuplicateUserName::Conflict => Conflict::UserNameTaken { user_name }.into(),
        }
    }

    /// Refuses an address whose domain is not on the organization's list.
    pub(super) fn check_allowed(&self, user_name: &str) -> Result<(), Refusal> {
        let allowed = &self.organization.allowed_domains;
        if allowed.is_empty() || is_one_of(domain_of(user_name), allowed) {
            return Ok(());
        }
        let user_name = user_name.into();
        Err(Conflict::NotAllowListed { user_name }.into())
    }

    /// Refuses an e-mail address that the user cannot have.
    pub(super) fn check_rename(&self, old: &User, user_name: &str) -> Result<(), Refusal> {
        if old.user_name == user_name {
            return Ok(());
        }
        check_address(user_name)?;
        if fold(&old.user_name) == fold(user_name) {
            return Ok(());
        }
        if let Some(other) = self.indexes.by_user_name(user_name) {
            if self.user(other).is_present() {
                return Err(self.duplicate(user_name));
            }
            let user_name = user_name.into();
            return Err(Conflict::Uncaptured { user_name }.into());
        }
        if old.belonging == Belonging::Several {
            return Err(Conflict::SeveralOrganizations { user: old.id }.into());
        }
        let organization = &self.organization;
        let claimed = &organization.claimed_domains;
        if !claimed.is_empty() && !is_one_of(old.domain(), claimed) {
            let reason = format!("domain {} is not claimed by the organization", old.domain());
            return Err(Refusal::invalid("userName", reason));
        }
        let domain = domain_of(user_name);
        if is_one_of(domain, &organization.foreign_domains) {
            let reason = format!("domain {domain} is claimed by another organization");
            return Err(Refusal::invalid("userName", reason));
        }
        self.check_allowed(user_name)
    }

    /// Refuses admin roles that the organization does not have.
    pub(super) fn check_admin_roles(&self, roles: &[SmolStr]) -> Result<(), Refusal> {
        match roles
            .iter()
            .find(|role| self.organization.admin_role(role).is_none())
        {
            Some(role) => Err(Refusal::invalid(
                "roles",
                format!("there is no role '{role}'"),
            )),
            None => Ok(()),
        }
    }

    /// The licence of a new user.
    pub(super) fn first_license(
        &self,
        asked: Option<License>,
        deactivated: bool,
    ) -> Result<License, Refusal> {
        if let Some(license) = asked {
            self.check_supported(license)?;
        }
        let license = asked.unwrap_or(self.organization.default_license);
        if !license.takes_seat() || deactivated || self.seats_left() != Some(0) {
            return Ok(license);
        }
        if asked.is_some() && self.switches.full_without_seats == FullWithoutSeats::Conflict {
            return Err(Conflict::NoSeats.into());
        }
        Ok(License::FreeRestricted)
    }

    fn check_supported(&self, license: License) -> Result<(), Refusal> {
        if self.organization.licenses.contains(&license) {
            return Ok(());
        }
        Err(Refusal::invalid(
            "userType",
            format!("the organization has no licence '{license}'"),
        ))
    }

    /// Decides which licence the user has after the change.
    pub(super) fn settle_license(
        &self,
        old: &User,
        new: &mut User,
        asked: Option<License>,
    ) -> Result<(), Refusal> {
        let asked = asked.filter(|license| *license != old.license);
        if let Some(license) = asked {
            self.check_supported(license)?;
            let lower = license.rank() < old.license.rank();
            if lower && self.switches.user_type_downgrade == UserTypeDowngrade::Refused {
                let reason = format!("'{}' cannot be lowered to '{license}'", old.license);
                return Err(Refusal::invalid("userType", reason));
            }
            new.license = license;
        }
        if new.takes_seat() && !old.takes_seat() && self.seats_left() == Some(0) {
            if asked.is_some() && self.switches.full_without_seats == FullWithoutSeats::Conflict {
                return Err(Conflict::NoSeats.into());
            }
            new.license = License::FreeRestricted;
        }
        Ok(())
    }

    /// Refuses to demote or deactivate a last admin.
    pub(super) fn check_admins_stay(
        &self,
        key: UserKey,
        old: &User,
        new: &User,
    ) -> Result<(), Refusal> {
        if old.is_acting_company_admin() && !new.is_acting_company_admin() {
            self.check_company_keeps_admin(&[key])?;
        }
        if old.active && !new.active {
            for team in old.teams() {
                self.check_team_keeps_admin(*team, &[key])?;
            }
        }
        Ok(())
    }

    /// What is left of an update of a deactivated user. Activating and changing in one request does not help.
    pub(super) fn without_frozen(
        &self,
        key: UserKey,
        mut update: UserUpdate,
    ) -> Result<UserUpdate, Refusal> {
        let user = self.user(key);
        if user.active {
            return Ok(update);
        }
        let is_new =
            |new: &Option<SmolStr>, old: &SmolStr| new.as_ref().is_some_and(|new| new != old);
        let user_name = update.user_name.as_deref().map(SmolStr::from);
        let touched = if is_new(&user_name, &user.user_name) {
            Some("userName")
        } else if update
            .license
            .is_some_and(|license| license != user.license)
        {
            Some("userType")
        } else if update.role.is_some_and(|role| role != user.role)
            || update
                .admin_roles
                .as_ref()
                .is_some_and(|roles| *roles != user.admin_roles)
        {
            Some("roles")
        } else {
            None
        };
        let Some(attribute) = touched else {
            return Ok(update);
        };
        match self.switches.deactivated_user_change {
            FrozenChange::Conflict => Err(Refusal::Frozen { attribute }),
            FrozenChange::BadRequest => Err(Refusal::invalid(attribute, "the user is deactivated")),
            FrozenChange::Ignored => {
                update.user_name = None;
                update.license = None;
                update.role = None;
                update.admin_roles = None;
                Ok(update)
            }
        }
    }
}

/// Refuses a name that is too long; an address that stands in for a missing name may be.
pub(super) fn check_full_name(full_name: &str, user_name: &str) -> Result<(), Refusal> {
    if full_name == user_name {
        return Ok(());
    }
    check_length("displayName", full_name, NAME_LIMIT)
}

/// Enterprise attributes as a user keeps them.
pub(super) fn boxed(enterprise: Enterprise) -> Option<Box<Enterprise>> {
    (!enterprise.is_empty()).then(|| Box::new(enterprise))
}

fn is_one_of(domain: &str, domains: &[SmolStr]) -> bool {
    domains
        .iter()
        .any(|known| known.eq_ignore_ascii_case(domain))
}

/// Refuses enterprise attributes that are too long.
pub(super) fn check_enterprise(data: &Enterprise) -> Result<(), Refusal> {
    let checked = [
        (
            "employeeNumber",
            &data.employee_number,
            EMPLOYEE_NUMBER_LIMIT,
        ),
        ("costCenter", &data.cost_center, ENTERPRISE_LIMIT),
        ("organization", &data.organization, ENTERPRISE_LIMIT),
        ("division", &data.division, ENTERPRISE_LIMIT),
        ("department", &data.department, ENTERPRISE_LIMIT),
        ("manager.displayName", &data.manager_name, NAME_LIMIT),
    ];
    for (attribute, text, limit) in checked {
        check_length(attribute, text.as_deref().unwrap_or_default(), limit)?;
    }
    Ok(())
}
