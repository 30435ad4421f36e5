//! Writes an inventory into a file.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use usher_boxed::boxed;
use usher_model::{
    Account, AdminRole, AdminRoleKind, Entitlement as Held, Grant, Known, License, Organization,
    OrganizationRole, Team, TeamId, TeamRole, UserGroup, UserGroupId,
};

use super::grant::grant;
use super::team::is_standard;
use super::{
    Seats, account, additional_types, admin_role, admin_role_entitlement, connector_types, license,
    license_entitlement, role, role_entitlement, team, team_entitlement, team_entitlements,
    user_group, user_group_entitlement,
};
use crate::c1z::{C1zError, C1zWriter, Written};
use crate::messages::Resource;

/// How much of an inventory is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Everything.
    #[default]
    Everything,
    /// Only users, teams and organization roles: the resource types of the Go connector. For readers that
    /// stop at a trait they do not know, as Go programs from before licences do when they print JSON.
    LikeGoConnector,
}

/// Writes an inventory into a file: accounts, teams and groups first, then grants.
///
/// Memory grows with the number of teams and groups, not with accounts and grants. A grant that names a
/// team, group or role of which nothing was said is written all the same, with a resource that has its id
/// for a name.
#[derive(Debug)]
pub struct InventoryExport {
    writer: C1zWriter,
    detail: Detail,
    teams: HashMap<TeamId, Resource>,
    groups: HashSet<UserGroupId>,
    roles: BTreeSet<OrganizationRole>,
    unusual_team_roles: HashSet<(TeamId, TeamRole)>,
    admin_role_kinds: BTreeMap<String, Known<AdminRoleKind>>,
    admin_roles: BTreeSet<String>,
    licenses: BTreeMap<License, u64>,
    full_licenses_purchased: Known<u32>,
}

impl InventoryExport {
    /// Begins: the resource types and the four published roles.
    ///
    /// # Errors
    ///
    /// When the disk is full.
    #[boxed]
    pub async fn begin(mut writer: C1zWriter, detail: Detail) -> Result<Self, C1zError> {
        writer.resource_types(&connector_types()).await?;
        if detail == Detail::Everything {
            writer.resource_types(&additional_types()).await?;
        }
        let mut export = Self {
            writer,
            detail,
            teams: HashMap::new(),
            groups: HashSet::new(),
            roles: BTreeSet::new(),
            unusual_team_roles: HashSet::new(),
            admin_role_kinds: BTreeMap::new(),
            admin_roles: BTreeSet::new(),
            licenses: BTreeMap::new(),
            full_licenses_purchased: Known::Unknown,
        };
        for role in OrganizationRole::PUBLISHED {
            export.need_role(role).await?;
        }
        Ok(export)
    }

    /// Notes what is known of the organization: its purchased seats.
    pub fn organization(&mut self, organization: &Organization) {
        self.full_licenses_purchased = organization.full_licenses_purchased;
    }

    /// Writes an account.
    ///
    /// # Errors
    ///
    /// When its id is empty or longer than 1024 bytes, or the disk is full.
    #[boxed]
    pub async fn account(&mut self, person: &Account) -> Result<(), C1zError> {
        if let Known::Known(roles) = &person.admin_roles {
            for role in roles {
                if !self.admin_role_kinds.contains_key(&role.name) {
                    let (name, kind) = (role.name.clone(), role.kind.clone());
                    self.admin_role_kinds.insert(name, kind);
                }
            }
        }
        self.writer.resource(&account(person)).await
    }

    /// Writes a team and its entitlements.
    ///
    /// # Errors
    ///
    /// When its id is empty or longer than 1024 bytes, or the disk is full.
    #[boxed]
    pub async fn team(&mut self, group: &Team) -> Result<(), C1zError> {
        let resource = team(group);
        self.writer.resource(&resource).await?;
        for entitlement in team_entitlements(&resource) {
            self.writer.entitlement(&entitlement).await?;
        }
        self.teams.insert(group.id.clone(), resource);
        Ok(())
    }

