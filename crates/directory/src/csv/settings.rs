//! Settings of a file source.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use usher_model::AttributeName;

use crate::settings::refuse;
use crate::{DirectoryError, csv::text};

/// Settings of a file of separated values. Only `path` is needed where the columns have well-known names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvSettings {
    /// The file.
    pub path: PathBuf,
    /// What separates values; found out from the header when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// The encoding of a file without byte order mark, such as `windows-1252`; UTF-8 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Which column each attribute comes from, where the column's name does not say it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<AttributeName, String>,
    /// The column that identifies a row for good. When absent: employee number, else e-mail address, else
    /// user name, whichever column there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The column that says whether somebody is active, and its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusColumn>,
    /// The column that names the manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<ManagerColumn>,
    /// The column that lists a person's groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupColumn>,
    /// The column with the role of the application that the person is assigned with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_role: Option<String>,
    /// A second file that says who is in which group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memberships: Option<MembershipFile>,
}

/// A column that says whether somebody is active.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusColumn {
    /// The column.
    pub column: String,
    /// Words that mean active, beside the well-known ones.
    #[serde(default)]
    pub active: Vec<String>,
    /// Words that mean disabled, beside the well-known ones.
    #[serde(default)]
    pub disabled: Vec<String>,
}

/// A column that names the manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagerColumn {
    /// The column.
    pub column: String,
    /// Which attribute of the manager the column holds, such as `email` or `employeeNumber`; the row's key
    /// when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AttributeName>,
}

/// A column that lists groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupColumn {
    /// The column.
    pub column: String,
    /// What separates groups within it.
    #[serde(default = "GroupColumn::default_separator")]
    pub separator: char,
}

impl GroupColumn {
    pub(crate) fn default_separator() -> char {
        ';'
    }
}

/// A file with a row for each membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MembershipFile {
    /// The file.
    pub path: PathBuf,
    /// The column with the group's name; `group` when absent.
    #[serde(default = "MembershipFile::default_group")]
    pub group: String,
    /// The column with the member; `member` when absent.
    #[serde(default = "MembershipFile::default_member")]
    pub member: String,
    /// Which attribute of a person the member column holds; the person's key when absent. A member that is the
    /// name of a group in this file is that group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AttributeName>,
}

impl MembershipFile {
    fn default_group() -> String {
        "group".to_owned()
    }

    fn default_member() -> String {
        "member".to_owned()
    }
}

impl CsvSettings {
    /// Refuses settings that cannot work.
    pub fn check(&self) -> Result<(), DirectoryError> {
        if self.path.as_os_str().is_empty() {
            return Err(refuse("path", "no file is named"));
        }
        if self
            .delimiter
            .is_some_and(|d| !d.is_ascii() || "\"\r\n".contains(d))
        {
            return Err(refuse(
                "delimiter",
                "must be one ASCII character other than a quote",
            ));
        }
        if let Some(label) = &self.encoding {
            text::encoding(label)?;
        }
        Ok(())
    }
}
