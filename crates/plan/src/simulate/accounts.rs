//! What happens to accounts.

use usher_model::{
    Account, AccountId, AccountStatus, AdminRole, Email, EnterpriseAttributes, Entitlement, Known,
    License, Link, LinkOrigin, OrganizationRole, PersonId, ProvisionedGrant, Seen, TeamRole,
};

use super::Model;
use crate::{
    AccountRef, AttributeChange, Reason, TargetAttribute, TargetAttributes, TargetValue, TeamRef,
};

impl Model {
    pub(super) fn account_mut(&mut self, id: &AccountId) -> Option<&mut Account> {
        let accounts = self.inventory.accounts.iter_mut();
        let mut found = accounts.filter(|account| account.id == *id);
        found.next()
    }

    fn link_of(&mut self, account: &AccountId) -> Option<&mut Link> {
        let person = self.person.as_ref()?;
        let links = self.desired.links.iter_mut();
        let mut found = links.filter(|link| link.account == *account && link.person == *person);
        found.next()
    }

    fn send(&mut self, account: &AccountId, attribute: TargetAttribute, value: String) {
        if let Some(link) = self.link_of(account) {
            link.sent.insert(attribute.path().to_owned(), value);
        }
    }

    pub(super) fn give(&mut self, account: &AccountId, entitlement: Entitlement) {
        let is_given = self
            .desired
            .provisioned
            .iter()
            .any(|given| given.account == *account && given.entitlement == entitlement);
        if !is_given {
            self.desired.provisioned.push(ProvisionedGrant {
                account: account.clone(),
                entitlement,
                since: self.now,
            });
        }
    }

    pub(super) fn forget(&mut self, account: &AccountId, is_it: impl Fn(&Entitlement) -> bool) {
        self.desired
            .provisioned
            .retain(|given| given.account != *account || !is_it(&given.entitlement));
    }

    fn sees(&self, what: impl Fn(&usher_model::Coverage) -> Seen) -> bool {
        let facts = self.inventory.snapshot.as_ref();
        facts.is_some_and(|facts| what(&facts.coverage).is_seen())
    }

    pub(super) fn create_account(&mut self, person: &PersonId, attributes: &TargetAttributes) {
        let text = |attribute| match attributes.get(&attribute) {
            Some(Some(value)) => Some(value.to_string()),
            _ => None,
        };
        let id = AccountId::new(self.new_id());
        let email = Email::new(text(TargetAttribute::UserName).unwrap_or_default());
        let names = self.sees(|coverage| coverage.names);
        let user_type = text(TargetAttribute::UserType);
        let license = user_type.as_deref().map(License::from_scim_user_type);
        let mut account = Account {
            id: id.clone(),
            display_name: if names {
                Known::Known(full_name(attributes, &email))
            } else {
                Known::Unknown
            },
            email,
            status: AccountStatus::Active,
            role: Known::Known(OrganizationRole::InternalUser),
            license: Known::Known(license.clone().unwrap_or(License::FreeRestricted)),
            license_assigned_at: Known::Unknown,
            last_activity_at: Known::Unknown,
            admin_roles: if self.sees(|coverage| coverage.admin_roles) {
                Known::Known(Vec::new())
            } else {
                Known::Unknown
            },
            enterprise: if names {
                Known::Known(EnterpriseAttributes::default())
            } else {
                Known::Unknown
            },
        };
        for (attribute, value) in attributes {
            set(&mut account, *attribute, value.as_ref());
        }
        self.inventory.accounts.push(account);
        self.accounts.insert(person.clone(), id.clone());
        self.link(person, &id, LinkOrigin::Created);
        for (attribute, value) in attributes {
            let value = value.as_ref().map(ToString::to_string);
            self.send(&id, *attribute, value.unwrap_or_default());
        }
        if let Some(license) = license {
            self.give(&id, Entitlement::License(license));
        }
        if let Known::Known(team) = self.inventory.default_team.clone() {
            self.join_team(&id, &team, TeamRole::Member);
        }
    }

    pub(super) fn link(&mut self, person: &PersonId, account: &AccountId, how: LinkOrigin) {
        self.desired.links.retain(|link| link.person != *person);
        self.desired.links.push(Link {
            person: person.clone(),
            account: account.clone(),
            how,
            since: self.now,
            sent: std::collections::BTreeMap::new(),
            disabled_at: None,
        });
    }

    pub(super) fn update(&mut self, account: &AccountId, changes: &[AttributeChange]) {
        for change in changes {
            if let Some(account) = self.account_mut(account) {
                set(account, change.attribute, change.after.as_ref());
            }
            let sent = change.after.as_ref().map(ToString::to_string);
            self.send(account, change.attribute, sent.unwrap_or_default());
        }
    }

    pub(super) fn rename(&mut self, id: &AccountId, after: &str) {
        if let Some(account) = self.account_mut(id) {
            account.email = Email::new(after);
        }
        self.send(id, TargetAttribute::UserName, after.to_owned());
    }

