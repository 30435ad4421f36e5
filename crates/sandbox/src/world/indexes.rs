//! What is derived from the objects so that questions are answered fast.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use smol_str::SmolStr;

use crate::world::column::Column;
use crate::world::keys::{GroupKey, Slots, UserKey};
use crate::world::names::fold;
use crate::world::user::{Enterprise, User};

/// A field that users can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortField {
    /// `id`.
    Id,
    /// `userName`, which is also `emails.value`.
    UserName,
    /// `displayName`, which is also `name.formatted`.
    DisplayName,
    /// `name.givenName`.
    GivenName,
    /// `name.familyName`.
    FamilyName,
    /// `userType`.
    UserType,
    /// `active`.
    Active,
    /// `preferredLanguage`.
    PreferredLanguage,
    /// The role in the organization, which is `roles.value`.
    Role,
    /// `employeeNumber`.
    EmployeeNumber,
    /// `costCenter`.
    CostCenter,
    /// `organization`.
    Organization,
    /// `division`.
    Division,
    /// `department`.
    Department,
    /// `manager.displayName`.
    ManagerName,
}

impl SortField {
    /// Users by this field, without case; who has no value comes last (RFC 7644 §3.4.2.3). Equals by id.
    pub(crate) fn compare(self, users: &Slots<User>, left: UserKey, right: UserKey) -> Ordering {
        let by_field = match self {
            Self::Id => Ordering::Equal,
            Self::Active => users[left].active.cmp(&users[right].active),
            _ => compare_texts(self.text(&users[left]), self.text(&users[right])),
        };
        by_field.then(left.cmp(&right))
    }

    /// The text of a user in this field.
    pub(crate) fn text(self, user: &User) -> Option<&str> {
        let enterprise = |part: fn(&Enterprise) -> Option<&SmolStr>| {
            user.enterprise
                .as_deref()
                .and_then(part)
                .map(SmolStr::as_str)
        };
        match self {
            Self::UserName => Some(&user.user_name),
            Self::DisplayName => Some(&user.full_name),
            Self::GivenName => Some(user.given_name()),
            Self::FamilyName => Some(user.family_name()).filter(|name| !name.is_empty()),
            Self::UserType => Some(user.license.as_str()),
            Self::PreferredLanguage => user.language.as_deref(),
            Self::Role => Some(user.role.as_str()),
            Self::EmployeeNumber => enterprise(|data| data.employee_number.as_ref()),
            Self::CostCenter => enterprise(|data| data.cost_center.as_ref()),
            Self::Organization => enterprise(|data| data.organization.as_ref()),
            Self::Division => enterprise(|data| data.division.as_ref()),
            Self::Department => enterprise(|data| data.department.as_ref()),
            Self::ManagerName => enterprise(|data| data.manager_name.as_ref()),
            Self::Id | Self::Active => None,
        }
    }
}

fn compare_texts(left: Option<&str>, right: Option<&str>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => compare_folded(left, right),
        (left, right) => left.is_none().cmp(&right.is_none()),
    }
}

/// Texts without case.
pub(crate) fn compare_folded(left: &str, right: &str) -> Ordering {
    if left.is_ascii() && right.is_ascii() {
        let lower = |byte: u8| byte.to_ascii_lowercase();
        return left.bytes().map(lower).cmp(right.bytes().map(lower));
    }
    let left = left.chars().flat_map(char::to_lowercase);
    left.cmp(right.chars().flat_map(char::to_lowercase))
}

/// Users in some order.
pub type UserOrder = Arc<Vec<UserKey>>;

/// Everything derived from users and user groups.
#[derive(Debug, Default)]
pub(crate) struct Indexes {
    /// Users that SCIM shows, by id.
    scim_users: UserOrder,
    /// The same by other fields; made when first asked for, kept in step from then on.
    orders: RwLock<HashMap<SortField, UserOrder>>,
    /// Texts of everybody; made and kept likewise.
    columns: RwLock<HashMap<SortField, Arc<Column>>>,
    /// Everybody who is or was in the organization, by folded e-mail address.
    user_names: HashMap<SmolStr, UserKey>,
    group_names: HashMap<SmolStr, GroupKey>,
    seats_taken: u32,
    company_admins: u32,
}

impl Clone for Indexes {
    fn clone(&self) -> Self {
        Self {
            scim_users: self.scim_users.clone(),
            orders: RwLock::new(self.orders.read().clone()),
            columns: RwLock::new(self.columns.read().clone()),
            user_names: self.user_names.clone(),
            group_names: self.group_names.clone(),
            seats_taken: self.seats_taken,
            company_admins: self.company_admins,
        }
    }
}

impl Indexes {
    /// The indexes of these users.
    pub(crate) fn of(users: &Slots<User>) -> Self {
        let mut indexes = Self::default();
        let visible = users
            .keys()
            .filter(|key: &UserKey| users[*key].is_visible_to_scim());
        indexes.scim_users = Arc::new(visible.collect());
        indexes.user_names.reserve(users.len());
        for key in users.keys::<UserKey>() {
            let user = &users[key];
            indexes.user_names.insert(fold(&user.user_name), key);
            indexes.count(user, 1);
        }
        indexes
    }

    pub(crate) fn scim_users(&self) -> &[UserKey] {
        &self.scim_users
    }

