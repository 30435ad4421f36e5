//! What a mapping can see.

use std::borrow::Cow;

use usher_model::{AccountId, AppRole, Person};

use crate::GroupIndex;

/// What a mapping can see of a person.
#[derive(Clone, Copy, Debug)]
pub struct PersonView<'a> {
    /// The person.
    pub person: &'a Person,
    /// The person's manager, if there is one.
    pub manager: Option<ManagerView<'a>>,
    /// The application role the person is assigned with, if there is one.
    pub app_role: Option<&'a AppRole>,
    /// Where the names of the person's groups are looked up when an expression asks for them.
    pub groups: Option<&'a GroupIndex>,
}

/// What a mapping can see of a person's manager.
#[derive(Clone, Copy, Debug, Default)]
pub struct ManagerView<'a> {
    /// The manager's account, if the manager is linked to one.
    pub account: Option<&'a AccountId>,
    /// The manager, if the directory knows them.
    pub person: Option<&'a Person>,
}

impl<'a> ManagerView<'a> {
    /// The manager's full name, if known.
    pub fn name(&self) -> Option<Cow<'a, str>> {
        self.person.and_then(Person::full_name)
    }
}

impl<'a> PersonView<'a> {
    /// Sees the person and nothing else.
    pub fn new(person: &'a Person) -> Self {
        Self {
            person,
            manager: None,
            app_role: None,
            groups: None,
        }
    }
}

/// What a mapping is evaluated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// An account is about to be created.
    Creation,
    /// An account is there.
    Update,
}