    /// Writes a user group and its entitlement.
    ///
    /// # Errors
    ///
    /// When its id is empty or longer than 1024 bytes, or the disk is full.
    #[boxed]
    pub async fn user_group(&mut self, group: &UserGroup) -> Result<(), C1zError> {
        if self.detail == Detail::LikeGoConnector {
            return Ok(());
        }
        let resource = user_group(group);
        let entitlement = user_group_entitlement(&resource);
        self.writer.resource(&resource).await?;
        self.writer.entitlement(&entitlement).await?;
        self.groups.insert(group.id.clone());
        Ok(())
    }

    /// Writes a grant, and what it is about where that is not written yet.
    ///
    /// # Errors
    ///
    /// When an id is longer than 1024 bytes, or the disk is full.
    #[boxed]
    pub async fn grant(&mut self, held: &Grant) -> Result<(), C1zError> {
        match &held.entitlement {
            Held::Team { team, role } => self.need_team_role(team, role).await?,
            Held::Role(role) => self.need_role(role).await?,
            _ if self.detail == Detail::LikeGoConnector => return Ok(()),
            Held::License(license) => *self.licenses.entry(license.clone()).or_default() += 1,
            Held::AdminRole(name) => self.need_admin_role(name).await?,
            Held::UserGroup(group) => self.need_group(group).await?,
        }
        let resource = match &held.entitlement {
            Held::Team { team, .. } => self.teams.get(team),
            _ => None,
        };
        let message = grant(&held.account, &held.entitlement, resource);
        self.writer.grant(&message).await
    }

    /// Writes the licences, whose seats are counted by now, and puts the file in its place.
    ///
    /// # Errors
    ///
    /// When the disk is full; the target is then as it was.
    #[boxed]
    pub async fn finish(mut self) -> Result<Written, C1zError> {
        if self.detail == Detail::Everything {
            self.write_licenses().await?;
        }
        self.writer.finish().await
    }

    async fn write_licenses(&mut self) -> Result<(), C1zError> {
        let purchased_full = self.full_licenses_purchased.known();
        if purchased_full.is_some() {
            self.licenses.entry(License::Full).or_default();
        }
        for (kind, holders) in &self.licenses {
            let purchased = purchased_full.filter(|_| *kind == License::Full);
            let seats = Seats {
                purchased: purchased.map_or(0, u64::from),
                consumed: if kind.takes_seat() { *holders } else { 0 },
            };
            let resource = license(kind, seats);
            let entitlement = license_entitlement(&resource);
            self.writer.resource(&resource).await?;
            self.writer.entitlement(&entitlement).await?;
        }
        Ok(())
    }

    async fn need_role(&mut self, kind: &OrganizationRole) -> Result<(), C1zError> {
        if self.roles.contains(kind) {
            return Ok(());
        }
        self.roles.insert(kind.clone());
        let resource = role(kind);
        let entitlement = role_entitlement(&resource);
        self.writer.resource(&resource).await?;
        self.writer.entitlement(&entitlement).await
    }

    async fn need_team_role(&mut self, id: &TeamId, role: &TeamRole) -> Result<(), C1zError> {
        if !self.teams.contains_key(id) {
            let nameless = Team {
                id: id.clone(),
                name: id.to_string(),
            };
            self.team(&nameless).await?;
        }
        if is_standard(role) || !self.unusual_team_roles.insert((id.clone(), role.clone())) {
            return Ok(());
        }
        let Some(resource) = self.teams.get(id) else {
            return Ok(());
        };
        let entitlement = team_entitlement(resource, role);
        self.writer.entitlement(&entitlement).await
    }

    async fn need_admin_role(&mut self, name: &str) -> Result<(), C1zError> {
        if self.admin_roles.contains(name) {
            return Ok(());
        }
        self.admin_roles.insert(name.to_owned());
        let kind = self.admin_role_kinds.get(name).cloned();
        let resource = admin_role(&AdminRole {
            kind: kind.unwrap_or_default(),
            name: name.to_owned(),
        });
        let entitlement = admin_role_entitlement(&resource);
        self.writer.resource(&resource).await?;
        self.writer.entitlement(&entitlement).await
    }

    async fn need_group(&mut self, id: &UserGroupId) -> Result<(), C1zError> {
        if self.groups.contains(id) {
            return Ok(());
        }
        let nameless = UserGroup {
            id: id.clone(),
            name: id.to_string(),
            description: Known::Unknown,
        };
        self.user_group(&nameless).await
    }
}
