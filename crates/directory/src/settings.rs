//! What an administrator says about a source.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::builtin::BuiltinSettings;
use crate::csv::CsvSettings;
use crate::graph::GraphSettings;
use crate::ldap::LdapSettings;
use crate::scim::ScimSettings;
use crate::{DirectoryError, ErrorKind};

/// Settings of one source. Field `kind` says which kind it is; unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SourceSettings {
    /// A file of comma- or otherwise separated values.
    Csv(CsvSettings),
    /// An LDAP directory: Active Directory, `OpenLDAP`, 389 Directory Server.
    Ldap(Box<LdapSettings>),
    /// Microsoft Entra ID through Microsoft Graph.
    Graph(GraphSettings),
    /// Pushed by an identity provider through inbound SCIM.
    Scim(ScimSettings),
    /// Entered by hand.
    Builtin(BuiltinSettings),
}

/// The kinds of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// [`SourceSettings::Csv`]
    Csv,
    /// [`SourceSettings::Ldap`]
    Ldap,
    /// [`SourceSettings::Graph`]
    Graph,
    /// [`SourceSettings::Scim`]
    Scim,
    /// [`SourceSettings::Builtin`]
    Builtin,
}

impl SourceKind {
    /// The kind as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ldap => "ldap",
            Self::Graph => "graph",
            Self::Scim => "scim",
            Self::Builtin => "builtin",
        }
    }
}

impl SourceSettings {
    /// Which kind of source it is.
    pub fn kind(&self) -> SourceKind {
        match self {
            Self::Csv(_) => SourceKind::Csv,
            Self::Ldap(_) => SourceKind::Ldap,
            Self::Graph(_) => SourceKind::Graph,
            Self::Scim(_) => SourceKind::Scim,
            Self::Builtin(_) => SourceKind::Builtin,
        }
    }

    /// Where the source's secret is, if it has one: the caller fetches it and hands it to
    /// [`OpenSource::open`](crate::OpenSource::open).
    pub fn secret(&self) -> Option<&SecretReference> {
        match self {
            Self::Ldap(ldap) => ldap.password.as_ref(),
            Self::Graph(graph) => Some(&graph.secret),
            Self::Csv(_) | Self::Scim(_) | Self::Builtin(_) => None,
        }
    }

    /// Refuses settings that cannot work, naming the field.
    pub fn check(&self) -> Result<(), DirectoryError> {
        match self {
            Self::Csv(csv) => csv.check(),
            Self::Ldap(ldap) => ldap.check(),
            Self::Graph(graph) => graph.check(),
            Self::Scim(_) | Self::Builtin(_) => Ok(()),
        }
    }
}

/// Where a secret is kept. Settings never hold one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "Written")]
pub enum SecretReference {
    /// In a file, of which a line's end is cut off.
    File(PathBuf),
    /// In an environment variable of this name.
    Environment(String),
}

/// What may stand where a reference belongs. Reading it never repeats it: it may be a secret.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Place(Place),
    Anything(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    file: Option<PathBuf>,
    environment: Option<String>,
}

impl TryFrom<Written> for SecretReference {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written::Place(Place {
                file: Some(file),
                environment: None,
            }) => Ok(Self::File(file)),
            Written::Place(Place {
                file: None,
                environment: Some(name),
            }) => Ok(Self::Environment(name)),
            Written::Place(_) | Written::Anything(_) => Err(
                "settings hold no secret: write { file = \"…\" } or { environment = \"…\" } for where it is",
            ),
        }
    }
}

/// A field of the settings that cannot work.
pub(crate) fn refuse(field: &str, why: impl std::fmt::Display) -> DirectoryError {
    DirectoryError::new(ErrorKind::Settings, format!("setting `{field}`: {why}"))
}
