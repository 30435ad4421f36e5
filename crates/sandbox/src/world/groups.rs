//! User groups: creating them, and who is in them.

use serde_json::json;
use smol_str::SmolStr;

use crate::world::World;
use crate::world::audit::{AuditKind, Change};
use crate::world::group::{Share, ShareRole, ShareTarget, UserGroup};
use crate::world::keys::{GroupKey, UserKey};
use crate::world::log::Entry;
use crate::world::membership::{MemberEdit, Progress, Welcome};
use crate::world::names::{NAME_LIMIT, check_length};
use crate::world::refusal::{Conflict, ObjectKind, Refusal};

/// The longest description of a user group, in characters.
const DESCRIPTION_LIMIT: usize = 300;

impl World {
    /// Creates a user group. SCIM cuts the name before, REST refuses a long one.
    ///
    /// # Errors
    /// When the name is taken, empty or too long, or the description too long.
    pub fn create_user_group(
        &mut self,
        change: &Change,
        name: &str,
        description: &str,
    ) -> Result<GroupKey, Refusal> {
        self.check_group_name(name, None)?;
        check_length("description", description, DESCRIPTION_LIMIT)?;
        let id = self.next_id();
        let group: GroupKey = self.groups.push(UserGroup {
            id,
            name: name.into(),
            description: description.into(),
            deleted: false,
            members: Vec::new(),
            teams: Vec::new(),
        });
        self.indexes.name_group(name, group);
        self.record(
            change,
            Entry::new(AuditKind::GroupCreated, self.named_group(group)),
        );
        Ok(group)
    }

    /// Creates a user group with members as SCIM does, both or nothing.
    ///
    /// # Errors
    /// As for creating one and for adding the members.
    pub fn provision_user_group(
        &mut self,
        change: &Change,
        name: &str,
        members: &[UserKey],
    ) -> Result<GroupKey, Refusal> {
        self.check_group_name(name, None)?;
        self.check_seats_for(members, Welcome::FullForAll)?;
        let group = self.create_user_group(change, name, "")?;
        let edit = MemberEdit {
            add: members.to_vec(),
            remove: Vec::new(),
        };
        self.edit_group_members(change, group, &edit, Progress::Whole)?;
        Ok(group)
    }

    /// Changes a user group's name, description, or both.
    ///
    /// # Errors
    /// As for creating one.
    pub fn update_user_group(
        &mut self,
        change: &Change,
        group: GroupKey,
        name: Option<&str>,
        description: Option<&str>,
    ) -> Result<(), Refusal> {
        let old = self.group(group);
        let name = name.filter(|name| *name != old.name);
        let description = description.filter(|text| *text != old.description);
        if let Some(name) = name {
            self.check_group_name(name, Some(group))?;
        }
        if let Some(text) = description {
            check_length("description", text, DESCRIPTION_LIMIT)?;
        }
        if let Some(name) = name {
            let old = std::mem::replace(&mut self.groups.get_mut(group).name, name.into());
            self.indexes.forget_group(&old);
            self.indexes.name_group(name, group);
        }
        if let Some(text) = description {
            self.groups.get_mut(group).description = text.into();
        }
        if name.is_some() || description.is_some() {
            self.record(
                change,
                Entry::new(AuditKind::GroupUpdated, self.named_group(group)),
            );
        }
        Ok(())
    }

    /// Deletes a user group. Its members stay where they are, its teams lose nothing but the attachment.
    pub fn delete_user_group(&mut self, change: &Change, group: GroupKey) {
        let object = self.named_group(group);
        let gone = self.groups.get_mut(group);
        gone.deleted = true;
        let (members, teams) = (
            std::mem::take(&mut gone.members),
            std::mem::take(&mut gone.teams),
        );
        self.indexes.forget_group(&object.name);
        for member in members {
            self.users
                .get_mut(member)
                .groups
                .retain(|other| *other != group);
        }
        for team in teams {
            self.teams
                .get_mut(team)
                .groups
                .retain(|other| *other != group);
        }
        self.shares.retain(|share| share.group != group);
        self.record(change, Entry::new(AuditKind::GroupDeleted, object));
    }

    /// Brings somebody of the organization into a user group, as REST does: without effects on the user.
    ///
    /// # Errors
    /// When the user is in the group already.
    pub fn add_group_member(
        &mut self,
        change: &Change,
        group: GroupKey,
        user: UserKey,
    ) -> Result<(), Refusal> {
        let id = self.user(user).id;
        if !self.user(user).is_present() {
            return Err(Refusal::not_found(ObjectKind::User, &id));
        }
        if self.insert_group_member(change, group, user) {
            return Ok(());
        }
        Err(Conflict::AlreadyMember { user: id }.into())
    }

    /// Takes a member out of a user group, and changes nothing else.
    ///
    /// # Errors
    /// When the user is not in the group.
    pub fn remove_group_member(
        &mut self,
        change: &Change,
        group: GroupKey,
        user: UserKey,
    ) -> Result<(), Refusal> {
        if self.delete_group_member(change, group, user) {
            return Ok(());
        }
        Err(Refusal::not_found(ObjectKind::Member, &self.user(user).id))
    }

