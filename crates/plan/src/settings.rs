//! How the organization is brought in line with the directory.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use usher_model::{AccountId, AttributeName, Email, TeamId};

use crate::TargetAttribute;

/// Everything that decides how an organization is provisioned. One document per organization: it is what
/// `usher provisioning export` writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Which people are considered.
    pub scope: ScopeSettings,
    /// How a person's attributes become an account's.
    pub user_mapping: Vec<AttributeMapping>,
    /// How a person is tied to an account that is already there, first hit wins.
    pub matching: Vec<MatchingProperty>,
    /// How a directory group becomes a team or user group.
    pub group_mapping: GroupMapping,
    /// What may be done with accounts.
    pub user_actions: ObjectActions,
    /// What may be done with teams and user groups.
    pub group_actions: GroupActions,
    /// What happens to the account of somebody who leaves.
    pub deprovision: DeprovisionPolicy,
    /// What happens to accounts that belong to nobody in the directory.
    pub unmanaged: UnmanagedPolicy,
    /// What happens when Miro was changed by hand; an attribute without entry is corrected.
    pub drift: BTreeMap<TargetAttribute, DriftPolicy>,
    /// What happens to members of a pushed team or user group whom nobody assigned.
    pub extra_members: ExtraMembers,
    /// The team that every new account joins, where it cannot be learned.
    pub default_team: Option<TeamId>,
    /// When to stop and ask.
    pub guards: GuardSettings,
    /// Who has to say yes.
    pub approval: Approval,
}

/// Which people are considered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScopeSettings {
    /// Assigned people only, or everyone.
    pub mode: ScopeMode,
    /// A person must pass one of these, if there are any: clauses within a filter are joined by and, filters by or.
    pub filters: Vec<ScopeFilter>,
    /// E-mail addresses of people who are in scope whatever the filters say (they must still be assigned).
    pub include: Vec<Email>,
    /// E-mail addresses of people who are never in scope.
    pub exclude: Vec<Email>,
}

/// Whether assignments decide who is in scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeMode {
    /// Only people with an assignment (requirement E2).
    #[default]
    Assigned,
    /// Everybody in the directory.
    Everyone,
}

/// A scoping filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeFilter {
    /// What to call it.
    pub name: String,
    /// All must hold.
    pub clauses: Vec<Clause>,
}

/// One condition of a scoping filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// The person's attribute; not used by the member-of operators.
    #[serde(default = "no_attribute")]
    pub attribute: AttributeName,
    /// How it is compared.
    pub operator: Operator,
    /// With what; the name of a group for the member-of operators; absent for those that need none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

fn no_attribute() -> AttributeName {
    AttributeName::new("")
}

/// How a clause compares, in the words of Microsoft Entra's scoping filters and some more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Operator {
    /// The same, without regard to case.
    Equals,
    /// Another value, or none.
    NotEquals,
    /// A larger number, or a later text.
    GreaterThan,
    /// A larger or equal number.
    GreaterThanOrEquals,
    /// A smaller number.
    LessThan,
    /// A smaller or equal number.
    LessThanOrEquals,
    /// True.
    IsTrue,
    /// False.
    IsFalse,
    /// No value.
    IsNull,
    /// Some value.
    IsNotNull,
    /// Contains the text, or has it among its values.
    Includes,
    /// Starts with the text.
    StartsWith,
    /// Ends with the text.
    EndsWith,
    /// The whole value matches the regular expression.
    RegexMatch,
    /// It does not.
    NotRegexMatch,
    /// In the group, directly or through groups in it.
    IsMemberOf,
    /// Not in the group.
    IsNotMemberOf,
    /// A date before: RFC 3339, or relative to now such as `+14d`, `-90d`.
    Before,
    /// A date at or after.
    OnOrAfter,
}

/// How one attribute of an account is filled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeMapping {
    /// The account's attribute.
    pub target: TargetAttribute,
    /// Where its value comes from.
    pub source: MappingSource,
    /// The value when the source has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What happens when there is no value at all.
    #[serde(default)]
    pub when_empty: WhenEmpty,
    /// When it is applied.
    #[serde(default)]
    pub apply: Apply,
}