    pub(crate) fn order(&self, users: &Slots<User>, field: SortField) -> UserOrder {
        if field == SortField::Id {
            return self.scim_users.clone();
        }
        if let Some(order) = self.orders.read().get(&field) {
            return order.clone();
        }
        let mut order = self.scim_users.to_vec();
        order.sort_unstable_by(|left, right| field.compare(users, *left, *right));
        let order = Arc::new(order);
        self.orders.write().insert(field, order.clone());
        order
    }

    pub(crate) fn column(&self, users: &Slots<User>, field: SortField) -> Arc<Column> {
        if let Some(column) = self.columns.read().get(&field) {
            return column.clone();
        }
        let column = Arc::new(Column::of(users, field));
        self.columns.write().insert(field, column.clone());
        column
    }

    pub(crate) fn by_user_name(&self, address: &str) -> Option<UserKey> {
        self.user_names.get(&fold(address)).copied()
    }

    pub(crate) fn group_by_name(&self, name: &str) -> Option<GroupKey> {
        self.group_names.get(&fold(name)).copied()
    }

    pub(crate) fn name_group(&mut self, name: &str, key: GroupKey) {
        self.group_names.insert(fold(name), key);
    }

    pub(crate) fn forget_group(&mut self, name: &str) {
        self.group_names.remove(&fold(name));
    }

    pub(crate) fn seats_taken(&self) -> u32 {
        self.seats_taken
    }

    pub(crate) fn company_admins(&self) -> u32 {
        self.company_admins
    }

    /// Takes in a user who has just been added.
    pub(crate) fn add(&mut self, users: &Slots<User>, key: UserKey) {
        let user = &users[key];
        self.user_names.insert(fold(&user.user_name), key);
        self.count(user, 1);
        for (field, column) in self.columns.get_mut() {
            Arc::make_mut(column).push(field.text(user));
        }
        if user.is_visible_to_scim() {
            insert(&mut self.scim_users, key, users, SortField::Id);
            for (field, order) in self.orders.get_mut() {
                insert(order, key, users, *field);
            }
        }
    }

    /// Puts `new` in the place of a user and keeps everything in step.
    pub(crate) fn replace(&mut self, users: &mut Slots<User>, key: UserKey, new: User) {
        let old = users[key].clone();
        let moved = |field: SortField| {
            old.is_visible_to_scim() != new.is_visible_to_scim()
                || field.text(&old) != field.text(&new)
                || (field == SortField::Active && old.active != new.active)
        };
        let fields: Vec<SortField> = self
            .orders
            .get_mut()
            .keys()
            .copied()
            .filter(|field| moved(*field))
            .collect();
        let seen = (old.is_visible_to_scim(), new.is_visible_to_scim());
        if seen.0 {
            for field in &fields {
                self.take_out(users, key, *field);
            }
        }
        if seen == (true, false) {
            remove(&mut self.scim_users, key, users, SortField::Id);
        }
        if fold(&old.user_name) != fold(&new.user_name) {
            self.user_names.remove(&fold(&old.user_name));
            self.user_names.insert(fold(&new.user_name), key);
        }
        self.count(&old, -1);
        self.count(&new, 1);
        for (field, column) in self.columns.get_mut() {
            if field.text(&old) != field.text(&new) {
                Arc::make_mut(column).set(key, field.text(&new));
            }
        }
        *users.get_mut(key) = new;
        if seen == (false, true) {
            insert(&mut self.scim_users, key, users, SortField::Id);
        }
        if seen.1 {
            for field in &fields {
                if let Some(order) = self.orders.get_mut().get_mut(field) {
                    insert(order, key, users, *field);
                }
            }
        }
    }

    fn take_out(&mut self, users: &Slots<User>, key: UserKey, field: SortField) {
        if let Some(order) = self.orders.get_mut().get_mut(&field) {
            remove(order, key, users, field);
        }
    }

    fn count(&mut self, user: &User, by: i32) {
        let add = |count: u32| count.saturating_add_signed(by);
        if user.takes_seat() {
            self.seats_taken = add(self.seats_taken);
        }
        if user.is_acting_company_admin() {
            self.company_admins = add(self.company_admins);
        }
    }

    /// Whether everything is as it would be if it were made anew.
    pub(crate) fn agrees(&self, users: &Slots<User>) -> bool {
        let fresh = Self::of(users);
        let orders = self.orders.read();
        let sorted =
            |(field, order): (&SortField, &UserOrder)| *order == fresh.order(users, *field);
        self.scim_users == fresh.scim_users
            && self.user_names == fresh.user_names
            && (self.seats_taken, self.company_admins) == (fresh.seats_taken, fresh.company_admins)
            && orders.iter().all(sorted)
            && self
                .columns
                .read()
                .iter()
                .all(|(field, column)| same_texts(users, *field, column))
    }
}

fn same_texts(users: &Slots<User>, field: SortField, column: &Column) -> bool {
    let same = |key: UserKey| column.get(key) == field.text(&users[key]).map(fold).as_deref();
    users.keys().all(same)
}

fn insert(order: &mut UserOrder, key: UserKey, users: &Slots<User>, field: SortField) {
    let place = order.binary_search_by(|other| field.compare(users, *other, key));
    if let Err(place) = place {
        Arc::make_mut(order).insert(place, key);
    }
}

fn remove(order: &mut UserOrder, key: UserKey, users: &Slots<User>, field: SortField) {
    let place = order.binary_search_by(|other| field.compare(users, *other, key));
    if let Ok(place) = place {
        Arc::make_mut(order).remove(place);
    }
}
