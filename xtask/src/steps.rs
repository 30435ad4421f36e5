//! What each development command does, step by step.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::instruments::{Instruments, eprintln_step, run, scim_server};
use crate::scratch;

/// How long the loops of tests are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Loops {
    /// Short enough to run before each push.
    Short,
    /// Hundreds of kills, minutes of fuzzing, tens of thousands of property cases.
    Long,
}

/// Formatting, lints, documentation, tests.
pub fn test(instruments: &Instruments, loops: Loops) -> Result<()> {
    step(
        "cargo fmt --check",
        &mut cargo(&["fmt", "--all", "--check"]),
    )?;
    let clippy = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ];
    step("cargo clippy", &mut cargo(&clippy))?;
    let mut doc = cargo(&["doc", "--workspace", "--no-deps"]);
    step("cargo doc", doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    let mut tests = cargo(&["test", "--workspace", "--all-features", "--no-fail-fast"]);
    tests.envs(instruments.environment());
    if std::env::var_os("RUST_TEST_THREADS").is_none() {
        tests.env("RUST_TEST_THREADS", test_threads().to_string());
    }
    let scratch = scratch::in_memory();
    if let Some(folder) = &scratch {
        tests.env("TMPDIR", folder.path());
    }
    if loops == Loops::Long {
        tests
            .env("USHER_TEST_FULL", "1")
            .env("PROPTEST_CASES", "20000");
    }
    step("cargo test", &mut tests)?;
    if loops == Loops::Long { fuzz() } else { Ok(()) }
}

/// Tests at a time: twice the processors, as many of the tests wait for a server or a disk.
fn test_threads() -> usize {
    2 * std::thread::available_parallelism().map_or(1, usize::from)
}

/// A minute of each fuzz target, where cargo-fuzz and a nightly toolchain are installed.
fn fuzz() -> Result<()> {
    let available = Command::new("cargo")
        .args(["+nightly", "fuzz", "--version"])
        .output();
    if !available.is_ok_and(|output| output.status.success()) {
        eprintln_step(
            "left out: fuzzing (needs a nightly toolchain and `cargo install cargo-fuzz`)",
        );
        return Ok(());
    }
    for target in ["filter", "path", "patch"] {
        // New inputs go to the first folder; the kept corpus is only read.
        let found = format!("target/fuzz/{target}");
        std::fs::create_dir_all(&found)?;
        let kept = format!("fuzz/corpus/{target}");
        let arguments = [
            "+nightly",
            "fuzz",
            "run",
            target,
            &found,
            &kept,
            "--",
            "-max_total_time=60",
        ];
        step(
            &format!("cargo fuzz run {target}"),
            Command::new("cargo").args(arguments),
        )?;
    }
    Ok(())
}

/// The benchmarks, in a release build.
pub fn bench(arguments: &[String]) -> Result<()> {
    let mut bench = cargo(&["run", "--release", "--package", "usher-bench", "--"]);
    let parts = arguments
        .iter()
        .any(|argument| argument.starts_with("--parts"));
    if !parts
        || arguments
            .iter()
            .any(|argument| argument.contains("inbound-scim"))
    {
        bench.env("USHER_SCIM2_SERVER", scim_server()?);
    }
    run(bench.args(arguments))
}

/// The reference pages that are generated from the program itself.
pub fn generate() -> Result<()> {
    run(&mut cargo(&[
        "run",
        "--package",
        "usher",
        "--",
        "generate-docs",
        "docs/reference",
    ]))
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

fn step(name: &str, command: &mut Command) -> Result<()> {
    eprintln_step(name);
    let started = Instant::now();
    run(command).with_context(|| format!("`cargo xtask test` stopped at: {name}"))?;
    eprintln_step(&format!("{name}: ok in {} s", started.elapsed().as_secs()));
    Ok(())
}