/// Where a mapped value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum MappingSource {
    /// An attribute of the person as it is. `active` and `manager` name those of the person.
    Direct(AttributeName),
    /// The same for everybody.
    Constant(String),
    /// An expression; see the page on mappings.
    Expression(String),
    /// Nothing: the attribute is never touched.
    None,
}

/// What happens when a mapping gives no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenEmpty {
    /// The account keeps what it has: a source that lost a column must not wipe a company.
    #[default]
    Keep,
    /// The account's value is cleared.
    Clear,
}

/// When a mapping is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Apply {
    /// At creation and ever after.
    #[default]
    Always,
    /// At creation only.
    OnlyAtCreation,
}

/// A pair of attributes that ties a person to an account. Compared without regard to case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchingProperty {
    /// The account's attribute: `userName`, `displayName` or `employeeNumber`.
    pub target: TargetAttribute,
    /// What of the person must be equal to it: a direct attribute or an expression.
    pub source: MappingSource,
}

/// How a directory group that is assigned to the application becomes a team or user group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GroupMapping {
    /// Whether assigned groups are pushed at all.
    pub push: Switch,
    /// The name in Miro: `displayName` of the group as it is, a constant, or an expression over `group`.
    pub name: MappingSource,
}

/// On or off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// On.
    On,
    /// Off.
    #[default]
    Off,
}

impl Switch {
    /// Whether it is on.
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

/// What may be done with accounts (requirement E7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ObjectActions {
    /// New accounts.
    pub create: Switch,
    /// Changes of attributes, roles and licences, enabling and disabling.
    pub update: Switch,
    /// Deletion for good. Also needs [`DeprovisionPolicy::delete_after_days`].
    pub delete: Switch,
}

/// What may be done with teams and user groups (requirement E7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GroupActions {
    /// New teams (through REST) or user groups. Off by default in the team model, where SCIM has no such call.
    pub create: Switch,
    /// Names and memberships.
    pub update: Switch,
    /// Deletion of user groups whose directory group is gone. Teams are never deleted.
    pub delete: Switch,
}

/// What happens to the account of somebody who leaves, most reversible first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeprovisionPolicy {
    /// When a person is disabled or gone in the directory, or is no longer assigned or in scope.
    pub leave: LeaveAction,
    /// Days after which a disabled account is taken out of its teams, if at all. Boards change hands for good.
    pub remove_from_teams_after_days: Option<u32>,
    /// Days after which it is deleted, if at all. Needs the delete action.
    pub delete_after_days: Option<u32>,
    /// Whether all sessions of an account that is disabled are ended at once. Needs an access token with the scope
    /// `sessions:delete`.
    pub end_sessions: Switch,
}

/// What happens at once when somebody leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaveAction {
    /// The account is disabled.
    #[default]
    Disable,
    /// People who fall out of scope keep their account as it is; only people disabled or gone in the directory are
    /// disabled.
    SkipOutOfScope,
    /// Nothing: reported only.
    Report,
}

/// What happens to accounts that belong to nobody in the directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnmanagedPolicy {
    /// They are listed.
    #[default]
    Report,
    /// They are tied to the person they match, if that person is in scope.
    AdoptByMatch,
    /// They are disabled. Guests and protected accounts never are.
    Disable,
}

/// What happens when an attribute was changed in Miro by hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftPolicy {
    /// It is set back.
    #[default]
    Correct,
    /// It is listed, and left.
    Report,
    /// It stands until the directory's own value changes.
    Adopt,
}

/// What happens to members of a pushed team or user group whom nobody assigned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtraMembers {
    /// They are listed.
    #[default]
    Report,
    /// They are taken out.
    Remove,
}

/// When a plan is held until somebody approves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GuardSettings {
    /// Disables, deletes and revokes, per plan and again over the last 24 hours.
    pub disables: Threshold,
    /// Changes that cannot be undone, per plan and over the last 24 hours.
    pub irreversible: Threshold,
    /// Members whom one change set may take out of one group, in per cent of its members.
    pub group_shrink_percent: u8,
    /// How old the inventory may be for anything to be removed.
    pub max_inventory_age: Duration,
    /// Accounts that are never touched.
    pub protected: Vec<ProtectedAccount>,
}

