//! `usher people source add csv`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use usher_directory::SourceSettings;
use usher_directory::csv::{CsvSettings, GroupColumn, ManagerColumn, MembershipFile, StatusColumn};
use usher_model::AttributeName;

use super::add::CommonArguments;
use crate::failure::Failure;

/// Arguments of `usher people source add csv`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "Columns with well-known names (email, first name, Abteilung, …) need no mapping. Rows that cannot be read \
are reported by line, and nobody is taken for a leaver because of them.

Examples:
  usher people source add csv hr people.csv
  usher people source add csv hr people.csv --key staff_id --column department=unit --groups-column teams
  usher people source add csv hr people.tsv --encoding windows-1252 --memberships groups.tsv"
)]
pub struct Arguments {
    /// What to call it
    pub name: String,
    /// The file
    pub file: PathBuf,
    /// Column that identifies a row for good [default: employee number, else e-mail address, else user name]
    #[arg(long, value_name = "COLUMN")]
    pub key: Option<String>,
    /// Take this attribute from that column; may be given several times
    #[arg(long = "column", value_name = "ATTRIBUTE=COLUMN")]
    pub columns: Vec<String>,
    /// What separates values [default: found out from the header]
    #[arg(long, value_name = "CHARACTER")]
    pub delimiter: Option<char>,
    /// Encoding of a file without byte order mark, such as windows-1252 [default: UTF-8]
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// Column that says whether somebody is active
    #[arg(long, value_name = "COLUMN")]
    pub status_column: Option<String>,
    /// Column that names the manager, and by which attribute
    #[arg(long, value_name = "COLUMN[=ATTRIBUTE]")]
    pub manager_column: Option<String>,
    /// Column that lists a person's groups, with semicolons between them
    #[arg(long, value_name = "COLUMN")]
    pub groups_column: Option<String>,
    /// Column with the role of the application that the person is assigned with
    #[arg(long, value_name = "COLUMN")]
    pub app_role_column: Option<String>,
    /// Second file, with the columns `group` and `member`, that says who is in which group
    #[arg(long, value_name = "FILE")]
    pub memberships: Option<PathBuf>,
    /// Which attribute of a person the member column holds [default: the person's key]
    #[arg(long, value_name = "ATTRIBUTE", requires = "memberships")]
    pub member_by: Option<String>,
    /// What every source has.
    #[command(flatten)]
    pub common: CommonArguments,
}

impl Arguments {
    /// The settings that were described. Paths are kept whole, whatever folder the next command runs in.
    pub fn settings(&self) -> Result<SourceSettings, Failure> {
        Ok(SourceSettings::Csv(CsvSettings {
            path: absolute(&self.file)?,
            delimiter: self.delimiter,
            encoding: self.encoding.clone(),
            columns: pairs(&self.columns)?,
            key: self.key.clone(),
            status: self.status_column.clone().map(|column| StatusColumn {
                column,
                active: Vec::new(),
                disabled: Vec::new(),
            }),
            manager: self.manager_column.as_deref().map(manager),
            groups: self.groups_column.clone().map(|column| GroupColumn {
                column,
                separator: ';',
            }),
            app_role: self.app_role_column.clone(),
            memberships: self.memberships()?,
        }))
    }

    fn memberships(&self) -> Result<Option<MembershipFile>, Failure> {
        let Some(path) = &self.memberships else {
            return Ok(None);
        };
        Ok(Some(MembershipFile {
            path: absolute(path)?,
            group: "group".to_owned(),
            member: "member".to_owned(),
            by: self.member_by.as_deref().map(AttributeName::new),
        }))
    }
}

fn manager(text: &str) -> ManagerColumn {
    let (column, by) = match text.split_once('=') {
        Some((column, by)) => (column, Some(AttributeName::new(by))),
        None => (text, None),
    };
    ManagerColumn {
        column: column.to_owned(),
        by,
    }
}

/// A path that means the same whatever folder it is read from.
pub fn absolute(path: &std::path::Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| {
        Failure::usage(format!("{} is no path", path.display()))
            .because(error)
            .hint("name the file")
    })
}

/// Pairs `ATTRIBUTE=NAME`.
pub fn pairs(texts: &[String]) -> Result<BTreeMap<AttributeName, String>, Failure> {
    texts
        .iter()
        .map(|text| match text.split_once('=') {
            Some((attribute, name)) if !attribute.trim().is_empty() && !name.trim().is_empty() => {
                Ok((AttributeName::new(attribute.trim()), name.trim().to_owned()))
            }
            _ => Err(
                Failure::usage(format!("`{text}` is not of the form ATTRIBUTE=NAME"))
                    .hint("write for example department=unit"),
            ),
        })
        .collect()
}