    pub(super) fn enable(&mut self, id: &AccountId) {
        if let Some(account) = self.account_mut(id) {
            account.status = AccountStatus::Active;
        }
        self.send(id, TargetAttribute::Active, "true".to_owned());
        if let Some(link) = self.link_of(id) {
            link.disabled_at = None;
        }
    }

    pub(super) fn disable(&mut self, id: &AccountId, reasons: &[Reason]) {
        if let Some(account) = self.account_mut(id) {
            account.status = AccountStatus::Deactivated;
        }
        self.send(id, TargetAttribute::Active, "false".to_owned());
        let now = self.now;
        // Grace counts for those who leave, not for those whom a hold or a mapping switches off.
        let leaves = reasons.iter().any(|reason| {
            matches!(
                reason,
                Reason::PersonDisabled | Reason::PersonGone | Reason::LeftScope { .. }
            )
        });
        if let Some(link) = self.link_of(id).filter(|_| leaves) {
            link.disabled_at = Some(now);
        }
    }

    pub(super) fn delete(&mut self, id: &AccountId) {
        self.inventory.accounts.retain(|account| account.id != *id);
        for state in &mut self.inventory.teams {
            state.members.retain(|member| member.account != *id);
        }
        for state in &mut self.inventory.user_groups {
            state.members.retain(|member| member != id);
        }
        self.inventory.boards.remove(id);
        self.desired.links.retain(|link| link.account != *id);
        self.forget(id, |_| true);
    }

    pub(super) fn set_role(&mut self, account: &AccountRef, after: &OrganizationRole) {
        let Some(id) = self.account_id(account) else {
            return;
        };
        if let Some(account) = self.account_mut(&id) {
            account.role = Known::Known(after.clone());
        }
        self.send(&id, TargetAttribute::Role, after.as_str().to_uppercase());
        let admin = Entitlement::Role(OrganizationRole::InternalAdmin);
        if *after == OrganizationRole::InternalAdmin {
            self.give(&id, admin);
        } else {
            self.forget(&id, |held| *held == admin);
        }
    }

    pub(super) fn add_admin_role(&mut self, account: &AccountRef, name: &str) {
        let Some(id) = self.account_id(account) else {
            return;
        };
        if let Some(account) = self.account_mut(&id)
            && let Known::Known(roles) = &mut account.admin_roles
        {
            roles.push(AdminRole {
                kind: Known::Unknown,
                name: name.to_owned(),
            });
        }
        self.give(&id, Entitlement::AdminRole(name.to_owned()));
    }

    pub(super) fn remove_admin_role(&mut self, id: &AccountId, name: &str) {
        if let Some(account) = self.account_mut(id)
            && let Known::Known(roles) = &mut account.admin_roles
        {
            roles.retain(|role| role.name != name);
        }
        self.forget(id, |held| *held == Entitlement::AdminRole(name.to_owned()));
    }

    pub(super) fn raise_license(&mut self, id: &AccountId, after: &License) {
        if let Some(account) = self.account_mut(id)
            && account.license.is_known()
        {
            account.license = Known::Known(after.clone());
        }
        self.send(
            id,
            TargetAttribute::UserType,
            after.as_str().replace('_', " "),
        );
        self.give(id, Entitlement::License(after.clone()));
    }

    /// Puts an account into a team, as Miro does: the first active member of a team without an admin becomes its
    /// admin.
    pub(super) fn join_team(&mut self, id: &AccountId, team: &usher_model::TeamId, role: TeamRole) {
        let reference = TeamRef::Existing(team.clone());
        self.insert_member(id, &reference, role);
    }
}

/// The name that Miro keeps: the full one, else what the parts make, else the address.
fn full_name(attributes: &TargetAttributes, email: &Email) -> String {
    let text = |attribute| match attributes.get(&attribute) {
        Some(Some(TargetValue::Text(text))) => Some(text.to_string()),
        _ => None,
    };
    let parts = || {
        let parts = [
            text(TargetAttribute::GivenName),
            text(TargetAttribute::FamilyName),
        ];
        let joined: Vec<String> = parts.into_iter().flatten().collect();
        (!joined.is_empty()).then(|| joined.join(" "))
    };
    text(TargetAttribute::DisplayName)
        .or_else(|| text(TargetAttribute::FormattedName))
        .or_else(parts)
        .unwrap_or_else(|| email.to_string())
}

/// Sets an attribute that the inventory shows.
fn set(account: &mut Account, attribute: TargetAttribute, value: Option<&TargetValue>) {
    let text = value.map(ToString::to_string);
    if attribute == TargetAttribute::DisplayName
        && let Known::Known(name) = &mut account.display_name
    {
        *name = text.unwrap_or_default();
        return;
    }
    let Known::Known(enterprise) = &mut account.enterprise else {
        return;
    };
    let field = match attribute {
        TargetAttribute::EmployeeNumber => &mut enterprise.employee_number,
        TargetAttribute::CostCenter => &mut enterprise.cost_center,
        TargetAttribute::Organization => &mut enterprise.organization,
        TargetAttribute::Division => &mut enterprise.division,
        TargetAttribute::Department => &mut enterprise.department,
        _ => return,
    };
    *field = text;
}
