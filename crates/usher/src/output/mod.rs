//! What commands write: results to standard output, everything else to standard error.

pub mod cell;
pub mod humanize;
pub mod listing;
pub mod style;

use std::io::{self, Write};

use parking_lot::Mutex;
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;

/// The form of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// JSON.
    Json,
    /// Comma-separated values with a header line.
    Csv,
}

/// Standard output. Nothing else writes to it, so a closed pipe ends the program quietly instead of in a
/// panic, and a full disk in an error.
pub struct Output {
    /// The form asked for by `--json` (or, in lists, `--csv`).
    pub format: Format,
    sink: Mutex<io::BufWriter<io::Stdout>>,
}

impl Output {
    /// Standard output in this form.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            sink: Mutex::new(io::BufWriter::new(io::stdout())),
        }
    }

    /// Whether JSON was asked for.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Writes text and a line break.
    pub fn line(&self, text: impl AsRef<str>) -> Result<(), Failure> {
        self.write(|sink| {
            sink.write_all(text.as_ref().as_bytes())?;
            sink.write_all(b"\n")
        })
    }

    /// Writes a value as indented JSON.
    pub fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        self.write(|sink| {
            serde_json::to_writer_pretty(&mut *sink, value)?;
            sink.write_all(b"\n")
        })
    }

    /// Writes a value as one line of JSON, and lets it out at once.
    pub fn json_line(&self, value: &impl Serialize) -> Result<(), Failure> {
        self.write(|sink| {
            serde_json::to_writer(&mut *sink, value)?;
            sink.write_all(b"\n")
        })?;
        self.flush()
    }

    /// Lets everything out that was written.
    pub fn flush(&self) -> Result<(), Failure> {
        self.write(Write::flush)
    }

    /// Writes with `write`, and turns its error into a failure.
    pub fn write(
        &self,
        write: impl FnOnce(&mut io::BufWriter<io::Stdout>) -> io::Result<()>,
    ) -> Result<(), Failure> {
        write(&mut self.sink.lock()).map_err(failed)
    }
}

/// Nobody reading any more is a way to be done; anything else is an error.
fn failed(error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Failure::silent(Exit::Success);
    }
    Failure::new(Exit::File, "could not write to standard output")
        .because(error)
        .hint("check the free space of what the output is redirected to")
}

/// Writes a line to standard error; when even that fails there is nobody to tell.
pub fn note(text: impl AsRef<str>) {
    let mut stderr = io::stderr().lock();
    let _ = writeln!(stderr, "{}", text.as_ref());
}
