//! Reading a file, from its bytes to a [`Reading`].

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};
use usher_model::{AppRole, AttributeName};

use super::layout::Layout;
use super::row::{Row, Shape, read as read_row};
use super::settings::CsvSettings;
use super::table::{Table, TableRow};
use super::{memberships, text};
use crate::hash::hexadecimal;
use crate::{
    Assignments, DirectoryError, EntryKey, ErrorKind, MemberKey, Reading, ReadingKind, Reference,
    RowProblem, SourceAssignment, SourceGroup, Watermark,
};

/// More than this is no table of people.
const LARGEST: u64 = 1 << 30;
/// So many problems are told one by one.
const PROBLEMS: usize = 1000;

/// Reads the files, unless they are as they were.
pub(super) fn read(
    settings: &CsvSettings,
    since: Option<&Watermark>,
) -> Result<Reading, DirectoryError> {
    let people = load(&settings.path)?;
    let groups = match &settings.memberships {
        Some(file) => Some(load(&file.path)?),
        None => None,
    };
    let watermark = watermark(settings, &people, groups.as_deref());
    if since == Some(&watermark) {
        return Ok(Reading::unchanged(watermark));
    }
    let file = name(&settings.path);
    let content = text::decode(&file, &people, settings.encoding.as_deref())?;
    let table = Table::open(&file, &content, settings.delimiter)?;
    let mut reading = read_people(&table, settings)?;
    if let (Some(settings), Some(bytes)) = (&settings.memberships, &groups) {
        read_memberships(settings, bytes, &mut reading)?;
    }
    shorten(&mut reading.problems, &file);
    reading.watermark = Some(watermark);
    Ok(reading)
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn load(path: &Path) -> Result<Vec<u8>, DirectoryError> {
    let refuse = |error: std::io::Error| {
        DirectoryError::new(
            ErrorKind::File,
            format!("{} cannot be read", path.display()),
        )
        .caused_by(error)
        .with_hint("check the path and that this user may read the file")
    };
    let before = fs::metadata(path).map_err(refuse)?;
    if before.len() > LARGEST {
        let message = format!("{} is larger than 1 GiB", path.display());
        return Err(DirectoryError::new(ErrorKind::File, message));
    }
    let bytes = fs::read(path).map_err(refuse)?;
    if u64::try_from(bytes.len()).ok() != Some(before.len()) {
        let message = format!("{} changed while it was read", path.display());
        return Err(DirectoryError::new(ErrorKind::File, message).with_hint(
            "try again when the export is finished; best write to another name and rename",
        ));
    }
    Ok(bytes)
}

/// Stands for the content of the files and for what the settings make of it.
fn watermark(settings: &CsvSettings, people: &[u8], groups: Option<&[u8]>) -> Watermark {
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(settings).unwrap_or_default());
    for bytes in std::iter::once(people).chain(groups) {
        hash.update(bytes.len().to_le_bytes());
        hash.update(bytes);
    }
    Watermark::new(format!("sha256:{}", hexadecimal(&hash.finalize())))
}

fn read_people(table: &Table<'_>, settings: &CsvSettings) -> Result<Reading, DirectoryError> {
    let layout = Layout::of(table.file, &table.header, settings)?;
    let mut people = People::new(table, &layout);
    for row in table.rows() {
        let row = row?;
        people.add(&row);
    }
    people.finish()
}

fn read_memberships(
    settings: &super::settings::MembershipFile,
    bytes: &[u8],
    reading: &mut Reading,
) -> Result<(), DirectoryError> {
    let file = name(&settings.path);
    let content = text::decode(&file, bytes, None)?;
    let table = Table::open(&file, &content, None)?;
    memberships::read(&table, settings, reading)
}

/// People as they are gathered.
struct People<'t> {
    table: &'t Table<'t>,
    layout: &'t Layout,
    reading: Reading,
    /// Where each key was seen first, and the place of its person among those read.
    seen: HashMap<EntryKey, (u64, Option<usize>)>,
    groups: BTreeMap<EntryKey, String>,
    roles: Vec<(EntryKey, AppRole)>,
    broken: usize,
    rows: usize,
    /// For each attribute: how many dates nobody can be sure of, and the first of them with its line.
    odd_dates: BTreeMap<AttributeName, (usize, u64, String)>,
    /// Places of people who turned out to stand there twice.
    dropped: Vec<usize>,
}

impl<'t> People<'t> {
    fn new(table: &'t Table<'t>, layout: &'t Layout) -> Self {
        Self {
            table,
            layout,
            reading: Reading::new(ReadingKind::Full),
            seen: HashMap::new(),
            groups: BTreeMap::new(),
            roles: Vec::new(),
            broken: 0,
            rows: 0,
            odd_dates: BTreeMap::new(),
            dropped: Vec::new(),
        }
    }