/// An account that is never touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtectedAccount {
    /// By id.
    Id(AccountId),
    /// By e-mail address.
    Email(Email),
}

/// A number and a share; the larger of both counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// How many are always allowed.
    pub at_least: u32,
    /// How many per cent of the accounts.
    pub percent: u8,
}

impl Threshold {
    /// How many of `accounts` it allows.
    pub fn allows(self, accounts: usize) -> u32 {
        let share = accounts.saturating_mul(usize::from(self.percent)) / 100;
        u32::try_from(share).unwrap_or(u32::MAX).max(self.at_least)
    }
}

/// Who has to say yes before a plan is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// Somebody, always.
    Always,
    /// Somebody, when a guard holds the plan.
    #[default]
    OverGuard,
    /// Nobody. Guards still hold the first plan of an organization, and refuse what is never allowed.
    Never,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            scope: ScopeSettings::default(),
            user_mapping: default_user_mapping(),
            matching: default_matching(),
            group_mapping: GroupMapping::default(),
            user_actions: ObjectActions::default(),
            group_actions: GroupActions::default(),
            deprovision: DeprovisionPolicy::default(),
            unmanaged: UnmanagedPolicy::default(),
            drift: BTreeMap::new(),
            extra_members: ExtraMembers::default(),
            default_team: None,
            guards: GuardSettings::default(),
            approval: Approval::default(),
        }
    }
}

impl Default for GroupMapping {
    fn default() -> Self {
        Self {
            push: Switch::On,
            name: MappingSource::Direct(AttributeName::new(AttributeName::DISPLAY_NAME)),
        }
    }
}

impl Default for ObjectActions {
    fn default() -> Self {
        Self {
            create: Switch::On,
            update: Switch::On,
            delete: Switch::Off,
        }
    }
}

impl Default for GroupActions {
    fn default() -> Self {
        Self {
            create: Switch::Off,
            update: Switch::On,
            delete: Switch::Off,
        }
    }
}

impl Default for DeprovisionPolicy {
    fn default() -> Self {
        Self {
            leave: LeaveAction::Disable,
            remove_from_teams_after_days: None,
            delete_after_days: None,
            end_sessions: Switch::Off,
        }
    }
}

impl Default for GuardSettings {
    fn default() -> Self {
        Self {
            disables: Threshold {
                at_least: 5,
                percent: 5,
            },
            irreversible: Threshold {
                at_least: 5,
                percent: 0,
            },
            group_shrink_percent: 20,
            max_inventory_age: Duration::from_secs(24 * 60 * 60),
            protected: Vec::new(),
        }
    }
}

/// The default map of users: that of Miro's SCIM reference and of the directory products (requirements J5 and J9).
fn default_user_mapping() -> Vec<AttributeMapping> {
    use TargetAttribute as To;
    let direct = |target, name: &str| AttributeMapping {
        target,
        source: MappingSource::Direct(AttributeName::new(name)),
        default: None,
        when_empty: WhenEmpty::Keep,
        apply: Apply::Always,
    };
    let expression = |target, text: &str| AttributeMapping {
        source: MappingSource::Expression(text.to_owned()),
        ..direct(target, "")
    };
    vec![
        direct(To::UserName, AttributeName::EMAIL),
        expression(
            To::DisplayName,
            "coalesce(person.displayName, join(\" \", person.givenName, person.familyName))",
        ),
        direct(To::GivenName, AttributeName::GIVEN_NAME),
        direct(To::FamilyName, AttributeName::FAMILY_NAME),
        direct(To::Active, "active"),
        direct(To::EmployeeNumber, "employeeNumber"),
        direct(To::Organization, "organization"),
        direct(To::Department, "department"),
        direct(To::Division, "division"),
        direct(To::CostCenter, "costCenter"),
        direct(To::Manager, "manager"),
        direct(To::ManagerDisplayName, "manager.displayName"),
        direct(To::Photo, "photo"),
        direct(To::PreferredLanguage, "preferredLanguage"),
    ]
}

fn default_matching() -> Vec<MatchingProperty> {
    vec![MatchingProperty {
        target: TargetAttribute::UserName,
        source: MappingSource::Direct(AttributeName::new(AttributeName::EMAIL)),
    }]
}
