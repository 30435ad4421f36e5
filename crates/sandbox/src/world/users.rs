//! Creating, changing and deleting users.

use serde_json::json;
use smol_str::SmolStr;

use crate::world::World;
use crate::world::audit::{AuditKind, Change};
use crate::world::keys::UserKey;
use crate::world::log::Entry;
use crate::world::names::check_address;
use crate::world::refusal::Refusal;
use crate::world::team::TeamRole;
use crate::world::user::{
    Belonging, Enterprise, License, OrganizationRole, Presence, Registration, User,
};
use crate::world::user_rules::{boxed, check_enterprise, check_full_name};

/// A user to create.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewUser {
    /// The e-mail address.
    pub user_name: String,
    /// The full name; the e-mail address when absent.
    pub full_name: Option<String>,
    /// Whether to create the user deactivated.
    pub deactivated: bool,
    /// The licence; the organization decides when absent.
    pub license: Option<License>,
    /// The role in the organization; member when absent.
    pub role: OrganizationRole,
    /// Names of admin roles.
    pub admin_roles: Vec<SmolStr>,
    /// Enterprise attributes.
    pub enterprise: Enterprise,
    /// The address of the picture.
    pub photo: Option<String>,
    /// `preferredLanguage`.
    pub language: Option<String>,
}

/// What to change of a user; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserUpdate {
    /// The e-mail address.
    pub user_name: Option<String>,
    /// The full name.
    pub full_name: Option<String>,
    /// Whether the user may sign in.
    pub active: Option<bool>,
    /// The licence.
    pub license: Option<License>,
    /// The role in the organization.
    pub role: Option<OrganizationRole>,
    /// Names of all admin roles.
    pub admin_roles: Option<Vec<SmolStr>>,
    /// All enterprise attributes.
    pub enterprise: Option<Enterprise>,
    /// The address of the picture, or that there is none.
    pub photo: Option<Option<String>>,
    /// `preferredLanguage`, or that there is none.
    pub language: Option<Option<String>>,
}

impl World {
    /// Brings a user into the organization and its default team. Somebody who was deleted comes back under the
    /// same id.
    ///
    /// # Errors
    /// When a value does not fit, the address is taken or its domain not allowed, or `Full` was asked for and no
    /// seat is left.
    pub fn create_user(&mut self, change: &Change, new: NewUser) -> Result<UserKey, Refusal> {
        check_address(&new.user_name)?;
        let known = self.indexes.by_user_name(&new.user_name);
        if known.is_some_and(|known| self.user(known).is_present()) {
            return Err(self.duplicate(&new.user_name));
        }
        self.check_allowed(&new.user_name)?;
        let full_name = new.full_name.unwrap_or_else(|| new.user_name.clone());
        check_full_name(&full_name, &new.user_name)?;
        check_enterprise(&new.enterprise)?;
        self.check_admin_roles(&new.admin_roles)?;
        let license = self.first_license(new.license, new.deactivated)?;
        let at = change.at.into();
        let user = User {
            id: match known {
                Some(known) => self.user(known).id,
                None => self.next_id(),
            },
            user_name: new.user_name.into(),
            full_name: full_name.into(),
            active: !new.deactivated,
            presence: Presence::Present,
            registration: Registration::Pending,
            belonging: Belonging::ThisOnly,
            license,
            role: new.role,
            admin_roles: new.admin_roles,
            enterprise: boxed(new.enterprise),
            photo: new.photo.map(Into::into),
            language: new.language.map(Into::into),
            created_at: at,
            last_activity_at: None,
            license_assigned_at: Some(at),
            sessions_reset_at: None,
            teams: Vec::new(),
            groups: Vec::new(),
            boards: Vec::new(),
        };
        let key = match known {
            Some(key) => {
                self.indexes.replace(&mut self.users, key, user);
                key
            }
            None => {
                let key = self.users.push(user);
                self.indexes.add(&self.users, key);
                key
            }
        };
        let details = json!({"license": license.as_str(), "role": new.role.as_str()});
        self.record(
            change,
            Entry::new(AuditKind::UserCreated, self.named_user(key)).with(details),
        );
        self.insert_membership(change, self.default_team, key, TeamRole::Member);
        Ok(key)
    }

