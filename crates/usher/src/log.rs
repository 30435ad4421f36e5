//! The log: tracing events on standard error, around the progress bars.

use std::fmt::Write as _;
use std::io::{self, Write};

use indicatif::MultiProgress;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::sections;
use crate::config::value::{LogFormat, LogLevel};

/// Our crates, whose level is the one configured; others stay at warnings unless everything is asked for.
const OURS: [&str; 8] = [
    "usher",
    "usher_baton",
    "usher_engine",
    "usher_miro",
    "usher_model",
    "usher_sandbox",
    "usher_scim",
    "usher_store",
];

/// Starts the log for the rest of the process.
pub fn start(settings: &sections::Log, bars: &MultiProgress) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(settings.level))
        .with_writer(AroundBars(bars.clone()))
        .with_ansi(console::colors_enabled_stderr());
    // A second start, in a test of this crate, changes nothing.
    let _ = match settings.format {
        LogFormat::Console => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}

fn filter(level: LogLevel) -> EnvFilter {
    let (ours, others) = match level {
        LogLevel::Error => ("error", "error"),
        LogLevel::Warn => ("warn", "error"),
        LogLevel::Info => ("info", "warn"),
        LogLevel::Debug => ("debug", "info"),
        LogLevel::Trace => ("trace", "debug"),
    };
    // What it logs as an error is the cause of one that is reported anyway.
    let mut directives = format!("{others},rustls_platform_verifier=off");
    for crate_name in OURS {
        let _ = write!(directives, ",{crate_name}={ours}");
    }
    EnvFilter::new(directives)
}

/// Writes to standard error while the progress bars hold still.
#[derive(Clone)]
struct AroundBars(MultiProgress);

impl Write for AroundBars {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().lock().write(buffer))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

impl<'a> MakeWriter<'a> for AroundBars {
    type Writer = Self;

    fn make_writer(&'a self) -> Self::Writer {
        self.clone()
    }
}
