//! The log: tracing events on standard error, around the progress bars.

use std::fmt::Write as _;
use std::io::{self, Write};

use indicatif::MultiProgress;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry};

use crate::config::sections;
use crate::config::value::{LogFormat, LogLevel};
use crate::traces::Traces;

/// Our crates, whose level is the one configured; others stay at warnings unless everything is asked for.
const OURS: [&str; 9] = [
    "usher",
    "usher_baton",
    "usher_engine",
    "usher_miro",
    "usher_model",
    "usher_sandbox",
    "usher_scim",
    "usher_server",
    "usher_store",
];

/// Starts the log for the rest of the process, and sends traces where that is configured.
pub fn start(settings: &sections::Log, traces: &Traces, bars: &MultiProgress) {
    let written = tracing_subscriber::fmt::layer()
        .with_writer(AroundBars(bars.clone()))
        .with_ansi(console::colors_enabled_stderr());
    let written = match settings.format {
        LogFormat::Console => written.boxed(),
        LogFormat::Json => written.json().flatten_event(true).boxed(),
    };
    let written = written.with_filter(filter(settings.level));
    let sent = traces
        .layer()
        .map(|sent| sent.with_filter(filter(LogLevel::Info)));
    // A second start, in a test of this crate, changes nothing.
    let _ = Registry::default().with(written).with(sent).try_init();
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
