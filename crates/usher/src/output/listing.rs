//! Lists: one set of columns gives the table, the CSV and the JSON.

use std::io::Write;

use clap::Args;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use futures::TryStreamExt;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use usher_store::Rows;

use super::cell::Cell;
use super::{Format, Output, humanize, note, style};
use crate::config::suggest::nearest;
use crate::exit::Exit;
use crate::failure::Failure;

/// A column of a list of `R`.
pub struct Column<R> {
    /// Its name, in `--columns`, `--sort`, CSV and JSON.
    pub name: &'static str,
    /// Whether people see it unless they choose columns.
    pub shown: Shown,
    /// The value in a row.
    pub cell: fn(&R) -> Cell,
}

/// Whether a column is part of the table when none were chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// In the table.
    Always,
    /// In CSV and JSON, and when chosen.
    OnRequest,
}

impl<R> Column<R> {
    /// A column that the table shows.
    pub const fn new(name: &'static str, cell: fn(&R) -> Cell) -> Self {
        Self {
            name,
            shown: Shown::Always,
            cell,
        }
    }

    /// A column that must be asked for.
    pub const fn extra(name: &'static str, cell: fn(&R) -> Cell) -> Self {
        Self {
            name,
            shown: Shown::OnRequest,
            cell,
        }
    }
}

/// How a list is shown.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct ListArguments {
    /// Columns to show, in this order; `all` for every column, `help` for their names
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Column to sort by; with a minus before it, the other way round
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    pub sort: Option<String>,
    /// Show at most this many rows; 0 shows all
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 0,
        hide_default_value = true
    )]
    pub limit: usize,
    /// Write comma-separated values with a header line
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

impl ListArguments {
    fn format(&self, output: &Output) -> Format {
        if self.csv { Format::Csv } else { output.format }
    }

    /// The limit, if there is one.
    fn limit(&self) -> Option<usize> {
        (self.limit > 0).then_some(self.limit)
    }

    /// The limit, where the database may apply it: not when rows are sorted here first.
    pub fn pushed_limit(&self) -> Option<u64> {
        let limit = self.limit().map(|limit| limit as u64);
        limit.filter(|_| self.sort.is_none())
    }

    /// Whether nothing was said about the form.
    pub fn is_default(&self) -> bool {
        self.columns.is_empty() && self.sort.is_none() && self.limit == 0 && !self.csv
    }

    /// Whether the names of the columns were asked for.
    pub fn wants_names(&self) -> bool {
        self.columns.iter().any(|name| name == "help")
    }

    /// Prints the names of the columns.
    pub fn print_names<R>(columns: &[Column<R>], output: &Output) -> Result<Exit, Failure> {
        for column in columns {
            output.line(column.name)?;
        }
        Ok(Exit::Success)
    }
}

/// What a list is called: "account", for the line below the table.
#[derive(Clone, Copy)]
pub struct Noun(pub &'static str);

/// Shows `rows` as asked for.
pub fn show<R>(
    rows: Vec<R>,
    columns: &[Column<R>],
    arguments: &ListArguments,
    (output, noun, now): (&Output, Noun, Timestamp),
) -> Result<(), Failure> {
    let format = arguments.format(output);
    let chosen = choose(columns, &arguments.columns, format)?;
    let total = rows.len();
    let rows = arrange(rows, columns, arguments)?;
    match format {
        Format::Json | Format::Csv => {
            let mut written = Written::new(format, &chosen, output)?;
            rows.iter().try_for_each(|row| written.row(row))?;
            written.end()
        }
        Format::Human => {
            output.line(table(&rows, &chosen, now))?;
            output.flush()?;
            note(below(rows.len(), total, noun, arguments));
            Ok(())
        }
    }
}

/// Shows the rows of `stream` as asked for, one at a time where the form allows it, so that a large list
/// takes little memory.
pub async fn show_stream<R>(
    mut stream: Rows<R>,
    columns: &[Column<R>],
    arguments: &ListArguments,
    (output, noun, now): (&Output, Noun, Timestamp),
) -> Result<(), Failure> {
    let format = arguments.format(output);
    if format == Format::Human || arguments.sort.is_some() {
        let rows = stream.try_collect().await?;
        return show(rows, columns, arguments, (output, noun, now));
    }
    let chosen = choose(columns, &arguments.columns, format)?;
    let mut shown = 0;
    let mut written = Written::new(format, &chosen, output)?;
    while let Some(row) = stream.try_next().await? {
        if arguments.limit().is_some_and(|limit| shown >= limit) {
            break;
        }
        written.row(&row)?;
        shown += 1;
    }
    written.end()
}

/// A list that is being written as JSON or CSV.
struct Written<'a, R> {
    format: Format,
    columns: &'a [&'a Column<R>],
    output: &'a Output,
    rows: u64,
}

