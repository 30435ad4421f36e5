//! What resources of a trait say about themselves; carried as annotations.

use prost::{Enumeration, Message};
use prost_types::{Struct, Timestamp};

use super::named;
use super::resource::{AssetRef, ResourceStatus};

/// Who uses an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub enum AccountType {
    /// Not said.
    Unspecified = 0,
    /// A person.
    Human = 1,
    /// A program.
    Service = 2,
    /// The system itself.
    System = 3,
}

/// An address of an account.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct UserEmail {
    /// The address.
    #[prost(string, tag = "1")]
    pub address: String,
    /// The one to write to.
    #[prost(bool, tag = "2")]
    pub is_primary: bool,
}

/// Whether an account has a second factor.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Message)]
pub struct MfaStatus {
    /// It has.
    #[prost(bool, tag = "1")]
    pub mfa_enabled: bool,
}

/// Whether an account signs in through an identity provider.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Message)]
pub struct SsoStatus {
    /// It does.
    #[prost(bool, tag = "1")]
    pub sso_enabled: bool,
}

/// A person's name in parts.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct StructuredName {
    /// Given name.
    #[prost(string, tag = "1")]
    pub given_name: String,
    /// Family name.
    #[prost(string, tag = "2")]
    pub family_name: String,
    /// Names between the two.
    #[prost(string, repeated, tag = "3")]
    pub middle_names: Vec<String>,
    /// Before the name.
    #[prost(string, tag = "4")]
    pub prefix: String,
    /// After the name.
    #[prost(string, tag = "5")]
    pub suffix: String,
}

/// The resource is an account.
#[derive(Clone, PartialEq, Message)]
pub struct UserTrait {
    /// Its addresses.
    #[prost(message, repeated, tag = "1")]
    pub emails: Vec<UserEmail>,
    /// Whether it can be used.
    #[prost(message, optional, tag = "2")]
    pub status: Option<ResourceStatus>,
    /// Attributes.
    #[prost(message, optional, tag = "3")]
    pub profile: Option<Struct>,
    /// Its picture.
    #[prost(message, optional, tag = "4")]
    pub icon: Option<AssetRef>,
    /// Who uses it.
    #[prost(enumeration = "AccountType", tag = "5")]
    pub account_type: i32,
    /// What the person types to sign in.
    #[prost(string, tag = "6")]
    pub login: String,
    /// Other words to sign in with.
    #[prost(string, repeated, tag = "7")]
    pub login_aliases: Vec<String>,
    /// When it was made.
    #[prost(message, optional, tag = "8")]
    pub created_at: Option<Timestamp>,
    /// When it was last used.
    #[prost(message, optional, tag = "9")]
    pub last_login: Option<Timestamp>,
    /// Second factor.
    #[prost(message, optional, tag = "10")]
    pub mfa_status: Option<MfaStatus>,
    /// Single sign-on.
    #[prost(message, optional, tag = "11")]
    pub sso_status: Option<SsoStatus>,
    /// The person's name in parts.
    #[prost(message, optional, tag = "12")]
    pub structured_name: Option<StructuredName>,
    /// Numbers that the company gave the person.
    #[prost(string, repeated, tag = "13")]
    pub employee_ids: Vec<String>,
}

/// The resource has members.
#[derive(Clone, PartialEq, Message)]
pub struct GroupTrait {
    /// Its picture.
    #[prost(message, optional, tag = "1")]
    pub icon: Option<AssetRef>,
    /// Attributes.
    #[prost(message, optional, tag = "2")]
    pub profile: Option<Struct>,
}

/// The resource is a role.
#[derive(Clone, PartialEq, Message)]
pub struct RoleTrait {
    /// Attributes.
    #[prost(message, optional, tag = "1")]
    pub profile: Option<Struct>,
    /// When it applies.
    #[prost(message, optional, tag = "2")]
    pub role_scope_conditions: Option<RoleScopeConditions>,
}

/// When a role applies.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct RoleScopeConditions {
    /// In which language.
    #[prost(string, tag = "1")]
    pub r#type: String,
    /// The conditions.
    #[prost(message, repeated, tag = "3")]
    pub conditions: Vec<RoleScopeCondition>,
}

/// One condition of a role.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct RoleScopeCondition {
    /// The condition.
    #[prost(string, tag = "1")]
    pub expression: String,
}

/// The resource is a licence. Only newer readers know this trait.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct LicenseProfileTrait {
    /// Its name.
    #[prost(string, tag = "1")]
    pub license_name: String,
    /// How many were bought; 0 when that is not known.
    #[prost(int64, tag = "2")]
    pub purchased_seats: i64,
    /// How many are in use.
    #[prost(int64, tag = "3")]
    pub consumed_seats: i64,
    /// What one costs.
    #[prost(int64, tag = "4")]
    pub cost_per_unit_in_cents: i64,
    /// In which currency.
    #[prost(string, tag = "5")]
    pub currency: String,
    /// The entitlements that stand for having it.
    #[prost(string, repeated, tag = "6")]
    pub entitlement_ids: Vec<String>,
}

named!(UserTrait, GroupTrait, RoleTrait, LicenseProfileTrait);