    /// Adds and removes members of a user group as SCIM does, all or nobody.
    ///
    /// Whoever comes in is brought back if deleted, activated if deactivated, and gets the licence `Full`. Removing
    /// has no other effect, and no last admin stands against it (Miro's SCIM description, user-group model).
    ///
    /// # Errors
    /// When seats run out.
    pub fn edit_group_members(
        &mut self,
        change: &Change,
        group: GroupKey,
        edit: &MemberEdit,
        progress: Progress,
    ) -> Result<(), Refusal> {
        let outside = |user: &&UserKey| self.group(group).members.binary_search(user).is_err();
        let coming = edit
            .add
            .iter()
            .filter(|user| outside(user) || !self.user(**user).is_visible_to_scim());
        let coming: Vec<UserKey> = coming.copied().collect();
        let going: Vec<UserKey> = edit
            .remove
            .iter()
            .filter(|user| !outside(user))
            .copied()
            .collect();
        self.check_seats_for(&coming, Welcome::FullForAll)?;
        let mut left = match progress {
            Progress::Whole => usize::MAX,
            Progress::UpTo(members) => members,
        };
        for user in going.into_iter().take(left) {
            left -= 1;
            self.delete_group_member(change, group, user);
        }
        for user in self
            .neediest_first(coming, Welcome::FullForAll)
            .into_iter()
            .take(left)
        {
            self.welcome(change, user, Welcome::FullForAll);
            self.insert_group_member(change, group, user);
        }
        Ok(())
    }

    /// Shares a board or project with a user group, or changes the role of a share.
    pub fn share(
        &mut self,
        change: &Change,
        target: ShareTarget,
        id: &str,
        (group, role): (GroupKey, ShareRole),
    ) {
        let known = self
            .shares
            .iter_mut()
            .find(|share| is_share(share, target, id, group));
        match known {
            Some(share) => share.role = role,
            None => self.shares.push(Share {
                target,
                id: id.into(),
                group,
                role,
            }),
        }
        let details = json!({"target": target.as_str(), "id": id, "role": role.as_str()});
        let entry = Entry::new(AuditKind::Shared, self.named_group(group));
        self.record(change, entry.with(details));
    }

    /// Takes a share away.
    ///
    /// # Errors
    /// When there is none.
    pub fn unshare(
        &mut self,
        change: &Change,
        target: ShareTarget,
        id: &str,
        group: GroupKey,
    ) -> Result<(), Refusal> {
        let before = self.shares.len();
        self.shares
            .retain(|share| !is_share(share, target, id, group));
        if self.shares.len() == before {
            return Err(Refusal::not_found(ObjectKind::Share, id));
        }
        let details = json!({"target": target.as_str(), "id": id});
        let entry = Entry::new(AuditKind::Unshared, self.named_group(group));
        self.record(change, entry.with(details));
        Ok(())
    }

    /// Refuses what cannot be the name of a user group, or is the name of another one.
    pub(crate) fn check_group_name(
        &self,
        name: &str,
        group: Option<GroupKey>,
    ) -> Result<(), Refusal> {
        if name.trim().is_empty() {
            return Err(Refusal::invalid("displayName", "it must not be empty"));
        }
        check_length("displayName", name, NAME_LIMIT)?;
        match self.find_group_by_name(name) {
            Some(other) if Some(other) != group => {
                let name = SmolStr::from(name);
                Err(Conflict::NameTaken { name }.into())
            }
            _ => Ok(()),
        }
    }

    fn insert_group_member(&mut self, change: &Change, group: GroupKey, user: UserKey) -> bool {
        let members = &mut self.groups.get_mut(group).members;
        let Err(place) = members.binary_search(&user) else {
            return false;
        };
        members.insert(place, user);
        let groups = &mut self.users.get_mut(user).groups;
        groups.push(group);
        groups.sort_unstable();
        self.record_member(change, AuditKind::GroupMemberAdded, group, user);
        true
    }

    pub(crate) fn delete_group_member(
        &mut self,
        change: &Change,
        group: GroupKey,
        user: UserKey,
    ) -> bool {
        let members = &mut self.groups.get_mut(group).members;
        let Ok(place) = members.binary_search(&user) else {
            return false;
        };
        members.remove(place);
        self.users
            .get_mut(user)
            .groups
            .retain(|other| *other != group);
        self.record_member(change, AuditKind::GroupMemberRemoved, group, user);
        true
    }

    fn record_member(&mut self, change: &Change, kind: AuditKind, group: GroupKey, user: UserKey) {
        let in_group = self.named_group(group);
        let entry = Entry::new(kind, self.named_user(user));
        let details = json!({"groupId": in_group.id, "groupName": in_group.name});
        self.record(change, entry.with(details));
    }
}

fn is_share(share: &Share, target: ShareTarget, id: &str, group: GroupKey) -> bool {
    share.target == target && share.id == id && share.group == group
}