    fn problem(&mut self, line: u64, message: impl Into<String>) {
        let place = self.table.place(line);
        self.reading.problems.push(RowProblem::new(place, message));
    }

    fn add(&mut self, row: &TableRow) {
        self.rows += 1;
        let Row {
            key,
            person,
            groups,
            app_role,
            shape,
            odd_dates,
        } = read_row(row, self.layout);
        if shape == Shape::Broken {
            self.broken += 1;
        }
        for (attribute, text) in odd_dates {
            let found = self.odd_dates.entry(attribute);
            found.or_insert((0, row.line, text)).0 += 1;
        }
        for group in groups {
            self.groups.entry(group.key).or_insert(group.name);
        }
        let Some(key) = key else {
            self.reading.unreadable.anonymous += 1;
            let why = person.err().unwrap_or_default();
            self.problem(
                row.line,
                format!("{why}; as nobody can tell whose row it is, nobody is taken for gone"),
            );
            return;
        };
        if let Some(role) = app_role {
            self.roles.push((key.clone(), role));
        }
        if let Some((first, place)) = self.seen.get(&key).copied() {
            self.twice(row.line, &key, first, place, person.as_ref().ok());
            return;
        }
        match person {
            Ok(person) => {
                self.seen
                    .insert(key, (row.line, Some(self.reading.people.len())));
                self.reading.people.push(person);
            }
            Err(why) => {
                self.problem(row.line, format!("{why}; `{key}` stays as it was"));
                self.seen.insert(key.clone(), (row.line, None));
                self.reading.unreadable.keys.push(key);
            }
        }
    }

    /// The same key again: the same row twice does no harm; of two different ones none is used.
    fn twice(
        &mut self,
        line: u64,
        key: &EntryKey,
        first: u64,
        place: Option<usize>,
        person: Option<&crate::SourcePerson>,
    ) {
        let known = place.and_then(|at| self.reading.people.get(at));
        if person.is_some() && known == person {
            self.problem(line, format!("the same as line {first}"));
            return;
        }
        self.problem(
            line,
            format!("`{key}` stands in line {first} too, with other values; neither is used"),
        );
        self.reading.unreadable.keys.push(key.clone());
        self.dropped.extend(place);
        self.seen.insert(key.clone(), (first, None));
    }

    fn report_dates(&mut self) {
        for (attribute, (count, line, text)) in std::mem::take(&mut self.odd_dates) {
            self.problem(
                line,
                format!("{count} dates in {attribute}, such as `{text}`, can be read in two ways or in none; they are kept as text (write 2026-03-01)"),
            );
        }
    }

    fn finish(mut self) -> Result<Reading, DirectoryError> {
        self.report_dates();
        self.dropped.sort_unstable();
        let mut dropped = self.dropped.iter().copied().peekable();
        let mut at = 0;
        self.reading.people.retain(|_| {
            let drop = dropped.next_if_eq(&at).is_some();
            at += 1;
            !drop
        });
        if self.rows > 0 && self.reading.people.is_empty() {
            return Err(self.nothing_readable());
        }
        let unreadable = &mut self.reading.unreadable.keys;
        unreadable.sort();
        unreadable.dedup();
        self.reading.groups = self
            .groups
            .into_iter()
            .map(|(key, name)| SourceGroup::new(key.as_str(), name))
            .collect();
        // A broken row hides whoever is assigned in it.
        if self.layout.app_role.is_some() && self.broken == 0 {
            let all = self.roles.into_iter().map(|(key, role)| SourceAssignment {
                principal: MemberKey::person(Reference::key(key.as_str())),
                role,
            });
            self.reading.assignments = Assignments::All(all.collect());
        }
        Ok(self.reading)
    }

    fn nothing_readable(&self) -> DirectoryError {
        let first = self.reading.problems.first();
        let why = first
            .map(|problem| format!("; {problem}"))
            .unwrap_or_default();
        DirectoryError::new(
            ErrorKind::Unreadable,
            format!(
                "{}: none of {} rows can be read{why}",
                self.table.file, self.rows
            ),
        )
        .with_hint("check the settings `delimiter`, `key` and `status`")
    }
}

fn shorten(problems: &mut Vec<RowProblem>, file: &str) {
    if problems.len() > PROBLEMS {
        let more = problems.len() - PROBLEMS;
        problems.truncate(PROBLEMS);
        problems.push(RowProblem::new(file, format!("and {more} more problems")));
    }
}