impl<'a, R> Written<'a, R> {
    fn new(
        format: Format,
        columns: &'a [&'a Column<R>],
        output: &'a Output,
    ) -> Result<Self, Failure> {
        match format {
            Format::Json => output.write(|sink| sink.write_all(b"["))?,
            _ => output.write(|sink| record(sink, columns.iter().map(|column| column.name)))?,
        }
        Ok(Self {
            format,
            columns,
            output,
            rows: 0,
        })
    }

    fn row(&mut self, row: &R) -> Result<(), Failure> {
        let (is_first, columns) = (self.rows == 0, self.columns);
        self.rows += 1;
        let is_json = self.format == Format::Json;
        self.output.write(|sink| {
            if is_json {
                sink.write_all(if is_first { b"\n" } else { b",\n" })?;
                Ok(serde_json::to_writer(sink, &object(row, columns))?)
            } else {
                record(sink, columns.iter().map(|column| (column.cell)(row).csv()))
            }
        })
    }

    fn end(self) -> Result<(), Failure> {
        if self.format == Format::Json {
            let end: &[u8] = if self.rows == 0 { b"]\n" } else { b"\n]\n" };
            self.output.write(|sink| sink.write_all(end))?;
        }
        self.output.flush()
    }
}

fn record<T: AsRef<[u8]>>(
    sink: &mut impl Write,
    fields: impl Iterator<Item = T>,
) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(sink);
    writer.write_record(fields)?;
    writer.flush()
}

/// The line below a table: how many there are, as far as is known.
fn below(shown: usize, total: usize, noun: Noun, arguments: &ListArguments) -> String {
    let all = humanize::counted(total as u64, noun.0);
    if shown < total {
        format!("{} of {all}", humanize::count(shown as u64))
    } else if total > 0 && arguments.limit() == Some(total) {
        format!("the first {all}")
    } else {
        all
    }
}

fn choose<'a, R>(
    columns: &'a [Column<R>],
    names: &[String],
    format: Format,
) -> Result<Vec<&'a Column<R>>, Failure> {
    if names.iter().any(|name| name == "all") {
        return Ok(columns.iter().collect());
    }
    if names.is_empty() {
        let wanted = |column: &&Column<R>| format != Format::Human || column.shown == Shown::Always;
        return Ok(columns.iter().filter(wanted).collect());
    }
    names.iter().map(|name| find(columns, name)).collect()
}

fn find<'a, R>(columns: &'a [Column<R>], name: &str) -> Result<&'a Column<R>, Failure> {
    let wanted = name.trim().replace('-', "_");
    columns
        .iter()
        .find(|column| column.name == wanted)
        .ok_or_else(|| {
            let names: Vec<_> = columns.iter().map(|column| column.name).collect();
            let hint = match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the columns are {}", names.join(", ")),
            };
            Failure::usage(format!("there is no column `{name}`")).hint(hint)
        })
}

fn arrange<R>(
    mut rows: Vec<R>,
    columns: &[Column<R>],
    arguments: &ListArguments,
) -> Result<Vec<R>, Failure> {
    if let Some(sort) = &arguments.sort {
        let (name, is_descending) = match sort.strip_prefix('-') {
            Some(name) => (name, true),
            None => (sort.as_str(), false),
        };
        let column = find(columns, name)?;
        rows.sort_by_cached_key(|row| (column.cell)(row));
        if is_descending {
            rows.reverse();
        }
    }
    rows.truncate(arguments.limit().unwrap_or(usize::MAX));
    Ok(rows)
}