    /// Changes a user, everything or nothing. Values that are there already are no change.
    ///
    /// # Errors
    /// When a value does not fit, something is frozen because the user is deactivated, the address or its domain
    /// is not possible, seats run out, or the organization or a team would lose its last admin.
    pub fn update_user(
        &mut self,
        change: &Change,
        key: UserKey,
        update: UserUpdate,
    ) -> Result<(), Refusal> {
        let update = self.without_frozen(key, update)?;
        let old = self.user(key).clone();
        let mut new = old.clone();
        if let Some(user_name) = update.user_name {
            self.check_rename(&old, &user_name)?;
            new.user_name = user_name.into();
        }
        if let Some(full_name) = update.full_name {
            check_full_name(&full_name, &new.user_name)?;
            new.full_name = full_name.into();
        }
        if let Some(roles) = update.admin_roles {
            self.check_admin_roles(&roles)?;
            new.admin_roles = roles;
        }
        if let Some(enterprise) = update.enterprise {
            check_enterprise(&enterprise)?;
            new.enterprise = boxed(enterprise);
        }
        if let Some(photo) = update.photo {
            new.photo = photo.map(Into::into);
        }
        if let Some(language) = update.language {
            new.language = language.map(Into::into);
        }
        new.role = update.role.unwrap_or(new.role);
        new.active = update.active.unwrap_or(new.active);
        self.settle_license(&old, &mut new, update.license)?;
        self.check_admins_stay(key, &old, &new)?;
        self.store_user(change, key, new);
        Ok(())
    }

    /// Removes a user from the organization; the boards go to the heirs, team by team.
    ///
    /// # Errors
    /// When the user is the last admin of a team or of the organization.
    pub fn delete_user(&mut self, change: &Change, key: UserKey) -> Result<(), Refusal> {
        self.check_company_keeps_admin(&[key])?;
        for team in self.user(key).teams() {
            self.check_team_keeps_admin(*team, &[key])?;
        }
        for team in self.user(key).teams.clone() {
            self.delete_membership(change, team, key);
        }
        self.erase_user(change, key);
        Ok(())
    }

    /// Takes a user without teams out of the organization.
    pub(crate) fn erase_user(&mut self, change: &Change, key: UserKey) {
        for group in self.user(key).groups.clone() {
            self.delete_group_member(change, group, key);
        }
        // Boards of a team that the user had left by other ways.
        let teams: Vec<_> = self
            .user(key)
            .boards
            .iter()
            .map(|board| self.board(*board).team)
            .collect();
        for team in teams {
            self.hand_over(change, team, key);
        }
        let mut gone = self.user(key).clone();
        gone.presence = Presence::Deleted;
        gone.admin_roles = Vec::new();
        self.indexes.replace(&mut self.users, key, gone);
        self.record(
            change,
            Entry::new(AuditKind::UserDeleted, self.named_user(key)),
        );
    }

    /// Puts `new` in the place of a user, notes what changed, and keeps what is derived in step.
    pub(crate) fn store_user(&mut self, change: &Change, key: UserKey, mut new: User) {
        let old = self.user(key).clone();
        if old.license != new.license {
            new.license_assigned_at = Some(change.at.into());
        }
        let object = self.named_user(key);
        let mut entries = Vec::new();
        let mut note = |kind, details| entries.push(Entry::new(kind, object.clone()).with(details));
        if old.user_name != new.user_name {
            note(
                AuditKind::UserEmailChanged,
                json!({"oldEmail": old.user_name, "newEmail": new.user_name}),
            );
        }
        if old.license != new.license {
            let details =
                json!({"oldLicense": old.license.as_str(), "newLicense": new.license.as_str()});
            note(AuditKind::LicenseChanged, details);
        }
        if (old.role, &old.admin_roles) != (new.role, &new.admin_roles) {
            let roles =
                |user: &User| json!({"role": user.role.as_str(), "adminRoles": user.admin_roles});
            note(
                AuditKind::RoleChanged,
                json!({"old": roles(&old), "new": roles(&new)}),
            );
        }
        let profile = |user: &User| {
            (
                user.full_name.clone(),
                user.enterprise.clone(),
                user.photo.clone(),
                user.language.clone(),
            )
        };
        if profile(&old) != profile(&new) {
            note(
                AuditKind::UserUpdated,
                json!({"displayName": new.full_name}),
            );
        }
        if old.is_present() && old.active && !new.active {
            note(AuditKind::UserDeactivated, serde_json::Value::Null);
        }
        if old.is_present() && !old.active && new.active {
            note(AuditKind::UserReactivated, serde_json::Value::Null);
        }
        self.weigh(key, -1);
        self.indexes.replace(&mut self.users, key, new);
        self.weigh(key, 1);
        if !old.active {
            self.lead_headless_teams(key);
        }
        for entry in entries {
            self.record(change, entry);
        }
    }
}
