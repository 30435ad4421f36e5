//! Settings of an LDAP source.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;
use usher_model::AttributeName;

use crate::ldap::filter;
use crate::settings::refuse;
use crate::{DirectoryError, SecretReference};

/// Settings of an LDAP directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LdapSettings {
    /// The server: `ldaps://dc1.example.com` or `ldap://…`.
    pub url: Url,
    /// How an `ldap://` connection is protected.
    #[serde(default)]
    pub encryption: Encryption,
    /// PEM file with further certificate authorities to trust.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// SHA-256 fingerprints of server certificates to trust as they are, in hexadecimal, colons allowed. With
    /// any of these, no other certificate is trusted, and names and dates in it are not looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificate_sha256: Vec<String>,
    /// Whom to sign in as; anonymous when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bind_dn: Option<String>,
    /// Where the password is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretReference>,
    /// What kind of directory it is: gives all names of attributes and classes.
    pub preset: Preset,
    /// Where people are looked for, and groups too unless `groups.base` says otherwise.
    pub base: String,
    /// Which entries are people; the preset's filter when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// How groups are read.
    #[serde(default)]
    pub groups: GroupSettings,
    /// Which attribute of an entry each attribute of a person comes from, over the preset's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<AttributeName, String>,
    /// The attribute that identifies an entry for good, over the preset's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// When a person is disabled, over the preset's rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<DisabledRule>,
    /// Entries per page.
    #[serde(default = "LdapSettings::default_page_size")]
    pub page_size: u16,
    /// Whether only what changed is read where that is possible.
    #[serde(default)]
    pub incremental: Incremental,
    /// Whether deleted entries are asked for in incremental readings (Active Directory).
    #[serde(default)]
    pub tombstones: Tombstones,
    /// Longest time to connect, in seconds.
    #[serde(default = "LdapSettings::default_connect_seconds")]
    pub connect_seconds: u16,
    /// Longest time to wait for each answer, in seconds.
    #[serde(default = "LdapSettings::default_answer_seconds")]
    pub answer_seconds: u16,
}

/// How an `ldap://` connection is protected. An `ldaps://` connection always is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// By `StartTLS`, before anything else is said.
    #[default]
    StartTls,
    /// Not at all: passwords and people cross the network in the clear.
    None,
}

/// Kinds of directories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Microsoft Active Directory.
    ActiveDirectory,
    /// `OpenLDAP` with `inetOrgPerson`.
    Openldap,
    /// 389 Directory Server, Red Hat Directory Server, `FreeIPA`.
    Directory389,
}

/// How groups are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupSettings {
    /// Where groups are looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Which entries are groups; the preset's filter when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// How membership is written down; the preset's way when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Membership>,
}

/// How membership is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// The group lists distinguished names in `member`.
    Member,
    /// The group lists distinguished names in `uniqueMember`.
    UniqueMember,
    /// The group lists user names in `memberUid`.
    MemberUid,
    /// Only people's entries name their groups, in `memberOf`. Every reading is a full one.
    MemberOf,
    /// Groups are not read.
    None,
}

/// When a person is disabled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "when", rename_all = "snake_case", deny_unknown_fields)]
pub enum DisabledRule {
    /// An attribute has one of these values, compared without regard to case.
    Equals {
        /// The attribute.
        attribute: String,
        /// The values.
        values: Vec<String>,
    },
    /// An attribute has any value.
    Present {
        /// The attribute.
        attribute: String,
    },
    /// A bit of a number is set.
    Bit {
        /// The attribute.
        attribute: String,
        /// The bit's value, such as 2.
        bit: u32,
    },
    /// Never.
    Never,
}

/// Whether only what changed is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Incremental {
    /// Where the directory can tell.
    #[default]
    Auto,
    /// Never: each reading is a full one.
    Off,
}

/// Whether deleted entries are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tombstones {
    /// No: a full reading shows who is gone.
    #[default]
    Off,
    /// Yes. The account needs the right to read `CN=Deleted Objects`; Active Directory hides it from all but
    /// administrators.
    Read,
}

impl LdapSettings {
    fn default_page_size() -> u16 {
        500
    }

    fn default_connect_seconds() -> u16 {
        10
    }

    fn default_answer_seconds() -> u16 {
        60
    }

    /// Refuses settings that cannot work.
    pub fn check(&self) -> Result<(), DirectoryError> {
        self.check_address()?;
        for (field, text) in [
            ("filter", self.filter.as_deref()),
            ("groups.filter", self.groups.filter.as_deref()),
        ] {
            text.map_or(Ok(()), |text| filter::check(field, text))?;
        }
        if self.page_size == 0 {
            return Err(refuse("page_size", "must be at least 1"));
        }
        for text in &self.certificate_sha256 {
            crate::ldap::trust::fingerprint(text)?;
        }
        if self.bind_dn.is_some() != self.password.is_some() {
            return Err(refuse(
                "bind_dn",
                "`bind_dn` and `password` belong together",
            ));
        }
        Ok(())
    }

    fn check_address(&self) -> Result<(), DirectoryError> {
        if !["ldap", "ldaps"].contains(&self.url.scheme()) {
            return Err(refuse("url", "must begin with ldap:// or ldaps://"));
        }
        if self.url.host_str().is_none_or(str::is_empty) {
            return Err(refuse("url", "names no server"));
        }
        let clear = self.url.scheme() == "ldap" && self.encryption == Encryption::None;
        if clear && !(self.ca_file.is_none() && self.certificate_sha256.is_empty()) {
            return Err(refuse(
                "encryption",
                "`none` contradicts `ca_file` and `certificate_sha256`",
            ));
        }
        Ok(())
    }
}
