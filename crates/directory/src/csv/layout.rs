//! Which column of a table means what.

use csv::StringRecord;
use usher_model::AttributeName;

use super::names::{Meaning, meaning};
use super::settings::CsvSettings;
use super::status::StatusRule;
use crate::{DirectoryError, ErrorKind};

/// The columns of a table.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// How many columns there are.
    pub width: usize,
    /// The column that identifies a row.
    pub key: usize,
    pub attributes: Vec<(usize, AttributeName)>,
    /// Each says whether somebody is disabled; one is enough.
    pub status: Vec<(usize, StatusRule)>,
    pub manager: Option<(usize, ManagerBy)>,
    pub groups: Option<(usize, char)>,
    pub app_role: Option<usize>,
    pub distinguished_name: Option<usize>,
}

/// How a cell names a manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ManagerBy {
    /// By the manager's key.
    Key,
    /// By an attribute of the manager.
    Attribute(AttributeName),
    /// By e-mail address, distinguished name or employee number, as it looks.
    Looks,
}

/// A header while it is being understood.
struct Header<'h> {
    file: &'h str,
    names: &'h StringRecord,
    /// What each column was found to be for.
    used: Vec<bool>,
}

impl Header<'_> {
    /// The column of a name, compared without regard to case and surrounding spaces.
    fn column(&mut self, name: &str, setting: &str) -> Result<usize, DirectoryError> {
        let mut found = self
            .names
            .iter()
            .enumerate()
            .filter(|(_, header)| header.trim().eq_ignore_ascii_case(name.trim()))
            .map(|(at, _)| at);
        let Some(at) = found.next() else {
            let all: Vec<&str> = self.names.iter().map(str::trim).collect();
            return Err(DirectoryError::new(
                ErrorKind::Settings,
                format!(
                    "{}: there is no column `{name}` (setting `{setting}`)",
                    self.file
                ),
            )
            .with_hint(format!("the file has: {}", all.join(", "))));
        };
        if found.next().is_some() {
            return Err(self.twice(name));
        }
        if let Some(used) = self.used.get_mut(at) {
            *used = true;
        }
        Ok(at)
    }

    fn twice(&self, name: &str) -> DirectoryError {
        DirectoryError::new(
            ErrorKind::Unreadable,
            format!("{}: several columns are named `{}`", self.file, name.trim()),
        )
        .with_hint("rename one of them; Usher does not guess which is meant")
    }

    /// The unused column with the best well-known name for a meaning.
    fn well_known(&mut self, wanted: Meaning) -> Result<Option<usize>, DirectoryError> {
        let mut best: Option<(usize, usize)> = None;
        for (at, name) in self.names.iter().enumerate() {
            if self.used.get(at).copied().unwrap_or(true) {
                continue;
            }
            let Some((_, quality)) = meaning(name).filter(|(found, _)| *found == wanted) else {
                continue;
            };
            match best {
                Some((_, known)) if known < quality => {}
                Some((_, known)) if known == quality => return Err(self.twice(name)),
                _ => best = Some((at, quality)),
            }
        }
        if let Some((at, _)) = best
            && let Some(used) = self.used.get_mut(at)
        {
            *used = true;
        }
        Ok(best.map(|(at, _)| at))
    }

    /// All unused columns with a meaning.
    fn all(&mut self, wanted: Meaning) -> Vec<usize> {
        let found: Vec<usize> = self
            .names
            .iter()
            .enumerate()
            .filter(|(at, name)| {
                !self.used.get(*at).copied().unwrap_or(true)
                    && meaning(name).is_some_and(|(found, _)| found == wanted)
            })
            .map(|(at, _)| at)
            .collect();
        for at in &found {
            if let Some(used) = self.used.get_mut(*at) {
                *used = true;
            }
        }
        found
    }
}

impl Layout {
    /// Understands a header: first what the settings name, then well-known names; what is left are
    /// attributes of the column's own name.
    pub fn of(
        file: &str,
        names: &StringRecord,
        settings: &CsvSettings,
    ) -> Result<Self, DirectoryError> {
        let mut header = Header {
            file,
            names,
            used: vec![false; names.len()],
        };
        let mut attributes = Vec::new();
        for (attribute, column) in &settings.columns {
            let setting = format!("columns.{attribute}");
            attributes.push((header.column(column, &setting)?, attribute.clone()));
        }
        let status = status(&mut header, settings)?;
        let manager = manager(&mut header, settings)?;
        let groups = groups(&mut header, settings)?;
        let app_role = match &settings.app_role {
            Some(column) => Some(header.column(column, "app_role")?),
            None => header.well_known(Meaning::AppRole)?,
        };
        let distinguished_name = header.well_known(Meaning::DistinguishedName)?;
        standard_attributes(&mut header, &mut attributes)?;
        let key = key(&mut header, settings, &attributes)?;
        other_attributes(&mut header, &mut attributes);
        Ok(Self {
            width: names.len(),
            key,
            attributes,
            status,
            manager,
            groups,
            app_role,
            distinguished_name,
        })
    }

