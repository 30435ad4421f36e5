//! A second file that says who is in which group.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use usher_model::AttributeName;

use super::names;
use super::row::GroupName;
use super::settings::MembershipFile;
use super::table::Table;
use crate::{
    DirectoryError, EntryKey, ErrorKind, MemberKey, Reading, Reference, RowProblem, SourceGroup,
};

/// Reads the file into groups of the reading. A group with a row that cannot be read stays as it was.
pub(super) fn read(
    table: &Table<'_>,
    settings: &MembershipFile,
    reading: &mut Reading,
) -> Result<(), DirectoryError> {
    let columns = Columns::of(table, settings)?;
    let mut rows = Vec::new();
    let mut bad: BTreeSet<EntryKey> = BTreeSet::new();
    let mut groups: BTreeMap<EntryKey, SourceGroup> = BTreeMap::new();
    for row in table.rows() {
        let row = row?;
        let group = row.record.get(columns.group).map_or("", str::trim);
        let member = row.record.get(columns.member).map_or("", str::trim);
        let whole = row.record.len() == table.header.len() && row.lines == 1;
        if group.is_empty() || (!whole && columns.group != 0) || row.lines > 1 {
            return Err(unreadable(table, row.line));
        }
        let name = GroupName::new(group);
        if !whole {
            let message = format!("a broken row; group `{}` stays as it was", name.name);
            reading
                .problems
                .push(RowProblem::new(table.place(row.line), message));
            bad.insert(name.key);
            continue;
        }
        groups
            .entry(name.key.clone())
            .or_insert_with(|| SourceGroup::new(name.key.as_str(), name.name));
        // A row without member makes an empty group.
        if !member.is_empty() {
            rows.push((name.key, member.to_owned()));
        }
    }
    let names: HashSet<EntryKey> = groups.keys().cloned().collect();
    for (group, member) in rows {
        let key = member_key(&member, &names, settings.by.as_ref());
        if let Some(group) = groups.get_mut(&group) {
            group.members.push(key);
        }
    }
    for (key, mut group) in groups {
        if bad.contains(&key) {
            continue;
        }
        group.members.sort();
        group.members.dedup();
        reading.groups.push(group);
    }
    reading.unreadable.keys.extend(bad);
    Ok(())
}

struct Columns {
    group: usize,
    member: usize,
}

impl Columns {
    fn of(table: &Table<'_>, settings: &MembershipFile) -> Result<Self, DirectoryError> {
        let find = |name: &str, setting: &str| {
            table
                .header
                .iter()
                .position(|header| names::fold(header) == names::fold(name))
                .ok_or_else(|| {
                    let all: Vec<&str> = table.header.iter().map(str::trim).collect();
                    DirectoryError::new(
                        ErrorKind::Settings,
                        format!(
                            "{}: there is no column `{name}` (setting `memberships.{setting}`)",
                            table.file
                        ),
                    )
                    .with_hint(format!("the file has: {}", all.join(", ")))
                })
        };
        Ok(Self {
            group: find(&settings.group, "group")?,
            member: find(&settings.member, "member")?,
        })
    }
}

fn member_key(member: &str, groups: &HashSet<EntryKey>, by: Option<&AttributeName>) -> MemberKey {
    let name = GroupName::new(member);
    if groups.contains(&name.key) {
        return MemberKey::group(Reference::key(name.key.as_str()));
    }
    MemberKey::person(match by {
        Some(attribute) => Reference::attribute(attribute.as_str(), member),
        None => Reference::key(member),
    })
}

fn unreadable(table: &Table<'_>, line: u64) -> DirectoryError {
    DirectoryError::new(
        ErrorKind::Unreadable,
        format!(
            "{}: nobody can tell which group this row is about",
            table.place(line)
        ),
    )
    .with_hint("repair the row; until then all groups stay as they were")
}
