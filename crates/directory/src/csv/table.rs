//! A file as rows with line numbers.

use csv::{ReaderBuilder, StringRecord};

use super::text;
use crate::{DirectoryError, ErrorKind};

/// The text of a file as a table.
pub(super) struct Table<'t> {
    /// The file's name, for messages.
    pub file: &'t str,
    pub header: StringRecord,
    text: &'t str,
    delimiter: u8,
    /// Lines before the table.
    skipped: u64,
}

/// A row and where it stands.
pub(super) struct TableRow {
    pub record: StringRecord,
    /// The line it begins in.
    pub line: u64,
    /// How many lines it takes.
    pub lines: u64,
    pub quoting: Quoting,
}

/// Whether quotes open and close where values begin and end; asked only of records that take several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    Sound,
    /// A quote closes within a value: it may have been the opening one of a later row.
    Odd,
}

impl<'t> Table<'t> {
    /// Finds the delimiter and the header.
    pub fn open(
        file: &'t str,
        text: &'t str,
        delimiter: Option<char>,
    ) -> Result<Self, DirectoryError> {
        let (named, start) = text::named_delimiter(text);
        let body = text.get(start..).unwrap_or_default();
        let set = delimiter.and_then(|delimiter| u8::try_from(delimiter).ok());
        let mut table = Self {
            file,
            header: StringRecord::new(),
            text: body,
            delimiter: set
                .or(named)
                .unwrap_or_else(|| text::likely_delimiter(body)),
            skipped: u64::from(start > 0),
        };
        let first = table.rows().next().transpose()?;
        let Some(first) = first else {
            return Err(
                DirectoryError::new(ErrorKind::Unreadable, format!("{file} is empty"))
                    .with_hint("a source needs at least its header line"),
            );
        };
        table.header = first.record;
        Ok(table)
    }

    /// A line of the file, for messages.
    pub fn place(&self, line: u64) -> String {
        format!("{} line {line}", self.file)
    }

    /// The rows; behind the header once that is known. Empty lines are left out.
    pub fn rows(&self) -> impl Iterator<Item = Result<TableRow, DirectoryError>> {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .from_reader(self.text.as_bytes());
        let header = usize::from(!self.header.is_empty());
        let width = self.header.len();
        std::iter::from_fn(move || {
            let mut record = StringRecord::new();
            match reader.read_record(&mut record) {
                Ok(false) => None,
                Ok(true) => {
                    let end = reader.position().clone();
                    let begin = record
                        .position()
                        .cloned()
                        .unwrap_or_else(csv::Position::new);
                    Some(self.row(record, &begin, &end, width))
                }
                Err(error) => Some(Err(DirectoryError::new(
                    ErrorKind::Unreadable,
                    format!("{} cannot be read as a table", self.file),
                )
                .caused_by(error))),
            }
        })
        .skip(header)
        .filter(|row| {
            row.as_ref().map_or(true, |row| {
                row.record.iter().any(|cell| !cell.trim().is_empty())
            })
        })
    }

    /// Finds out which lines a record stands in, and whether its quotes are sound.
    fn row(
        &self,
        record: StringRecord,
        begin: &csv::Position,
        end: &csv::Position,
        width: usize,
    ) -> Result<TableRow, DirectoryError> {
        let at = |position: &csv::Position| usize::try_from(position.byte()).unwrap_or(usize::MAX);
        let to = at(end).min(self.text.len());
        let raw = self.text.get(at(begin).min(to)..to).unwrap_or_default();
        // The record may begin behind empty lines.
        let text = raw.trim_start_matches(['\r', '\n']);
        let before = raw.get(..raw.len() - text.len()).unwrap_or_default();
        let text = text.trim_end_matches(['\r', '\n']);
        let line = begin.line() + breaks(before) + self.skipped;
        let lines = breaks(text) + 1;
        let open = || text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1;
        let suspect = lines > 1 || (width > 0 && record.len() != width);
        if suspect && to == self.text.len() && open() {
            return Err(DirectoryError::new(
                ErrorKind::Unreadable,
                format!(
                    "{} line {line}: a quote is opened and never closed",
                    self.file
                ),
            )
            .with_hint("repair the line; nothing of the file is used until then"));
        }
        let quoting = if lines > 1 {
            quoting(text, self.delimiter)
        } else {
            Quoting::Sound
        };
        Ok(TableRow {
            record,
            line,
            lines,
            quoting,
        })
    }
}

/// How many line breaks there are.
fn breaks(text: &str) -> u64 {
    text.bytes().map(|byte| u64::from(byte == b'\n')).sum()
}

/// Follows the quotes of one row.
fn quoting(raw: &str, delimiter: u8) -> Quoting {
    let mut bytes = raw.bytes().peekable();
    let mut at_start = true;
    while let Some(byte) = bytes.next() {
        if byte != b'"' || !at_start {
            at_start = byte == delimiter;
            continue;
        }
        // Within quotes, two of them are one.
        while let Some(byte) = bytes.next() {
            if byte == b'"' && bytes.next_if_eq(&b'"').is_none() {
                break;
            }
        }
        if bytes.peek().is_some_and(|next| *next != delimiter) {
            return Quoting::Odd;
        }
        at_start = false;
    }
    Quoting::Sound
}
