//! What must be seen in Miro after a change, and how to look most cheaply. Pure.

use serde::{Deserialize, Serialize};
use usher_miro::{ScimClass, ScimUser};
use usher_model::{License, OrganizationRole};
use usher_plan::{Action, Reading, TargetAttribute, TargetAttributes, TargetValue};

use super::lanes::{Cost, Pace};
use super::writing::{texts, user_type};

/// One thing that must be seen of an account after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whether it is active.
    Active(Flag),
    /// Its e-mail address.
    UserName(String),
    /// Its licence.
    License(License),
    /// Its role in the organization.
    Role(OrganizationRole),
    /// Whether it holds an admin role.
    AdminRole(String, Flag),
    /// An attribute that Miro shows again.
    Attribute(TargetAttribute, Option<String>),
    /// That it is not there any more.
    Gone,
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// Yes.
    Yes,
    /// No.
    No,
}

impl Flag {
    fn of(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
        }
    }
}

/// What was sent and what Miro shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// The attribute or membership.
    pub what: String,
    /// What was sent.
    pub sent: String,
    /// What Miro shows.
    pub shown: String,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: `{}` was sent, Miro shows `{}`",
            self.what, self.sent, self.shown
        )
    }
}

impl Expected {
    /// What it is about: of several changes of the same thing the last one counts.
    pub fn about(&self) -> String {
        match self {
            Self::Active(_) | Self::Gone => "active".to_owned(),
            Self::UserName(_) => "userName".to_owned(),
            Self::License(_) => "licence".to_owned(),
            Self::Role(_) => "role".to_owned(),
            Self::AdminRole(name, _) => format!("admin role {name}"),
            Self::Attribute(attribute, _) => attribute.label().to_owned(),
        }
    }

    /// How what is shown differs, if it does. What Miro does not show differs in nothing.
    pub fn mismatch(&self, user: &ScimUser) -> Option<Mismatch> {
        let (sent, shown) = match self {
            Self::Active(flag) => (flag.word().to_owned(), Flag::of(user.active?).word().into()),
            Self::Gone => ("gone".to_owned(), "there".to_owned()),
            Self::UserName(name) => {
                if name.to_lowercase() == user.user_name.to_lowercase() {
                    return None;
                }
                (name.clone(), user.user_name.clone())
            }
            Self::License(license) => {
                let shown = License::from_scim_user_type(user.user_type.as_deref()?);
                if same_license(license, &shown) {
                    return None;
                }
                (user_type(license), user_type(&shown))
            }
            Self::Role(role) => {
                let shown = OrganizationRole::from(user.organization_role()?);
                (role.to_string(), shown.to_string())
            }
            Self::AdminRole(name, flag) => {
                let has = user.admin_roles()?.iter().any(|held| held == name);
                (flag.word().to_owned(), Flag::of(has).word().to_owned())
            }
            Self::Attribute(attribute, value) => (
                value.clone().unwrap_or_default(),
                shown(user, *attribute)?.unwrap_or_default(),
            ),
        };
        (sent != shown).then(|| Mismatch {
            what: self.about(),
            sent,
            shown,
        })
    }
}

/// Full is the older name of Standard.
fn same_license(one: &License, other: &License) -> bool {
    let newer = |license: &License| match license {
        License::Full => License::Standard,
        license => license.clone(),
    };
    newer(one) == newer(other)
}

/// An attribute as SCIM shows it; `None` where it does not.
#[expect(
    clippy::option_option,
    reason = "not shown, shown as empty, shown with a value"
)]
fn shown(user: &ScimUser, attribute: TargetAttribute) -> Option<Option<String>> {
    let enterprise = user.enterprise.clone().unwrap_or_default();
    let value = match attribute {
        TargetAttribute::DisplayName => user.display_name.clone(),
        TargetAttribute::EmployeeNumber => enterprise.employee_number,
        TargetAttribute::CostCenter => enterprise.cost_center,
        TargetAttribute::Organization => enterprise.organization,
        TargetAttribute::Division => enterprise.division,
        TargetAttribute::Department => enterprise.department,
        _ => return None,
    };
    Some(value.filter(|text| !text.is_empty()))
}

/// What must be seen of the account after a change of it.
pub fn expected(action: &Action) -> Vec<Expected> {
    match action {
        Action::CreateAccount { attributes, .. } => of_attributes(attributes),
        Action::UpdateAttributes { changes, .. } => changes
            .iter()
            .filter_map(|change| of_attribute(change.attribute, change.after.as_ref()))
            .collect(),
        Action::Rename { after, .. } => vec![Expected::UserName(after.clone())],
        Action::Enable { .. } => vec![Expected::Active(Flag::Yes)],
        Action::Disable { .. } => vec![Expected::Active(Flag::No)],
        Action::Delete { .. } => vec![Expected::Gone],
        Action::SetRole { after, .. } => vec![Expected::Role(after.clone())],
        Action::AddAdminRole { name, .. } => vec![Expected::AdminRole(name.clone(), Flag::Yes)],
        Action::RemoveAdminRole { name, .. } => vec![Expected::AdminRole(name.clone(), Flag::No)],
        Action::RaiseLicense { after, .. } => vec![Expected::License(after.clone())],
        _ => Vec::new(),
    }
}