fn table<R>(rows: &[R], columns: &[&Column<R>], now: Timestamp) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(columns.iter().map(|column| column.name.replace('_', " ")));
    if let Some(width) = terminal_width() {
        table.set_width(width);
    }
    for row in rows {
        table.add_row(
            columns
                .iter()
                .map(|column| human_cell(&(column.cell)(row), now)),
        );
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let text = table.trim_fmt();
    match text.split_once('\n') {
        Some((header, body)) => format!("{}\n{body}", style::heading(header)),
        None => style::heading(&text),
    }
}

fn human_cell(cell: &Cell, now: Timestamp) -> comfy_table::Cell {
    let shown = comfy_table::Cell::new(cell.human(now));
    match cell {
        Cell::Number(_) => shown.set_alignment(CellAlignment::Right),
        _ => shown,
    }
}

/// The terminal's width; `None` when output goes to a file or a pipe, where lines stay whole.
fn terminal_width() -> Option<u16> {
    let terminal = console::Term::stdout();
    terminal
        .is_term()
        .then(|| terminal.size_checked().map(|(_, columns)| columns))
        .flatten()
}

/// The row as an object; the names of unknown members stand in `unknown`.
pub fn object<R>(row: &R, columns: &[&Column<R>]) -> Value {
    let mut members = Map::new();
    let mut unknown = Vec::new();
    for column in columns {
        match (column.cell)(row).json() {
            Some(value) => {
                members.insert(column.name.to_owned(), value);
            }
            None => unknown.push(column.name),
        }
    }
    if !unknown.is_empty() {
        members.insert("unknown".to_owned(), json!(unknown));
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row(&'static str, Option<u64>);

    const COLUMNS: &[Column<Row>] = &[
        Column::new("name", |row| Cell::text(row.0)),
        Column::new("member_count", |row| {
            row.1.map_or(Cell::Unknown, Cell::Number)
        }),
        Column::extra("length", |row| Cell::Number(row.0.len() as u64)),
    ];

    fn rows() -> Vec<Row> {
        vec![
            Row("beta", Some(1200)),
            Row("Alpha", None),
            Row("gamma", Some(3)),
        ]
    }

    fn sorted(sort: &str) -> Vec<&'static str> {
        let arguments = ListArguments {
            sort: Some(sort.to_owned()),
            ..ListArguments::default()
        };
        let rows = arrange(rows(), COLUMNS, &arguments).ok().unwrap();
        rows.iter().map(|row| row.0).collect()
    }

    #[test]
    fn the_table_shows_its_usual_columns() {
        let chosen = choose(COLUMNS, &[], Format::Human).ok().unwrap();
        let text =
            console::strip_ansi_codes(&table(&rows(), &chosen, Timestamp::UNIX_EPOCH)).into_owned();
        insta::assert_snapshot!(text, @r"
        name   member count
        beta          1,200
        Alpha  ?
        gamma             3
        ");
    }

    #[test]
    fn rows_sort_by_any_column_both_ways() {
        assert_eq!(sorted("name"), ["Alpha", "beta", "gamma"]);
        assert_eq!(sorted("-member-count"), ["beta", "gamma", "Alpha"]);
    }

    #[test]
    fn an_unknown_member_is_named_in_json() {
        let chosen = choose(COLUMNS, &[], Format::Json).ok().unwrap();
        let value = object(&Row("x", None), &chosen);
        assert_eq!(
            value.to_string(),
            r#"{"name":"x","length":1,"unknown":["member_count"]}"#
        );
    }

    #[test]
    fn a_misspelt_column_is_answered_with_the_nearest() {
        let failure = find(COLUMNS, "nmae").err().unwrap();
        assert_eq!(failure.hints(), ["did you mean `name`?"]);
    }
}