    /// Whether a cell holds a person's e-mail address.
    pub fn is_email(attribute: &AttributeName) -> bool {
        attribute.as_str() == AttributeName::EMAIL
    }
}

fn status(
    header: &mut Header<'_>,
    settings: &CsvSettings,
) -> Result<Vec<(usize, StatusRule)>, DirectoryError> {
    if let Some(column) = &settings.status {
        let at = header.column(&column.column, "status.column")?;
        return Ok(vec![(at, StatusRule::of(column))]);
    }
    let kinds = [
        (Meaning::Status, StatusRule::words()),
        (Meaning::NotStatus, StatusRule::Opposite),
        (Meaning::AccountControl, StatusRule::AccountControl),
    ];
    Ok(kinds
        .into_iter()
        .flat_map(|(meaning, rule)| {
            let columns = header.all(meaning);
            columns.into_iter().map(move |at| (at, rule.clone()))
        })
        .collect())
}

fn manager(
    header: &mut Header<'_>,
    settings: &CsvSettings,
) -> Result<Option<(usize, ManagerBy)>, DirectoryError> {
    if let Some(column) = &settings.manager {
        let at = header.column(&column.column, "manager.column")?;
        let by = column
            .by
            .clone()
            .map_or(ManagerBy::Key, ManagerBy::Attribute);
        return Ok(Some((at, by)));
    }
    for (wanted, by) in [
        (
            Meaning::ManagerBy(AttributeName::EMAIL),
            ManagerBy::Attribute(AttributeName::new(AttributeName::EMAIL)),
        ),
        (
            Meaning::ManagerBy("employeeNumber"),
            ManagerBy::Attribute(AttributeName::new("employeeNumber")),
        ),
        (Meaning::Manager, ManagerBy::Looks),
    ] {
        if let Some(at) = header.well_known(wanted)? {
            return Ok(Some((at, by)));
        }
    }
    Ok(None)
}

fn groups(
    header: &mut Header<'_>,
    settings: &CsvSettings,
) -> Result<Option<(usize, char)>, DirectoryError> {
    match &settings.groups {
        Some(column) => {
            let at = header.column(&column.column, "groups.column")?;
            Ok(Some((at, column.separator)))
        }
        None => Ok(header
            .well_known(Meaning::Groups)?
            .map(|at| (at, super::settings::GroupColumn::default_separator()))),
    }
}

fn standard_attributes(
    header: &mut Header<'_>,
    attributes: &mut Vec<(usize, AttributeName)>,
) -> Result<(), DirectoryError> {
    for name in AttributeName::STANDARD {
        let attribute = AttributeName::new(name);
        let set = attributes.iter().any(|(_, known)| *known == attribute);
        if !set && let Some(at) = header.well_known(Meaning::Attribute(name))? {
            attributes.push((at, attribute));
        }
    }
    Ok(())
}

fn key(
    header: &mut Header<'_>,
    settings: &CsvSettings,
    attributes: &[(usize, AttributeName)],
) -> Result<usize, DirectoryError> {
    if let Some(column) = &settings.key {
        // An attribute may be the key too.
        return header.column(column, "key");
    }
    let of = |name: &str| {
        let name = AttributeName::new(name);
        attributes.iter().find(|(_, known)| *known == name)
    };
    [
        "employeeNumber",
        AttributeName::EMAIL,
        AttributeName::USER_NAME,
    ]
    .into_iter()
    .find_map(of)
    .map(|(at, _)| *at)
    .ok_or_else(|| {
        let all: Vec<&str> = header.names.iter().map(str::trim).collect();
        DirectoryError::new(
            ErrorKind::Unreadable,
            format!(
                "{}: no column identifies a person; the header is: {}",
                header.file,
                all.join(" | ")
            ),
        )
        .with_hint(
            "set `key` to the column that does, and `delimiter` if the columns were not told apart",
        )
    })
}

/// What nobody knows is kept under its own name, but for passwords.
fn other_attributes(header: &mut Header<'_>, attributes: &mut Vec<(usize, AttributeName)>) {
    for (at, name) in header.names.iter().enumerate() {
        let name = name.trim();
        let used = header.used.get(at).copied().unwrap_or(true);
        let secret = meaning(name).is_some_and(|(meaning, _)| meaning == Meaning::Secret);
        let attribute = AttributeName::new(name);
        let taken = attributes.iter().any(|(_, known)| *known == attribute);
        if !used && !secret && !taken && !name.is_empty() {
            attributes.push((at, attribute));
        }
    }
}