fn of_attributes(attributes: &TargetAttributes) -> Vec<Expected> {
    let mut expected = Vec::new();
    for (attribute, value) in attributes {
        match (attribute, value) {
            (TargetAttribute::UserType, Some(value)) => {
                let license = License::from_scim_user_type(&value.to_string());
                expected.push(Expected::License(license));
            }
            (TargetAttribute::Role, Some(value)) => {
                let role = OrganizationRole::from(value.to_string().as_str());
                expected.push(Expected::Role(role));
            }
            (TargetAttribute::AdminRoles, Some(value)) => expected.extend(
                texts(value)
                    .into_iter()
                    .map(|name| Expected::AdminRole(name, Flag::Yes)),
            ),
            (TargetAttribute::Active, Some(value)) => {
                let active = value.to_string() != "false";
                expected.push(Expected::Active(Flag::of(active)));
            }
            // Without a name Miro takes the address for one.
            (TargetAttribute::DisplayName, None) => {}
            (attribute, value) => expected.extend(of_attribute(*attribute, value.as_ref())),
        }
    }
    expected
}

fn of_attribute(attribute: TargetAttribute, value: Option<&TargetValue>) -> Option<Expected> {
    let text = value.map(ToString::to_string);
    match (attribute, attribute.reading()) {
        (TargetAttribute::UserName, _) => text.map(Expected::UserName),
        (_, Reading::Shown) => Some(Expected::Attribute(attribute, text)),
        (_, Reading::LastSent | Reading::Derived) => None,
    }
}

/// How to read accounts back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// Each by itself, as soon as it was changed.
    Singly,
    /// By reading the whole list of users once, at the end.
    Pages,
}

/// Users on a page of the list.
const PAGE: u64 = 100;

/// The cheaper way to read back so many accounts of an organization that has `all`, once everything is done.
pub fn read_back(changed: u64, all: u64, pace: &Pace) -> ReadBack {
    let pages = all.div_ceil(PAGE).max(1);
    let time = |class, calls: u64| {
        let windows = pace
            .calls(class)
            .map_or(0.0, |calls_in_window| calls as f64 / calls_in_window as f64);
        let lane = pace.lane(Cost::Scim(class));
        (windows * pace.window(lane).as_secs_f64(), calls)
    };
    if time(ScimClass::GetUser, changed) <= time(ScimClass::ListUsers, pages) {
        ReadBack::Singly
    } else {
        ReadBack::Pages
    }
}

/// Whether to ask for so many memberships one by one (50 credits each) rather than for all pages (100 credits each)
/// of a group with so many members.
pub fn asks_for_each(memberships: usize, members: usize) -> bool {
    memberships <= 2 * members.div_ceil(100)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use usher_miro::{LimitProfile, ScimPool};
    use usher_model::AccountId;

    use super::*;

    fn user(value: serde_json::Value) -> ScimUser {
        let mut whole = json!({"id": "1", "userName": "ada@example.com", "active": true});
        if let (Some(whole), serde_json::Value::Object(more)) = (whole.as_object_mut(), value) {
            whole.extend(more);
        }
        serde_json::from_value(whole).unwrap()
    }

    #[test]
    fn an_account_that_was_disabled_must_be_inactive() {
        let disable = Action::Disable {
            account: AccountId::new("1"),
        };
        let [expected] = &expected(&disable)[..] else {
            panic!()
        };
        assert_eq!(expected.mismatch(&user(json!({"active": false}))), None);
        let mismatch = expected.mismatch(&user(json!({}))).unwrap();
        assert_eq!(
            mismatch.to_string(),
            "active: `no` was sent, Miro shows `yes`"
        );
    }

    #[test]
    fn the_licence_asked_for_is_compared_with_the_one_given() {
        let expected = Expected::License(License::Full);
        assert_eq!(expected.mismatch(&user(json!({"userType": "Full"}))), None);
        assert_eq!(
            expected.mismatch(&user(json!({"userType": "Standard"}))),
            None,
            "the newer name of the same"
        );
        let less = user(json!({"userType": "Free Restricted"}));
        let mismatch = expected.mismatch(&less).unwrap();
        assert_eq!(
            (mismatch.sent.as_str(), mismatch.shown.as_str()),
            ("Full", "Free Restricted")
        );
    }

    #[test]
    fn addresses_are_compared_without_regard_to_case_and_what_miro_hides_is_not_compared() {
        let expected = Expected::UserName("Ada@Example.com".into());
        assert_eq!(expected.mismatch(&user(json!({}))), None);
        let role = Expected::Role(OrganizationRole::InternalAdmin);
        assert_eq!(role.mismatch(&user(json!({}))), None);
    }

    #[test]
    fn what_miro_guesses_or_never_shows_is_not_expected() {
        let text = |text: &str| Some(TargetValue::Text(text.into()));
        let attributes = TargetAttributes::from([
            (TargetAttribute::GivenName, text("Ada")),
            (TargetAttribute::Photo, text("https://example.com/a.png")),
            (TargetAttribute::Manager, text("17")),
            (TargetAttribute::Department, text("Research")),
        ]);
        assert_eq!(
            of_attributes(&attributes),
            [Expected::Attribute(
                TargetAttribute::Department,
                Some("Research".into())
            )]
        );
    }

    #[test]
    fn many_changes_are_read_back_from_the_list_and_few_one_by_one() {
        for scim_pool in [ScimPool::Shared, ScimPool::PerClass] {
            let limits = LimitProfile {
                scim_pool,
                ..LimitProfile::default()
            };
            let pace = Pace::new(limits, 1.0);
            assert_eq!(read_back(10_000, 10_500, &pace), ReadBack::Pages);
            assert_eq!(read_back(100, 100_000, &pace), ReadBack::Singly);
            assert_eq!(read_back(1, 50, &pace), ReadBack::Singly);
        }
    }
}
