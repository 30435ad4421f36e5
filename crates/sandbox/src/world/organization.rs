//! The organization itself: who it is, what it bought, what it allows.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::world::user::License;

/// The organization's own facts and settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    /// The id.
    pub id: u64,
    /// The name.
    pub name: SmolStr,
    /// The plan, in REST's words.
    pub plan: SmolStr,
    /// Seats that were bought; without number there is always another.
    pub full_licenses_purchased: Option<u32>,
    /// Licences that the organization has, by which `userType` is judged.
    pub licenses: Vec<License>,
    /// What a new user gets who asks for nothing. `Full` falls back to `Free Restricted` when seats run out.
    pub default_license: License,
    /// Domains of which users may be; any when empty.
    pub allowed_domains: Vec<SmolStr>,
    /// Domains that the organization has claimed; when empty, changing e-mail addresses is not restricted.
    pub claimed_domains: Vec<SmolStr>,
    /// Domains that other organizations have claimed.
    pub foreign_domains: Vec<SmolStr>,
    /// Names of custom admin roles, besides Miro's own.
    pub custom_admin_roles: Vec<SmolStr>,
}

/// The admin roles that every organization has.
pub const PREBUILT_ADMIN_ROLES: [&str; 3] = ["Content Admin", "User Admin", "Security Admin"];

impl Organization {
    /// An organization without restrictions.
    pub fn new(id: u64, name: &str) -> Self {
        Self {
            id,
            name: name.into(),
            plan: SmolStr::new_static("company"),
            full_licenses_purchased: None,
            licenses: vec![License::FreeRestricted, License::Free, License::Full],
            default_license: License::Full,
            allowed_domains: Vec::new(),
            claimed_domains: Vec::new(),
            foreign_domains: Vec::new(),
            custom_admin_roles: Vec::new(),
        }
    }

    /// Whether there is an admin role of this name, and if so whether Miro made it.
    pub fn admin_role(&self, name: &str) -> Option<AdminRoleKind> {
        if PREBUILT_ADMIN_ROLES.contains(&name) {
            return Some(AdminRoleKind::Prebuilt);
        }
        let custom = self.custom_admin_roles.iter().any(|role| role == name);
        custom.then_some(AdminRoleKind::Custom)
    }
}

/// Who made an admin role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminRoleKind {
    /// Miro.
    Prebuilt,
    /// The organization.
    Custom,
}

impl AdminRoleKind {
    /// The word in REST replies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prebuilt => "prebuilt",
            Self::Custom => "custom",
        }
    }
}
